// `GET /admin/api/health`: the gateway and everything it depends on, for operators. No secret, no path, no query of a
// URL. One per loop; `render` may be called at any time on it.

final class HealthReport {
    private let shared: SharedParts
    private let clock: any Clock
    private let startedAt: WallTime
    private let startedNow: Instant

    init(_ shared: SharedParts, clock: any Clock) {
        self.shared = shared
        self.clock = clock
        startedAt = clock.wall
        startedNow = clock.now
    }

    /// What is told again and again to whoever watches.
    var figures: [AdminFigure] {
        func total(_ counter: Counter) -> Int { shared.counters.reduce(0) { $0 + $1.value(counter) } }
        return [
            AdminFigure(name: "waiting", value: shared.backlog.count),
            AdminFigure(name: "connections", value: total(.connectionsAccepted) - total(.connectionsClosed)),
            AdminFigure(name: "streams", value: total(.streamsOpened) - total(.streamsClosed)),
            AdminFigure(name: "done", value: total(.messagesDone)),
            AdminFigure(name: "stopped", value: total(.messagesStopped)),
            AdminFigure(name: "dead", value: total(.messagesDead)),
            AdminFigure(name: "uptime_seconds", value: Int((clock.now - shared.started).inSeconds)),
        ]
    }

    func render() -> [UInt8] {
        let isOpen = LoopAssembly.storeIsOpen(shared)
        let now = clock.wall
        var writer = JSONWriter(capacity: 2_048)
        writer.object { writer in
            writer.member("status", shared.health.word(storeIsOpen: isOpen))
            writer.member("version", BuildFacts.version)
            writer.member("swift", BuildFacts.swift)
            writer.member("openssl", OpenSSLVersion.text)
            writer.member("time", bytes: CivilDate(now).rfc3339(milliseconds: true))
            writer.member("started_at", bytes: CivilDate(startedAt).rfc3339(milliseconds: true))
            writer.member("loops", shared.counters.count)
            writer.member("demo", shared.settings.demoMode)
            for figure in figures { writer.member(figure.name, figure.value) }
            writer.member("clock") { clock(now, to: &$0) }
            writer.member("store") { store(isOpen: isOpen, to: &$0) }
            writer.member("journal") { journal(to: &$0) }
            writer.member("identity") { dependency([], at: identity, to: &$0) }
            writer.member("agents") { agents(to: &$0) }
            writer.member("channels") { channels(to: &$0) }
        }
        return writer.bytes
    }

    /// How far the civil clock has moved beside the time that has passed: a clock that was set shows here.
    private func clock(_ now: WallTime, to writer: inout JSONWriter) {
        let stepped = (now - startedAt) - (clock.now - startedNow)
        writer.object { writer in writer.member("stepped_ms", Int(stepped.inMilliseconds)) }
    }

    private func store(isOpen: Bool, to writer: inout JSONWriter) {
        writer.object { writer in
            if case .redis = shared.store { writer.member("kind", "redis") } else { writer.member("kind", "embedded") }
            writer.member("open", isOpen)
            if let status = shared.store.status {
                writer.member("records", status.liveRecords)
                writer.member("octets", status.liveOctets)
            }
        }
    }

    private func journal(to writer: inout JSONWriter) {
        guard let status = shared.store.status else { return writer.null() }
        writer.object { writer in
            writer.member("status", "\(status.word)")
            writer.member("octets", status.octets)
            writer.member("segments", status.segments)
            writer.member("lag_ms", Int(status.lag(at: clock.now).inMilliseconds))
            writer.member("sync_us", Int(status.lastSync.inMicroseconds))
            writer.member("compacting", status.isCompacting)
            writer.member("abandoned", Int(clamping: status.abandoned))
        }
    }

    // MARK: Who is called

    private var identity: Origin { HTTPURL(shared.settings.identity.url.origin).origin }

    private func agents(to writer: inout JSONWriter) {
        let urls = shared.settings.agents.urls
        writer.array { writer in
            for name in AgentName.allCases {
                dependency([("name", name.rawValue), ("kind", urls[name] == nil ? "scripted" : "http")],
                    at: urls[name].map { HTTPURL($0).origin }, to: &writer)
            }
        }
    }

    private func channels(to writer: inout JSONWriter) {
        let settings = shared.settings
        let known: [(String, WebURL?)] = [
            ("whatsapp", settings.whatsapp?.apiURL), ("telegram", settings.telegram?.apiURL),
            ("twilio", settings.twilio?.apiURL), ("resend", settings.resend?.apiURL),
        ]
        writer.array { writer in
            for (name, url) in known {
                dependency(
                    [("name", name), ("state", url == nil ? "off" : "on")], at: url.map { HTTPURL($0).origin },
                    to: &writer)
            }
        }
    }

    /// Somebody we call, and whether the calls are made: a circuit is open on a loop when most of its calls brought no
    /// answer.
    private func dependency(_ facts: [(StaticString, String)], at origin: Origin?, to writer: inout JSONWriter) {
        let open = origin.flatMap { shared.circuits.state(of: $0) }
        writer.object { writer in
            for (name, value) in facts { writer.member(name, value) }
            writer.member("host", origin.map { $0.host.text })
            writer.member("circuit", origin == nil ? nil : open == nil ? "closed" : "open")
            writer.member("open_loops", open?.loops ?? 0)
            writer.member("since", open.map { CivilDate($0.since).rfc3339(milliseconds: true).text })
        }
    }
}
