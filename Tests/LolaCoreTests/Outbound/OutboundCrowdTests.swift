// Many orders at once and over a long time: a limit is a limit on any number of threads, nobody is called at night, and
// nobody is written to after STOP.
import Foundation
import Synchronization
import Testing

@testable import LolaCore

@Suite("Outbound gate: crowds")
struct OutboundCrowdTests {
    private static let attempts = 10_000
    private static let limit = 777
    private static let loops = 4

    private final class Tally: Sendable {
        let passed = Atomic<Int>(0)
        let refused = Atomic<Int>(0)
        let wrong = Atomic<Int>(0)
        let ended = DispatchSemaphore(value: 0)
    }

    @Test("check-then-act race: of 10,000 attempts from four threads on a limit of N exactly N pass, and a restart knows")
    func race() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lola-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let wakers = try (0..<Self.loops).map { _ in try #require(EventFD()) }
        let (writer, compactor) = (try #require(EventFD()), try #require(EventFD()))
        let store = try EmbeddedStore.open(
            try LinuxDisk(folder), at: LinuxClock().wall,
            wakers: EmbeddedStore.Wakers(loops: wakers, writer: writer, compactor: compactor))
        let tally = Tally()
        try JournalThreads.start(store, folder: folder, writer: writer, compactor: compactor) { tally.ended.signal() }
        let journal = store.journal
        let budget = try Self.budget()
        for loop in 0..<Self.loops {
            let waker = wakers[loop]
            LinuxThread.start(name: "test-loop-\(loop)") {
                Self.work(JournalStore(journal, loop: loop), waker, budget, tally)
                tally.ended.signal()
            }
        }
        for _ in 0..<Self.loops { tally.ended.wait() }
        journal.end()
        for _ in 0..<2 { tally.ended.wait() }
        #expect(tally.passed.load(ordering: .relaxed) == Self.limit)
        #expect(tally.refused.load(ordering: .relaxed) == Self.attempts - Self.limit)
        #expect(tally.wrong.load(ordering: .relaxed) == 0)
        var (table, _) = try JournalRecovery.open(try LinuxDisk(folder), at: LinuxClock().wall)
        var (changes, undo): ([StoreChange], [StoreUndo]) = ([], [])
        let answer = table.apply(.reserve(budget.shares), at: LinuxClock().wall, changes: &changes, undo: &undo)
        guard case .exceeded(let place, let reading) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(budget.members[place] == .perDay && reading.sum == Int64(Self.limit))
    }

    /// Limits of a day, and one that has room for all: no window ends meanwhile.
    private static func budget() throws -> OutboundBudget {
        var limits = AgentLimits()
        limits[.perDay] = limit
        limits[.spendPerMonth] = 100_000
        // The first second of a day: its window has a day to go whenever the test runs.
        let now = WallTime(seconds: LinuxClock().wall.inSeconds / 86_400 * 86_400)
        return OutboundBudget(
            try #require(AgentID("ada".utf8)), limits, price: SpendAmount(hundredths: 1), sameNumber: nil, at: now)
    }

    private static func work(_ store: JournalStore, _ waker: EventFD, _ budget: OutboundBudget, _ tally: Tally) {
        let (share, clock) = (attempts / loops, LinuxClock())
        var (asked, answered) = (0, 0)
        while answered < share {
            while asked < share, asked - answered < 100 {
                asked += 1
                store.submit(.reserve(budget.shares)) { answer in
                    answered += 1
                    switch answer {
                    case .reserved: tally.passed.add(1, ordering: .relaxed)
                    case .exceeded: tally.refused.add(1, ordering: .relaxed)
                    default: tally.wrong.add(1, ordering: .relaxed)
                    }
                }
            }
            if !store.deliver(at: clock.wall), answered < share { waker.wait(atMost: .seconds(5)) }
        }
    }

    // MARK: A long time

    /// Numbers and clocks of zone_oracle.txt.
    private struct Place {
        let number: String
        let changes: [(at: Int, offset: Int)]

        func hour(at second: Int) -> Int {
            let offset = changes.last { $0.at <= second }?.offset ?? 0
            return ((second + offset * 60) % 86_400 + 86_400) % 86_400 / 3_600
        }
    }

    private static func places() throws -> [Place] {
        let url = Vectors.packageRoot.appendingPathComponent("Tests/BlackBox/zone_oracle.txt")
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        return try text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            var changes = [(at: 0, offset: try #require(Int(words[2])))]
            for change in words.dropFirst(3) {
                let parts = change.split(separator: ":").compactMap { Int($0) }
                changes.append((parts[0], parts[1]))
            }
            let number = "+" + words[1] + String("5550142".prefix(max(4, 11 - words[1].count)))
            guard let address = PersonAddress([UInt8](text: number)), address.bytes.text == number else { return nil }
            return Place(number: number, changes: changes)
        }
    }

    @Test("100,000 sends at random instants to numbers all over the world: none in quiet hours, none after STOP")
    func years() throws {
        let places = try Self.places()
        #expect(places.count > 150)
        let bench = try GateBench(limits: [
            .perMinute: 1_000_000, .perHour: 1_000_000, .perDay: 1_000_000, .callsPerDaySameNumber: 1_000_000,
            .spendPerDay: 100_000_000, .spendPerMonth: 100_000_000,
        ])
        var random = SeededGenerator(seed: 21)
        for place in places {
            try bench.consent(.voice, place.number)
            try bench.consent(.sms, place.number)
        }
        var stopped: Set<String> = []
        var counts: [String: Int] = [:]
        let clock = bench.desk.rig.clock
        for channel in [AgentChannel.voice, .sms] {
            bench.providers[channel]?.onSend = { dispatch in
                let number = dispatch.recipient.address.bytes.text
                #expect(!stopped.contains(number), "after STOP: \(number)")
                guard channel == .voice, let place = places.first(where: { $0.number == number }) else { return }
                #expect((8..<21).contains(place.hour(at: Int(clock.wall.inSeconds))), "\(number) at \(clock.wall)")
            }
        }
        for _ in 0..<1_000 {
            clock.stepWall(by: .seconds(Int64(random.next() % 400_000)))
            let place = places[Int(random.next() % UInt64(places.count))]
            if stopped.remove(place.number) == nil {
                try bench.suppress(place.number)
                stopped.insert(place.number)
            } else {
                let id = bench.suppressions.id(try GateBench.address(place.number))
                #expect(try bench.desk.ask { bench.suppressions.remove(id, actor: "o", $0) } == nil)
            }
            var open = 100
            for _ in 0..<100 {
                let target = places[Int(random.next() % UInt64(places.count))].number
                let order = try bench.order(random.next() % 4 == 0 ? .sms : .voice, target, "Hello")
                bench.gate.submit(order, by: "agent:ada") { verdict in
                    open -= 1
                    switch verdict {
                    case .accepted(let receipt): counts[receipt.channel.rawValue, default: 0] += 1
                    case .refused(let refusal): counts[refusal.code.rawValue, default: 0] += 1
                    }
                }
            }
            bench.desk.rig.run(for: .seconds(1)) { open == 0 }
            #expect(open == 0)
        }
        #expect(counts.values.reduce(0, +) == 100_000)
        for word in ["voice", "sms", "quiet_hours", "do_not_contact"] { #expect(counts[word, default: 0] > 5_000) }
        #expect(Set(counts.keys) == ["voice", "sms", "quiet_hours", "do_not_contact"], "\(counts)")
    }
}
