// Limits of tickets, callbacks and widgets. Part of Limits, apart only for its length.

extension Limits {
    // MARK: Tickets and callbacks (CONTRACT §7)

    /// Actions of one ticket, and the length of one.
    static let ticketActionsMax = 16
    static let ticketActionMax = ByteCount.bytes(64)
    /// Random octets of a link: above 128 bits, and no character of its text is half used.
    static let linkCount = 18
    /// How long a ticket that is over is still known, so that its link answers 410 and not 404.
    static let ticketRetention = Interval.hours(24)
    /// A closed ticket stays closed for so much longer than it is known.
    static let ticketClaimGrace = Interval.hours(2)
    /// The turn of a new ticket stays taken: far above the time between reading who is first and claiming it.
    static let ticketTurnClaim = Interval.hours(1)
    /// How often a ticket is planned anew when others make or close one of the same kind at the same moment.
    static let ticketAttemptsMax = 32
    /// Body of a callback, and a sealed payload in it.
    static let callbackBodyMax = ByteCount.kibibytes(64)
    static let sealedPayloadMax = ByteCount.kibibytes(60)
    /// Uses of one callback key that raise an alert, and after which it makes no token any more (reliability D7).
    static let callbackKeyUseAlarm: Int64 = 1 << 30
    static let callbackKeyUseMax: Int64 = 1 << 32
    /// Uses that a loop counts in the store at a time.
    static let callbackKeyUseStep: Int64 = 4_096
    /// The use of a key is remembered beyond the life of any key.
    static let callbackKeyUseRetention = Interval.days(3_650)
    /// Session tokens of this process that are known without their signature: what half an hour of eighteen a second
    /// makes, in 4 MB. Of others the signature is computed.
    static let sessionsKnownMax = 32_768
    /// How long a browser may remember what it was told about another origin.
    static let preflightAge = Interval.minutes(10)

    // MARK: Widgets

    /// A photo as the identity widget sends it. In JSON and sealed it takes 16/9 of that, and fits into a callback.
    static let widgetPhotoMax = ByteCount.kibibytes(32)
    /// What is read of an `Accept-Language` field; browsers send a tenth of it.
    static let acceptLanguageRead = ByteCount.bytes(512)
}
