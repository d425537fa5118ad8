// What people, and providers on their behalf, say about being written to at all (CONTRACT §9, §11): STOP, START and
// HELP on every channel, bounces and complaints; and the question that is asked before each reply. One per loop.

final class OptDesk: ContactSignals {
    private let suppressions: SuppressionList
    private let counters: Counters

    init(_ suppressions: SuppressionList, _ counters: Counters) {
        self.suppressions = suppressions
        self.counters = counters
    }

    /// What a message says as a whole; nil when it is about something else. A mail without a text that the link of
    /// `List-Unsubscribe` made says it in its subject.
    static func word(in message: InboundMessage) -> OptWord? {
        guard message.event == nil, message.type != .start, !message.type.isFile else { return nil }
        if let text = message.text, let first = text.first(where: { $0 > ASCII.space }) {
            // A slash begins a command.
            return first == 0x2F ? nil : OptWord(text)
        }
        guard case .mail(let thread) = message.replyTo else { return nil }
        return OptWord(thread.subject) == .stop ? .stop : nil
    }

    /// Everything that is known of where the writer of a message can be reached: a word holds for all of it.
    ///
    /// - Parameter phone: the number in any spelling, of the channel or of a contact that was shared.
    static func addresses(_ message: InboundMessage, phone: [UInt8]?) -> [PersonAddress] {
        var found: [PersonAddress] = []
        if let own = ConversationParts(message.conversation)?.address {
            found.append(own)
            // The channel's own name of the person is the number.
            if own.kind == .phone { return found }
        }
        if let phone, let number = PersonAddress([UInt8](text: "whatsapp:") + phone), number.kind == .phone,
            !found.contains(number)
        { found.append(number) }
        return found
    }

    /// Before the message's turn has come: nothing is sent meanwhile. Its journey makes it last.
    func heard(_ message: InboundMessage) {
        guard Self.word(in: message) == .stop else { return }
        stop(Self.addresses(message, phone: message.phone)) { _ in }
    }

    /// - Parameter completion: false when nothing is certain and the question must be asked again.
    func stop(_ addresses: [PersonAddress], reason: String = "stop", _ completion: @escaping (Bool) -> Void) {
        guard let address = addresses.first else { return completion(true) }
        suppressions.add(address, reason: reason, actor: "sender") { [self] result in
            guard case .success = result else { return completion(false) }
            stop(Array(addresses.dropFirst()), reason: reason, completion)
        }
    }

    /// - Parameter completion: how many addresses were taken off; nil when nothing is certain.
    func start(_ addresses: [PersonAddress], removed: Int = 0, _ completion: @escaping (Int?) -> Void) {
        guard let address = addresses.first else { return completion(removed) }
        suppressions.remove(suppressions.id(address), actor: "sender") { [self] refusal in
            guard refusal == nil || refusal == .routeUnknown else { return completion(nil) }
            start(Array(addresses.dropFirst()), removed: removed + (refusal == nil ? 1 : 0), completion)
        }
    }

    /// Nil when the store cannot tell: then nothing may be sent.
    func isStopped(_ addresses: [PersonAddress], _ completion: @escaping (Bool?) -> Void) {
        suppressions.isSuppressed(addresses, completion)
    }

    // MARK: ContactSignals

    func note(_ signals: [ContactSignal], _ completion: @escaping (_ areKept: Bool) -> Void) {
        guard let signal = signals.first else { return completion(true) }
        counters.add(.contactSignals)
        let next: (Bool) -> Void = { [self] isKept in
            guard isKept else { return completion(false) }
            note(Array(signals.dropFirst()), completion)
        }
        // An address that nobody can be reached at needs no list.
        guard let address = PersonAddress(signal.address) else { return next(true) }
        switch signal.kind {
        case .optedOut, .bounced, .complained: stop([address], reason: signal.kind.rawValue, next)
        case .optedIn: start([address]) { next($0 != nil) }
        }
    }

    // MARK: Words

    static func reply(to word: OptWord, _ language: ScriptLanguage) -> Reply {
        let (english, spanish) =
            switch word {
            case .stop:
                (
                    "You will get no more messages from us. Write START if you want them again.",
                    "No recibirás más mensajes nuestros. Escribe ALTA si los quieres de nuevo."
                )
            case .start:
                ("You will get our messages again. Write STOP to end them.",
                    "Volverás a recibir nuestros mensajes. Escribe BAJA para no recibirlos.")
            case .help:
                (
                    "Write to us what you need. Write STOP to get no more messages, START to get them again.",
                    "Escríbenos lo que necesitas. Escribe BAJA para no recibir más mensajes, ALTA para recibirlos."
                )
            }
        return .text([UInt8](text: language == .spanish ? spanish : english))
    }
}
