// The limits of agents that act by themselves, of the people they reach, and of what operators keep about both.

extension Limits {
    // MARK: Agents that act by themselves, and the people they reach (CONTRACT §9, §10)

    /// Agents, and agent tokens with those that are over; both rooms are held in memory: about 10 MB when full.
    static let agentAccountsMax = 10_000
    static let agentTokensMax = 20_000
    /// Life of an agent token that names none, and the longest that can be asked for.
    static let agentTokenLife = Interval.days(90)
    static let agentTokenLifeMax = Interval.days(366)
    /// Who makes an agent has claimed it so long: by then every gateway knows of it, however slow the store is.
    static let agentMakingClaim = Interval.minutes(10)
    /// A token that is over is listed so long.
    static let agentTokenRetention = Interval.days(30)
    /// Last uses are written down so often, and kept a little longer than any token.
    static let tokenUseInterval = Interval.seconds(60)
    static let tokenUseRetention = Interval.days(400)
    /// How often a shared store is asked whether others have changed something: twice in the second in which a
    /// revocation must hold everywhere.
    static let mirrorInterval = Interval.milliseconds(400)
    /// A shared store that has not been heard of for so long may hold revocations that nobody here knows.
    static let mirrorStaleMax = Interval.seconds(5)
    /// Records read at a time while a mirror is filled.
    static let mirrorPageMax = 1_000
    /// Label of a token, name of an agent, reason of a do-not-contact entry.
    static let operatorTextMax = ByteCount.bytes(256)
    /// An address as an operator writes it.
    static let personAddressMax = ByteCount.bytes(320)
    /// An agent's own limit of a count, and of money in cents.
    static let agentLimitMax = 1_000_000
    static let agentSpendCentsMax = 100_000_000
    /// Credentials of providers, and one value of them.
    static let credentialsMax = 1_000
    static let credentialValueMax = ByteCount.kibibytes(8)
    /// Subject of an erasure: a conversation key holds two addresses.
    static let erasureSubjectMax = ByteCount.kibibytes(1)
    /// Records looked through at a time by an erasure: a few milliseconds of a loop.
    static let erasurePageMax = 256
    /// The record of the last erasure, by which a start within this time compacts the journal once more.
    static let erasureMarkRetention = Interval.hours(24)
    /// How often the compactor asks by itself while a compaction is owed.
    static let journalCompactionWait = Interval.seconds(1)
}
