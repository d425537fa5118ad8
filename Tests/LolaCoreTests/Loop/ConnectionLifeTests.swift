// Every phase of a server connection and what its end of patience is (CONTRACT §4 "HTTP limits").
import Testing

@testable import LolaCore

@Suite("Life of a server connection")
struct ConnectionLifeTests {
    private static let start = Instant(nanoseconds: 1_000_000_000)
    private static func at(_ milliseconds: Int64) -> Instant { start + .milliseconds(milliseconds) }

    @Test("each phase has its own patience and its own end", arguments: [
        (ConnectionLife.Phase.fresh, 10_000, ConnectionLife.Expiry.closeSilently), (.idle, 75_000, .closeSilently),
        (.head, 10_000, .requestTimeout), (.body, 5_000, .requestTimeout), (.flushing, 15_000, .closeSilently),
        (.lingering, 1_000, .closeSilently),
    ] as [(ConnectionLife.Phase, Int64, ConnectionLife.Expiry)])
    func phases(_ row: (phase: ConnectionLife.Phase, patience: Int64, end: ConnectionLife.Expiry)) {
        var life = ConnectionLife(acceptedAt: Self.start)
        if row.phase != .fresh { life.enter(row.phase, at: Self.start) }
        #expect(life.deadline == Self.at(row.patience))
        #expect(life.expiry(at: Self.at(row.patience - 1)) == nil)
        #expect(life.expiry(at: Self.at(row.patience)) == row.end)
    }

    @Test("an answer may take as long as it takes, and a stream may last", arguments: [
        ConnectionLife.Phase.answering, .streaming,
    ])
    func answering(_ phase: ConnectionLife.Phase) {
        var life = ConnectionLife(acceptedAt: Self.start)
        life.enter(phase, at: Self.start)
        #expect(life.deadline == .distantFuture && life.expiry(at: Self.at(100_000_000)) == nil)
    }

    @Test("silence before the first octet counts for the first head")
    func firstHead() {
        var life = ConnectionLife(acceptedAt: Self.start)
        life.enter(.head, at: Self.at(9_000))
        #expect(life.deadline == Self.at(10_000))
    }

    @Test("a later head has its ten seconds from its first octet")
    func laterHead() {
        var life = ConnectionLife(acceptedAt: Self.start)
        life.enter(.idle, at: Self.at(1_000))
        life.enter(.head, at: Self.at(50_000))
        #expect(life.deadline == Self.at(60_000))
    }

    @Test("a body brings 512 octets a second in every window of five seconds; early ones earn nothing for later")
    func bodyRate() {
        var life = ConnectionLife(acceptedAt: Self.start)
        life.enter(.body, at: Self.start)
        life.received(bodyOctets: 4_000_000)
        #expect(life.expiry(at: Self.at(4_999)) == nil)
        #expect(life.expiry(at: Self.at(5_000)) == nil)
        life.received(bodyOctets: 2_559)
        #expect(life.deadline == Self.at(10_000))
        #expect(life.expiry(at: Self.at(10_000)) == .requestTimeout)
        life.received(bodyOctets: 1)
        #expect(life.expiry(at: Self.at(10_000)) == nil)
        for second in stride(from: 15, to: 60, by: 5) {
            life.received(bodyOctets: 2_560)
            #expect(life.expiry(at: Self.at(Int64(second) * 1_000)) == nil)
        }
        life.received(bodyOctets: 1_000_000)
        #expect(life.expiry(at: Self.at(60_000)) == .requestTimeout)
        life.enter(.idle, at: Self.at(1))
        life.enter(.body, at: Self.at(2))
        #expect(life.deadline == Self.at(5_002))
    }

    @Test("a peer that takes nothing is left after fifteen seconds, in any phase")
    func stall() {
        var life = ConnectionLife(acceptedAt: Self.start)
        life.enter(.answering, at: Self.start)
        life.output(waiting: true, progressed: false, at: Self.at(100))
        life.output(waiting: true, progressed: false, at: Self.at(9_000))
        #expect(life.deadline == Self.at(15_100))
        life.output(waiting: true, progressed: true, at: Self.at(10_000))
        #expect(life.deadline == Self.at(25_000) && life.expiry(at: Self.at(25_000)) == .closeSilently)
        life.output(waiting: false, progressed: true, at: Self.at(11_000))
        #expect(life.deadline == .distantFuture)
    }

    @Test("a drain shortens idleness to a second and leaves requests alone")
    func drain() {
        var life = ConnectionLife(acceptedAt: Self.start)
        life.drain(at: Self.at(100))
        #expect(life.deadline == Self.at(1_100))
        life.enter(.head, at: Self.at(200))
        #expect(life.deadline == Self.at(10_000))
        life.enter(.idle, at: Self.at(5_000))
        #expect(life.deadline == Self.at(1_100) && life.expiry(at: Self.at(5_000)) == .closeSilently)
    }
}
