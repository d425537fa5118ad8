// An HTTP request that some part of Lola wants made, and what came of it: plain values. The loop's client
// carries them out; the simulator answers them from scripts.

/// Scheme, host and port of a server we call.
struct Origin: Hashable, Sendable {
    let isTLS: Bool
    /// Name or IP literal without brackets, lower-case.
    let host: [UInt8]
    let port: UInt16
    /// `host` or `host:port` as it stands in a `Host` field.
    let authority: [UInt8]

    init(isTLS: Bool, host: [UInt8], port: UInt16) {
        self.isTLS = isTLS
        self.host = host
        self.port = port
        var authority = host.contains(0x3A) ? [0x5B] + host + [0x5D] : host
        if port != (isTLS ? 443 : 80) {
            authority.append(0x3A)
            ASCII.append(Int(port), to: &authority)
        }
        self.authority = authority
    }

    /// The authority follows from the rest.
    static func == (left: Origin, right: Origin) -> Bool {
        left.isTLS == right.isTLS && left.port == right.port && left.host == right.host
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(port)
        hasher.combine(octets: host)
    }
}

/// An absolute http(s) URL, split once at start-up. No user info, no fragment.
struct HTTPURL: Hashable, Sendable {
    let origin: Origin
    /// Path and query, never empty.
    let target: [UInt8]

    init(origin: Origin, target: [UInt8]) {
        self.origin = origin
        self.target = target
    }

    /// Nil for anything that is not a plain absolute http or https URL.
    init?(_ text: [UInt8]) {
        let isTLS: Bool
        var rest: ArraySlice<UInt8>
        if text.starts(with: "https://".utf8) {
            isTLS = true
            rest = text.dropFirst(8)
        } else if text.starts(with: "http://".utf8) {
            isTLS = false
            rest = text.dropFirst(7)
        } else {
            return nil
        }
        guard rest.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 && $0 != 0x5C }) else { return nil }
        let cut = rest.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex
        let authority = rest[..<cut]
        rest = rest[cut...]
        guard !authority.isEmpty, !authority.contains(0x40) else { return nil }
        guard let (host, port) = Self.split(authority, defaultPort: isTLS ? 443 : 80) else { return nil }
        origin = Origin(isTLS: isTLS, host: host.map(ASCII.lowercased), port: port)
        target = rest.first == 0x2F ? Array(rest) : [0x2F] + rest
    }

    private static func split(_ authority: ArraySlice<UInt8>, defaultPort: UInt16) -> ([UInt8], UInt16)? {
        var host = authority
        var port: ArraySlice<UInt8>?
        if authority.first == 0x5B {
            guard let close = authority.firstIndex(of: 0x5D) else { return nil }
            host = authority[(authority.startIndex + 1)..<close]
            let tail = authority[(close + 1)...]
            if let colon = tail.first {
                guard colon == 0x3A else { return nil }
                port = tail.dropFirst()
            }
        } else if let colon = authority.firstIndex(of: 0x3A) {
            host = authority[..<colon]
            port = authority[(colon + 1)...]
        }
        guard !host.isEmpty else { return nil }
        guard let digits = port else { return (Array(host), defaultPort) }
        guard let number = ASCII.decimal(digits), number > 0, number <= 65_535 else { return nil }
        return (Array(host), UInt16(number))
    }
}

/// Who is called: the label of metrics, and the room for a circuit breaker per origin.
enum OutboundPurpose: String, CaseIterable, Sendable {
    case identity
    case agent
    case delivery
}

struct OutboundField: Equatable, Sendable {
    static let json = [UInt8](text: "application/json")

    let name: StaticString
    let value: [UInt8]

    static func == (left: OutboundField, right: OutboundField) -> Bool {
        left.name.description == right.name.description && left.value == right.value
    }
}

/// One piece, however many hands it goes through.
final class OutboundRequest: Sendable {
    let purpose: OutboundPurpose
    let method: HTTPMethod
    let origin: Origin
    /// Path and query as they go on the wire.
    let target: [UInt8]
    /// Beyond Host, Content-Length, Connection and User-Agent, which the client writes.
    let fields: [OutboundField]
    let body: [UInt8]
    /// One deadline for resolve, connect, handshake, send and receive.
    let timeout: Interval
    let responseMax: ByteCount
    /// The peer handles a repetition as one (GET, or an idempotency key): a stale kept-alive connection may be
    /// replaced once without telling the caller.
    let isRepeatable: Bool

    init(
        purpose: OutboundPurpose, method: HTTPMethod, origin: Origin, target: [UInt8], fields: [OutboundField],
        body: [UInt8], timeout: Interval, responseMax: ByteCount, isRepeatable: Bool
    ) {
        self.purpose = purpose
        self.method = method
        self.origin = origin
        self.target = target
        self.fields = fields
        self.body = body
        self.timeout = timeout
        self.responseMax = responseMax
        self.isRepeatable = isRepeatable
    }
}

struct OutboundResponse: Sendable {
    let head: HTTPResponseHead
    let body: [UInt8]
    var status: Int { head.status }
}

/// Why no usable answer came. Closed list; the word stands in traces, logs and metrics.
enum OutboundFault: String, Error, Hashable, Sendable, CaseIterable {
    case resolve
    case connect
    case tls
    case timeout
    case closed
    case malformed
    case tooLarge = "too_large"
    case breakerOpen = "breaker_open"
    case busy

    var word: StaticString {
        switch self {
        case .resolve: "resolve"
        case .connect: "connect"
        case .tls: "tls"
        case .timeout: "timeout"
        case .closed: "closed"
        case .malformed: "malformed"
        case .tooLarge: "too_large"
        case .breakerOpen: "breaker_open"
        case .busy: "busy"
        }
    }
}

typealias OutboundOutcome = Result<OutboundResponse, OutboundFault>
