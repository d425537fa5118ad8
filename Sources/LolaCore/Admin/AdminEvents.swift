// `GET /admin/api/events`: what happens, as server-sent events, for the admin page and `lola tail`. Changes are looked
// for a few times a second while somebody reads. One per loop; the management listener's loop has the readers.

/// A figure of the gateway as operators see it.
struct AdminFigure {
    let name: StaticString
    let value: Int
}

final class AdminEvents {
    private final class Reader {
        let stream: ResponseStream
        /// The newest change that was told.
        var version: Int
        var figuresAt: Instant
        var heartbeatAt: Instant

        init(_ stream: ResponseStream, after version: Int, at now: Instant) {
            self.stream = stream
            self.version = version
            figuresAt = now
            heartbeatAt = now + Limits.adminHeartbeat
        }
    }

    private let server: HTTPServer
    private let log: MessageLog
    private let figures: () -> [AdminFigure]
    private var readers: [Int: Reader] = [:]
    private var number = 0
    private var isWaiting = false

    /// - Parameter figures: what is told every two seconds, as `counts`.
    init(server: HTTPServer, log: MessageLog, figures: @escaping () -> [AdminFigure]) {
        self.server = server
        self.log = log
        self.figures = figures
    }

    /// `GET events?since=`: events from now on; with `since` (or `Last-Event-ID`) also what changed after that version,
    /// oldest change first, 0 for all that is kept. A version that this process has not reached is of another one: then
    /// all is told. The caller has shown the orchestrator token; `fields` stand in the answer's head.
    func begin(_ request: HTTPRequest, _ exchange: Exchange, fields: [ResponseField] = []) {
        guard let since = Self.since(request.head) else {
            return server.respond(exchange, .refusal(.fieldInvalid, requestID: request.requestID))
        }
        guard readers.count < Limits.adminStreamsMax else {
            return server.respond(exchange, .overloaded(requestID: request.requestID))
        }
        number += 1
        let own = number
        let newest = log.version
        var head = HTTPResponse.eventStream()
        head.fields += fields
        let stream = server.stream(exchange, head: head) { [self] in readers[own] = nil }
        guard let stream else { return }
        let version = since.map { $0 > newest ? 0 : $0 } ?? newest
        readers[own] = Reader(stream, after: version, at: server.loop.now)
        round()
    }

    /// Tells every reader of an alert, given as JSON.
    func alert(_ document: [UInt8]) {
        var out: [UInt8] = []
        ServerSentEvents.event("alert", data: document, to: &out)
        for (_, reader) in ordered { _ = reader.stream.send(out) }
    }

    /// Nil for a version that is none; `.some(nil)` when none is named.
    private static func since(_ head: HTTPRequestHead) -> Int?? {
        guard let query = try? FormFields(head.query.map { head.bytes[$0.asRange] } ?? []) else { return nil }
        guard let text = query.first("since") ?? head.field("last-event-id").map({ Array($0) }) else {
            return .some(nil)
        }
        guard let value = ASCII.decimal(text) else { return nil }
        return .some(value)
    }

    private var ordered: [(Int, Reader)] { readers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    /// Tells everybody what is new, and comes back.
    private func round() {
        let now = server.loop.now
        var isBehind = false
        for (_, reader) in ordered {
            var out: [UInt8] = []
            if reader.stream.waiting <= Limits.adminEventsWaitingMax.bytes {
                isBehind = messages(for: reader, to: &out) || isBehind
            }
            if now >= reader.figuresAt {
                reader.figuresAt = now + Limits.adminFiguresInterval
                ServerSentEvents.event("counts", data: counts(), to: &out)
            }
            if now >= reader.heartbeatAt {
                reader.heartbeatAt = now + Limits.adminHeartbeat
                ServerSentEvents.comment("still here".utf8, to: &out)
            }
            _ = reader.stream.send(out)
        }
        guard !isWaiting, !readers.isEmpty else { return }
        isWaiting = true
        server.loop.after(isBehind ? Limits.adminEventsHurry : Limits.adminEventsInterval) { [self] in
            isWaiting = false
            if !readers.isEmpty { round() }
        }
    }

    /// One page of changes. True when there may be more.
    private func messages(for reader: Reader, to out: inout [UInt8]) -> Bool {
        let (records, version) = log.changes(since: reader.version, limit: Limits.adminEventsPage)
        reader.version = version
        for record in records {
            var writer = JSONWriter(capacity: 1_024)
            MessageJSON.write(record, detailed: true, to: &writer)
            ServerSentEvents.event("message", id: "\(record.version)".utf8, data: writer.bytes, to: &out)
        }
        return records.count == Limits.adminEventsPage
    }

    private func counts() -> [UInt8] {
        var writer = JSONWriter(capacity: 192)
        writer.object { writer in for figure in figures() { writer.member(figure.name, figure.value) } }
        return writer.bytes
    }
}
