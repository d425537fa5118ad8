// Everything that can be asked of the gateway over HTTP: one case for each method of each route. The route table names
// them, the authorisation table says who may, and each is carried out by the handler that claims it.

enum Action: String, CaseIterable, Sendable {
    // Open to everybody
    case probeLive = "probe.live"
    case probeReady = "probe.ready"
    case readKeys = "keys.read"
    case readMetrics = "metrics.read"
    case webhookHandshake = "webhook.handshake"
    case webhookReceive = "webhook.receive"
    /// The console checks its callers itself.
    case useConsole = "console.use"
    case readAdminPage = "page.read"

    /// Links, sessions and callbacks of widgets: the handler checks what they show.
    case openLink = "link.open"
    case readWidgetAsset = "widget.read"
    case openSession = "session.open"
    case redeemCallback = "callback.redeem"
    /// What a browser asks before it lets a page call these.
    case askForSession = "session.ask"
    case askForCallback = "callback.ask"

    // Agents
    case createTicket = "tickets.create"
    case showTicket = "tickets.show"
    case revokeTicket = "tickets.revoke"
    case readOpenAPI = "openapi.read"
    /// The tool checks its own scope.
    case callTool = "tools.call"
    /// One message to `/mcp`, its stream, its end; the older transport's stream.
    case callMCP = "mcp.call"
    case followMCP = "mcp.follow"
    case endMCP = "mcp.end"
    case openMCPStream = "mcp.open"
    /// A message into a stream: the handler checks what it shows.
    case writeMCPStream = "mcp.write"
    case sendMessage = "orders.send"
    case showOrder = "orders.show"

    // Administration
    case listTickets = "tickets.list"
    case listMessages = "messages.list"
    case showMessage = "messages.show"
    case dryRun = "route.dry_run"
    case listDeadLetters = "dlq.list"
    case actOnDeadLetter = "dlq.act"
    case showDeadLetter = "dlq.show"
    case dropDeadLetter = "dlq.drop"
    case listQuarantine = "quarantine.list"
    case listLockouts = "lockouts.list"
    case liftLockout = "lockouts.lift"
    case readAudit = "audit.read"
    case listAlerts = "alerts.list"
    case followEvents = "events.follow"
    case readHealth = "health.read"
    case listTokens = "tokens.list"
    case mintToken = "tokens.mint"
    case revokeToken = "tokens.revoke"
    case listAgents = "agents.list"
    case createAgent = "agents.create"
    case showAgent = "agents.show"
    case updateAgent = "agents.update"
    case showAgentLimits = "limits.show"
    case setAgentLimits = "limits.set"
    case listSuppressions = "dnc.list"
    case addSuppression = "dnc.add"
    case removeSuppression = "dnc.remove"
    case listConsents = "consent.list"
    case putConsent = "consent.put"
    case listCredentials = "credentials.list"
    case setCredential = "credentials.set"
    case removeCredential = "credentials.remove"
    case rotateCredentials = "credentials.rotate"
    case erase = "erasures.create"

    /// For whom an action is made; `Authorisation` says which caller belongs to it.
    enum Audience: String, CaseIterable, Sendable { case everybody, operators, agents, widgets }

    /// Whether an agent begins something with it: refused to one that operators have switched off.
    var isActing: Bool { self == .createTicket }

    var audience: Audience {
        switch self {
        case .probeLive, .probeReady, .readKeys, .readMetrics, .webhookHandshake, .webhookReceive, .useConsole,
            .readAdminPage, .openLink, .readWidgetAsset, .openSession, .redeemCallback, .askForSession,
            .askForCallback, .writeMCPStream:
            .everybody
        case .createTicket, .showTicket, .revokeTicket, .readOpenAPI, .callMCP, .followMCP, .endMCP,
            .openMCPStream, .sendMessage, .showOrder, .callTool:
            .agents
        case .listMessages, .showMessage, .dryRun, .listDeadLetters, .actOnDeadLetter, .showDeadLetter,
            .dropDeadLetter, .listQuarantine, .listLockouts, .liftLockout, .readAudit, .listAlerts, .followEvents,
            .readHealth, .listTickets, .listTokens, .mintToken, .revokeToken, .listAgents, .createAgent, .showAgent,
            .updateAgent,
            .showAgentLimits, .setAgentLimits, .listSuppressions, .addSuppression, .removeSuppression, .listConsents,
            .putConsent, .listCredentials, .setCredential, .removeCredential, .rotateCredentials, .erase:
            .operators
        }
    }

    /// What an agent token that is limited to some tools must name; nil for what every token may do.
    var scope: TokenScope? {
        switch self {
        case .createTicket, .revokeTicket: .createTicket
        case .showTicket: .getTicket
        default: nil
        }
    }
}
