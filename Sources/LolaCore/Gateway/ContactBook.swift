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
        return .store(.put(key(of: turn), bytes(phone, of: turn.message.senderID), expires: nil))
    }

    /// The number, a blank, and the sender as the channel names it: without the second an erasure that knows the number
    /// only would not find the sender's conversations.
    private static func bytes(_ phone: E164, of sender: [UInt8]) -> [UInt8] { phone.bytes + [0x20] + sender }

    /// Reads a record; nil for everything else. One of an earlier version tells no sender.
    static func read(_ record: [UInt8]) -> (phone: E164, sender: [UInt8]?)? {
        let number = record.prefix { $0 != 0x20 }
        guard let phone = E164(number) else { return nil }
        return (phone, number.count == record.count ? nil : Array(record.dropFirst(number.count + 1)))
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
    static func sharesOwnContact(_ message: InboundMessage) -> Bool {
        isNumberless(message) && message.phone != nil
    }

    private static func read(_ answer: EffectAnswer) -> Page {
        guard case .store(.value(let record)) = answer else { return .unreadable }
        guard let record else { return .empty }
        return read(record).map { .phone($0.phone.bytes) } ?? .unreadable
    }
}
