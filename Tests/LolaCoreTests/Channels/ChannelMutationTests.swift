import Foundation
import Testing

@testable import LolaCore

@Suite("Channels: hostile shapes")
struct ChannelMutationTests {
    /// Replaces, removes or repeats values anywhere in a payload.
    fileprivate struct Mutator {
        var random: SeededGenerator

        mutating func mutated(_ value: Any, depth: Int = 0) -> Any {
            if Int.random(in: 0..<12, using: &random) == 0 { return strange() }
            if var object = value as? [String: Any] {
                for key in object.keys.sorted() {
                    switch Int.random(in: 0..<40, using: &random) {
                    case 0: object[key] = nil
                    case 1: object["\(key)_"] = object[key]
                    default: object[key] = object[key].map { mutated($0, depth: depth + 1) }
                    }
                }
                return object
            }
            if let array = value as? [Any] {
                var out = array.map { mutated($0, depth: depth + 1) }
                if Int.random(in: 0..<10, using: &random) == 0 { out += array }
                return out
            }
            return value
        }

        private mutating func strange() -> Any {
            let values: [Any] = [
                NSNull(), true, 0, -1, 1.5, 1e300, Int64.max, Int64.min, "", "x", "\u{0}", "9999999999999999999999",
                "individual", [Any](), [String: Any](), [[String: Any]()], String(repeating: "é", count: 5_000),
                ["id": [1, 2, 3]], [NSNull(), "a", 7],
            ]
            return values[Int.random(in: 0..<values.count, using: &random)]
        }
    }

    /// What must hold of every message, whatever came in.
    private func check(_ webhook: DecodedWebhook, _ channel: any Channel) {
        for message in webhook.messages {
            #expect(message.channel == channel.name && !message.nativeID.isEmpty && !message.senderID.isEmpty)
            #expect(message.nativeID.allSatisfy { $0 > 0x20 && $0 < 0x7F })
            #expect(message.senderID.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A })
            #expect(message.at.milliseconds >= 0)
            let requests = channel.encode(.text([0x78]), to: message.replyTo, reference: [])
            #expect(requests.count == 1)
            if let request = channel.acknowledgement(of: message) {
                #expect((try? JSONDocument.parse(request.body)) != nil)
            }
        }
    }

    private func run(_ channel: any Channel, _ file: String, seed: UInt64) throws {
        let payloads = try Fixture.cases(file).map { try #require($0["payload"]) }
        var mutator = Mutator(random: SeededGenerator(seed: seed))
        let head = try Fixture.head(try Fixture.svix([]))
        var read = 0
        for round in 0..<5_000 {
            var body = try Fixture.json(mutator.wrapped(payloads[round % payloads.count]))
            if round % 10 == 0, !body.isEmpty {
                body[Int.random(in: 0..<body.count, using: &mutator.random)] = UInt8(truncatingIfNeeded: round)
            }
            let webhook = channel.decode(head, body)
            check(webhook, channel)
            read += webhook.messages.count
        }
        // The mutations leave enough whole to be worth running.
        #expect(read > 500)
    }

    @Test("mutated WhatsApp payloads never trap and never make a message of nobody")
    func whatsapp() throws {
        try run(try Fixture.whatsapp(), "whatsapp_payloads.json", seed: 0x5EED)
    }

    @Test("mutated Telegram updates never trap and never make a message of nobody")
    func telegram() throws {
        try run(try Fixture.telegram(), "telegram_updates.json", seed: 0x7E1E)
    }

    @Test("mutated events of Resend never trap and never make a message of nobody")
    func resend() throws { try run(try Fixture.resend(), "resend_events.json", seed: 0x5E4D) }

    @Test("mutated forms of Twilio never trap and never make a message of nobody")
    func twilio() throws {
        let channel = try Fixture.twilio()
        let head = try Fixture.head([Fixture.formType], target: "/webhooks/twilio/sms")
        let rows = try Fixture.cases("twilio_inbound.json").map { try Fixture.pairs($0) }
        let strange = ["", "whatsapp:", "-1", "9999999999999999999", "+1\u{0}", "é", "a:b", " x ", "1e309", "nan"]
        var random = SeededGenerator(seed: 0x2117)
        var read = 0
        for round in 0..<5_000 {
            var pairs = rows[round % rows.count].map { ($0.name.text, $0.value.text) }
            for _ in 0...Int.random(in: 0...2, using: &random) {
                let index = Int.random(in: 0..<pairs.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: pairs.remove(at: index)
                case 1: pairs.append(pairs[index])
                default: pairs[index].1 = strange.randomElement(using: &random) ?? ""
                }
            }
            let webhook = channel.decode(head, Fixture.form(pairs))
            for message in webhook.messages {
                #expect(message.channel == .twilioSMS || message.channel == .twilioWhatsApp)
                #expect(message.nativeID.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A })
                #expect(message.senderID.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x3A })
                #expect(message.phone.map { E164($0) != nil } ?? true)
                #expect(channel.encode(.text([0x78]), to: message.replyTo, reference: []).count == 1)
            }
            read += webhook.messages.count
        }
        #expect(read > 2_000)
    }

    @Test("mutated answers of providers never trap")
    func answers() throws {
        let whatsapp: [String: Any] = ["messages": [["id": "w"]], "error": ["code": 131_026, "error_data": ["x": 1]]]
        let telegram: [String: Any] = ["ok": false, "error_code": 429, "parameters": ["retry_after": 5], "result": [:]]
        var mutator = Mutator(random: SeededGenerator(seed: 3))
        let channels: [(any Channel, [String: Any])] = [
            (try Fixture.whatsapp(), whatsapp), (try Fixture.telegram(), telegram),
            (try Fixture.twilio(), ["sid": "SM1", "code": 20_429, "status": 429]),
            (try Fixture.resend(), ["id": "e1", "name": "rate_limit_exceeded", "statusCode": 429]),
        ]
        for round in 0..<2_000 {
            for (channel, answer) in channels {
                let body = try Fixture.json(mutator.wrapped(answer)).text
                let status = [200, 400, 429, 500][round % 4]
                let verdict = channel.judge(try Fixture.response(status, body))
                if case .retry(_, let after?) = verdict { #expect(after <= .hours(1) && after >= .zero) }
            }
        }
    }
}

extension ChannelMutationTests.Mutator {
    /// A top-level object, as Foundation writes no bare values.
    fileprivate mutating func wrapped(_ value: Any) -> Any {
        let out = mutated(value)
        return out is [Any] || out is [String: Any] ? out : [out]
    }
}
