// The limits of what agents send by themselves (CONTRACT §9), beside those of each agent, which operators set.

extension Limits {
    // MARK: Orders of agents

    /// Text of an order: four messages of WhatsApp. That of a call has `twilioScriptMax` too.
    static let outboundTextMax = ByteCount.kibibytes(16)
    /// Subject of a mail: a line that every mail program shows.
    static let outboundSubjectMax = ByteCount.bytes(256)
    /// HTML part of a mail; above a tenth of a mebibyte mail programs cut it anyway.
    static let outboundHTMLMax = ByteCount.kibibytes(256)
    /// What was sent can be asked for so long; late statuses of providers come within days.
    static let ledgerRetention = Interval.days(30)
    /// An inbound message stands for consent to service messages so long (CONTRACT §9).
    static let heardRetention = Interval.hours(24)
    /// A number or address that people write to at Twilio or Resend is known for ours so long after the last message.
    static let ownEndRetention = Interval.days(400)
    /// Sends of an agent are counted by channel; a counter needs an end.
    static let sentCountRetention = Interval.days(3_650)
    /// Minutes of a call that are reserved before it; the bill settles the rest.
    static let callMinutesReserved = 3
    /// A call lasts no longer at any provider: a day.
    static let callSecondsMax = 86_400
    /// Part of an order's reference at providers, so that receipts of replies and of orders are told apart: replies
    /// count from 0.
    static let outboundOrdinal = 9_000
}
