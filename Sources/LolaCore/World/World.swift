// The doors through which Lola reaches the outside: clock, entropy, network. (The disk door comes with the
// journal.) World/Linux implements them; the simulator is another implementation. One set per loop thread.

protocol Clock: AnyObject {
    /// Monotonic; for deadlines and durations.
    var now: Instant { get }
    /// Civil; for what people, tokens and protocols see.
    var wall: WallTime { get }
}

protocol Entropy: AnyObject {
    /// Unpredictable octets (a seeded stream in the simulator).
    func bytes(_ count: Int) -> [UInt8]
    /// The same, appended.
    func append(_ count: Int, to out: inout [UInt8])
    /// 64 unpredictable bits.
    func word() -> UInt64
}

extension Entropy {
    /// A uniform number below `bound` (1…2³²), for jitter and identifiers of no secrecy.
    func number(below bound: UInt64) -> UInt64 { word() % bound }

    func append(_ count: Int, to out: inout [UInt8]) { out += bytes(count) }

    func word() -> UInt64 { bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

/// An IP address in canonical form: IPv4-mapped IPv6 is folded to IPv4.
struct IPAddress: Hashable, Sendable {
    /// 4 or 16 octets, network order.
    let octets: [UInt8]

    init(_ octets: [UInt8]) {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        self.octets = octets.count == 16 && octets.starts(with: mapped) ? Array(octets.suffix(4)) : octets
    }

    var isLoopback: Bool {
        octets.count == 4 ? octets[0] == 127 : octets.dropLast().allSatisfy { $0 == 0 } && octets.last == 1
    }
}

/// An address and a port.
struct Endpoint: Hashable, Sendable {
    let address: IPAddress
    let port: UInt16
}

/// A socket as the world names it. Meaningless outside the world that gave it.
struct Socket: Hashable, Sendable {
    let id: Int32
}

/// What a socket is watched for.
struct Interest: OptionSet, Sendable {
    let rawValue: UInt8
    static let read = Interest(rawValue: 1)
    static let write = Interest(rawValue: 2)
}

enum NetFault: String, Error, Sendable {
    case addressInUse = "address_in_use"
    case permission
    case refused
    case unreachable
    case timeout
    case reset
    /// Out of descriptors or memory; try later.
    case exhausted
    case other
}

enum AcceptOutcome: Sendable {
    case accepted(Socket, IPAddress)
    case none
    /// Out of descriptors or memory. For want of descriptors the world has closed one waiting connection.
    case exhausted
}

enum ReadOutcome: Sendable {
    case octets(Int)
    case wouldBlock
    case end
    case failed(NetFault)
}

enum WriteOutcome: Sendable {
    case octets(Int)
    case wouldBlock
    case failed(NetFault)
}

/// Something happened. `word` is what the socket was watched under.
struct NetEvent: Sendable {
    let word: UInt64
    let readable: Bool
    let writable: Bool
    /// The peer is gone or the connection failed; reading or writing tells the details.
    let hungUp: Bool
}

/// The answer to a name look-up.
struct Resolution: Sendable {
    let ticket: UInt64
    let endpoints: [Endpoint]
}

protocol Net: AnyObject {
    /// Listens with SO_REUSEPORT, so that every loop has its own queue. Port 0 is chosen by the system.
    func listen(_ endpoint: Endpoint) throws(NetFault) -> (Socket, port: UInt16)
    func accept(_ listener: Socket) -> AcceptOutcome
    /// Starts a connection; it is decided when the socket becomes writable.
    func connect(_ endpoint: Endpoint) throws(NetFault) -> Socket
    /// The outcome of a started connection, nil when it stands.
    func connectFault(_ socket: Socket) -> NetFault?
    /// Reads up to `buffer.count` octets.
    func read(_ socket: Socket, into buffer: inout [UInt8]) -> ReadOutcome
    func write(_ socket: Socket, _ bytes: [UInt8], from offset: Int) -> WriteOutcome
    func shutdownWrite(_ socket: Socket)
    func close(_ socket: Socket)
    /// Sets what the socket is watched for, under `word`. The first call registers it.
    func watch(_ socket: Socket, _ interest: Interest, word: UInt64)
    /// Waits until something happens, `deadline` passes or the loop is woken; replaces the contents of `events`.
    func wait(until deadline: Instant, _ events: inout [NetEvent])
    /// Looks a name up off the loop; the answer comes from `resolutions()`.
    func resolve(_ host: [UInt8], port: UInt16, ticket: UInt64)
    /// Look-ups finished since the last call.
    func resolutions() -> [Resolution]
}

/// Wakes a loop out of its wait, from any thread.
protocol Waker: Sendable {
    func wake()
}
