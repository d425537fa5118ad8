// Where any thread raises alerts: a bounded list that the first loop takes from, equal ones as a number, and the totals
// of the metrics page. Cool-down and keeping are the keeper's.
import Synchronization

final class AlertBoard: AlertDesk {
    /// An alert with how often it was raised since the list was last taken.
    struct Raised: Sendable {
        let alert: Alert
        var count: Int
    }

    private struct State {
        var raised: [Raised] = []
        var places: [AlertName: Int] = [:]
        var totals: [Alert.Kind: Int] = [:]
    }

    private let state = Mutex(State())
    private let loop: any Waker

    /// - Parameter loop: the first loop.
    init(loop: any Waker) { self.loop = loop }

    func raise(_ alert: Alert) {
        let isFirst = state.withLock { state in
            let name = AlertName(alert)
            if let place = state.places[name] {
                state.raised[place].count += 1
                return false
            }
            guard state.raised.count < Limits.alertsRaisedMax else { return false }
            state.places[name] = state.raised.count
            state.raised.append(Raised(alert: alert, count: 1))
            return state.raised.count == 1
        }
        if isFirst { loop.wake() }
    }

    func take() -> [Raised] {
        state.withLock { state in
            if state.raised.isEmpty { return [] }
            defer {
                state.raised = []
                state.places = [:]
            }
            return state.raised
        }
    }

    /// An incident was told.
    func told(_ kind: Alert.Kind) { state.withLock { $0.totals[kind, default: 0] += 1 } }
    /// Incidents told since the start, of every kind.
    var totals: [(kind: Alert.Kind, count: Int)] {
        state.withLock { state in Alert.Kind.allCases.map { ($0, state.totals[$0] ?? 0) } }
    }
}

/// What makes two alerts one incident.
struct AlertName: Hashable, Sendable {
    let kind: Alert.Kind
    let subject: String

    init(_ alert: Alert) {
        kind = alert.kind
        subject = alert.subject
    }
}

/// An incident as the store keeps it.
struct AlertRecord: Sendable {
    let id: RecordID
    let kind: String
    let severity: String
    let subject: String
    let text: String
    let at: WallTime
    /// When it was last raised.
    var lastAt: WallTime
    var count: Int

    private static let version: UInt8 = 1

    /// Ids in their order are times from the newest to the oldest.
    init(_ raised: AlertBoard.Raised, at now: WallTime, entropy: any Entropy) {
        let low = entropy.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        id = RecordID(high: ~UInt64(bitPattern: now.milliseconds), low: low)
        kind = raised.alert.kind.rawValue
        severity = raised.alert.kind.severity.rawValue
        subject = raised.alert.subject
        text = raised.alert.text
        at = now
        lastAt = now
        count = raised.count
    }

    init(_ record: StoreRecord) throws(RecordFault) {
        id = record.id
        var reader = try RecordReader(record.value, version: Self.version)
        kind = try reader.octets().text
        severity = try reader.octets().text
        subject = try reader.octets().text
        text = try reader.octets().text
        at = WallTime(milliseconds: try reader.signedWord())
        lastAt = WallTime(milliseconds: try reader.signedWord())
        count = Int(clamping: try reader.word())
        try reader.end()
    }

    var operation: StoreOperation {
        var writer = RecordWriter(version: Self.version)
        writer.octets([UInt8](text: kind))
        writer.octets([UInt8](text: severity))
        writer.octets([UInt8](text: subject))
        writer.octets([UInt8](text: text))
        writer.word(at.milliseconds)
        writer.word(lastAt.milliseconds)
        writer.word(UInt64(clamping: count))
        return .put(StoreKey(.alert, id), writer.bytes, expires: Limits.alertRetention)
    }

    /// As operators and the webhook see it.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", bytes: id.hex)
            writer.member("kind", kind)
            writer.member("severity", severity)
            writer.member("subject", subject)
            writer.member("text", text)
            writer.member("at", bytes: CivilDate(at).rfc3339(milliseconds: true))
            writer.member("last_at", bytes: CivilDate(lastAt).rfc3339(milliseconds: true))
            writer.member("count", count)
        }
    }
}
