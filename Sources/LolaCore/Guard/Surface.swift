// The kinds of routes: which checks stand before the routes of a kind. Values; asked by the gatekeeper.

/// Which HTTP limits a request counts against.
enum LimitClass: UInt8, CaseIterable, Sendable {
    /// Agent, admin and MCP routes: `limits.http.per_ip` and `limits.http.global`.
    case http = 1
    /// Widget and callback routes: `limits.widget.per_ip`.
    case widget = 2
}

enum Surface: CaseIterable, Sendable {
    /// Probes: nothing stands before them but the denylist.
    case probe
    /// Keys that are public, and metrics.
    case open
    /// Providers share addresses and prove each request by a signature: no limit, no lock-out.
    case webhook
    case console
    /// Files of the admin page: the same octets for everybody, no secret, no work; and an operator who is limited or
    /// locked out must still be able to read why. So no token and no limit.
    case page
    case admin
    case agent
    case mcp
    /// Opens a stream: the token may stand in the query, for clients that can send no header (CONTRACT §9).
    case stream
    /// Messages into a stream: its id is the credential, and the handler checks it.
    case session
    /// Links, sessions and callbacks of widgets: the handler checks what they show.
    case widget

    var limits: LimitClass? {
        switch self {
        case .admin, .agent, .mcp, .stream, .session: .http
        case .widget: .widget
        case .probe, .open, .webhook, .console, .page: nil
        }
    }

    /// Whether something that can be guessed is checked here, by the gatekeeper or by a handler.
    var isGuarded: Bool { limits != nil }

    /// Whether the gatekeeper itself asks for a token.
    var takesToken: Bool {
        switch self {
        case .admin, .agent, .mcp, .stream: true
        case .probe, .open, .webhook, .console, .page, .session, .widget: false
        }
    }
}
