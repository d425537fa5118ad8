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

    /// One line. `event` is a stable snake_case word; values are words, numbers and pseudonyms.
    func write(
        _ level: LogLevel, _ event: StaticString, at now: WallTime, _ values: [(StaticString, String)] = []
    ) {
        guard level.rawValue >= threshold.rawValue else { return }
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            writer.member("time", bytes: CivilDate(now).rfc3339(milliseconds: true))
            writer.member("level", level.word)
            writer.member("event", "\(event)")
            for (key, value) in values { writer.member(key, value) }
        }
        sink.write(writer.bytes)
    }
}

/// The flow's events as log lines. One per loop.
final class FlowLog: EventLog {
    private let log: Log
    private let clock: any Clock

    init(_ log: Log, clock: any Clock) {
        self.log = log
        self.clock = clock
    }

    func stopped(_ turn: Turn, _ refusal: Refusal, _ pseudonyms: Pseudonyms) {
        log.write(.info, "message_stopped", at: clock.wall, names(turn, pseudonyms) + [("reason", refusal.rawValue)])
    }

    func deadLetter(_ turn: Turn, word: String, _ pseudonyms: Pseudonyms) {
        log.write(.error, "dead_letter", at: clock.wall, names(turn, pseudonyms) + [("reason", word)])
    }

    func finished(
        _ turn: Turn, _ status: MessageRecord.Status, _ agent: AgentName?, _ pseudonyms: Pseudonyms
    ) {
        let took = clock.wall - turn.verified.receivedAt
        log.write(.info, "message_done", at: clock.wall, names(turn, pseudonyms) + [
            ("status", status.rawValue), ("agent", agent?.rawValue ?? ""), ("ms", "\(took.inMilliseconds)"),
        ])
    }

    private func names(_ turn: Turn, _ pseudonyms: Pseudonyms) -> [(StaticString, String)] {
        [
            ("message", pseudonyms.name(turn.message.key.bytes)),
            ("conversation", pseudonyms.name(turn.message.conversation.bytes)),
            ("channel", turn.message.channel.rawValue), ("type", turn.message.type.rawValue),
        ]
    }
}
