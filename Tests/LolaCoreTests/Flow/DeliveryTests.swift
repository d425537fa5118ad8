// Replies on their way to a provider that takes, delays, refuses and disappears.
import Testing

@testable import LolaCore

@Suite("Delivery")
struct DeliveryTests {
    /// Delivers replies of message `m` and waits for the outcome.
    private static func deliver(_ bench: FlowBench, _ texts: [String], after: Int? = nil) -> [String] {
        let verified = FlowBench.message("m")
        let accepted = AcceptedMessage(verified: verified, names: bench.names(verified), mayBeRepeated: false)
        bench.log.insert(MessageRecord(accepted))
        bench.records(.append(QueueEntry(
            key: StoreKey(.inbound, accepted.names.messageID), lane: accepted.lane, value: [1])))
        var outcomes: [String] = []
        let ledger = MessageLedger(accepted, bench.flow.parts) { _ in }
        let delivery = Delivery(
            bench.flow.parts, ledger, channel: bench.channel, message: verified.message, leash: CallLeash()
        ) { outcome in
            switch outcome {
            case .delivered: outcomes.append("delivered")
            case .refused(let word, let sent): outcomes.append("refused \(word) after \(sent)")
            case .exhausted(let word, let sent): outcomes.append("exhausted \(word) after \(sent)")
            }
        }
        delivery.start(texts.map { .text([UInt8](text: $0)) }, reference: [0x72], after: after)
        bench.rig.run(for: .minutes(5)) { !outcomes.isEmpty }
        bench.rig.run(for: .seconds(1))
        return outcomes
    }

    private static func states(_ bench: FlowBench) -> [String] {
        (bench.record("m")?.deliveries ?? []).map { "\($0.status.rawValue) \($0.attempts) \($0.error ?? "-")" }
    }

    @Test("replies and their parts go out one after the other, in order")
    func order() throws {
        let bench = try FlowBench()
        #expect(Self.deliver(bench, ["a|b", "c"]) == ["delivered"])
        #expect(bench.delivered == ["a", "b", "c"] && bench.provider.links == 1)
        #expect(Self.states(bench) == ["sent 1 -", "sent 1 -", "sent 1 -"])
    }

    @Test("what the provider delays is tried again after its own time, and the next waits for it")
    func retry() throws {
        let bench = try FlowBench()
        bench.statuses = [429, 500, 200]
        let started = bench.rig.clock.now
        #expect(Self.deliver(bench, ["a", "b"]) == ["delivered"])
        #expect(bench.delivered == ["a", "a", "a", "b"])
        #expect(Self.states(bench) == ["sent 3 -", "sent 1 -"])
        // 7 s named, then 5 s of our own, less a fifth.
        #expect(bench.rig.clock.now - started >= .seconds(11))
    }

    @Test("what the provider has perhaps taken is not sent again")
    func unclear() throws {
        let bench = try FlowBench()
        bench.statuses = [202, 200]
        #expect(Self.deliver(bench, ["a", "b"]) == ["delivered"])
        #expect(bench.delivered == ["a", "b"] && Self.states(bench) == ["sent 1 -", "sent 1 -"])
    }

    @Test("retries end, and nothing further of the message is sent")
    func exhausted() throws {
        let bench = try FlowBench()
        bench.statuses = [500]
        #expect(Self.deliver(bench, ["a", "b"]) == ["exhausted provider_unavailable after 0"])
        #expect(bench.delivered == ["a", "a", "a"])
        #expect(Self.states(bench) == ["failed 3 provider_unavailable", "pending 0 -"])
        #expect(bench.rig.counters.value(.deliveriesFailed) == 1)
    }

    @Test("a refusal is final at once", arguments: [(400, "request_refused"), (401, "token_invalid")])
    func refused(_ row: (status: Int, word: String)) throws {
        let bench = try FlowBench()
        bench.statuses = [row.status]
        #expect(Self.deliver(bench, ["a", "b"]) == ["refused \(row.word) after 0"])
        #expect(bench.delivered == ["a"])
    }

    @Test("the other form of a number is tried once, at once")
    func alternative() throws {
        let bench = try FlowBench()
        bench.statuses = [404, 200]
        #expect(Self.deliver(bench, ["a", "b"]) == ["delivered"])
        #expect(bench.delivered == ["a", "other a", "b"])
        let twice = try FlowBench()
        twice.statuses = [404]
        #expect(Self.deliver(twice, ["a"]) == ["refused undeliverable after 0"])
        #expect(twice.delivered == ["a", "other a"])
    }

    @Test("a provider that is not there counts as one that delays")
    func gone() throws {
        let bench = try FlowBench()
        bench.provider.admission = { .refuse }
        #expect(Self.deliver(bench, ["a"]) == ["exhausted connect after 0"])
        #expect(Self.states(bench) == ["failed 3 connect"])
    }

    @Test("nothing to send is delivered")
    func nothing() throws {
        let bench = try FlowBench()
        #expect(Self.deliver(bench, []) == ["delivered"] && bench.delivered.isEmpty)
    }
}
