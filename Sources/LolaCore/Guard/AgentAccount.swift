// An agent that acts by itself, as the bank registered it: name, channels, whether it may act, and limits of its own.
// Sealed at rest. Plain values; the outbound gate and the admin surface read them.
import Synchronization

/// The channels of agents' own sends and calls (CONTRACT §11).
enum AgentChannel: String, CaseIterable, Sendable {
    case sms, whatsapp, telegram, email, voice

    /// Whether a person can be reached there under such an address.
    func takes(_ kind: PersonAddress.Kind) -> Bool {
        switch self {
        case .sms, .voice: kind == .phone
        case .whatsapp: kind == .phone || kind == .whatsappUser
        case .telegram: kind == .telegram
        case .email: kind == .email
        }
    }
}

/// Limits of one agent. Nil is "as everybody"; money is in cents of a dollar.
struct AgentLimits: Hashable, Sendable {
    enum Member: String, CaseIterable, Sendable {
        case perMinute = "per_minute"
        case perHour = "per_hour"
        case perDay = "per_day"
        case callsPerDaySameNumber = "calls_per_day_same_number"
        case spendPerDay = "spend_per_day"
        case spendPerMonth = "spend_per_month"

        var isMoney: Bool { self == .spendPerDay || self == .spendPerMonth }

        /// Where its value is, in memory and in the store.
        fileprivate var place: Int {
            switch self {
            case .perMinute: 0
            case .perHour: 1
            case .perDay: 2
            case .callsPerDaySameNumber: 3
            case .spendPerDay: 4
            case .spendPerMonth: 5
            }
        }

        /// By the case, not by the text as the standard library would: every answer to a send asks for all of them.
        func hash(into hasher: inout Hasher) { hasher.combine(place) }
    }

    private var values = [Int?](repeating: nil, count: Member.allCases.count)

    init() {}

    subscript(_ member: Member) -> Int? {
        get { values[member.place] }
        set { values[member.place] = newValue }
    }

    /// These, and where they are silent those of `others`.
    func over(_ others: AgentLimits) -> AgentLimits {
        var merged = self
        for member in Member.allCases where merged[member] == nil { merged[member] = others[member] }
        return merged
    }

    func write(to writer: inout RecordWriter) {
        writer.list(values) { writer, value in writer.optional(value) { $0.word(Int64($1)) } }
    }

    /// Limits that a later version added are passed over; those it took away are nil.
    init(from reader: inout RecordReader) throws(RecordFault) {
        let read = try reader.list { (reader) throws(RecordFault) in
            try reader.optional { (reader) throws(RecordFault) in
                guard let value = Int(exactly: try reader.signedWord()), value >= 0 else { throw .malformed }
                return value
            }
        }
        for (place, value) in read.prefix(values.count).enumerated() { values[place] = value }
    }
}

struct AgentAccount: Hashable, Sendable {
    enum Status: String, CaseIterable, Sendable { case active, inactive }

    let id: AgentID
    var name: String?
    /// Where it may act; nil means everywhere.
    var channels: [AgentChannel]?
    var status = Status.active
    var limits = AgentLimits()
    let created: WallTime

    private static let version: UInt8 = 1

    init(_ id: AgentID, name: String? = nil, channels: [AgentChannel]? = nil, created: WallTime) {
        self.id = id
        self.name = name
        self.channels = channels
        self.created = created
    }

    /// An agent's name is the bank's word for a program, not for a person.
    static func record(_ id: AgentID) -> RecordID {
        RecordID(hashOf: [UInt8](text: "lola agent " + id.text))
    }

    /// Claimed by who makes the agent.
    static func making(_ id: AgentID) -> StoreKey {
        StoreKey(.spent, RecordID(hashOf: [UInt8](text: "lola agent made " + id.text)))
    }

    var bytes: [UInt8] {
        var writer = RecordWriter(version: Self.version)
        writer.octets([UInt8](text: id.text))
        writer.optional(name.map { [UInt8](text: $0) })
        writer.optional(channels) { writer, channels in
            writer.list(channels) { $0.octets([UInt8](text: $1.rawValue)) }
        }
        writer.octets([UInt8](text: status.rawValue))
        limits.write(to: &writer)
        writer.word(created.milliseconds)
        return writer.bytes
    }

    init(_ record: StoreRecord) throws(RecordFault) {
        var reader = try RecordReader(record.value, version: Self.version)
        guard let id = AgentID(try reader.octets()), Self.record(id) == record.id else { throw .malformed }
        self.id = id
        name = try reader.optionalText()
        channels = try reader.optional { (reader) throws(RecordFault) in
            try reader.list { (reader) throws(RecordFault) in
                guard let channel = AgentChannel(rawValue: try reader.octets().text) else { throw .malformed }
                return channel
            }
        }
        guard let status = Status(rawValue: try reader.octets().text) else { throw .malformed }
        self.status = status
        limits = try AgentLimits(from: &reader)
        created = WallTime(milliseconds: try reader.signedWord())
        try reader.end()
    }
}

/// All agents of the gateway in memory. Thread-safe, shared by all loops.
final class AgentAccounts: Sendable {
    let mirror = RoomMirror<AgentAccount>(.agent, countMax: Limits.agentAccountsMax) { try? AgentAccount($0) }
    /// What holds for an agent that has no limits of its own.
    let defaults: AgentLimits

    private let receivers = Mutex(ReceiverTable())

    init(defaults: AgentLimits) { self.defaults = defaults }

    /// Nil also while the store has not been read.
    subscript(_ id: AgentID) -> AgentAccount? { mirror[AgentAccount.record(id)] }

    /// Whether operators have switched the agent off: it may look, and begin nothing.
    func isSwitchedOff(_ id: AgentID) -> Bool { self[id]?.status == .inactive }

    // MARK: Receivers

    /// Who hears what people write on a channel; active agents all.
    struct Receivers: Sendable {
        /// Were given the channel by its name: the one that was registered first before the others.
        var named: [AgentID] = []
        /// May act everywhere: they hear answers to what they wrote themselves.
        var anywhere: Set<AgentID> = []

        var isEmpty: Bool { named.isEmpty && anywhere.isEmpty }
    }

    /// As of one generation of the mirror.
    private struct ReceiverTable {
        var generation = -1
        var named: [AgentChannel: [AgentID]] = [:]
        var anywhere: Set<AgentID> = []
    }

    /// None while the store has not been read.
    func receivers(of channel: AgentChannel) -> Receivers {
        let generation = mirror.generation
        return receivers.withLock { known in
            if known.generation != generation { known = table(generation) }
            return Receivers(named: known.named[channel] ?? [], anywhere: known.anywhere)
        }
    }

    private func table(_ generation: Int) -> ReceiverTable {
        let found = mirror.page(after: nil, limit: Limits.agentAccountsMax) { $0.status == .active }
        var table = ReceiverTable(generation: generation)
        let inOrder = found.map(\.1).sorted {
            ($0.created.milliseconds, $0.id.text) < ($1.created.milliseconds, $1.id.text)
        }
        for account in inOrder {
            guard let channels = account.channels else {
                table.anywhere.insert(account.id)
                continue
            }
            for channel in Set(channels) { table.named[channel, default: []].append(account.id) }
        }
        return table
    }
}
