// Webhooks of Twilio: every vector's message or status, calls, and what is no message at all.
import Foundation
import Testing

@testable import LolaCore

@Suite("Twilio: decoding")
struct TwilioDecodeTests {
    private func decode(
        _ pairs: [(String, String)], target: String = "/webhooks/twilio/sms", _ channel: TwilioChannel? = nil
    ) throws -> DecodedWebhook {
        let head = try Fixture.head([Fixture.formType], target: target)
        return try (channel ?? Fixture.twilio()).decode(head, Fixture.form(pairs))
    }

    private func message(_ more: [(String, String)], from: String = "+14155550123") throws -> InboundMessage? {
        try decode([("MessageSid", "SM1"), ("From", from), ("To", "+14155238886")] + more).messages.first
    }

    @Test("every inbound vector gives its expected fields")
    func vectors() throws {
        let head = try Fixture.head([Fixture.formType], target: "/webhooks/twilio")
        let channel = try Fixture.twilio()
        var statuses = 0
        for row in try Fixture.cases("twilio_inbound.json") {
            let name = try #require(row["name"] as? String)
            let expected = try #require(row["expect"] as? [String: Any])
            let webhook = channel.decode(head, [UInt8](text: try #require(row["form_body"] as? String)))
            #expect(webhook.quarantined.isEmpty, "\(name)")
            if expected["kind"] as? String == "status" {
                let receipt = try #require(webhook.receipts.first)
                let word = expected["status"] as? String
                #expect(receipt.state.rawValue == (word == "undelivered" ? "failed" : word), "\(name)")
                #expect(receipt.errorCode == expected["error_code"] as? Int, "\(name)")
                #expect(webhook.messages.isEmpty && receipt.providerID.text.hasSuffix("14"))
                statuses += 1
                continue
            }
            let message = try #require(webhook.messages.first)
            let isWhatsApp = expected["channel"] as? String == "whatsapp"
            #expect(message.channel == (isWhatsApp ? .twilioWhatsApp : .twilioSMS), "\(name)")
            if let number = expected["e164"] as? String {
                let phone = try PhoneNormalizer.normalize(try #require(message.phone), .international)
                #expect(PhoneNormalizer.candidates(for: phone).contains { $0.text == number }, "\(name)")
            } else if expected.keys.contains("e164") {
                #expect(message.phone == nil, "\(name)")
            }
            if let text = expected["text"] as? String { #expect((message.text ?? []).text == text, "\(name)") }
            if let id = expected["callback_id"] as? String { #expect(message.choiceID?.text == id, "\(name)") }
            if let media = expected["media"] as? Int { #expect(message.attachments.count == media, "\(name)") }
            #expect((expected["opt_out"] as? Bool == true) == (message.answeredKeyword == .stop), "\(name)")
            if let id = expected["id"] as? String { #expect(message.key.text == "twilio:" + id) }
            if let place = expected["location"] as? [Double] {
                #expect(
                    message.attachments == [
                        .location(latitude: place[0], longitude: place[1], name: [UInt8](text: "HQ"))
                    ])
            }
        }
        #expect(statuses == 5)
    }

    @Test("a conversation is named by both numbers without the prefix, a reply goes the same way back")
    func conversation() throws {
        let sms = try #require(try message([("Body", "hola")]))
        #expect(sms.conversation.text == "twilio_sms:+14155238886:+14155550123" && sms.key.text == "twilio:SM1")
        #expect(sms.replyTo == .sms(own: [UInt8](text: "+14155238886"), sender: [UInt8](text: "+14155550123")))
        let whatsapp = try #require(
            try decode([
                ("MessageSid", "SM2"), ("From", "whatsapp:+5215512345678"), ("To", "whatsapp:+14155238886"),
                ("Body", "x"),
            ]).messages.first)
        #expect(whatsapp.conversation.text == "twilio_whatsapp:+14155238886:+5215512345678")
        #expect(whatsapp.phone?.text == "+5215512345678")
        #expect(
            whatsapp.replyTo
                == .twilioWhatsApp(own: [UInt8](text: "+14155238886"), sender: [UInt8](text: "+5215512345678")))
    }

    @Test(
        "short codes, names and scoped ids are nobody's phone",
        arguments: ["262966", "ACME", "My Bank", "+", "+0123456"])
    func nobody(from: String) throws {
        let message = try #require(try message([("Body", "x")], from: from))
        #expect(message.phone == nil && message.senderID.text == from)
        let turn = Turn(
            WebhookGate.imagined(message, at: message.at), senderID: RecordID(digest: [UInt8](repeating: 1, count: 32)))
        // Not even the contact book is asked: nothing they send can prove a number.
        #expect(ContactBook.question(for: turn) == nil)
    }

    @Test(
        "files, places and presses are what they are",
        arguments: [
            ([("NumMedia", "1"), ("MediaContentType0", "image/jpeg"), ("Body", "look")], MessageType.image, "look"),
            ([("NumMedia", "1"), ("MediaContentType0", "audio/ogg")], .audio, nil),
            ([("NumMedia", "1"), ("MediaContentType0", "text/vcard")], .document, nil),
            ([("NumMedia", "1"), ("MediaContentType0", "image/webp")], .sticker, nil),
            ([("NumMedia", "2")], .document, nil), ([("NumMedia", "99999999999999999999"), ("Body", "x")], .text, "x"),
            ([("NumMedia", "1000000"), ("MediaContentType0", "video/mp4")], .video, nil),
            ([("Latitude", "91"), ("Longitude", "0"), ("Body", "x")], .text, "x"),
            ([("Latitude", "nan"), ("Longitude", "0")], .unsupported, nil),
            ([("ButtonPayload", "p"), ("Body", "t")], .button, "t"),
            ([("ListId", "p"), ("ListTitle", "t")], .list, "t"),
            ([("Body", "")], .unsupported, nil), ([], .unsupported, nil), ([("Body", " ")], .text, " "),
        ] as [([(String, String)], MessageType, String?)])
    func content(pairs: [(String, String)], type: MessageType, text: String?) throws {
        let message = try #require(try message(pairs))
        #expect(message.type == type && message.text?.text == text)
        #expect(message.attachments.count <= Limits.attachmentsMax)
    }

    @Test("octets that are no UTF-8 are repaired before anybody reads them")
    func invalidText() throws {
        let head = try Fixture.head([Fixture.formType])
        let body = [UInt8](text: "MessageSid=SM1&From=%2B14155550123&To=%2B1&Body=a%ff%c3")
        let message = try #require(try Fixture.twilio().decode(head, body).messages.first)
        #expect(
            message.text?.text == "a\u{FFFD}\u{FFFD}"
                && String(validating: message.text ?? [0xFF], as: UTF8.self) != nil)
    }

    @Test("statuses share their id and each counts; what goes before the sending is of no interest")
    func statuses() throws {
        for word in ["accepted", "queued", "sending", "scheduled"] {
            let webhook = try decode(
                [("MessageSid", "SM1"), ("MessageStatus", word)], target: "/webhooks/twilio/status")
            #expect(webhook.receipts.isEmpty && webhook.ignored == 1 && webhook.quarantined.isEmpty)
        }
        let states = try ["sent", "delivered", "read", "failed", "undelivered", "canceled"].map { word in
            try #require(try decode([("MessageSid", "SM1"), ("MessageStatus", word)]).receipts.first).state
        }
        #expect(states == [.sent, .delivered, .read, .failed, .failed, .failed])
        #expect(try decode([("MessageSid", "SM1"), ("MessageStatus", "teleported")]).quarantined == [.unknownType])
    }

    @Test("STOP and START that Twilio has answered, and an opt-out that a status tells, are passed on")
    func optOut() throws {
        let from = [("MessageSid", "SM1"), ("From", "+14155550123"), ("To", "+14155238886")]
        let signals = try ["STOP", "START", "HELP", "OTHER"].map { try decode(from + [("OptOutType", $0)]).signals }
        let number = [UInt8](text: "+14155550123")
        #expect(signals[0] == [ContactSignal(kind: .optedOut, channel: .twilioSMS, address: number)])
        #expect(signals[1] == [ContactSignal(kind: .optedIn, channel: .twilioSMS, address: number)])
        #expect(signals[2].isEmpty && signals[3].isEmpty)
        let status = try decode([
            ("MessageSid", "SM1"), ("MessageStatus", "failed"), ("ErrorCode", "21610"), ("To", "whatsapp:+14155550123"),
        ])
        #expect(status.signals == [ContactSignal(kind: .optedOut, channel: .twilioWhatsApp, address: number)])
        #expect(status.receipts.first?.errorCode == 21_610)
    }

    private func call(_ status: String, _ more: [(String, String)] = [], direction: String = "outbound-api") throws
        -> DecodedWebhook
    {
        try decode(
            [("CallSid", "CA1"), ("CallStatus", status), ("Direction", direction), ("From", "+1"), ("To", "+2")] + more,
            target: "/webhooks/twilio/status")
    }

    @Test("a call to us hears a sentence and ends, and nothing is kept of it")
    func callsToUs() throws {
        for status in ["ringing", "in-progress", "completed"] {
            let pairs = [
                ("CallSid", "CA2"), ("CallStatus", status), ("Direction", "inbound"), ("From", "+2"), ("To", "+1"),
            ]
            let webhook = try decode(pairs, target: "/webhooks/twilio/voice")
            let said = try #require(webhook.answer)
            #expect(said.status == 200 && "\(said.contentType ?? "")" == "text/xml")
            #expect(said.body.text.hasPrefix(#"<Response><Say language="en-US">This number answers"#))
            #expect(said.body.text.hasSuffix("</Say><Hangup/></Response>"))
            #expect(webhook.receipts.isEmpty && webhook.ignored == 1 && webhook.messages.isEmpty)
        }
        #expect(try Fixture.twilio().accepted.body.text == "<Response/>")
    }

    @Test("the course of a call of ours is told, its length at its end", arguments: [
        ("queued", nil), ("initiated", nil), ("ringing", nil), ("in-progress", .sent), ("completed", .delivered),
        ("busy", .failed), ("no-answer", .failed), ("failed", .failed), ("canceled", .failed),
    ] as [(String, DeliveryReceipt.State?)])
    func courses(_ row: (status: String, state: DeliveryReceipt.State?)) throws {
        let webhook = try call(row.status, [("CallDuration", "61"), ("Duration", "2")])
        #expect(webhook.receipts.map(\.state) == [row.state].compactMap { $0 })
        #expect(webhook.ignored == (row.state == nil ? 1 : 0) && webhook.messages.isEmpty && webhook.answer == nil)
        #expect(webhook.receipts.allSatisfy { $0.call?.seconds == 61 && $0.providerID.text == "CA1" })
    }

    @Test("a length is a number of seconds, at most a day", arguments: [
        (nil, nil), ("", nil), ("-1", nil), ("1.5", nil), ("0", 0), ("86401", 86_400), ("99999999999999999999", nil),
    ] as [(String?, Int?)])
    func lengths(_ row: (text: String?, seconds: Int?)) throws {
        let webhook = try call("completed", row.text.map { [("CallDuration", $0)] } ?? [])
        #expect(webhook.receipts.count == 1 && webhook.receipts[0].call?.seconds == row.seconds)
        #expect(Limits.callSecondsMax == 86_400)
    }

    @Test("a status names the channel that its message went out by, and an unknown word is put aside")
    func statusChannels() throws {
        let target = "/webhooks/twilio/status"
        for (to, channel) in [("+14155550123", ChannelName.twilioSMS), ("whatsapp:+14155550123", .twilioWhatsApp)] {
            let webhook = try decode([("MessageSid", "SM1"), ("MessageStatus", "sent"), ("To", to)], target: target)
            #expect(webhook.receipts.map(\.channel) == [channel] && webhook.receipts[0].call == nil)
        }
        #expect(try call("exploded").quarantined == [.unknownType] && call("exploded").receipts.isEmpty)
    }

    @Test("a status names its order where its address does, once and in the form of a reference", arguments: [
        ("?order=0123456789abcdef.9000", "0123456789abcdef.9000"), ("", nil), ("?", nil), ("?order=", nil),
        ("?order=0123456789abcdef.9000&x=1", "0123456789abcdef.9000"), ("?order=0123", nil), ("?ORDER=01.9000", nil),
        ("?order=01.9000&order=02.9000", nil), ("?order=AB.9000", nil), ("?order=..%2F.9000", nil),
    ] as [(String, String?)])
    func named(_ row: (query: String, order: String?)) throws {
        let target = "/webhooks/twilio/status" + row.query
        let message = try decode([("MessageSid", "SM1"), ("MessageStatus", "sent")], target: target)
        let call = try decode(
            [("CallSid", "CA1"), ("CallStatus", "completed"), ("Direction", "outbound-api")], target: target)
        let receipts = message.receipts + call.receipts
        #expect(receipts.count == 2 && receipts.allSatisfy { $0.order?.text == row.order && $0.reference == nil })
    }

    @Test(
        "what is no message is put aside, never half read",
        arguments: [
            [("Body", "x")], [("MessageSid", ""), ("From", "+1"), ("To", "+2")],
            [("MessageSid", "SM 1"), ("From", "+1")],
            [("MessageSid", "SM1"), ("From", "+14155550123")], [("MessageSid", "SM1"), ("To", "+14155550123")],
            [("MessageSid", "SM1"), ("From", "messenger:1"), ("To", "messenger:2")],
            [("MessageSid", "SM1"), ("From", "whatsapp:+14155550123"), ("To", "+14155238886")],
            [("MessageSid", "SM1"), ("From", ""), ("To", "+14155238886")], [("CallSid", "CA1")], [],
        ] as [[(String, String)]])
    func aside(pairs: [(String, String)]) throws {
        let webhook = try decode(pairs)
        #expect(webhook.messages.isEmpty && webhook.quarantined == [.wrongShape] && webhook.receipts.isEmpty)
    }

    @Test("a signed JSON event is put aside")
    func events() throws {
        let head = try Fixture.head([("Content-Type", "application/json")])
        #expect(try Fixture.twilio().decode(head, [UInt8](text: "{}")).quarantined == [.wrongShape])
    }
}
