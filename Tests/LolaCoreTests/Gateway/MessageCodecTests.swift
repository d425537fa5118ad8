// Messages at rest: every message a channel can give comes back the same; damage gives a fault or another message.
import Foundation
import Testing

@testable import LolaCore

@Suite("Messages at rest")
struct MessageCodecTests {
    private let received = WallTime(milliseconds: 1_795_168_800_123)

    private static func rewritten(_ bytes: [UInt8]) throws(RecordFault) -> [UInt8] {
        MessageCodec.encode(try WebhookGate.restored(bytes))
    }

    private func messages(_ channel: any Channel, _ file: String) throws -> [InboundMessage] {
        let head = try Fixture.head(try Fixture.svix([]))
        return try Fixture.cases(file).flatMap {
            channel.decode(head, try Fixture.json(try #require($0["payload"]))).messages
        }
    }

    private func check(_ messages: [InboundMessage]) throws {
        for message in messages {
            let verified = WebhookGate.imagined(message, at: received)
            let bytes = MessageCodec.encode(verified)
            #expect(try WebhookGate.restored(bytes) == verified)
            RecordDamage.check(bytes, rewritten: Self.rewritten)
        }
    }

    @Test("every WhatsApp vector comes back the same, and its damage never traps")
    func whatsapp() throws {
        let found = try messages(try Fixture.whatsapp(), "whatsapp_payloads.json")
        #expect(found.count > 10)
        try check(found)
    }

    @Test("every Telegram vector comes back the same, and its damage never traps")
    func telegram() throws {
        let found = try messages(try Fixture.telegram(), "telegram_updates.json")
        #expect(found.count > 5)
        try check(found)
    }

    @Test("every mail vector comes back the same, and its damage never traps")
    func resend() throws {
        let found = try messages(try Fixture.resend(), "resend_events.json")
        #expect(found.count >= 5 && found.allSatisfy { $0.contentID != nil })
        try check(found)
    }

    @Test("every Twilio vector comes back the same, and its damage never traps")
    func twilio() throws {
        let head = try Fixture.head([Fixture.formType])
        let found = try Fixture.cases("twilio_inbound.json").flatMap { row in
            try Fixture.twilio().decode(head, [UInt8](text: try #require(row["form_body"] as? String))).messages
        }
        #expect(found.count >= 13 && found.contains { $0.answeredKeyword == .stop })
        #expect(Set(found.map(\.channel)) == [.twilioSMS, .twilioWhatsApp])
        try check(found)
    }

    @Test("a card number in the subject of a mail is masked before anything is stored")
    func maskedSubject() throws {
        var sample = TurnSample(channel: .resend)
        sample.subject = "my card 4111 1111 1111 1111"
        let verified = WebhookGate.imagined(sample.message, at: received)
        #expect(!MessageCodec.encode(verified).text.contains("4111 1111"))
        var subject: [UInt8]?
        if case .mail(let thread) = verified.message.replyTo { subject = thread.subject }
        #expect(subject?.text.hasSuffix("1111") == true && verified.maskedCards == 1)
    }

    @Test("every type of message and of file has a number of its own")
    func types() throws {
        var seen: Set<[UInt8]> = []
        for type in MessageType.allCases {
            var sample = TurnSample(type: type)
            sample.attachments = [.file(type: type, mediaType: nil, fileName: nil)]
            let verified = WebhookGate.imagined(sample.message, at: received)
            let bytes = MessageCodec.encode(verified)
            #expect(try WebhookGate.restored(bytes) == verified)
            seen.insert(bytes)
        }
        #expect(seen.count == MessageType.allCases.count)
    }

    @Test("what was masked stays masked and counted; it is not masked again")
    func masked() throws {
        let verified = WebhookGate.imagined(
            TurnSample(text: "4111 1111 1111 1111 and 5555 5555 5555 4444").message, at: received)
        let restored = try WebhookGate.restored(MessageCodec.encode(verified))
        #expect(restored.maskedCards == 2 && restored.receivedAt == received)
        #expect(restored.message.text == verified.message.text)
    }

    @Test("messages of chance come back the same")
    func chance() throws {
        var random = SeededGenerator(seed: 77)
        for _ in 0..<2_000 {
            let verified = WebhookGate.imagined(Self.message(&random), at: received)
            let bytes = MessageCodec.encode(verified)
            #expect(try WebhookGate.restored(bytes) == verified)
            #expect(try Self.rewritten(bytes) == bytes)
        }
    }

    @Test("a message of chance survives any damage of its record")
    func damage() {
        var random = SeededGenerator(seed: 78)
        var alive = 0
        for _ in 0..<40 {
            let bytes = MessageCodec.encode(WebhookGate.imagined(Self.message(&random), at: received))
            alive += RecordDamage.check(bytes, rewritten: Self.rewritten)
        }
        #expect(alive > 1_000)
    }

    @Test("as part of a larger record it is the same message")
    func part() throws {
        let verified = WebhookGate.imagined(TurnSample.telegramContact("+15550100").message, at: received)
        var writer = RecordWriter(version: 9)
        writer.flag(true)
        MessageCodec.write(verified, to: &writer)
        writer.octets([1])
        var reader = try RecordReader(writer.bytes, version: 9)
        #expect(try reader.flag())
        #expect(try WebhookGate.restored(from: &reader) == verified)
        #expect(try reader.octets() == [1])
        try reader.end()
    }

    private static func message(_ random: inout SeededGenerator) -> InboundMessage {
        func octets(_ random: inout SeededGenerator) -> [UInt8] { RecordDamage.octets(upTo: 40, &random) }
        let type = MessageType.allCases[Int.random(in: 0..<MessageType.allCases.count, using: &random)]
        let address: ReplyAddress =
            switch Int.random(in: 0..<3, using: &random) {
            case 0: .whatsappNumber(octets(&random))
            case 1: .whatsappUser(octets(&random))
            default: .telegramChat(Int64.random(in: .min ... .max, using: &random))
            }
        let attachments = (0..<Int.random(in: 0...3, using: &random)).map { _ -> MessageAttachment in
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                .contact(
                    name: octets(&random), phone: RecordDamage.maybe(&random, octets), isOwn: .random(using: &random))
            case 1:
                .location(
                    latitude: .random(in: -90...90, using: &random), longitude: .random(in: -180...180, using: &random),
                    name: RecordDamage.maybe(&random, octets))
            default:
                .file(
                    type: type, mediaType: RecordDamage.maybe(&random, octets),
                    fileName: RecordDamage.maybe(&random, octets))
            }
        }
        return InboundMessage(
            channel: Bool.random(using: &random) ? .whatsapp : .telegram, nativeID: octets(&random),
            conversation: ConversationKey(bytes: octets(&random)), replyTo: address, senderID: octets(&random),
            phone: RecordDamage.maybe(&random, octets), language: RecordDamage.maybe(&random, octets), type: type,
            text: RecordDamage.maybe(&random, octets), startPayload: RecordDamage.maybe(&random, octets),
            choiceID: RecordDamage.maybe(&random, octets), attachments: attachments,
            at: WallTime(milliseconds: .random(in: .min ... .max, using: &random)),
            callbackQueryID: RecordDamage.maybe(&random, octets))
    }
}
