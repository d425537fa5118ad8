// Who writes what in one simulated run, and what is true about them. Plain data; the checkers compare the gateway's
// doings with it.

@testable import LolaCore

/// What the identity service knows about a sender.
enum SimTruth: CaseIterable {
    case passed, pending, blocked, flagged, strangeWord, nobody, missing

    /// The agent that CONTRACT §5 names.
    var agent: String {
        switch self {
        case .passed: "sender_home"
        case .pending, .strangeWord: "pending_cip"
        case .blocked, .flagged: "blocked"
        case .nobody: "onboarding"
        case .missing: "service_unavailable"
        }
    }

    func document(_ sender: SimSender) -> String {
        func person(_ verdict: String, _ isBlocked: Bool) -> String {
            #"{"sender":{"id":"\#(sender.mark)","name":"Ana","phone":"\#(sender.phone)","country":"US","#
                + #""verdict":"\#(verdict)","is_blocked":\#(isBlocked),"cards":["Visa 4111111111111111"],"secret":1}}"#
        }
        return switch self {
        case .passed: person("passed", false)
        case .pending: person("pending", false)
        case .blocked: person("blocked", true)
        case .flagged: person("passed", true)
        case .strangeWord: person("shiny", false)
        case .nobody, .missing: #"{"sender":null}"#
        }
    }
}

final class SimSender {
    enum Kind { case whatsappNumber, whatsappUser, telegram }

    let index: Int
    let kind: Kind
    let phone: String
    var truth: SimTruth
    /// The agents that follow from the identity service's answers since the last message was given to an agent.
    var verdicts: [String] = []
    var hasSharedContact = false
    var posts: [SimPost] = []
    var openCall: SimCall?

    init(_ index: Int, _ kind: Kind, _ truth: SimTruth) {
        self.index = index
        self.kind = kind
        self.truth = truth
        phone = "+1202555\(1_000 + index)"
    }

    var mark: String { "id\(index)z" }
    var isTelegram: Bool { kind == .telegram }
    /// The sender as the channel names it, which is also where replies go.
    var address: String {
        switch kind {
        case .whatsappNumber: String(phone.dropFirst())
        case .whatsappUser: "US.13491208655302741918\(index)"
        case .telegram: "\(93_172_465_800 + index)"
        }
    }
    var conversation: String {
        isTelegram ? "telegram:7000000001:\(address)" : "whatsapp:\(SimSettings.phoneNumberID):\(address)"
    }
}

/// What an agent does with one attempt.
enum SimAgentAct {
    case answer, twoReplies, slowAnswer, deferred, nothing, state
    case failure, tooMany, hang, closeEarly, cutBody, reset
    case garbage, brokenHTTP, clientError

    /// It stands, however often the agent is asked.
    var isAnswer: Bool { partCount != nil }

    /// Parts of the answer; nil when it is none.
    var partCount: Int? {
        switch self {
        case .answer, .slowAnswer, .state: 1
        case .twoReplies: 2
        case .deferred, .nothing: 0
        case .failure, .tooMany, .hang, .closeEarly, .cutBody, .reset, .garbage, .brokenHTTP, .clientError: nil
        }
    }
}

final class SimPost {
    enum Kind { case text, card, command, badCommand, image, contact, foreignContact, event }

    let number: Int
    let sender: SimSender
    let kind: Kind
    var acts: [SimAgentAct] = []
    /// Moments on the story's own counter.
    var sentAt = Int.max
    var acceptedAt = Int.max
    var calls = 0
    /// The agent that the process of this generation chose.
    var agent: String?
    var generation = -1
    /// What its agent says once it has made up its mind, however often it is asked.
    var answer: SimAgentAct?
    /// The parts of its answer as the channel was asked to carry them.
    var parts: [Int: [SimSending]] = [:]
    /// Ended in a process that died before it could say so.
    var hasEndedUnseen = false
    var place = (webhook: 0, index: 0)
    /// Of an event: its ticket once there is one, and the outcome that an agent was told.
    var ticket: String?
    var outcome: String?

    init(_ number: Int, _ sender: SimSender, _ kind: Kind) {
        self.number = number
        self.sender = sender
        self.kind = kind
    }

    var mark: String { "mk\(number)z" }
    var nativeID: String { sender.isTelegram ? "\(810_000 + number)" : "wamid.SIM\(number)" }
    var key: String {
        if kind == .event { return "callback:" + (ticket ?? "none of post \(number)") }
        return (sender.isTelegram ? "telegram:" : "whatsapp:") + nativeID
    }
    /// The mark of a part of the answer.
    func reply(_ part: Int) -> String { "respuesta rp\(number * 10 + part)z" }
    var reachesAgent: Bool { kind != .badCommand && kind != .image }

