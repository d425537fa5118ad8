// What was said in one sandbox chat, as the person sees it on the phone: bounded, the oldest goes first. Values kept
// by SandboxWorld, written as JSON for the console page.

/// Something below a message that the person can press.
struct SandboxButton: Sendable, Hashable {
    enum Press: Sendable, Hashable {
        case choice(id: [UInt8])
        case link(url: [UInt8])
        /// Shares the own contact.
        case contact
    }

    let title: [UInt8]
    let description: [UInt8]?
    let press: Press

    init(title: [UInt8], description: [UInt8]? = nil, press: Press) {
        self.title = title
        self.description = description
        self.press = press
    }
}

struct SandboxEntry: Sendable {
    enum Side: String, Sendable { case sender, lola }

    /// How far a message of the sender has come.
    enum State: String, Sendable { case sending, accepted, refused }

    /// What it is; the page draws each kind its own way.
    enum Kind: String, Sendable { case text, choice, contact, image, event, other, buttons, list }

    let side: Side
    let kind: Kind
    /// Card numbers are masked in it, as they are everywhere behind the webhook.
    let text: [UInt8]
    let buttons: [SandboxButton]
    /// What opens a list on WhatsApp.
    let opener: [UInt8]?
    let at: WallTime
    /// Key of a message of the sender; leads to its trace.
    let key: MessageKey?
    var state: State
    /// Unique in the world and growing; given when it is recorded.
    fileprivate(set) var number: Int64 = 0

    /// Something Lola sent.
    init(kind: Kind, text: [UInt8], buttons: [SandboxButton] = [], opener: [UInt8]? = nil, at: WallTime) {
        side = .lola
        self.kind = kind
        self.text = text
        self.buttons = buttons
        self.opener = opener
        self.at = at
        key = nil
        state = .accepted
    }

    /// Something the person sent.
    init(kind: Kind, text: [UInt8], key: MessageKey, state: State, at: WallTime) {
        side = .sender
        self.kind = kind
        self.text = CardNumber.mask(text).masked
        buttons = []
        opener = nil
        self.at = at
        self.key = key
        self.state = state
    }
}

struct SandboxTranscript: Sendable {
    private(set) var entries: [SandboxEntry] = []
    /// Changes whenever anything in it does.
    var revision: Int64
    /// The person's contact has been shared on this channel.
    var hasSharedContact = false

    init(revision: Int64) { self.revision = revision }

    mutating func append(_ entry: SandboxEntry, number: Int64) {
        if entries.count >= Limits.sandboxEntriesMax { entries.removeFirst() }
        var numbered = entry
        numbered.number = number
        entries.append(numbered)
    }

    func contains(_ key: MessageKey) -> Bool { entries.contains { $0.key == key } }

    /// Sets the state of the message with this key; false when nothing changes.
    mutating func mark(_ key: MessageKey, _ state: SandboxEntry.State) -> Bool {
        guard let index = entries.lastIndex(where: { $0.key == key }), entries[index].state != state else {
            return false
        }
        entries[index].state = state
        return true
    }

    /// Whether the newest message with this choice was a list.
    func isListed(_ choice: [UInt8]) -> Bool {
        let press = SandboxButton.Press.choice(id: choice)
        return entries.last { $0.buttons.contains { $0.press == press } }?.kind == .list
    }

    func write(to writer: inout JSONWriter) {
        writer.array { writer in
            for entry in entries { entry.write(to: &writer) }
        }
    }
}

extension SandboxEntry {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("number")
            writer.integer(number)
            writer.member("side", side.rawValue)
            writer.member("kind", kind.rawValue)
            writer.member("text", bytes: text)
            writer.member("at", bytes: CivilDate(at).rfc3339(milliseconds: true))
            writer.member("key", key?.text)
            writer.member("state", state.rawValue)
            writer.member("opener", opener?.text)
            writer.member("buttons") { writer in
                writer.array { writer in
                    for button in buttons { button.write(to: &writer) }
                }
            }
        }
    }
}

extension SandboxButton {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("title", bytes: title)
            writer.member("description", description?.text)
            switch press {
            case .choice(let id):
                writer.member("press", "choice")
                writer.member("id", bytes: id)
            case .link(let url):
                writer.member("press", "link")
                writer.member("url", bytes: url)
            case .contact: writer.member("press", "contact")
            }
        }
    }
}
