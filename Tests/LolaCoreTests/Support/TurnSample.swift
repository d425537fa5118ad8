// Made-up turns, answers of servers and a counted entropy: what the tests of the pipeline and the agents begin with.
import Foundation
import Testing

@testable import LolaCore

/// Swift Testing has an `Attachment` of its own.
typealias MessageAttachment = LolaCore.Attachment

/// A message and how to change it; `turn` makes it a turn.
struct TurnSample {
    var channel = ChannelName.whatsapp
    var sender = "15550100"
    /// WhatsApp sender without a number, or Telegram.
    var isNumberless = false
    var phone: String? = "15550100"
    var language: String?
    var type = MessageType.text
    var text: String? = "hola"
    var start: String?
    var choice: String?
    var attachments: [MessageAttachment] = []
    var nativeID = "wamid.A"
    var at = WallTime(seconds: 1_795_168_800)
    var isDry = false
    /// Of a mail.
    var subject: String?

    static func telegram(text: String? = "hola", type: MessageType = .text) -> TurnSample {
        TurnSample(channel: .telegram, sender: "987654321", isNumberless: true, phone: nil, type: type, text: text)
    }

    /// Somebody of Telegram who shares the own contact.
    static func telegramContact(_ phone: String) -> TurnSample {
        var sample = telegram(text: nil, type: .contact)
        sample.phone = phone
        sample.attachments = [.contact(name: [UInt8](text: "Ann"), phone: [UInt8](text: phone), isOwn: true)]
        return sample
    }

    var message: InboundMessage {
        let address: ReplyAddress =
            switch channel {
            case .whatsapp: isNumberless ? .whatsappUser([UInt8](text: sender)) : .whatsappNumber([UInt8](text: sender))
            case .telegram: .telegramChat(Int64(sender) ?? 0)
            case .twilioSMS: .sms(own: [UInt8](text: "1065"), sender: [UInt8](text: sender))
            case .twilioWhatsApp: .twilioWhatsApp(own: [UInt8](text: "1065"), sender: [UInt8](text: sender))
            case .resend:
                .mail(MailThread(
                    own: [UInt8](text: "1065"), sender: [UInt8](text: sender),
                    subject: subject.map { [UInt8](text: $0) } ?? [], messageID: nil))
            }
        return InboundMessage(
            channel: channel, nativeID: [UInt8](text: nativeID),
            conversation: ConversationKey(channel, own: [UInt8](text: "1065"), sender: [UInt8](text: sender)),
            replyTo: address, senderID: [UInt8](text: sender), phone: phone.map { [UInt8](text: $0) },
            language: language.map { [UInt8](text: $0) }, type: type, text: text.map { [UInt8](text: $0) },
            startPayload: start.map { [UInt8](text: $0) }, choiceID: choice.map { [UInt8](text: $0) },
            attachments: attachments, at: at, callbackQueryID: nil)
    }

    var turn: Turn {
        let pseudonyms = Pseudonyms(secret: SecretBytes([1, 2, 3]))
        return Turn(
            WebhookGate.imagined(message, at: at), senderID: pseudonyms.sender(of: message), isDry: isDry)
    }
}

extension E164 {
    /// A number known to be good.
    static func sample(_ text: String) throws -> E164 { try #require(E164([UInt8](text: text))) }
}

extension ContextUser {
    static func sample(
        name: String = "Ana Ruiz", phone: String = "+15550100", country: String = "US",
        verdict: ComplianceVerdict = .passed, isBlocked: Bool = false, cards: [String] = ["Visa ending 1234"],
        methods: [(String, String)] = [("card", "Visa ending 1234")]
    ) throws -> ContextUser {
        ContextUser(
            id: [UInt8](text: "u-1"), name: [UInt8](text: name), phone: try .sample(phone),
            country: [UInt8](text: country), verdict: verdict, isBlocked: isBlocked,
            cards: cards.map { [UInt8](text: $0) },
            paymentMethods: methods.map {
                PaymentMethodSummary(type: [UInt8](text: $0.0), display: [UInt8](text: $0.1))
            })
    }
}

/// An answer as the outbound client hands it on: its head has gone through the real parser.
enum ResponseSample {
    static func make(
        _ status: Int, _ body: String = "", fields: [String] = ["Content-Type: application/json"]
    ) throws -> OutboundResponse {
        let content = [UInt8](text: body)
        let length = status == 204 || status == 304 ? [] : ["Content-Length: \(content.count)"]
        let lines = ["HTTP/1.1 \(status) X"] + fields + length
        let octets = [UInt8](text: lines.joined(separator: "\r\n") + "\r\n\r\n")
        var parser = HTTPResponseParser(requestWasHead: false, bodyLimit: 1 << 20)
        let step = parser.next(octets.span).step
        guard case .head(let head) = step else {
            throw SampleFault(description: "not a head: \(step)")
        }
        return OutboundResponse(head: head, body: content)
    }
}

struct SampleFault: Error, CustomStringConvertible {
    let description: String
}

/// Octets that count upwards; or zeros only.
final class CountingEntropy: Entropy {
    private var next: UInt8
    private let step: UInt8

    init(from first: UInt8 = 1, step: UInt8 = 1) {
        next = first
        self.step = step
    }

    func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in
            defer { next = next &+ step }
            return next
        }
    }
}