    private var text: String {
        switch kind {
        case .card: "\(mark) mi tarjeta es 4111 1111 1111 1111 gracias"
        case .command: "/info \(mark)"
        case .badCommand: "/format \(mark)"
        default: "hola \(mark)"
        }
    }

    /// This message as an element of Meta's `messages`.
    func whatsapp(_ second: Int64) -> String {
        let field = sender.kind == .whatsappNumber ? "from" : "from_user_id"
        let head = #"{"\#(field)":"\#(sender.address)","id":"\#(nativeID)","timestamp":"\#(second)","#
        if kind == .image {
            return head + #""type":"image","image":{"mime_type":"image/jpeg","id":"77","caption":"\#(mark)"}}"#
        }
        return head + #""type":"text","text":{"body":"\#(text)"}}"#
    }

    /// This message as a whole update of Telegram.
    func telegram(_ second: Int64) -> String {
        let person = #"{"id":\#(sender.address),"is_bot":false,"first_name":"Ana"}"#
        let content = switch kind {
        case .image: #""photo":[{"file_id":"x","width":1,"height":1}],"caption":"\#(mark)""#
        case .contact:
            #""contact":{"phone_number":"\#(sender.phone)","first_name":"\#(mark)","user_id":\#(sender.address)}"#
        case .foreignContact:
            #""contact":{"phone_number":"+12025551999","first_name":"\#(mark)","user_id":4}"#
        default: #""text":"\#(text)""#
        }
        return #"{"update_id":\#(nativeID),"message":{"message_id":\#(number + 1),"from":\#(person),"#
            + #""chat":{"id":\#(sender.address),"type":"private","first_name":"Ana"},"date":\#(second),\#(content)}}"#
    }
}

/// One signed request of a provider; retried whole until it is taken.
final class SimWebhook {
    let number: Int
    let posts: [SimPost]
    let bytes: [UInt8]
    var attempts = 0
    var isAccepted = false
    var isGivenUp = false
    var isOpen = false
    /// The provider sends this one as soon as the webhook is taken.
    var next: (() -> Void)?

    init(_ number: Int, _ posts: [SimPost], _ bytes: [UInt8]) {
        self.number = number
        self.posts = posts
        self.bytes = bytes
        for (index, post) in posts.enumerated() { post.place = (number, index) }
    }

    var isSettled: Bool { (isAccepted || isGivenUp) && !isOpen }
}

/// One request of the gateway to carry a part of an answer.
struct SimSending {
    let generation: Int
    let call: SimCall
    /// The channel took it and said so at once.
    var isTaken = false
}

enum SimForge {
    private static var key: HMACKey { HMACKey(.sha256, key: SecretBytes([UInt8](text: SimSettings.appSecret))) }

    static func whatsappBody(_ posts: [SimPost], second: Int64) -> [UInt8] {
        let contacts = posts.map { post in
            let sender = post.sender
            let id = sender.kind == .whatsappNumber ? "wa_id" : "user_id"
            return #"{"profile":{"name":"Ana"},"\#(id)":"\#(sender.address)"}"#
        }
        let own = SimSettings.phoneNumberID
        let text = #"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"value":"#
            + #"{"messaging_product":"whatsapp","#
            + #""metadata":{"display_phone_number":"15550000","phone_number_id":"\#(own)"},"#
            + #""contacts":[\#(contacts.joined(separator: ","))],"#
            + #""messages":[\#(posts.map { $0.whatsapp(second) }.joined(separator: ","))]},"field":"messages"}]}]}"#
        return Array(text.utf8)
    }

    /// Meta's word on a request of ours.
    static func receipt(_ state: String, of id: String, reference: String, second: Int64) -> [UInt8] {
        let own = SimSettings.phoneNumberID
        let text = #"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"value":"#
            + #"{"messaging_product":"whatsapp","metadata":{"phone_number_id":"\#(own)"},"#
            + #""statuses":[{"id":"\#(id)","status":"\#(state)","timestamp":"\#(second)","#
            + #""biz_opaque_callback_data":"\#(reference)"}]},"field":"messages"}]}]}"#
        return Array(text.utf8)
    }

    static func whatsapp(_ body: [UInt8], signing signed: [UInt8]? = nil, prefix: String = "sha256=") -> [UInt8] {
        let code = Hex.encode(key.code(signed ?? body)).text
        return SimHTTP.request(
            "POST", "/webhooks/whatsapp", ["Content-Type: application/json", "X-Hub-Signature-256: \(prefix)\(code)"],
            body: body)
    }

    static func telegram(_ body: String, secret: String? = SimSettings.telegramSecret) -> [UInt8] {
        var fields = ["Content-Type: application/json"]
        if let secret { fields.append("X-Telegram-Bot-Api-Secret-Token: \(secret)") }
        return SimHTTP.request("POST", "/webhooks/telegram", fields, body: Array(body.utf8))
    }
}
