// The HTTP limits as one loop asks them: the fields of the answers, and the writing down of what was let through, so
// that a restart forgives nobody. Batches go to the store at most every `Limits.limitBatchInterval`.

final class LimitKeeper {
    private let limits: HTTPLimits
    private let loop: Loop
    private let store: any Store
    private let policies: [LimitClass: ResponseField]
    /// Let through since the last batch.
    private var waiting: [CountedRequest] = []
    private var isArmed = false

    init(_ limits: HTTPLimits, loop: Loop, store: any Store) {
        self.limits = limits
        self.loop = loop
        self.store = store
        var policies: [LimitClass: ResponseField] = [:]
        for limit in LimitClass.allCases { policies[limit] = Self.policy(limits.quotas(limit)) }
        self.policies = policies
    }

    /// Asks for one request, and counts it when it may go on.
    func take(_ limit: LimitClass, _ block: UInt64) -> LimitVerdict {
        // Not the time of the round: the others must not count by one that is past.
        let now = loop.clock.now
        let verdict = limits.take(limit, block, at: now)
        if verdict.retryAfter == nil { note(CountedRequest(limit: limit, block: block, at: now)) }
        return verdict
    }

    /// The fields of an answer that comes before a request is counted.
    func fields(_ limit: LimitClass, _ block: UInt64) -> [ResponseField] {
        fields(limit, limits.look(limit, block, at: loop.clock.now))
    }

    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-09): the quotas, and what is left in
    /// the tighter one with the seconds until it grows.
    func fields(_ limit: LimitClass, _ verdict: LimitVerdict) -> [ResponseField] {
        guard let policy = policies[limit] else { return [] }
        var value = [UInt8](text: verdict.isGlobal ? #""all";r="# : #""address";r="#)
        value.append(contentsOf: "\(verdict.remaining)".utf8)
        if let eases = verdict.eases { value.append(contentsOf: ";t=\(eases.inSecondsRoundedUp)".utf8) }
        return [policy, ResponseField(name: "RateLimit", value: value)]
    }

    private static func policy(_ quotas: LimitQuotas) -> ResponseField {
        let seconds = HTTPLimits.window.inSeconds
        var text = #""address";q=\#(quotas.perBlock);w=\#(seconds)"#
        if let global = quotas.global { text += #", "all";q=\#(global);w=\#(seconds)"# }
        return ResponseField(name: "RateLimit-Policy", value: [UInt8](text: text))
    }

    // MARK: Writing down

    private func note(_ request: CountedRequest) {
        waiting.append(request)
        guard !isArmed else { return }
        isArmed = true
        loop.after(Limits.limitBatchInterval) { [self] in
            isArmed = false
            flush()
        }
    }

    /// Writes what waits; `done` comes when it is durable or cannot be made so. What a store does not take is lost to
    /// the next process only.
    func flush(_ done: @escaping () -> Void = {}) {
        if waiting.isEmpty { return loop.soon(done) }
        let batch = LimitBatch(requests: waiting)
        waiting = []
        let key = StoreKey(.limit, RecordID(digest: loop.entropy.bytes(RecordID.count)))
        let value = batch.encoded(at: loop.clock.now, loop.clock.wall)
        store.submit(.put(key, value, expires: HTTPLimits.window)) { _ in done() }
    }
}

/// A request that was let through.
struct CountedRequest: Hashable, Sendable {
    let limit: LimitClass
    let block: UInt64
    let at: Instant
}

/// Requests as the store keeps them: by the civil time of the writing, each with its age.
struct LimitBatch: Hashable, Sendable {
    let requests: [CountedRequest]

    private static let version: UInt8 = 1

    func encoded(at now: Instant, _ wall: WallTime) -> [UInt8] {
        var writer = RecordWriter(version: Self.version)
        writer.word(wall.milliseconds)
        writer.list(requests) { writer, request in
            writer.byte(request.limit.rawValue)
            writer.word(request.block)
            writer.number(UInt64(max(0, (now - request.at).inMilliseconds)))
        }
        return writer.bytes
    }

    /// Reads a batch of an earlier process. What the clocks make older than it can be, or newer than now, is brought
    /// back between.
    init(_ bytes: [UInt8], at now: Instant, _ wall: WallTime) throws(RecordFault) {
        var reader = try RecordReader(bytes, version: Self.version)
        let written = WallTime(milliseconds: try reader.signedWord())
        let (passed, _) = wall.milliseconds.subtractingReportingOverflow(written.milliseconds)
        let since = max(0, min(passed, 1 << 40))
        requests = try reader.list { (reader) throws(RecordFault) in
            guard let limit = LimitClass(rawValue: try reader.byte()) else { throw .malformed }
            let block = try reader.word()
            let age = since + Int64(min(try reader.number(), 1 << 40))
            guard block != 0 else { throw .malformed }
            return CountedRequest(limit: limit, block: block, at: now.before(.milliseconds(age)))
        }
        try reader.end()
    }

    init(requests: [CountedRequest]) { self.requests = requests }
}
