// The contact book: the number that a sender without one (Telegram, WhatsApp business-scoped ids) has shared once,
// kept in the store's room `contact` under channel and user. Pure functions; asked by ChannelAccess and
// PhoneNormalization, whichever comes first in the configured order.

enum ContactBook {
    /// What the book said.
    enum Page: Hashable, Sendable {
        case phone([UInt8])
        case empty
        /// The store did not answer, or the record cannot be read: nothing is known, nothing is assumed.
        case unreadable
    }

    /// The look-up this turn needs, nil when the channel gave a number or the book has been asked already.
    static func question(for turn: Turn) -> Effect? {
        guard turn.phoneSpelling == nil, !turn.askedContactBook, isNumberless(turn.message) else { return nil }
        return .store(.get(key(of: turn)))
    }

    /// Reads the answer to `question` and puts the number, if there is one, into the turn.
    static func note(_ answer: EffectAnswer, in turn: Turn) -> Page {
        turn.askedContactBook = true
        let page = read(answer)
        if case .phone(let spelling) = page { turn.phoneSpelling = spelling }
        return page
    }

    /// The record to be made when the sender shares the own contact; nil for everything else and in a dry run.
    static func entry(_ phone: E164, from turn: Turn) -> Effect? {
        guard !turn.isDry, sharesOwnContact(turn.message) else { return nil }
        return .store(.put(key(of: turn), phone.bytes, expires: nil))
    }

    /// The end of the record when the own contact just shared cannot take its place: the sender has said that the
    /// older number is not the number any more. Nil for every other message and in a dry run.
    static func erasure(by turn: Turn) -> Effect? {
        guard !turn.isDry, sharesOwnContact(turn.message) else { return nil }
        return .store(.remove(key(of: turn)))
    }

    /// What came of an erasure, for the trace.
    static func forgetting(_ answer: EffectAnswer) -> String {
        if case .store(.done) = answer { "contact_forgotten" } else { "contact_not_forgotten" }
    }

    static func key(of turn: Turn) -> StoreKey { StoreKey(.contact, turn.senderID) }

    /// A sender whose address is a number needs no book: the channel vouches for that number in every message.
    private static func isNumberless(_ message: InboundMessage) -> Bool {
        switch message.replyTo {
        case .whatsappNumber: false
        case .whatsappUser, .telegramChat: true
        // Nothing that a sender shares there proves a number: a short code, a name and a mail address stay unknown.
        case .sms, .twilioWhatsApp, .mail: false
        }
    }

    /// A message of such a sender has a phone only as the sharing of the own contact, be the phone readable or not.
    private static func sharesOwnContact(_ message: InboundMessage) -> Bool {
        isNumberless(message) && message.phone != nil
    }

    private static func read(_ answer: EffectAnswer) -> Page {
        guard case .store(.value(let record)) = answer else { return .unreadable }
        guard let record else { return .empty }
        return E164(record) == nil ? .unreadable : .phone(record)
    }
}
