// Quiet hours: clocks of numbers against Python's zoneinfo, and what a number without a place means.
import Foundation
import Testing

@testable import LolaCore

@Suite("Clocks of telephone numbers")
struct PhoneClockTests {
    /// Lines of zone_oracle.txt: name, prefix, offset from 2025 on, changes.
    private struct Zone {
        let name: String
        let digits: [UInt8]
        /// When each offset begins, in seconds; the first from the start of 2025.
        var changes: [(at: Int, offset: Int)]

        func offset(_ second: Int) -> Int {
            var (low, high) = (0, changes.count - 1)
            while low < high {
                let middle = (low + high + 1) / 2
                if changes[middle].at <= second { low = middle } else { high = middle - 1 }
            }
            return changes[low].offset
        }
    }

    private static let start = 1_735_689_600
    private static let end = 2_524_608_000

    private static func zones() throws -> [Zone] {
        let url = Vectors.packageRoot.appendingPathComponent("Tests/BlackBox/zone_oracle.txt")
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        return try text.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            var zone = Zone(
                name: words[0], digits: Array(words[1].utf8), changes: [(start, try #require(Int(words[2])))])
            for change in words.dropFirst(3) {
                let parts = change.split(separator: ":")
                zone.changes.append((try #require(Int(parts[0])), try #require(Int(parts[1]))))
            }
            return zone
        }
    }

    private static func clock(_ number: String) -> PhoneClock { PhoneClock(digits: Array(number.utf8)) }
    private static func time(_ seconds: Int) -> WallTime { WallTime(milliseconds: Int64(seconds) * 1_000) }
    private static let hours = CallingHours([UInt8](text: "8-21"))

    @Test("a million random instants from 2025 to 2049 in every zone of the oracle")
    func million() throws {
        let zones = try Self.zones()
        #expect(zones.count > 200 && zones.contains { $0.changes.count > 40 })
        let clocks = zones.map { PhoneClock(digits: $0.digits) }
        var random = SeededGenerator(seed: 20_261_121)
        var wrong: [String] = []
        for _ in 0..<1_000_000 {
            let place = Int(random.next() % UInt64(zones.count))
            let second = Self.start + Int(random.next() % UInt64(Self.end - Self.start))
            let found = clocks[place].offsets(at: Self.time(second))
            if found != [zones[place].offset(second)] { wrong.append("\(zones[place].name) at \(second): \(found)") }
        }
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(5))")
    }

    @Test("the minute before, of and after every change")
    func changes() throws {
        for zone in try Self.zones() {
            let clock = PhoneClock(digits: zone.digits)
            for change in zone.changes.dropFirst() {
                for second in [change.at - 1, change.at, change.at + 60] {
                    #expect(clock.offsets(at: Self.time(second)) == [zone.offset(second)], "\(zone.name) \(second)")
                }
            }
        }
    }

    @Test("from eight to nine in the evening at the recipient, to the second", arguments: [
        // 2026-07-01: New York is at UTC-4, Los Angeles at UTC-7, Phoenix at UTC-7 all year.
        ("12125550100", 1_782_907_199, false), ("12125550100", 1_782_907_200, true),
        ("12125550100", 1_782_953_999, true), ("12125550100", 1_782_954_000, false),
        ("12135550100", 1_782_907_200, false), ("12135550100", 1_782_918_000, true),
        ("16025550100", 1_782_917_999, false), ("16025550100", 1_782_918_000, true),
        // Kathmandu is at UTC+5:45.
        ("97714000000", 1_782_872_099, false), ("97714000000", 1_782_872_100, true),
    ] as [(String, Int, Bool)])
    func windows(_ row: (number: String, second: Int, isOpen: Bool)) throws {
        let hours = try #require(Self.hours)
        #expect(Self.clock(row.number).isWithin(hours, at: Self.time(row.second)) == row.isOpen)
    }

    @Test("a number that does not tell its place is called only when every clock it may live by allows it")
    func unknown() throws {
        let hours = try #require(Self.hours)
        // A toll-free number: all clocks behind +1. A Russian mobile: all eleven. No such country: all of the world.
        for (number, parts) in [("18005550100", 8), ("79161234567", 9), ("99900000000", 25)] as [(String, Int)] {
            let clock = Self.clock(number)
            var open = 0
            for minute in stride(from: 0, to: 1_440, by: 15) {
                let at = Self.time(1_782_864_000 + minute * 60)
                let offsets = clock.offsets(at: at)
                #expect(offsets.count >= parts, "\(number): \(offsets.count)")
                let all = offsets.allSatisfy { (480..<1_260).contains((minute + $0 + 2_880) % 1_440) }
                #expect(clock.isWithin(hours, at: at) == all)
                open += all ? 1 : 0
            }
            #expect(open < 40)
            #expect((clock.next(hours, from: Self.time(1_782_864_000)) == nil) == (open == 0))
        }
        // Morocco goes back for Ramadan, when no rule tells: both count, so half past eight in summer is too early.
        #expect(Self.clock("212522000000").offsets(at: Self.time(1_782_864_000)) == [0, 60])
    }

    @Test("the next allowed time is allowed, and none before it is")
    func next() throws {
        let hours = try #require(Self.hours)
        var random = SeededGenerator(seed: 4)
        let numbers = ["12125550100", "15145550100", "525512345678", "61291234567", "97714000000", "18005550100"]
        for _ in 0..<2_000 {
            let number = numbers[Int(random.next() % UInt64(numbers.count))]
            let at = Self.time(Self.start + Int(random.next() % UInt64(Self.end - Self.start)))
            let clock = Self.clock(number)
            let next = try #require(clock.next(hours, from: at))
            #expect(clock.isWithin(hours, at: next) && next >= at)
            if next > at {
                #expect(!clock.isWithin(hours, at: WallTime(milliseconds: next.milliseconds - 1)))
                #expect(!clock.isWithin(hours, at: at))
            }
        }
        let never = try #require(CallingHours([UInt8](text: "8-9")))
        #expect(Self.clock("18005550100").next(never, from: Self.time(Self.start)) == nil)
    }
}
