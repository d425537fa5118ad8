// What the tests of the console share: the cast, secrets, requests through the real parser, and a world without a
// network.
import Foundation
import Testing

@testable import LolaCore

enum DevFixtures {
    static let now = WallTime(seconds: 1_795_000_000)
    static let cast = SandboxCast(startedAt: now)
    static let secrets = WebhookSecrets(
        whatsAppAppSecret: SecretBytes([UInt8](text: "app secret of the sandbox")),
        phoneNumberID: [UInt8](text: "106540352242922"), telegramSecret: SecretBytes([UInt8](text: "S3cret-Token_123")),
        telegramBotID: [UInt8](text: "7000000001"), twilio: twilio, resend: resend)
    static let twilio = TwilioSecrets(
        accountSID: [UInt8](text: "AC0123"), authToken: SecretBytes([UInt8](text: "auth token of the sandbox")),
        sharedKey: nil, from: [UInt8](text: "+15550199"), publicURL: [UInt8](text: "http://127.0.0.1:8080"))
    static let resend = ResendSecrets(
        apiKey: SecretBytes([UInt8](text: "re_dev")), webhookSecret: SecretBytes([UInt8](text: "signing secret of it")),
        own: [UInt8](text: "lola@bank.example"))
    static let botToken = SecretBytes([UInt8](text: "7000000001:AAtoken"))
    static let vaultPEM = (try? ES256PrivateKey.generatePEM()) ?? []

    static func person(_ id: String) throws -> SandboxPerson { try #require(cast.person([UInt8](text: id))) }

    static func random(_ seed: UInt8) -> [UInt8] { (0..<16).map { seed &+ UInt8($0) &* 37 } }

    /// A judged request, through the real parser.
    static func request(
        _ method: String, _ target: String, host: String = "127.0.0.1:8080", fields: [(String, String)] = [],
        body: [UInt8] = []
    ) throws -> HTTPRequest {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        if method == "POST" { text += "Content-Length: \(body.count)\r\n" }
        var parser = HTTPRequestParser()
        let octets = [UInt8](text: text + "\r\n")
        guard case .head(let head) = parser.next(octets.span).step else {
            throw DevTestFault.noHead
        }
        return HTTPRequest(
            head: head, body: body, role: .public, peer: IPAddress([127, 0, 0, 1]), requestID: [UInt8](text: "r1"))
    }

    static func request(_ webhook: ForgedWebhook) throws -> HTTPRequest {
        let fields = webhook.fields.map { ("\($0.name)", $0.value.text) }
        return try request("POST", webhook.path.text, fields: fields, body: webhook.body)
    }

    /// A body as Foundation reads it.
    static func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    static func json(_ value: [String: Any]) throws -> [UInt8] {
        [UInt8](try JSONSerialization.data(withJSONObject: value))
    }
}

enum DevTestFault: Error { case noHead }

/// Time stands still until a test moves it.
final class StillClock: Clock {
    var now = Instant(nanoseconds: 1_000_000_000)
    let wall = DevFixtures.now
}

/// Seeded octets.
final class SeededEntropy: Entropy {
    private var generator = SeededGenerator(seed: 7)

    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) } }
}

/// A machine whose every connection is refused.
final class RefusingNet: Net {
    /// Whether a look-up ends, without an address, or never does.
    var endsLookUps = false
    private var asked: [UInt64] = []

    func listen(_ endpoint: Endpoint) throws(NetFault) -> (Socket, port: UInt16) { throw .permission }
    func accept(_ listener: Socket) -> AcceptOutcome { .none }
    func connect(_ endpoint: Endpoint) throws(NetFault) -> Socket { throw .refused }
    func connectFault(_ socket: Socket) -> NetFault? { .refused }
    func read(_ socket: Socket, into buffer: inout [UInt8]) -> ReadOutcome { .end }
    func write(_ socket: Socket, _ bytes: [UInt8], from offset: Int) -> WriteOutcome { .failed(.reset) }
    func shutdownWrite(_ socket: Socket) {}
    func close(_ socket: Socket) {}
    func watch(_ socket: Socket, _ interest: Interest, word: UInt64) {}
    func wait(until deadline: Instant, _ events: inout [NetEvent]) { events = [] }
    func resolve(_ host: [UInt8], port: UInt16, ticket: UInt64) { asked.append(ticket) }

    func resolutions() -> [Resolution] {
        guard endsLookUps else { return [] }
        defer { asked = [] }
        return asked.map { Resolution(ticket: $0, endpoints: []) }
    }
}
