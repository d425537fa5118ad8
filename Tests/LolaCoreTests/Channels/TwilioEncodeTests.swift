// Replies as requests of Twilio's APIs, and what its answers mean.
import Foundation
import Testing

@testable import LolaCore

@Suite("Twilio: sending")
struct TwilioEncodeTests {
    private let sms = ReplyAddress.sms(own: [UInt8](text: "+15550199"), sender: [UInt8](text: "+15550100"))
    private let choices = [
        Choice(id: [0x61], title: [UInt8](text: "Send")),
        Choice(id: [0x62], title: [UInt8](text: "Stop"), description: [UInt8](text: "now")),
    ]

    private func forms(_ reply: Reply, to address: ReplyAddress? = nil) throws -> [[String: String]] {
        try Fixture.twilio().encode(reply, to: address ?? sms, reference: [0x72]).map { request in
            #expect(request.target.text == "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json")
            #expect(!request.isRepeatable)
            var pairs: [String: String] = [:]
            for pair in try FormFields(request.body[...]).pairs { pairs[pair.name.text] = pair.value.text }
            return pairs
        }
    }

    @Test("a text goes from the number that was written to, with credentials and a place for its statuses")
    func text() throws {
        let form = try #require(try forms(.text([UInt8](text: "a+b & c=d\n\u{1F680}&To=+1666"))).first)
        #expect(
            form == [
                "To": "+15550100", "From": "+15550199", "Body": "a+b & c=d\n\u{1F680}&To=+1666",
                "StatusCallback": "https://hook.example.org/webhooks/twilio/status",
            ])
        let request = try #require(try Fixture.twilio().encode(.text([0x78]), to: sms, reference: []).first)
        let basic = try #require(request.fields.first { "\($0.name)" == "Authorization" }).value.text
        let pair = try #require(Base64.decode([UInt8](text: String(basic.dropFirst(6))), .standard))
        #expect(pair.text == "AC0123456789abcdef0123456789abcdef:\(Fixture.twilioToken)")
        #expect(
            request.fields.contains {
                "\($0.name)" == "Content-Type" && $0.value.text == "application/x-www-form-urlencoded"
            })
    }

    @Test("WhatsApp by Twilio wants its prefix on both ends")
    func whatsapp() throws {
        let address = ReplyAddress.twilioWhatsApp(
            own: [UInt8](text: "+15550199"), sender: [UInt8](text: "+5215512345678"))
        let form = try #require(try forms(.text([0x78]), to: address).first)
        #expect(form["To"] == "whatsapp:+5215512345678" && form["From"] == "whatsapp:+15550199")
    }

    @Test("choices become numbered lines, links stand on their own line, long texts are several messages in order")
    func shapes() throws {
        let buttons = try forms(.buttons(text: [UInt8](text: "What?"), choices: choices))
        #expect(buttons.map { $0["Body"] } == ["What?\n\n1. Send\n2. Stop - now"])
        let list = try forms(.list(text: [UInt8](text: "What?"), button: [0x62], items: choices))
        #expect(list.map { $0["Body"] } == ["What?\n\n1. Send\n2. Stop - now"])
        let link = try forms(.link(text: [UInt8](text: "Open"), url: [UInt8](text: "https://b.example/w/1")))
        #expect(link.map { $0["Body"] } == ["Open\nhttps://b.example/w/1"])
        #expect(try forms(.contactRequest(text: [0x78], button: [0x79])).map { $0["Body"] } == ["x"])
        let words = (0..<900).map { "word\($0)" }.joined(separator: " ")
        let parts = try forms(.text([UInt8](text: words))).map { $0["Body"] ?? "" }
        #expect(parts.count > 1 && parts.allSatisfy { $0.utf16.count <= 1_600 && !$0.isEmpty })
        #expect(parts.joined(separator: " ") == words)
        #expect(try forms(.text([UInt8](text: " \n "))).isEmpty)
    }

    @Test("a call carries its script; nothing said can become markup")
    func callScript() throws {
        let said = [UInt8](text: "Hi</Say><Dial>+1900</Dial><Say>\"&'\u{1}\u{FFFF}x")
        let order = AgentMessage(
            text: said, form: .call(announcement: [UInt8](text: "This call is recorded."), isRecorded: true))
        let address = ReplyAddress.sms(own: [UInt8](text: "+15550199"), sender: [UInt8](text: "+15550100"))
        let requests = try Fixture.twilio().encode(order, to: address, reference: [])
        let request = try #require(requests.count == 1 ? requests[0] : nil)
        #expect(request.target.text.hasSuffix("/Calls.json"))
        let form = try FormFields(request.body[...])
        #expect(form.first("To")?.text == "+15550100" && form.first("From")?.text == "+15550199")
        #expect(form.first("Record")?.text == "true")
        #expect(
            try #require(form.first("Twiml")).text
                == #"<Response><Say language="en-US">This call is recorded.</Say><Say language="en-US">"#
                + "Hi&lt;/Say&gt;&lt;Dial&gt;+1900&lt;/Dial&gt;&lt;Say&gt;&quot;&amp;&#39;x</Say><Hangup/></Response>")
        let script = CallScript(text: [UInt8](text: "x"), language: [UInt8](text: "es\"-MX"))
        #expect(TwiML.call(script).text.contains(#"<Say language="es&quot;-MX">x</Say>"#))
    }

    @Test("the statuses of an order bring its reference back, those of its further parts and of replies do not")
    func orders() throws {
        let reference = [UInt8](text: "0123456789abcdef0123456789abcdef.9000")
        let status = "https://hook.example.org/webhooks/twilio/status"
        let forms = [AgentMessage.Form.text, .call(announcement: nil, isRecorded: false)]
        for form in forms {
            let order = AgentMessage(text: [UInt8](text: "hola"), form: form)
            let request = try #require(try Fixture.twilio().encode(order, to: sms, reference: reference).first)
            let callback = try FormFields(request.body[...]).first("StatusCallback")
            #expect(callback?.text == status + "?order=0123456789abcdef0123456789abcdef.9000")
        }
        let words = [UInt8](text: (0..<900).map { "word\($0)" }.joined(separator: " "))
        let long = AgentMessage(text: words, form: .text)
        let parts = try Fixture.twilio().encode(long, to: sms, reference: reference).map { request in
            try FormFields(request.body[...]).first("StatusCallback")?.text
        }
        #expect(parts.count > 1 && parts.dropFirst().allSatisfy { $0 == status } && parts[0] != status)
        let reply = try #require(try Fixture.twilio().encode(.text([0x78]), to: sms, reference: reference).first)
        #expect(try FormFields(reply.body[...]).first("StatusCallback")?.text == status)
    }

    @Test("what an agent begins is a text like any other where it is no call")
    func begun() throws {
        let address = ReplyAddress.sms(own: [UInt8](text: "+15550199"), sender: [UInt8](text: "+15550100"))
        let order = AgentMessage(text: [UInt8](text: "hola"), form: .text)
        let requests = try Fixture.twilio().encode(order, to: address, reference: [])
        let form = try FormFields(try #require(requests.first).body[...])
        #expect(requests[0].target.text.hasSuffix("/Messages.json") && form.first("Body")?.text == "hola")
    }

    @Test(
        "errors are judged by their code",
        arguments: [
            ([21_610], DeliveryVerdict.final(word: "opted_out")),
            ([21_211, 21_614, 30_003, 30_005, 30_006, 63_003], .final(word: "undeliverable")),
            ([20_003], .alarm(word: "token_invalid")), ([30_002, 20_005], .alarm(word: "account_locked")),
            ([21_606, 21_212, 30_034], .alarm(word: "sender_invalid")),
            ([20_429, 14_107, 30_001, 63_018], .retry(word: "rate_limited", after: .seconds(7))),
            ([20_500, 20_503], .retry(word: "provider_unavailable", after: .seconds(7))),
            ([30_004, 21_408], .final(word: "recipient_refused")), ([30_007], .final(word: "filtered")),
            ([63_016], .final(word: "window_closed")), ([63_038], .final(word: "messaging_limit")),
            ([21_617, 99_999], .final(word: "request_refused")),
        ])
    func codes(codes: [Int], expected: DeliveryVerdict) throws {
        for code in codes {
            let body = #"{"code":\#(code),"message":"x","status":400}"#
            let response = try Fixture.response(400, body, fields: [("Retry-After", "7")])
            #expect(try Fixture.twilio().judge(response) == expected, "\(code)")
        }
    }

    @Test(
        "answers without a code are judged by their status",
        arguments: [
            (201, #"{"sid":"SM1","status":"queued"}"#, DeliveryVerdict.accepted(providerID: [UInt8](text: "SM1"))),
            (201, "", .unclear(word: "answer_unclear")), (200, "<html>", .unclear(word: "answer_unclear")),
            (201, #"{"status":"queued"}"#, .unclear(word: "answer_unclear")),
            (201, #"{"sid":"","status":"queued"}"#, .unclear(word: "answer_unclear")),
            (201, #"{"sid":7}"#, .unclear(word: "answer_unclear")), (204, "", .unclear(word: "answer_unclear")),
            (401, "", .alarm(word: "token_invalid")), (429, "", .retry(word: "rate_limited", after: nil)),
            (500, "", .retry(word: "provider_unavailable", after: nil)), (404, "{}", .final(word: "request_refused")),
        ])
    func statuses(status: Int, body: String, expected: DeliveryVerdict) throws {
        #expect(try Fixture.twilio().judge(try Fixture.response(status, body)) == expected)
    }

    @Test(
        "what Twilio has given up as it took it has failed for good, by its error code",
        arguments: [
            ("failed", "30005", "undeliverable"), ("undelivered", "30007", "filtered"),
            ("canceled", "null", "undeliverable"), ("failed", "21610", "opted_out"),
            ("failed", "30001", "rate_limited"), ("failed", "30034", "sender_invalid"),
            ("failed", "99999", "request_refused"),
            ("failed", #""x""#, "undeliverable"),
        ])
    func givenUp(_ row: (status: String, code: String, word: String)) throws {
        for id in [#""sid":"SM1","#, ""] {
            let body = #"{\#(id)"status":"\#(row.status)","error_code":\#(row.code)}"#
            guard case .final(let word) = try Fixture.twilio().judge(try Fixture.response(201, body)) else {
                Issue.record("\(body) is not final")
                continue
            }
            #expect("\(word)" == row.word)
        }
    }

    @Test("whoever has opted out at Twilio is told to whom it concerns, nobody else")
    func optedOut() throws {
        let channel = try Fixture.twilio()
        let expected = ContactSignal(kind: .optedOut, channel: .twilioSMS, address: [UInt8](text: "+15550100"))
        #expect(channel.signal(of: .final(word: "opted_out"), to: sms) == expected)
        #expect(channel.signal(of: .final(word: "undeliverable"), to: sms) == nil)
    }
}
