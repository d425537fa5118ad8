// Limits of the guarded door: addresses, lock-outs, audit, alerts, events for operators. Part of Limits, apart only for
// its length.

extension Limits {
    // MARK: The guarded door

    /// Addresses of `X-Forwarded-For` that are walked over; a longer chain ends at the last of them.
    static let forwardedHopsMax = 32
    /// Requests of the last minute kept for the exact HTTP limits: above the highest limit over all, at 45 octets each.
    static let limitEventsMax = 1_048_576
    /// What widget and callback routes have of it at least, whatever the limit over all.
    static let limitEventsMin = 65_536
    /// What was let through is written down so often: so much a kill forgives at most.
    static let limitBatchInterval = Interval.milliseconds(250)
    /// Wrong credentials of one address block within the window, and how long it is locked out then (CONTRACT §10).
    static let lockoutFailures = 10
    static let lockoutWindow = Interval.minutes(15)
    static let lockoutTime = Interval.minutes(15)
    /// Wrong credentials remembered. Beyond it the oldest is forgotten; a lock-out is not.
    static let lockoutFailuresKept = 262_144
    /// Lock-outs at a time. Beyond it an address is refused for as long as its failures are remembered.
    static let lockoutsMax = 65_536
    /// How often gateways that share a Redis look for each other's lock-outs (CONTRACT: within 5 s).
    static let lockoutRefresh = Interval.seconds(4)
    /// Records of the guard read at a time, at start and when gateways look.
    static let guardPageMax = 1_000

    // MARK: Audit and alerts

    /// Body of one record of the audit trail: 16 facts and four fields at their longest.
    static let auditRecordMax = ByteCount.kibibytes(16)
    /// One field of a record.
    static let auditFieldMax = ByteCount.bytes(256)
    static let auditFactsMax = 16
    /// A segment that has grown to this is followed by the next one.
    static let auditSegmentMax = ByteCount.mebibytes(64)
    /// The open segment is made longer by zeros as that of the journal is (`journalReserve`), so far at a time: some
    /// two hundred records.
    static let auditReserve = ByteCount.kibibytes(64)
    /// Events that wait for the disk; more are refused, and what they tell of does not happen.
    static let auditWaitingMax = 16_384
    /// The first pause before the trail is tried again after a fault, and the longest.
    static let auditPauseMin = Interval.milliseconds(100)
    static let auditPauseMax = Interval.seconds(1)
    /// The head of the trail goes into the store at most so often.
    static let auditHeadInterval = Interval.milliseconds(100)
    /// The head of the trail goes into the log so often.
    static let auditHeadLineInterval = Interval.seconds(60)
    /// Refusals of one kind and subject that are told singly in a window; the others are told as one number.
    static let auditRefusalsSingle = 5
    static let auditRefusalWindow = Interval.seconds(60)
    /// The same for all subjects together, and how many subjects are told apart in a window.
    static let auditRefusalsMax = 300
    static let auditRefusalSubjectsMax = 4_096
    /// Records on one page of the admin API, and pages that are asked for and not yet read.
    static let auditPageMax = 1_000
    static let auditQuestionsMax = 64
    /// Records of the end of the trail that are kept in memory for operators.
    static let auditRecentMax = 1_000

    /// Alerts raised and not yet taken by the first loop; incidents within their cool-down that are remembered.
    static let alertsRaisedMax = 1_024
    static let alertIncidentsMax = 4_096
    /// Alerts kept for operators, and how long.
    static let alertsKeptMax = 1_000
    static let alertRetention = Interval.days(30)
    /// How often the count of an incident that goes on is written down.
    static let alertUpdateInterval = Interval.seconds(10)
    /// Alerts that wait for the webhook, and one exchange with it.
    static let alertWebhookWaitingMax = 100
    static let alertWebhookTimeout = Interval.seconds(10)
    static let alertWebhookResponseMax = ByteCount.kibibytes(16)
    /// How often the anomaly rules look, and what they tell apart.
    static let anomalyWindow = Interval.seconds(60)
    static let anomalyAgentsMax = 4_096
    static let anomalyAddressesMax = 16_384

    // MARK: Events for operators (`GET /admin/api/events`)

    /// Readers at a time; each has a connection of the management listener.
    static let adminStreamsMax = 16
    /// How often changes are looked for, and how soon again while there are more than one page of them.
    static let adminEventsInterval = Interval.milliseconds(250)
    static let adminEventsHurry = Interval.milliseconds(10)
    /// Messages told in one round.
    static let adminEventsPage = 100
    /// A reader with more than this unread is told no further messages for now.
    static let adminEventsWaitingMax = ByteCount.kibibytes(256)
    static let adminFiguresInterval = Interval.seconds(2)
    /// A comment, so that nobody between takes the stream for dead.
    static let adminHeartbeat = Interval.seconds(15)
}
