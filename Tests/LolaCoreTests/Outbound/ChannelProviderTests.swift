// What becomes of an order at a provider's API: taken, refused, or nobody knows; it goes out once.
import Testing

@testable import LolaCore

@Suite("Orders at a provider")
struct ChannelProviderTests {
    private final class Bench {
        let rig = LoopRig()
        let server: SimServer
        let signals = PlainSignals()
        let provider: ChannelProvider

        init() throws {
            server = SimServer(rig.network, "twilio", at: Endpoint(address: IPAddress([10, 0, 0, 3]), port: 80))
            let client = OutboundClient(rig.loop, tls: nil) { IPAddress(text: $0) }
            provider = ChannelProvider(
                client, try Fixture.twilio(api: "http://10.0.0.3"), ownID: [UInt8](text: "+15550199"), signals: signals)
        }

        /// The one outcome of an order that is answered like this, however often it is sent.
        func send(_ status: Int, _ body: String, _ fields: [String] = []) throws -> ProviderOutcome {
            server.script = { $0.answer(status, fields, body: body) }
            let target = OutboundOrder.Target.address(.sms, try GateBench.address("+12025550123"))
            let recipient = try #require(OutboundRecipient(target, ownIDs: [:]))
            var outcomes: [ProviderOutcome] = []
            provider.send(OutboundDispatch(RecordID(high: 1, low: 2), to: recipient, text: [0x78])) {
                outcomes.append($0)
            }
            rig.run(for: .minutes(2))
            return try #require(outcomes.count == 1 ? outcomes[0] : nil)
        }
    }

    @Test("a conversation of another channel is no address here, and nothing is sent")
    func otherChannel() throws {
        let bench = try Bench()
        let ownIDs: [ChannelName: [UInt8]] = [.whatsapp: [UInt8](text: "1065")]
        let key = ConversationKey(bytes: [UInt8](text: "whatsapp:1065:12025550123"))
        let recipient = try #require(OutboundRecipient(.conversation(key), ownIDs: ownIDs))
        var outcomes: [ProviderOutcome] = []
        bench.provider.send(OutboundDispatch(RecordID(high: 1, low: 2), to: recipient, text: [0x78])) {
            outcomes.append($0)
        }
        #expect(outcomes == [.refused(word: "address_unknown")] && bench.server.calls == 0)
    }

    @Test("what Twilio answers to an order is what becomes of it, and it is asked once", arguments: [
        (#"{"sid":"SM1","status":"queued"}"#, .taken(id: [0x53, 0x4D, 0x31], .sent, price: nil)),
        (#"{"sid":"SM1","status":"failed","error_code":30005}"#, .refused(word: "undeliverable")),
        (#"{"sid":"SM1","status":"canceled","error_code":null}"#, .refused(word: "undeliverable")),
        (#"{"status":"queued"}"#, .unknown(word: "answer_unclear")), ("", .unknown(word: "answer_unclear")),
        ("<html>", .unknown(word: "answer_unclear")),
    ] as [(String, ProviderOutcome)])
    func taken(_ row: (body: String, outcome: ProviderOutcome)) throws {
        let bench = try Bench()
        #expect(try bench.send(201, row.body) == row.outcome)
        #expect(bench.server.calls == 1 && bench.server.complaints.isEmpty && bench.signals.noted.isEmpty)
    }

    @Test("who is to come later hears when, where the provider says so", arguments: [
        (429, "", "Retry-After: 120", "rate_limited", 120), (503, "", "Retry-After: 30", "provider_unavailable", 30),
        (429, #"{"code":20429}"#, "Retry-After: 7", "rate_limited", 7), (503, "", "X: 1", "provider_unavailable", nil),
        (429, "", "Retry-After: 99999", "rate_limited", 3_600), (401, "", "Retry-After: 30", "token_invalid", nil),
    ] as [(Int, String, String, String, Int64?)])
    func later(_ row: (status: Int, body: String, field: String, word: String, seconds: Int64?)) throws {
        let bench = try Bench()
        let outcome = try bench.send(row.status, row.body, [row.field])
        #expect(outcome == .unavailable(word: row.word, after: row.seconds.map { Interval.seconds($0) }))
        #expect(bench.server.calls == 1 && Limits.deliveryRetryAfterMax == .seconds(3_600))
    }

    @Test("an opt-out that comes with the answer is kept before the agent hears of it")
    func optedOut() throws {
        let bench = try Bench()
        let body = #"{"sid":"SM1","status":"failed","error_code":21610}"#
        #expect(try bench.send(201, body) == .refused(word: "opted_out"))
        #expect(bench.signals.noted.map(\.kind) == [.optedOut])
    }
}
