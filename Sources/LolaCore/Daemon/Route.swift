// The table of paths: which methods a path takes on which listener, and what it is. Nothing is routed that is
// not in here; everything else is the same 404.

enum Route: Equatable, Sendable {
    case livez
    case readyz
    case webhook(ChannelName)
    case jwks
    case metrics
    case adminMessages
    case adminMessage(key: [UInt8])
    case adminDryRun
    case adminDeadLetters
    case adminDeadLetter(RecordID)
    case adminQuarantine
    /// Something below `/dev`; only under `lola dev`.
    case dev

    /// The route of a raw path; nil when there is none on this listener.
    static func find(_ path: ArraySlice<UInt8>, role: ListenerRole, hasConsole: Bool) throws(HTTPFault) -> Route? {
        if let exact = exact(path, role) { return exact }
        if role == .management, let key = try messageKey(path) { return .adminMessage(key: key) }
        if role == .management, let id = deadLetterID(path) { return .adminDeadLetter(id) }
        let segments = try HTTPTarget.segments(of: path)
        if role == .public, hasConsole, segments.first == [UInt8](text: "dev") { return .dev }
        return nil
    }

    var methods: [HTTPMethod] {
        switch self {
        case .livez, .readyz, .jwks, .metrics, .adminMessages, .adminMessage, .adminQuarantine: [.get, .head]
        case .adminDeadLetters: [.get, .head, .post]
        case .adminDeadLetter: [.get, .head, .delete]
        case .webhook(.whatsapp): [.get, .head, .post]
        case .webhook, .adminDryRun: [.post]
        case .dev: [.get, .head, .post]
        }
    }

    /// The channel whose webhooks come here.
    var channel: ChannelName? {
        if case .webhook(let channel) = self { channel } else { nil }
    }

    /// Whether the orchestrator token is needed.
    var isAdmin: Bool {
        switch self {
        case .adminMessages, .adminMessage, .adminDryRun, .adminDeadLetters, .adminDeadLetter, .adminQuarantine: true
        default: false
        }
    }

    private static func exact(_ path: ArraySlice<UInt8>, _ role: ListenerRole) -> Route? {
        func isPath(_ text: StaticString) -> Bool { path.equals(text) }
        switch role {
        case .public:
            if isPath("/webhooks/whatsapp") { return .webhook(.whatsapp) }
            if isPath("/webhooks/telegram") { return .webhook(.telegram) }
            if isPath("/webhooks/twilio/whatsapp") { return .webhook(.twilioWhatsApp) }
            // What they bring, the channel sees: messages, statuses and calls are one account's.
            if isPath("/webhooks/twilio/sms") || isPath("/webhooks/twilio/status") || isPath("/webhooks/twilio/voice") {
                return .webhook(.twilioSMS)
            }
            if isPath("/webhooks/resend") { return .webhook(.resend) }
            if isPath("/.well-known/jwks.json") { return .jwks }
        case .management:
            if isPath("/metrics") { return .metrics }
            if isPath("/admin/api/messages") { return .adminMessages }
            if isPath("/admin/api/dry-run/route") { return .adminDryRun }
            if isPath("/admin/api/dlq") { return .adminDeadLetters }
            if isPath("/admin/api/quarantine") { return .adminQuarantine }
        }
        if isPath("/livez") { return .livez }
        if isPath("/readyz") { return .readyz }
        return nil
    }

    /// The id in `/admin/api/dlq/{id}`: 32 hex digits; anything else is no route.
    private static func deadLetterID(_ path: ArraySlice<UInt8>) -> RecordID? {
        let prefix = "/admin/api/dlq/".utf8
        return path.starts(with: prefix) ? RecordID(hex: path.dropFirst(prefix.count)) : nil
    }

    /// The key in `/admin/api/messages/{key}`: a native id may hold any character, a slash too.
    private static func messageKey(_ path: ArraySlice<UInt8>) throws(HTTPFault) -> [UInt8]? {
        let prefix = "/admin/api/messages/".utf8
        guard path.starts(with: prefix), path.count > prefix.count else { return nil }
        guard let key = Percent.decode(path.dropFirst(prefix.count)) else { throw .badPath }
        return key
    }
}
