// What people, and providers on their behalf, say about being written to at all (CONTRACT §9, §11): STOP, START and
// HELP on every channel, bounces and complaints; and the question that is asked before each reply. One per loop.

final class OptDesk: ContactSignals {
    private let suppressions: SuppressionList
    private let counters: Counters

    init(_ suppressions: SuppressionList, _ counters: Counters) {
        self.suppressions = suppressions
        self.counters = counters
    }

    /// What a message says as a whole, the words beside a file included; nil when it is about something else.
    static func word(in message: InboundMessage) -> OptWord? { found(in: message)?.word }

    /// Whether a message that says such a word says it in Spanish.
    static func isSpanish(_ message: InboundMessage) -> Bool {
        found(in: message).map { OptWord.isSpanish($0.text) } ?? false
    }

    private static func found(in message: InboundMessage) -> (word: OptWord, text: [UInt8])? {
        guard message.event == nil, message.type != .start else { return nil }
        let text = message.text ?? []
        if case .mail(let thread) = message.replyTo { return found(in: text, of: thread, message.contentID == nil) }
        return found(in: text)
    }

    private static func found(in text: [UInt8]) -> (word: OptWord, text: [UInt8])? {
        // A slash begins a command.
        guard text.first(where: { $0 > ASCII.space }) != 0x2F, let word = OptWord(text) else { return nil }
        return (word, text)
    }

    /// A mail says it in the first paragraph of its own; without any, in its subject, as the link of
    /// `List-Unsubscribe` makes it. Only STOP may be followed by more.
    ///
    /// - Parameter isComplete: false until the text has been fetched; only the very subject of the link counts then.
    private static func found(
        in text: [UInt8], of thread: MailThread, _ isComplete: Bool
    ) -> (word: OptWord, text: [UInt8])? {
        let said = MailWords.said(in: text)
        if !said.paragraph.isEmpty {
            if let found = found(in: said.paragraph), found.word == .stop || !said.hasMore { return found }
            // A mail without a text has its subject for one.
            guard text == thread.subject else { return nil }
        }
        let subject = isComplete ? MailWords.bare(subject: thread.subject) : thread.subject
        guard OptWord(subject) == .stop else { return nil }
        return (.stop, subject)
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

    /// The same for a message that is in hand.
    static func addresses(_ turn: Turn, phone: [UInt8]?) -> [PersonAddress] {
        // The pipeline has read the number by which WhatsApp names its sender already.
        if case .whatsappNumber(let sender) = turn.message.replyTo, sender == phone, sender == turn.phoneSpelling,
            let number = turn.candidates.first
        { return [.phone(number)] }
        return addresses(turn.message, phone: phone)
    }

    /// Before the message's turn has come, and before its webhook is acknowledged: nothing is sent from then on. What
    /// cannot be kept now, its journey keeps.
    func heard(_ message: InboundMessage, _ completion: @escaping () -> Void) {
        guard Self.word(in: message) == .stop else { return completion() }
        stop(Self.addresses(message, phone: message.phone)) { _ in completion() }
    }

    /// - Parameter completion: false when nothing is certain and the question must be asked again.
    func stop(
        _ addresses: [PersonAddress], reason: String? = SuppressionEntry.stopped, _ completion: @escaping (Bool) -> Void
    ) {
        guard let address = addresses.first else { return completion(true) }
        suppressions.add(address, reason: reason, actor: "sender") { [self] result in
            guard case .success = result else { return completion(false) }
            stop(Array(addresses.dropFirst()), reason: reason, completion)
        }
    }

    /// A word that holds for the first of a person's addresses holds for the others too: the number which somebody
    /// who is on the list shares is put there for the same reason.
    ///
    /// - Parameter completion: false when nothing is certain and the question must be asked again.
    func spread(_ addresses: [PersonAddress], _ completion: @escaping (_ isKept: Bool) -> Void) {
        guard let own = addresses.first, addresses.count > 1 else { return completion(true) }
        let others = Array(addresses.dropFirst())
        suppressions.find(suppressions.id(own)) { [self] found in
            switch found {
            case .success(nil): completion(true)
            case .success(let entry?): stop(others, reason: entry.reason, completion)
            // Who is on the list is protected, whatever can be read of why.
            case .failure(.recordUnreadable): stop(others, reason: nil, completion)
            case .failure: completion(false)
            }
        }
    }

    /// What has come of a START.
    enum Restart: Hashable {
        /// The question must be asked again.
        case uncertain
        case nothing
        case removed
        /// At least one entry is not the sender's to take off.
        case stays
    }

    /// - Parameter provesSender: false for a mail, whose `From` proves nothing: only what the person or a provider has
    ///   entered is taken off then, never what an operator has.
    func start(
        _ addresses: [PersonAddress], provesSender: Bool = true, after earlier: Restart = .nothing,
        _ completion: @escaping (Restart) -> Void
    ) {
        guard let address = addresses.first else { return completion(earlier) }
        let rest = Array(addresses.dropFirst())
        takeOff(suppressions.id(address), provesSender) { [self] outcome in
            switch outcome {
            case .uncertain: completion(.uncertain)
            case .nothing: start(rest, provesSender: provesSender, after: earlier, completion)
            case .removed:
                let sum = earlier == .stays ? earlier : outcome
                start(rest, provesSender: provesSender, after: sum, completion)
            case .stays: start(rest, provesSender: provesSender, after: outcome, completion)
            }
        }
    }

    private func takeOff(_ id: RecordID, _ provesSender: Bool, _ completion: @escaping (Restart) -> Void) {
        let remove: () -> Void = { [self] in
            suppressions.remove(id, actor: "sender") { refusal in
                switch refusal {
                case nil: completion(.removed)
                case .routeUnknown?: completion(.nothing)
                default: completion(.uncertain)
                }
            }
        }
        if provesSender { return remove() }
        suppressions.find(id) { found in
            switch found {
            case .success(nil): completion(.nothing)
            case .success(let entry?): if entry.isOfPerson { remove() } else { completion(.stays) }
            case .failure(.recordUnreadable): completion(.stays)
            case .failure: completion(.uncertain)
            }
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
        case .optedIn: start([address]) { next($0 != .uncertain) }
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
