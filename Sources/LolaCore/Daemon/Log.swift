// The daemon's log: one JSON object a line, fixed keys, no text of a message, no phone, no secret. Levels are
// `debug`, `info`, `warn`, `error`. Any thread.

enum LogLevel: Int, Sendable {
    case debug, info, warn, error

    var word: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warn: "warn"
        case .error: "error"
        }
    }
}

/// Where finished lines go: a descriptor, or a list in the simulator.
protocol LineSink: Sendable {
    /// Lines nobody took since the start.
    var dropped: Int { get }
    func write(_ line: [UInt8])
}

extension LogSink: LineSink {}

final class Log: Sendable {
    private let sink: any LineSink
    private let threshold: LogLevel

    init(sink: any LineSink, threshold: LogLevel) {
        self.sink = sink
        self.threshold = threshold
    }

    var dropped: Int { sink.dropped }

    func isOn(_ level: LogLevel) -> Bool { level.rawValue >= threshold.rawValue }

    /// One line, written at once. `event` is a stable snake_case word; values are words, numbers and pseudonyms.
    func write(
        _ level: LogLevel, _ event: StaticString, at now: WallTime, _ values: [(StaticString, String)] = []
    ) {
        guard isOn(level) else { return }
        sink.write(Self.line(level, event, at: now, values))
    }

    /// Lines made by `line`, together.
    func write(lines: [UInt8]) { sink.write(lines) }

    /// The octets of one line, its line feed included.
    static func line(
        _ level: LogLevel, _ event: StaticString, at now: WallTime, _ values: [(StaticString, String)]
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 320)
        writer.object { writer in
            writer.member("time", bytes: CivilDate(now).rfc3339(milliseconds: true))
            writer.member("level", level.word)
            writer.member("event", "\(event)")
            for (key, value) in values { writer.member(key, value) }
        }
        return writer.bytes + [0x0A]
    }
}

/// The flow's events as log lines, collected while the loop works and written before it sleeps. One per loop.
final class FlowLog: EventLog, OperatorLog, RefusalLog {
    private let log: Log
    private let clock: any Clock
    private var lines: [UInt8] = []
    private var refusals = LineAllowance(most: Limits.refusalLinesMax)
    /// The time of a line, `2026-11-20T10:00:00.123Z`: all but its milliseconds stands for the second that runs.
    private var stamp: [UInt8] = []
    private var stampSecond = Int64.min

    init(_ log: Log, clock: any Clock) {
        self.log = log
        self.clock = clock
    }

    func quarantined(_ id: RecordID, crashes: Int) {
        lines += Log.line(.error, "message_quarantined", at: clock.wall, [
            ("record", id.hex.text), ("crashes", "\(crashes)"),
        ])
    }

    func deadLetter(_ turn: Turn, _ names: MessageNames, word: String) {
        add(.error, "dead_letter", turn, names) { $0.member("reason", word) }
    }

    func finished(
        _ turn: Turn, _ names: MessageNames, _ status: MessageRecord.Status, _ agent: AgentName?, _ refusal: Refusal?
    ) {
        guard log.isOn(.info) else { return }
        let took = clock.wall - turn.verified.receivedAt
        add(.info, "message_done", turn, names) { line in
            line.member("status", status.rawValue)
            if let agent { line.member("agent", agent.rawValue) }
            if let refusal { line.member("reason", refusal.rawValue) }
            line.member("ms", "\(took.inMilliseconds)")
        }
    }

    func webhookRefused(
        _ refusal: Refusal, _ channel: ChannelName, requestID: [UInt8], address: () -> String
    ) {
        guard log.isOn(.warn) else { return }
        tellSuppressed()
        guard refusals.take(at: clock.now) else { return }
        lines += Log.line(.warn, "webhook_refused", at: clock.wall, [
            ("reason", refusal.rawValue), ("channel", channel.rawValue), ("address", address()),
            ("request_id", requestID.text),
        ])
    }

    /// The lines of a second that is over and had too many of them, as one number.
    private func tellSuppressed() {
        let count = refusals.settle(at: clock.now)
        guard count > 0 else { return }
        lines += Log.line(.warn, "webhooks_refused_more", at: clock.wall, [("count", "\(count)")])
    }

    /// Writes what was collected. Called by the loop before it sleeps.
    func flush() {
        tellSuppressed()
        if lines.isEmpty { return }
        log.write(lines: lines)
        lines.removeAll(keepingCapacity: lines.capacity <= 65_536)
    }

    /// A line of a message, written in its place: nearly all lines are such.
    private func add(
        _ level: LogLevel, _ event: StaticString, _ turn: Turn, _ names: MessageNames,
        _ values: (inout JSONWriter) -> Void
    ) {
        guard log.isOn(level) else { return }
        var before: [UInt8] = []
        swap(&before, &lines)
        var writer = JSONWriter(after: consume before)
        writer.object { line in
            line.member("time") { time(to: &$0) }
            line.member("level", level.word)
            line.member("event", word: event)
            line.member("message", hex: names.messageID.nameWord)
            line.member("conversation", hex: names.conversationID.nameWord)
            line.member("channel", word: turn.verified.message.channel.word)
            line.member("type", turn.verified.message.type.rawValue)
            values(&line)
        }
        writer.endLine()
        lines = writer.bytes
        if lines.count > 65_536 { flush() }
    }

    private func time(to writer: inout JSONWriter) {
        let now = clock.wall
        let second = now.inSeconds
        if second != stampSecond {
            stampSecond = second
            stamp = CivilDate(WallTime(seconds: second)).rfc3339(milliseconds: true)
        }
        var milliseconds = now.milliseconds - second * 1_000
        for back in 2...4 {
            stamp[stamp.count - back] = 0x30 + UInt8(truncatingIfNeeded: milliseconds % 10)
            milliseconds /= 10
        }
        writer.string(bytes: stamp)
    }
}
