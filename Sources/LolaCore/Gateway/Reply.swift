// What goes back to a sender: the closed set of CONTRACT §6, before a channel gives it its own form.

/// A choice the sender can press.
struct Choice: Hashable, Sendable {
    let id: [UInt8]
    let title: [UInt8]
    /// Lists only.
    let description: [UInt8]?

    init(id: [UInt8], title: [UInt8], description: [UInt8]? = nil) {
        self.id = id
        self.title = title
        self.description = description
    }
}

enum Reply: Hashable, Sendable {
    case text([UInt8])
    /// 1 to 3 choices.
    case buttons(text: [UInt8], choices: [Choice])
    /// 1 to 10 items behind one button.
    case list(text: [UInt8], button: [UInt8], items: [Choice])
    case link(text: [UInt8], url: [UInt8])
    /// Asks the sender to share the own contact (Telegram keyboard, WhatsApp contact request).
    case contactRequest(text: [UInt8], button: [UInt8])

    /// The word in traces and metrics.
    var word: StaticString {
        switch self {
        case .text: "text"
        case .buttons: "buttons"
        case .list: "list"
        case .link: "link"
        case .contactRequest: "contact_request"
        }
    }
}

/// What a provider's answer to one delivery means (reference: protocols §1.5, §2).
enum DeliveryVerdict: Hashable, Sendable {
    /// Accepted by the provider under this id.
    case accepted(providerID: [UInt8])
    /// Accepted or not, nobody can know: never sent again.
    case unclear(word: StaticString)
    /// Try again, not before `after` when the provider named a time.
    case retry(word: StaticString, after: Interval?)
    /// No retry can mend it.
    case final(word: StaticString)
    /// Our account is broken (token, permission): final for the message and an alarm for the operator.
    case alarm(word: StaticString)

    static func == (left: DeliveryVerdict, right: DeliveryVerdict) -> Bool { left.parts == right.parts }
    func hash(into hasher: inout Hasher) { hasher.combine(parts) }

    private var parts: [String] {
        switch self {
        case .accepted(let id): ["accepted", id.text]
        case .unclear(let word): ["unclear", "\(word)"]
        case .retry(let word, let after): ["retry", "\(word)", "\(after?.nanoseconds ?? -1)"]
        case .final(let word): ["final", "\(word)"]
        case .alarm(let word): ["alarm", "\(word)"]
        }
    }
}
