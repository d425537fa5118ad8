import Foundation
import Testing

@testable import LolaCore

@Suite("Channels: what a provider's answer means")
struct DeliveryJudgeTests {
    @Test("WhatsApp errors are judged by their code", arguments: [
        ([0, 190], DeliveryVerdict.alarm(word: "token_invalid")),
        ([3, 10, 200, 299, 131_005], .alarm(word: "permission_missing")),
        ([4, 80_007, 130_429], .retry(word: "rate_limited", after: nil)),
        ([131_056], .retry(word: "pair_rate_limited", after: .seconds(6))),
        ([1, 2, 131_000, 131_016, 131_057, 133_004], .retry(word: "provider_unavailable", after: nil)),
        ([131_026], .final(word: "undeliverable")),
        ([131_048, 131_049, 131_064], .final(word: "messaging_limit")),
        ([131_047], .final(word: "window_closed")),
        ([131_021, 131_030, 131_062], .final(word: "recipient_refused")),
        ([131_031], .alarm(word: "account_locked")),
        ([131_042], .alarm(word: "payment_missing")),
        ([100, 131_008, 131_009, 131_051, 132_000, 132_015, 5, 300, 999_999], .final(word: "request_refused")),
    ])
    func whatsappCodes(codes: [Int], expected: DeliveryVerdict) throws {
        let channel = try Fixture.whatsapp()
        for code in codes {
            let body = #"{"error":{"message":"(#\#(code)) x","type":"OAuthException","code":\#(code)}}"#
            #expect(channel.judge(try Fixture.response(400, body)) == expected, "\(code)")
            // A provider that answers 200 with an error has not accepted.
            #expect(channel.judge(try Fixture.response(200, body)) == expected, "\(code)")
        }
    }

    @Test("WhatsApp answers without a code are judged by their status", arguments: [
        (200, #"{"messages":[{"id":"wamid.A","message_status":"accepted"}]}"#,
            DeliveryVerdict.accepted(providerID: [UInt8](text: "wamid.A"))),
        (200, "", .accepted(providerID: [])), (202, "<html>", .accepted(providerID: [])),
        (200, #"{"messages":[{"id":7}]}"#, .accepted(providerID: [])),
        (500, "", .retry(word: "provider_unavailable", after: nil)),
        (503, #"{"error":{"code":"x"}}"#, .retry(word: "provider_unavailable", after: nil)),
        (500, #"{"error":{"code":999999}}"#, .retry(word: "provider_unavailable", after: nil)),
        (408, "", .retry(word: "provider_unavailable", after: nil)),
        (429, "", .retry(word: "rate_limited", after: nil)),
        (401, "", .alarm(word: "permission_missing")), (403, "", .alarm(word: "permission_missing")),
        (400, "", .final(word: "request_refused")), (404, "[]", .final(word: "request_refused")),
        (302, "", .final(word: "request_refused")),
    ])
    func whatsappStatus(status: Int, body: String, expected: DeliveryVerdict) throws {
        #expect(try Fixture.whatsapp().judge(try Fixture.response(status, body)) == expected)
    }

    @Test("Retry-After is honoured, between nothing and an hour", arguments: [
        ("7", Interval.seconds(7)), ("0", .zero), ("999999", .hours(1)), ("9223372036854775807", .hours(1)),
        ("-1", nil), ("99999999999999999999", nil), ("Fri, 20 Nov 2026 10:00:00 GMT", nil), ("", nil),
    ] as [(String, Interval?)])
    func retryAfter(value: String, expected: Interval?) throws {
        let fields = [("Retry-After", value)]
        let whatsapp = try Fixture.whatsapp().judge(try Fixture.response(429, "", fields: fields))
        #expect(whatsapp == .retry(word: "rate_limited", after: expected))
        let pair = try Fixture.whatsapp().judge(
            try Fixture.response(400, #"{"error":{"code":131056}}"#, fields: fields))
        #expect(pair == .retry(word: "pair_rate_limited", after: max(expected ?? .zero, .seconds(6))))
        let telegram = try Fixture.telegram().judge(try Fixture.response(502, "", fields: fields))
        #expect(telegram == .retry(word: "provider_unavailable", after: expected))
    }

    @Test("Telegram answers are judged by their code", arguments: [
        (200, #"{"ok":true,"result":{"message_id":42}}"#, DeliveryVerdict.accepted(providerID: [UInt8](text: "42"))),
        (200, "", .accepted(providerID: [])), (200, #"{"ok":true,"result":true}"#, .accepted(providerID: [])),
        (429, #"{"ok":false,"error_code":429,"parameters":{"retry_after":5}}"#,
            .retry(word: "rate_limited", after: .seconds(5))),
        (429, #"{"ok":false,"error_code":429,"parameters":{"retry_after":-5}}"#,
            .retry(word: "rate_limited", after: .zero)),
        (429, "", .retry(word: "rate_limited", after: nil)),
        (200, #"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#,
            .final(word: "recipient_refused")),
        (403, "", .final(word: "recipient_refused")),
        (401, #"{"ok":false,"error_code":401}"#, .alarm(word: "token_invalid")),
        (404, #"{"ok":false,"error_code":404}"#, .alarm(word: "token_invalid")),
        (400, #"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#,
            .final(word: "request_refused")),
        (400, #"{"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-100}}"#, .final(word: "chat_moved")),
        (502, "<html>", .retry(word: "provider_unavailable", after: nil)),
        (302, "", .final(word: "request_refused")),
    ])
    func telegram(status: Int, body: String, expected: DeliveryVerdict) throws {
        #expect(try Fixture.telegram().judge(try Fixture.response(status, body)) == expected)
    }
}
