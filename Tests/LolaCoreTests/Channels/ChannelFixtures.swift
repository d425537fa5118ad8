// What the tests of this folder share: channels with known secrets, request and response heads made by the real
// parsers, and bodies taken from the vectors.
import Foundation
import Testing

@testable import LolaCore

final class FixedClock: LolaCore.Clock {
    let now = Instant(nanoseconds: 0)
    let wall = WallTime(seconds: 1_790_000_000)
}

enum Fixture {
    static let appSecret = "f3a1c0ffee5ec2e7app5ecret"
    static let phoneNumberID = "106540352242922"
    static let botToken = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
    static let telegramSecret = "S3cret-Token_123"

    static func url(_ text: String) throws -> HTTPURL { try #require(HTTPURL([UInt8](text: text))) }

    static func secret(_ text: String) -> SecretBytes { SecretBytes([UInt8](text: text)) }

    static func whatsapp(
        appSecret: String = appSecret, previous: String? = nil, verifyToken: String = "tok",
        api: String = "https://graph.facebook.com/v23.0"
    ) throws -> WhatsAppChannel {
        WhatsAppChannel(
            phoneNumberID: [UInt8](text: phoneNumberID), token: secret("EAAtoken"), appSecret: secret(appSecret),
            previousAppSecret: previous.map { secret($0) }, verifyToken: secret(verifyToken), apiURL: try url(api))
    }

    static func telegram(
        secret telegramSecret: String = telegramSecret, api: String = "https://api.telegram.org"
    ) throws -> TelegramChannel {
        TelegramChannel(
            botToken: secret(botToken), secret: secret(telegramSecret), apiURL: try url(api), clock: FixedClock())
    }

    static let twilioToken = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
    static let twilioURL = "https://hook.example.org"
    static let svixSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    static func twilio(
        _ name: ChannelName = .twilioSMS, publicURL: String = twilioURL, tokens: [String] = [twilioToken],
        sharedKey: TwilioSharedKey? = nil, api: String = "https://api.twilio.com"
    ) throws -> TwilioChannel {
        let account = TwilioChannel.Account(
            sid: [UInt8](text: "AC0123456789abcdef0123456789abcdef"), authTokens: tokens.map { secret($0) },
            sharedKey: sharedKey, publicURL: [UInt8](text: publicURL), apiURL: try url(api))
        return TwilioChannel(name, account, clock: FixedClock())
    }

    static func resend(
        secrets: [String] = [svixSecret], from: String = "Lola <lola@bank.example>",
        api: String = "https://api.resend.com", clock: any LolaCore.Clock = FixedClock()
    ) throws -> ResendChannel {
        ResendChannel(
            apiKey: secret("re_key"),
            secrets: try secrets.map { try SettingGrammar.webhookSecret.parse([UInt8](text: $0)) },
            from: [UInt8](text: from), apiURL: try url(api), clock: clock)
    }

    static let formType = ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")

    /// Pairs as they stand in a vector.
    static func pairs(_ row: [String: Any]) throws -> [FormField] {
        try #require(row["params"] as? [[String]]).map {
            FormField(name: [UInt8](text: $0[0]), value: [UInt8](text: $0[1]))
        }
    }

    static func form(_ pairs: [(String, String)]) -> [UInt8] {
        [UInt8](text: pairs.map { "\($0.0)=\(Percent.encode([UInt8](text: $0.1)).text)" }.joined(separator: "&"))
    }

    /// The fields of a mail webhook, signed.
    static func svix(
        _ body: [UInt8], id: String = "msg_1", at now: WallTime = FixedClock().wall, secret: String = svixSecret
    ) throws -> [(String, String)] {
        let proof = SvixProof(secrets: [try SettingGrammar.webhookSecret.parse([UInt8](text: secret))])
        let time = "\(now.inSeconds)"
        let signature = proof.signature(id: [UInt8](text: id), time: [UInt8](text: time), body: body)
        return [
            ("Content-Type", "application/json"), ("svix-id", id), ("svix-timestamp", time),
            ("svix-signature", signature.text),
        ]
    }

    /// A head as the server would have parsed it. Fields are written in order.
    static func head(_ fields: [(String, String)], target: String = "/webhooks/x") throws -> HTTPRequestHead {
        let lines = fields.map { "\($0.0): \($0.1)\r\n" }.joined()
        let text = [UInt8](text: "POST \(target) HTTP/1.1\r\nHost: lola.example\r\n\(lines)\r\n")
        var parser = HTTPRequestParser()
        guard case .head(let head) = parser.next(text.span).step else {
            Issue.record("the fixture is no request: \(lines)")
            throw CancellationError()
        }
        return head
    }

    static func response(
        _ status: Int, _ body: String, fields: [(String, String)] = []
    ) throws -> OutboundResponse {
        let lines = fields.map { "\($0.0): \($0.1)\r\n" }.joined()
        let length = status == 204 ? "" : "Content-Length: \(body.utf8.count)\r\n"
        let text = [UInt8](text: "HTTP/1.1 \(status) X\r\n\(length)\(lines)\r\n")
        var parser = HTTPResponseParser(requestWasHead: false, bodyLimit: 65_536)
        guard case .head(let head) = parser.next(text.span).step else {
            Issue.record("the fixture is no response: \(lines)")
            throw CancellationError()
        }
        return OutboundResponse(head: head, body: [UInt8](text: body))
    }

    static func signature(_ body: [UInt8], secret text: String = appSecret) -> String {
        "sha256=" + Hex.encode(HMACKey(.sha256, key: secret(text)).code(of: body.span)).text
    }

    /// The octets of a JSON value parsed by Foundation.
    static func json(_ value: Any) throws -> [UInt8] {
        [UInt8](try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys]))
    }

    static func cases(_ file: String, _ list: String = "cases") throws -> [[String: Any]] {
        try #require(try Vectors.object(file)[list] as? [[String: Any]])
    }

    /// A text message from a number, in a whole webhook body.
    static func whatsappBody(_ messages: String, contacts: String = "[]", number: String = phoneNumberID) -> [UInt8] {
        whatsappBody(value: #""contacts":\#(contacts),"messages":\#(messages)"#, number: number)
    }

    /// The same with delivery statuses.
    static func whatsappBody(statuses: String) -> [UInt8] {
        whatsappBody(value: #""statuses":\#(statuses)"#, number: phoneNumberID)
    }

    private static func whatsappBody(value: String, number: String) -> [UInt8] {
        [UInt8](
            text: """
                {"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{\
                "messaging_product":"whatsapp","metadata":{"display_phone_number":"1","phone_number_id":"\(number)"},\
                \(value)}}]}]}
                """)
    }

    /// The body of a request as the strict reader sees it.
    static func root(_ request: OutboundRequest) throws -> JSONView { try JSONDocument.parse(request.body).root }
}
