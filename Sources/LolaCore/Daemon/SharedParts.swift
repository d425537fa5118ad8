// What all loops of a process share: values, and objects that any thread may use.

/// Values and thread-safe objects that all loops share.
struct SharedParts: Sendable {
    let settings: Settings
    let log: Log
    let health: Health
    let store: OpenStore
    let messages: MessageLog
    let backlog: Backlog
    let doubts: DoubtCount
    let counters: [Counters]
    let directory: LoopDirectory
    let trust: TrustDelivery
    let ticketKey: SecretBytes
    let jwks: [UInt8]
    let started: Instant
    /// Derived from the data key: names people in logs and claims.
    let pseudonymKey: SecretBytes
    let audit: OpenAudit
    let alerts: AlertBoard
    let anomalies: AnomalyCounters
    /// How many descriptors the process may have open.
    let descriptorsMax: Int
    /// The page of a loop; nil where there is no folder for it.
    let crashPage: @Sendable (Int) -> (any CrashPage)?
    let console: ConsoleFactory?
    /// What the guard knows, for all loops.
    let guardState: GuardState
    let agents: AgentMemory
    let mcp: MCPSessions
    /// Whom the loops' clients have given up on.
    var circuits = CircuitBoard()
    /// The session tokens that all loops made.
    var sessions = SessionMemory()
}

/// Makes the console of a loop; only `lola dev` has one.
typealias ConsoleFactory = @Sendable (Loop, OutboundClient, TicketBook, SharedParts) -> any ConsoleApplication
