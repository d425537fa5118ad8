// What waits for a step of its way on a loop: all of it together, in order, before the loop sleeps.
import Testing

@testable import LolaCore

@Suite("Work in batches")
struct WorkBatchTests {
    @Test("items are worked off in order, not inside `add`, and before the loop sleeps")
    func order() {
        let rig = LoopRig()
        var done: [Int] = []
        let batch = WorkBatch<Int>(rig.loop) { done.append($0) }
        for number in 0..<5 { batch.add(number) }
        #expect(done.isEmpty)
        rig.loop.tick(until: rig.clock.now)
        #expect(done == [0, 1, 2, 3, 4])
    }

    @Test("batches made in the order of the steps hand everything down in one round")
    func chain() {
        let rig = LoopRig()
        var (second, told): (WorkBatch<Int>?, [String]) = (nil, [])
        let first = WorkBatch<Int>(rig.loop) {
            told.append("a\($0)")
            second?.add($0)
        }
        second = WorkBatch<Int>(rig.loop) { told.append("b\($0)") }
        first.add(1)
        first.add(2)
        rig.loop.tick(until: rig.clock.now)
        #expect(told == ["a1", "a2", "b1", "b2"])
    }

    @Test("what the work adds to its own batch comes later and is not forgotten: the loop does not sleep meanwhile")
    func again() {
        let rig = LoopRig()
        var (batch, done): (WorkBatch<Int>?, Int) = (nil, 0)
        batch = WorkBatch<Int>(rig.loop) {
            done += 1
            if $0 > 0 { batch?.add($0 - 1) }
        }
        batch?.add(10)
        for _ in 0..<11 where done < 11 {
            rig.loop.tick(until: rig.clock.now)
            #expect(done == 11 || rig.loop.hasMore)
        }
        rig.loop.tick(until: rig.clock.now)
        #expect(done == 11 && !rig.loop.hasMore)
    }

    @Test("what is added between two rounds is not slept over")
    func between() {
        let rig = LoopRig()
        var done = 0
        let batch = WorkBatch<Int>(rig.loop) { done += $0 }
        for _ in 0..<3 { rig.loop.tick(until: rig.clock.now) }
        #expect(!rig.loop.hasMore)
        batch.add(1)
        #expect(rig.loop.hasMore && done == 0)
        rig.loop.tick(until: rig.clock.now)
        #expect(done == 1)
    }

    @Test("a round with many events works off what they brought after some of them, not only at its end")
    func betweenEvents() throws {
        let (net, counters) = (EventfulNet(), Counters())
        let loop = Loop(clock: SimClock(), net: net, entropy: SimEntropy(SimRandom(seed: 1)), counters: counters)
        var told: [String] = []
        let batch = WorkBatch<Int>(loop) { told.append("w\($0)") }
        let count = Limits.eventsPerStep + 2
        for number in 0..<count {
            let handle = loop.insert { _ in
                Told {
                    told.append("e\(number)")
                    batch.add(number)
                }
            }
            net.events.append(NetEvent(word: handle.word, readable: true, writable: false, hungUp: false))
        }
        loop.tick(until: loop.now)
        let (first, rest) = (0..<Limits.eventsPerStep, Limits.eventsPerStep..<count)
        let expected = first.map { "e\($0)" } + first.map { "w\($0)" } + rest.map { "e\($0)" } + rest.map { "w\($0)" }
        #expect(told == expected)
    }

    @Test("what is collected is taken in order and once, however much it is")
    func collected() {
        var collected = Collected<Int>()
        for count in [3, 5_000, 0, 7] {
            for number in 0..<count { collected.append(number) }
            #expect(collected.isEmpty == (count == 0))
            let taken = collected.take()
            collected.append(-1)
            #expect(taken == Array(0..<count))
            collected.reuse(taken)
            #expect(collected.take() == [-1] && collected.isEmpty)
        }
    }
}

/// Something that is told when its socket is ready.
private final class Told: LoopEntity {
    private let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }

    func ready(_ event: NetEvent) { body() }
    func expired() {}
}

/// A network on which nothing happens but that many sockets are ready at once.
private final class EventfulNet: Net {
    var events: [NetEvent] = []

    func wait(until deadline: Instant, _ events: inout [NetEvent]) { events = self.events }

    func listen(_ endpoint: Endpoint) throws(NetFault) -> (Socket, port: UInt16) { throw .other }
    func accept(_ listener: Socket) -> AcceptOutcome { .none }
    func connect(_ endpoint: Endpoint) throws(NetFault) -> Socket { throw .other }
    func connectFault(_ socket: Socket) -> NetFault? { .other }
    func read(_ socket: Socket, into buffer: inout [UInt8]) -> ReadOutcome { .wouldBlock }
    func write(_ socket: Socket, _ bytes: [UInt8], from offset: Int) -> WriteOutcome { .wouldBlock }
    func shutdownWrite(_ socket: Socket) {}
    func close(_ socket: Socket) {}
    func watch(_ socket: Socket, _ interest: Interest, word: UInt64) {}
    func resolve(_ host: [UInt8], port: UInt16, ticket: UInt64) {}
    func resolutions() -> [Resolution] { [] }
}
