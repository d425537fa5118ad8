// The life of a server connection as a value: which phase it is in and when that phase has lasted too long.
// No socket, no clock; the connection tells what happened and asks what is due. (CONTRACT §4 "HTTP limits")

struct ConnectionLife: Equatable, Sendable {
    enum Phase: Equatable, Sendable {
        /// Accepted, nothing of a first request seen (the TLS handshake is in here).
        case fresh
        /// Between requests.
        case idle
        case head
        case body
        /// The request is complete, the answer is not.
        case answering
        /// The answer is a stream: it lasts as long as its owner and the peer want.
        case streaming
        /// The last answer is on its way out; nothing more will be read as a request.
        case flushing
        /// Our side is shut; the peer is given time to read before the close.
        case lingering
    }

    /// What is due when a deadline passes.
    enum Expiry: Equatable, Sendable {
        /// Close without a word.
        case closeSilently
        /// Answer 408 and close.
        case requestTimeout
    }

    private(set) var phase = Phase.fresh
    private var since: Instant
    /// Payload octets of the current window of the body, and when the body as a whole has to be there.
    private var windowOctets = 0
    private var bodyDeadline = Instant.distantFuture
    /// The peer has not taken octets since then; nil when nothing waits.
    private var stalledSince: Instant?
    private var drainDeadline: Instant?

    init(acceptedAt now: Instant) { since = now }

    /// What arrives is a request, or the rest of one.
    var takesRequests: Bool {
        switch phase {
        case .fresh, .idle, .head, .body: true
        case .answering, .streaming, .flushing, .lingering: false
        }
    }

    mutating func enter(_ next: Phase, at now: Instant) {
        if next == .head, phase == .fresh {
            // The first request has its ten seconds from the accept on: silence counts too.
            phase = .head
            return
        }
        phase = next
        since = now
        windowOctets = 0
        bodyDeadline = next == .body ? now + Limits.bodyTimeout : .distantFuture
    }

    mutating func received(bodyOctets count: Int) { windowOctets += count }

    /// Notes whether octets wait for the peer, and whether it took some since the last call.
    mutating func output(waiting: Bool, progressed: Bool, at now: Instant) {
        if !waiting {
            stalledSince = nil
        } else if progressed || stalledSince == nil {
            stalledSince = now
        }
    }

    /// A drain began: idle connections go after a short grace.
    mutating func drain(at now: Instant) { drainDeadline = now + Limits.drainIdleGrace }

    /// When to look again.
    var deadline: Instant {
        var next: Instant
        switch phase {
        case .fresh, .head: next = since + Limits.requestHeadTimeout
        case .idle: next = min(since + Limits.idleTimeout, drainDeadline ?? .distantFuture)
        case .body: next = min(since + Limits.bodyRateWindow, bodyDeadline)
        case .answering, .streaming: next = .distantFuture
        case .flushing: next = since + Limits.writeStallTimeout
        case .lingering: next = since + Limits.lingeringClose
        }
        if phase == .fresh, let drainDeadline { next = min(next, drainDeadline) }
        if let stalledSince { next = min(next, stalledSince + Limits.writeStallTimeout) }
        return next
    }

    /// What is due now. A body that kept its rate in the window that ends begins the next window.
    mutating func expiry(at now: Instant) -> Expiry? {
        guard now >= deadline else { return nil }
        if let stalledSince, now >= stalledSince + Limits.writeStallTimeout { return .closeSilently }
        if phase == .body, now < bodyDeadline, windowOctets >= Self.windowMinimum {
            since = now
            windowOctets = 0
            return nil
        }
        switch phase {
        case .head, .body: return .requestTimeout
        case .fresh, .idle, .flushing, .lingering, .answering, .streaming: return .closeSilently
        }
    }

    /// What a window has to bring. Early octets earn nothing for later ones: a caller must not send much at once and
    /// then hold it for hours.
    private static let windowMinimum = Limits.bodyRateMinimum.bytes * Int(Limits.bodyRateWindow.inSeconds)
}
