// Where a Redis is and who we are to it, and how patient we are with it. Values; made from settings by the assembly.

struct RedisAddress: Sendable {
    /// A DNS name or an IP address; with TLS the certificate must carry it.
    let host: [UInt8]
    let port: UInt16
    let isTLS: Bool
    /// Nil: the default user.
    let username: [UInt8]?
    let password: SecretBytes?
    let database: Int
}

/// The spans that tests shorten. All others are fixed in Limits.
struct RedisTiming: Sendable {
    /// How long a lane stays with a member that says nothing.
    let lease: Interval
    let answer: Interval

    static let standard = RedisTiming(lease: Limits.redisLease, answer: Limits.redisAnswerTimeout)

    /// A member speaks so often that three losses in a row do not cost it its lanes.
    var heartbeat: Interval { Interval(nanoseconds: lease.nanoseconds / 4) }
    /// How long before the end of a lease its holder stops: the two clocks may run at different speeds.
    var margin: Interval { Interval(nanoseconds: lease.nanoseconds / 5) }
    /// Before a heartbeat out of turn, so that no mistake of the server makes us ask without end.
    var pause: Interval { Interval(nanoseconds: lease.nanoseconds / 400) }
    /// How often lanes are looked at when nobody can wake us.
    var poll: Interval { Interval(nanoseconds: lease.nanoseconds / 40) }
}
