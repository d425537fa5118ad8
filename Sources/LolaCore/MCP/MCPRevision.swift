// The revisions of the Model Context Protocol that Lola speaks, and what differs between them. Values, any thread.

enum MCPRevision: String, CaseIterable, Sendable, Comparable {
    case november2024 = "2024-11-05"
    case march2025 = "2025-03-26"
    case june2025 = "2025-06-18"
    case november2025 = "2025-11-25"
    /// Stateless: no handshake, no session; each request says everything about itself.
    case july2026 = "2026-07-28"

    static func < (left: MCPRevision, right: MCPRevision) -> Bool { left.rawValue < right.rawValue }

    /// The newest one that begins with `initialize`.
    static let newestWithSession = MCPRevision.november2025

    /// All, the newest first.
    static let newestFirst = allCases.reversed().map { $0 }

    var hasSession: Bool { self < .july2026 }
    /// Several messages in one array; added by one revision, taken away by the next.
    var hasBatches: Bool { self == .march2025 }
    /// Hints about what a tool does.
    var hasAnnotations: Bool { self >= .march2025 }
    /// Titles, schemas of results, results beside their text.
    var hasStructuredContent: Bool { self >= .june2025 }
    /// Arguments that the schema refuses are a result that the model reads, not an error of the protocol.
    var tellsModelOfArguments: Bool { self >= .november2025 }
    /// An error may come without the id of a request.
    var hasErrorsWithoutID: Bool { self >= .november2025 }

    /// What `initialize` is answered: the revision that was asked for when it is known and has sessions, else the
    /// newest of those.
    static func negotiated(_ wanted: [UInt8]) -> MCPRevision {
        guard let known = MCPRevision(rawValue: wanted.text), known.hasSession else { return newestWithSession }
        return known
    }
}

/// The levels of `logging/setLevel` (RFC 5424), the quietest last.
enum MCPLogLevel: String, CaseIterable, Comparable, Sendable {
    case debug, info, notice, warning, error, critical, alert, emergency

    private var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    static func < (left: MCPLogLevel, right: MCPLogLevel) -> Bool { left.place < right.place }
}
