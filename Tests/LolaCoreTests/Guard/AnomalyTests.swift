// The anomaly rules by the minute: what stands out, what does not, and that a flood does not grow the memory.
import Testing

@testable import LolaCore

@Suite("Anomalies: what stands out in a minute (CONTRACT §10)")
struct AnomalyTests {
    private let rules = AnomalyThresholds()

    private static func agent(_ name: String) throws -> AgentID { try #require(AgentID([UInt8](text: name))) }
    private static func address(_ number: Int) -> IPAddress {
        IPAddress([10, UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)])
    }

    @Test("actions of a minute: this many, the minute before that many, and whether they stand out", arguments: [
        (9, 0, false), (10, 0, true), (10, 3, true), (10, 4, false), (30, 10, false), (31, 10, true), (0, 0, false),
    ])
    func actions(count: Int, before: Int, standsOut: Bool) throws {
        let counters = AnomalyCounters()
        let agent = try Self.agent("collections")
        for _ in 0..<before { counters.action(agent) }
        _ = counters.turn(rules)
        for _ in 0..<count { counters.action(agent) }
        let expected: [AnomalyFinding] = standsOut ? [.actions(agent, count: count, before: before)] : []
        #expect(counters.turn(rules) == expected)
    }

    @Test("ten failed authentications of an address in five minutes do not stand out, eleven do")
    func failures() {
        let counters = AnomalyCounters()
        let one = Self.address(1)
        for minute in 0..<5 {
            for _ in 0..<2 { counters.failedAuthentication(one) }
            #expect(counters.turn(rules) == [], "\(minute)")
        }
        // The first two are older than five minutes now.
        for _ in 0..<2 { counters.failedAuthentication(one) }
        #expect(counters.turn(rules) == [])
        for _ in 0..<3 { counters.failedAuthentication(one) }
        #expect(counters.turn(rules) == [.failedAuthentications(AddressBlock(one), count: 11)])
    }

    @Test("two addresses are not added, those of one IPv6 network are")
    func addresses() throws {
        let counters = AnomalyCounters()
        for _ in 0..<6 {
            counters.failedAuthentication(Self.address(1))
            counters.failedAuthentication(Self.address(2))
        }
        #expect(counters.turn(rules) == [])
        let left = try #require(IPAddress(text: "2001:db8::1".utf8))
        let right = try #require(IPAddress(text: "2001:db8::2".utf8))
        for _ in 0..<6 {
            counters.failedAuthentication(left)
            counters.failedAuthentication(right)
        }
        #expect(counters.turn(rules).contains(.failedAuthentications(AddressBlock(left), count: 12)))
    }

    @Test("the fourth token of an agent within an hour stands out")
    func tokens() throws {
        let counters = AnomalyCounters()
        let agent = try Self.agent("a-1")
        for minute in 0..<3 {
            counters.tokenMinted(agent)
            #expect(counters.turn(rules) == [], "\(minute)")
        }
        for _ in 0..<50 { #expect(counters.turn(rules) == []) }
        counters.tokenMinted(agent)
        #expect(counters.turn(rules) == [.tokens(agent, count: 4)])
        for _ in 0..<60 { _ = counters.turn(rules) }
        counters.tokenMinted(agent)
        #expect(counters.turn(rules) == [])
    }

    @Test("thresholds are those of the settings")
    func thresholds() throws {
        let settings = try SettingsFixture.load(SettingsFixture.merged(SettingsFixture.required, [
            "LOLA_ANOMALY_ACTION_FACTOR": "5", "LOLA_ANOMALY_ACTIONS_MIN": "2",
            "LOLA_ANOMALY_FAILED_AUTHENTICATIONS": "1", "LOLA_ANOMALY_TOKENS": "1",
        ])).watch.anomalies
        let counters = AnomalyCounters()
        let agent = try Self.agent("x")
        for _ in 0..<2 {
            counters.action(agent)
            counters.failedAuthentication(Self.address(3))
            counters.tokenMinted(agent)
        }
        #expect(counters.turn(settings) == [
            .actions(agent, count: 2, before: 0), .failedAuthentications(AddressBlock(Self.address(3)), count: 2),
            .tokens(agent, count: 2),
        ])
        let standard = try SettingsFixture.load().watch.anomalies
        #expect(standard.actionFactor == 3 && standard.actionsMin == 10)
        #expect(standard.failedAuthentications == 10 && standard.tokens == 3)
    }

    @Test("a million addresses are not remembered one by one, and still stand out together")
    func flood() {
        let counters = AnomalyCounters()
        for number in 0..<(Limits.anomalyAddressesMax + 100) { counters.failedAuthentication(Self.address(number)) }
        #expect(counters.turn(rules) == [.failedAuthentications(nil, count: 100)])
        for _ in 0..<5 { _ = counters.turn(rules) }
        // They are forgotten, and there is room again.
        for _ in 0..<11 { counters.failedAuthentication(Self.address(1_000_000)) }
        #expect(counters.turn(rules) == [.failedAuthentications(AddressBlock(Self.address(1_000_000)), count: 11)])
    }
}
