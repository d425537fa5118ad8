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
