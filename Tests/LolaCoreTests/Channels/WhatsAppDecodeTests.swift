import Foundation
import Testing

@testable import LolaCore

@Suite("WhatsApp: decoding")
struct WhatsAppDecodeTests {
    /// Types of the vectors and ours. Those that are missing are understood and not handed to an agent.
    private static let types: [String: MessageType] = [
        "text": .text, "image": .image, "video": .video, "audio": .audio, "document": .document,
        "sticker": .sticker, "location": .location, "contacts": .contact, "button": .button, "order": .order,
        "unsupported": .unsupported, "hologram": .unsupported, "request_welcome": .start,
    ]

    private func decode(_ messages: String, contacts: String = "[]") throws -> DecodedWebhook {
        try Fixture.whatsapp().decode(Fixture.whatsappBody(messages, contacts: contacts))
    }

    @Test("every published payload gives its expected fields")
    func vectors() throws {
        let channel = try Fixture.whatsapp()
        var seen: (messages: Int, receipts: Int) = (0, 0)
        for row in try Fixture.cases("whatsapp_payloads.json") {
            let name = try #require(row["name"] as? String)
            let expected = try #require(row["expect"] as? [[String: Any]])
            let webhook = channel.decode(try Fixture.json(try #require(row["payload"])))
            if name.hasPrefix("redelivery") {
                // The claim of the key is what finds it.
                #expect(webhook.messages.map(\.key.text) == ["whatsapp:wamid.TEST0001"])
                continue
            }
            var messages = webhook.messages[...]
            var receipts = webhook.receipts[...]
            for fields in expected {
                switch fields["kind"] as? String {
                case "message" where !Self.isIgnored(fields):
                    let message = messages.popFirst()
                    check(try #require(message, "\(name)"), fields, name)
                    seen.messages += 1
                case "status" where fields["status"] as? String == "warped":
                    #expect(webhook.quarantined == [.unknownType], "\(name)")
                case "status":
                    let receipt = receipts.popFirst()
                    check(try #require(receipt, "\(name)"), fields, name)
                    seen.receipts += 1
                default:
                    #expect(webhook.ignored == 1, "\(name)")
                }
            }
            #expect(messages.isEmpty && receipts.isEmpty, "\(name)")
            let putAside = webhook.ignored + webhook.quarantined.count
            if expected.isEmpty { #expect(putAside == (name == "empty entry" ? 0 : 1), "\(name)") }
        }
        #expect(seen.messages > 40 && seen.receipts > 5)
    }

    private static func isIgnored(_ fields: [String: Any]) -> Bool {
        ["reaction", "edit", "revoke"].contains(fields["type"] as? String ?? "") || fields["group_id"] is String
    }

    private func check(_ message: InboundMessage, _ fields: [String: Any], _ name: String) {
        #expect(message.nativeID.text == fields["id"] as? String, "\(name)")
        let number = fields["wa_id"] as? String
        let user = fields["user_id"] as? String
        let sender = number ?? user ?? ""
        #expect(message.senderID.text == sender, "\(name)")
        #expect(message.conversation.text == "whatsapp:\(Fixture.phoneNumberID):\(sender)", "\(name)")
        let address: ReplyAddress =
            number.map { .whatsappNumber([UInt8](text: $0)) } ?? .whatsappUser([UInt8](text: sender))
        #expect(message.replyTo == address, "\(name)")
        #expect(message.phone?.text == number ?? fields["shared_phone"] as? String, "\(name)")
        if let e164 = fields["e164"] as? String {
            let known = message.phone.flatMap { E164(digits: $0) }.map { PhoneNormalizer.candidates(for: $0) }
            #expect(known?.first?.text == e164, "\(name)")
        }
        let text = message.text?.text
        #expect(text == fields["text"] as? String || text == "" && fields["text"] is NSNull, "\(name)")
        #expect(message.choiceID?.text == fields["callback_id"] as? String, "\(name)")
        #expect(message.at.inSeconds == 1_749_416_383, "\(name)")
        if let type = fields["type"] as? String, type != "interactive" {
            let expected = name == "voice note" ? .voice : Self.types[type]
            #expect(message.type == expected, "\(name)")
        }
        #expect(message.language == nil && message.startPayload == nil && message.callbackQueryID == nil)
    }

    private func check(_ receipt: DeliveryReceipt, _ fields: [String: Any], _ name: String) {
        #expect(receipt.providerID.text == fields["id"] as? String, "\(name)")
        let state = fields["status"] as? String
        #expect(receipt.state.rawValue == (state == "played" ? "read" : state), "\(name)")
        #expect(receipt.errorCode == fields["error_code"] as? Int, "\(name)")
        // The published reference is none of ours.
        #expect(receipt.reference == nil, "\(name)")
    }

    @Test("a status gives back our reference, and no other text", arguments: [
        (#""0123456789abcdef0123456789abcdef.0""#, true), (#""0123456789abcdef0123456789abcdef.12""#, true),
        (#""a.9999""#, true), (#""0123456789ABCDEF0123456789ABCDEF.0""#, false), (#""outbox-17""#, false),
        (#""abc""#, false), (#""abc.""#, false), (#"".1""#, false), (#""abc.01""#, false), (#""abc.10000""#, false),
        (#""abc.1.2""#, false), (#""abc.1 ""#, false), (#""abc.-1""#, false), (#""abg.1""#, false),
        (#""abc.\u00e9""#, false),
        (#""abc.1\u0000""#, false), (#""""#, false), ("null", false), ("7", false), (#"["abc.1"]"#, false),
        (#"{"abc":"1"}"#, false), ("\"" + String(repeating: "a", count: 70) + ".1\"", true),
        ("\"" + String(repeating: "a", count: 71) + ".1\"", false),
    ] as [(String, Bool)])
    func references(text: String, isOurs: Bool) throws {
        let status = #"{"id":"wamid.1","status":"delivered","biz_opaque_callback_data":\#(text)}"#
        let body = Fixture.whatsappBody(statuses: "[\(status)]")
        let webhook = try Fixture.whatsapp().decode(body)
        let receipt = try #require(webhook.receipts.first)
        #expect(receipt.reference?.text == (isOurs ? String(text.dropFirst().dropLast()) : nil))
        #expect(receipt.providerID.text == "wamid.1" && receipt.state == .delivered)
        #expect(webhook.quarantined.isEmpty)
    }

    @Test("the reference that is written into a message is read back from its status")
    func referenceRoundTrip() throws {
        let names = Pseudonyms(secret: SecretBytes([UInt8](repeating: 7, count: 32)))
            .names(TurnSample().message)
        for ordinal in [0, 9, 10, 99] {
            let reference = names.reference + [UInt8](text: ".\(ordinal)")
            #expect(DeliveryReference.isWellFormed(reference))
        }
    }

    @Test("interactive replies become button, list and flow", arguments: [
        (#"{"type":"button_reply","button_reply":{"id":"a","title":"A"}}"#, MessageType.button, "a", "A"),
        (#"{"type":"list_reply","list_reply":{"id":"b","title":"B","description":"d"}}"#, .list, "b", "B"),
        (#"{"type":"nfm_reply","nfm_reply":{"response_json":"{}","body":"x"}}"#, .flow, nil, nil),
        (#"{"type":"call_permission_reply","call_permission_reply":{}}"#, .unsupported, nil, nil),
        (#"{"type":"button_reply","button_reply":{"id":7,"title":[]}}"#, .button, nil, nil),
        (#"{"type":"list_reply","button_reply":null,"list_reply":{"id":"b","title":"B"}}"#, .list, "b", "B"),
        ("null", .unsupported, nil, nil),
    ] as [(String, MessageType, String?, String?)])
    func interactive(object: String, type: MessageType, id: String?, title: String?) throws {
        let webhook = try decode(
            #"[{"from":"15550100","id":"w","timestamp":"1","type":"interactive","interactive":\#(object)}]"#)
        let message = try #require(webhook.messages.first)
        #expect(message.type == type)
        #expect(message.choiceID?.text == id)
        #expect(message.text?.text == title)
    }

    @Test("a shared card is the sender's own only as the one answer to a contact request", arguments: [
        (#""origin":"contact_request","#, #"[{"phones":[{"phone":"+1 555 0100"}]}]"#, true),
        ("", #"[{"origin":"contact_request","phones":[{"phone":"+1 555 0100"}]}]"#, true),
        ("", #"[{"phones":[{"phone":"+1 555 0100"}]}]"#, false),
        (#""origin":"other","#, #"[{"phones":[{"phone":"+1 555 0100"}]}]"#, false),
        (#""origin":["contact_request"],"#, #"[{"phones":[{"phone":"+1 555 0100"}]}]"#, false),
        (#""origin":"contact_request","#, #"[{"phones":[{"phone":"+1"},{"phone":"+2"}]}]"#, false),
        (#""origin":"contact_request","#, #"[{"phones":[{"phone":"+1"}]},{"phones":[{"phone":"+2"}]}]"#, false),
        (#""origin":"contact_request","#, #"[{"phones":[]}]"#, false),
    ])
    func contacts(origin: String, cards: String, isOwn: Bool) throws {
        let webhook = try decode(
            #"[{"from_user_id":"US.1","id":"w","timestamp":"1","type":"contacts",\#(origin)"contacts":\#(cards)}]"#)
        let message = try #require(webhook.messages.first)
        #expect(message.type == .contact)
        #expect(message.phone?.text == (isOwn ? "+1 555 0100" : nil))
        let own = message.attachments.contains { if case .contact(_, _, true) = $0 { true } else { false } }
        #expect(own == isOwn)
    }

    @Test("a number stays the phone of its sender whatever card is shared")
    func numberWins() throws {
        let webhook = try decode(
            """
            [{"from":"15550100","id":"w","timestamp":"1","type":"contacts","origin":"contact_request",\
            "contacts":[{"phones":[{"phone":"+1 555 0199"}]}]}]
            """)
        #expect(webhook.messages.first?.phone?.text == "15550100")
    }

    @Test("files keep their kind, media type and name, never their content or address", arguments: [
        ("image", #"{"id":"1","mime_type":"image/jpeg","url":"https://x","caption":"c"}"#, MessageType.image),
        ("audio", #"{"id":"1","mime_type":"audio/ogg","voice":true}"#, .voice),
        ("audio", #"{"id":"1","mime_type":"audio/ogg"}"#, .audio),
        ("document", #"{"id":"1","mime_type":"application/pdf","filename":"a b.pdf"}"#, .document),
        ("sticker", "7", .sticker),
        ("video", "null", .video),
    ])
    func files(type: String, object: String, expected: MessageType) throws {
        let webhook = try decode(
            #"[{"from":"15550100","id":"w","timestamp":"1","type":"\#(type)","\#(type)":\#(object)}]"#)
        let message = try #require(webhook.messages.first)
        #expect(message.type == expected && message.type.isFile)
        let source = try JSONDocument.parse([UInt8](text: object)).root
        let file = Attachment.file(
            type: expected, mediaType: source["mime_type"]?.textBytes, fileName: source["filename"]?.textBytes)
        #expect(message.attachments == [file])
        #expect(message.text == source["caption"]?.textBytes)
    }

    @Test("a location off the earth is dropped, its message is not", arguments: [
        (#"{"latitude":90,"longitude":-180.0,"name":"Pole"}"#, true), (#"{"latitude":90.1,"longitude":0}"#, false),
        (#"{"latitude":"1","longitude":0}"#, false), (#"{"latitude":1e999,"longitude":0}"#, false),
    ])
    func locations(object: String, isKept: Bool) throws {
        let webhook = try decode(
            #"[{"from":"15550100","id":"w","timestamp":"1","type":"location","location":\#(object)}]"#)
        let message = try #require(webhook.messages.first)
        #expect(message.type == .location)
        let place = Attachment.location(latitude: 90, longitude: -180, name: [UInt8](text: "Pole"))
        #expect(message.attachments == (isKept ? [place] : []))
    }

    @Test("one malformed message is put aside alone", arguments: [
        #"{"id":"w","timestamp":"1","type":"text"}"#,
        #"{"from":15550100,"id":"w","timestamp":"1","type":"text"}"#,
        #"{"from":"1555","id":"w","timestamp":"1","type":"text"}"#,
        #"{"from":"1555010012345678","id":"w","timestamp":"1","type":"text"}"#,
        #"{"from":"+15550100","id":"w","timestamp":"1","type":"text"}"#,
        #"{"from_user_id":"us.1","id":"w","timestamp":"1","type":"text"}"#,
        #"{"from_user_id":"US.1:2","id":"w","timestamp":"1","type":"text"}"#,
        #"{"from":"15550100","id":"","timestamp":"1","type":"text"}"#,
        #"{"from":"15550100","id":"a b","timestamp":"1","type":"text"}"#,
        #"{"from":"15550100","id":"\u00e9","timestamp":"1","type":"text"}"#,
        #"{"from":"15550100","timestamp":"1","type":"text"}"#,
        #"{"from":"15550100","id":"w","timestamp":"-1","type":"text"}"#,
        #"{"from":"15550100","id":"w","timestamp":"99999999999999999999","type":"text"}"#,
        #"{"from":"15550100","id":"w","timestamp":253402300800,"type":"text"}"#,
        #"{"from":"15550100","id":"w","timestamp":"1"}"#,
        #"{"from":"15550100","id":"w","timestamp":"1","type":7}"#,
        "7", "null", "[]", #""text""#,
    ])
    func malformed(bad: String) throws {
        let good = #"{"from":"15550100","id":"good","timestamp":"1","type":"text","text":{"body":"x"}}"#
        let webhook = try decode("[\(good),\(bad),\(good)]")
        #expect(webhook.messages.map(\.nativeID.text) == ["good", "good"])
        #expect(webhook.quarantined == [.wrongShape])
        #expect(webhook.ignored == 0)
    }

    @Test("without an id in the message only a single contact is its sender", arguments: [
        (#"[{"user_id":"US.1"}]"#, "US.1"), (#"[{"user_id":"US.1"},{"user_id":"US.2"}]"#, nil), ("[]", nil),
        (#"{"user_id":"US.1"}"#, nil), ("[7]", nil),
    ] as [(String, String?)])
    func senderOfContacts(contacts: String, expected: String?) throws {
        let webhook = try decode(#"[{"id":"w","timestamp":"1","type":"text"}]"#, contacts: contacts)
        #expect(webhook.messages.first?.senderID.text == expected)
        #expect(webhook.quarantined.count == (expected == nil ? 1 : 0))
    }

    @Test("another number's part is put aside and ours is read")
    func accounts() throws {
        let text = #"[{"from":"15550100","id":"w","timestamp":"1","type":"text"}]"#
        let other = Fixture.whatsappBody(text, number: "999").text
        let own = Fixture.whatsappBody(text).text
        let entry = { (body: String) in String(body.dropFirst(47).dropLast(2)) }
        #expect(entry(own).hasPrefix(#"{"id":"1","changes""#))
        let both = #"{"object":"whatsapp_business_account","entry":[\#(entry(other)),\#(entry(own))]}"#
        let webhook = try Fixture.whatsapp().decode([UInt8](text: both))
        #expect(webhook.messages.count == 1)
        #expect(webhook.quarantined == [.unknownAccount])
    }

    @Test("a body that is no webhook is put aside whole", arguments: [
        ("", QuarantineReason.notJSON), ("{", .notJSON), (#"{"object":"a","object":"b"}"#, .notJSON),
        ("[]", .wrongShape), ("7", .wrongShape), ("{}", .wrongShape), (#"{"object":7}"#, .wrongShape),
        (#"{"object":"whatsapp_business_account"}"#, .wrongShape),
        (#"{"object":"whatsapp_business_account","entry":[7]}"#, .wrongShape),
        (#"{"object":"whatsapp_business_account","entry":[{"changes":[7]}]}"#, .wrongShape),
        (
            #"{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{}}]}]}"#,
            .wrongShape
        ),
    ])
    func bodies(text: String, reason: QuarantineReason) throws {
        let webhook = try Fixture.whatsapp().decode([UInt8](text: text))
        #expect(webhook.messages.isEmpty && webhook.receipts.isEmpty)
        #expect(webhook.quarantined == [reason])
    }
}
