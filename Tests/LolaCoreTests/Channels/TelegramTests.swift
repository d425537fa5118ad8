import Foundation
import Testing

@testable import LolaCore

@Suite("Telegram: proof and decoding")
struct TelegramTests {
    private static let header = "X-Telegram-Bot-Api-Secret-Token"
    private let json = ("Content-Type", "application/json")

    private func refusal(_ channel: TelegramChannel, _ fields: [(String, String)]) throws -> Refusal? {
        let head = try Fixture.head(fields)
        do throws(Refusal) {
            try channel.authenticate(head, [])
            return nil
        } catch {
            return error
        }
    }

    private func decode(_ text: String) throws -> DecodedWebhook {
        try Fixture.telegram().decode([UInt8](text: text))
    }

    /// A message of the private chat 7 with the members given.
    private func message(_ members: String, from: String = #"{"id":7,"is_bot":false}"#) throws -> DecodedWebhook {
        let chat = #"{"id":7,"type":"private"}"#
        return try decode(#"{"update_id":1,"message":{"from":\#(from),"chat":\#(chat),"date":1,\#(members)}}"#)
    }

    @Test("every published secret token case gets its verdict")
    func vectors() throws {
        for row in try Fixture.cases("telegram_updates.json", "auth") {
            let name = try #require(row["name"] as? String)
            let channel = try Fixture.telegram(secret: try #require(row["secret"] as? String))
            let values = row["header"] as? [String] ?? (row["header"] as? String).map { [$0] } ?? []
            let refusal = try refusal(channel, values.map { (Self.header, $0) } + [json])
            #expect(refusal?.status ?? 200 == row["status"] as? Int, "\(name)")
            #expect(refusal == nil || refusal == (values.isEmpty ? .signatureMissing : .signatureInvalid), "\(name)")
        }
    }

    @Test("changing any octet of the secret is refused, and the content type is judged after it")
    func flips() throws {
        let channel = try Fixture.telegram()
        let secret = [UInt8](text: Fixture.telegramSecret)
        #expect(try refusal(channel, [(Self.header, secret.text), json]) == nil)
        for index in secret.indices {
            var other = secret
            other[index] ^= 1
            #expect(try refusal(channel, [(Self.header, other.text), json]) == .signatureInvalid)
            #expect(try refusal(channel, [(Self.header, other.text)]) == .signatureInvalid)
        }
        #expect(try refusal(channel, [(Self.header, secret.text)]) == .contentTypeWrong)
        #expect(try refusal(channel, [(Self.header, secret.text), json, ("Content-Encoding", "br")]) == .contentEncoded)
    }

    @Test("every published update gives its expected fields")
    func updates() throws {
        let channel = try Fixture.telegram()
        var seen = 0
        for row in try Fixture.cases("telegram_updates.json") {
            let name = try #require(row["name"] as? String)
            let fields = try #require(row["expect"] as? [String: Any])
            let payload = try #require(row["payload"] as? [String: Any])
            let webhook = channel.decode(try Fixture.json(payload))
            let update = (payload["message"] ?? payload["callback_query"]) as? [String: Any]
            let outer = (update?["message"] as? [String: Any] ?? update)?["chat"] as? [String: Any]
            let isPrivate = outer?["type"] as? String == "private"
            guard isPrivate, fields["ignore"] == nil else {
                #expect(webhook.messages.isEmpty, "\(name)")
                let isUnknown = fields["type"] as? String == "hologram"
                #expect(webhook.quarantined == (isUnknown ? [.unknownType] : []), "\(name)")
                #expect(webhook.ignored == (isUnknown ? 0 : 1), "\(name)")
                continue
            }
            check(try #require(webhook.messages.first, "\(name)"), fields, name)
            #expect(webhook.messages.count == 1 && webhook.ignored == 0 && webhook.quarantined.isEmpty, "\(name)")
            seen += 1
        }
        #expect(seen > 15)
    }

    private func check(_ message: InboundMessage, _ fields: [String: Any], _ name: String) {
        #expect(message.key.text == "telegram:\(fields["update_id"] as? Int ?? -1)", "\(name)")
        let from = fields["from_id"] as? Int ?? fields["chat_id"] as? Int ?? 987_654_321
        #expect(message.conversation.text == "telegram:110201543:\(from)", "\(name)")
        #expect(message.replyTo == .telegramChat(Int64(from)), "\(name)")
        #expect(message.language?.text == "es", "\(name)")
        if let text = fields["text"] as? String { #expect(message.text?.text == text, "\(name)") }
        #expect(message.choiceID?.text == fields["callback_id"] as? String, "\(name)")
        #expect((message.callbackQueryID != nil) == (fields["callback_id"] != nil), "\(name)")
        if fields["command"] as? String == "/start" {
            #expect(message.type == .start && message.text == [], "\(name)")
            #expect(message.startPayload?.text == fields["payload"] as? String, "\(name)")
        }
        guard let isTrusted = fields["contact_trusted"] as? Bool else { return }
        // An own contact without a number is an empty one: it says that the older number is not theirs any more.
        #expect((message.phone?.isEmpty ?? true) == !isTrusted, "\(name)")
        #expect(message.type == .contact && message.attachments.count == 1, "\(name)")
        let digits = message.phone?.filter(ASCII.isDigit)
        let number = digits.flatMap { E164(digits: $0) }.flatMap { PhoneNormalizer.candidates(for: $0).first }
        #expect(number?.text == fields["e164"] as? String, "\(name)")
    }

    @Test("the beginning of a chat is no command and keeps a payload by Telegram's rules", arguments: [
        ("/start", nil), ("/start@lola_bot", nil), ("/Start", nil), ("/start  abc_DEF-123", "abc_DEF-123"),
        ("/start@lola_bot x", "x"), ("/start a b", nil), ("/start /reset", nil), ("/start \\u00e9", nil),
        ("/start " + String(repeating: "a", count: 64), String(repeating: "a", count: 64)),
        ("/start " + String(repeating: "a", count: 65), nil),
    ] as [(String, String?)])
    func start(text: String, payload: String?) throws {
        let message = try #require(try message(#""text":"\#(text)""#).messages.first)
        #expect(message.type == .start && message.text == [])
        #expect(message.startPayload?.text == payload)
    }

    @Test("other texts are texts", arguments: ["/started", " /start", "/info", "start", "🚀 /start", ""])
    func texts(text: String) throws {
        let message = try #require(try message(#""text":"\#(text)""#).messages.first)
        #expect(message.type == .text && message.text?.text == text && message.startPayload == nil)
    }

    @Test("a card is the sender's own only first-hand and with the sender's id", arguments: [
        (#"{"phone_number":"+1 (555) 0100","user_id":7}"#, "", true),
        (#"{"phone_number":"15550100","user_id":7}"#, #","forward_origin":null"#, true),
        (#"{"phone_number":"15550100","user_id":8}"#, "", false),
        (#"{"phone_number":"15550100","user_id":"7"}"#, "", false),
        (#"{"phone_number":"15550100","user_id":7.0}"#, "", false),
        (#"{"phone_number":"15550100"}"#, "", false),
        (#"{"phone_number":15550100,"user_id":7}"#, "", false),
        (#"{"phone_number":"1234","user_id":7}"#, "", false),
        (#"{"phone_number":"n/a","user_id":7}"#, "", false),
        (#"{"user_id":7}"#, "", false),
        (#"{"phone_number":"15550100","user_id":7}"#, #","forward_origin":{}"#, false),
        (#"{"phone_number":"15550100","user_id":7}"#, #","forward_origin":7"#, false),
        (#"{"phone_number":"15550100","user_id":7}"#, #","via_bot":{"id":1}"#, false),
    ])
    func contacts(card: String, more: String, isOwn: Bool) throws {
        let message = try #require(try message(#""contact":\#(card)\#(more)"#).messages.first)
        let phone = try JSONDocument.parse([UInt8](text: card)).root["phone_number"]?.textBytes
        #expect(message.attachments == [.contact(name: [], phone: phone, isOwn: isOwn)])
        #expect(isOwn ? message.phone == phone : message.phone?.isEmpty ?? true)
    }

    @Test("an own card without a number in it is told from the card of somebody else", arguments: [
        (#"{"phone_number":15550100,"user_id":7}"#, "", true), (#"{"phone_number":"1234","user_id":7}"#, "", true),
        (#"{"phone_number":"n/a","user_id":7}"#, "", true), (#"{"phone_number":"","user_id":7}"#, "", true),
        (#"{"user_id":7}"#, "", true), (#"{"phone_number":"+1555O100","user_id":7}"#, "", true),
        (#"{"phone_number":"n/a","user_id":8}"#, "", false), (#"{"phone_number":"n/a"}"#, "", false),
        (#"{"phone_number":"n/a","user_id":7}"#, #","forward_origin":{}"#, false),
        (#"{"phone_number":"n/a","user_id":7}"#, #","via_bot":{"id":1}"#, false),
    ])
    func unreadableContacts(card: String, more: String, isOwn: Bool) throws {
        let message = try #require(try message(#""contact":\#(card)\#(more)"#).messages.first)
        #expect(message.phone == (isOwn ? [] : nil))
        let own = message.attachments.contains { if case .contact(_, _, true) = $0 { true } else { false } }
        #expect(!own)
    }

    @Test("the kind of a message is the member it has", arguments: [
        (#""photo":[{"file_id":"f"}],"caption":"c""#, MessageType.image, "c"),
        (#""animation":{"mime_type":"video/mp4"},"document":{"mime_type":"video/mp4"}"#, .video, nil),
        (#""video":{}"#, .video, nil), (#""video_note":{}"#, .video, nil), (#""voice":{}"#, .voice, nil),
        (#""audio":{"file_name":"a.mp3"}"#, .audio, nil), (#""sticker":{}"#, .sticker, nil),
        (#""document":7"#, .document, nil), (#""location":{"latitude":1.5,"longitude":2}"#, .location, nil),
        (#""venue":{"title":"HQ","location":{"latitude":1,"longitude":2}}"#, .location, nil),
        (#""poll":{}"#, .unsupported, nil), (#""dice":{"value":3}"#, .unsupported, nil),
    ] as [(String, MessageType, String?)])
    func kinds(members: String, type: MessageType, text: String?) throws {
        let message = try #require(try message(members).messages.first)
        #expect(message.type == type)
        #expect(message.text?.text == text)
        #expect(message.attachments.count == (type == .unsupported ? 0 : 1))
    }

    @Test("notices and everything outside a private chat are ignored", arguments: [
        #"{"update_id":1,"message":{"from":{"id":7},"chat":{"id":7,"type":"private"},"date":1,"pinned_message":{}}}"#,
        #"{"update_id":1,"message":{"from":{"id":7},"chat":{"id":-7,"type":"group"},"date":1,"text":"x"}}"#,
        #"{"update_id":1,"message":{"from":{"id":7},"chat":{"id":-7,"type":7},"date":1,"text":"x"}}"#,
        #"{"update_id":1,"message":{"from":{"id":7,"is_bot":true},"chat":{"id":7,"type":"private"},"date":1}}"#,
        #"{"update_id":1,"callback_query":{"id":"q","from":{"id":7},"data":"x","inline_message_id":"i"}}"#,
        #"{"update_id":1,"callback_query":{"id":"q","from":{"id":7},"message":{"chat":{"id":7,"type":"private"}}}}"#,
        #"{"update_id":1,"edited_message":{}}"#,
        #"{"update_id":1,"my_chat_member":7}"#,
    ])
    func ignored(text: String) throws {
        let webhook = try decode(text)
        #expect(webhook.messages.isEmpty && webhook.quarantined.isEmpty && webhook.ignored == 1)
    }

    @Test("what cannot be read is put aside", arguments: [
        ("", QuarantineReason.notJSON), ("[]", .wrongShape), ("{}", .wrongShape),
        (#"{"update_id":"1","message":{}}"#, .wrongShape), (#"{"update_id":-1,"message":{}}"#, .wrongShape),
        (#"{"update_id":1}"#, .unknownType), (#"{"update_id":1,"message":7}"#, .wrongShape),
        (#"{"update_id":1,"message":{"chat":{"id":7,"type":"private"},"date":1,"text":"x"}}"#, .wrongShape),
        (#"{"update_id":1,"message":{"from":{"id":0},"chat":{"id":7,"type":"private"},"date":1}}"#, .wrongShape),
        (#"{"update_id":1,"message":{"from":{"id":7},"chat":{"type":"private"},"date":1,"text":"x"}}"#, .wrongShape),
        (#"{"update_id":1,"message":{"from":{"id":7},"chat":{"id":7,"type":"private"},"text":"x"}}"#, .wrongShape),
        (#"{"update_id":1,"callback_query":{"from":{"id":7},"data":"x"}}"#, .wrongShape),
    ])
    func quarantined(text: String, reason: QuarantineReason) throws {
        let webhook = try decode(text)
        #expect(webhook.messages.isEmpty && webhook.quarantined == [reason])
    }

    @Test("a pressed button has its title where the message still shows it, and the time of its arrival")
    func buttons() throws {
        let keyboard =
            #"{"inline_keyboard":[[{"text":"No","callback_data":"n"}],[{"text":"Yes","callback_data":"y"}]]}"#
        let query = { (data: String) in
            #"""
            {"update_id":1,"callback_query":{"id":"q","from":{"id":7,"language_code":"pt-BR"},"data":"\#(data)",\#
            "message":{"chat":{"id":7,"type":"private"},"date":5,"reply_markup":\#(keyboard)}}}
            """#
        }
        let pressed = try #require(try decode(query("y")).messages.first)
        #expect(pressed.type == .button && pressed.text?.text == "Yes" && pressed.choiceID?.text == "y")
        #expect(pressed.at == FixedClock().wall && pressed.callbackQueryID?.text == "q")
        #expect(pressed.language?.text == "pt-br")
        let unknown = try #require(try decode(query("z")).messages.first)
        #expect(unknown.text?.text == "z" && unknown.choiceID?.text == "z")
    }

    @Test("a language hint is a tag or nothing", arguments: [
        (#""es""#, "es"), (#""zh-Hans""#, "zh-hans"), (#""""#, nil), ("7", nil), (#""e s""#, nil),
        (#""\#(String(repeating: "a", count: 36))""#, nil),
    ] as [(String, String?)])
    func language(tag: String, expected: String?) throws {
        let webhook = try message(#""text":"x""#, from: #"{"id":7,"language_code":\#(tag)}"#)
        #expect(try #require(webhook.messages.first).language?.text == expected)
    }
}
