// The table of paths: what each path takes on which listener. Nothing is routed that is not in here; everything else is
// the same 404. A route is one line, each of its methods an action.

final class Route: Sendable {
    let pattern: RoutePattern
    let surface: Surface
    let listeners: [ListenerRole]
    /// A method that is not named here is answered 405; HEAD comes with GET.
    let actions: [(method: HTTPMethod, action: Action)]
    /// The channel whose webhooks come here.
    let channel: ChannelName?

    init(
        _ path: StaticString, _ surface: Surface, on listeners: [ListenerRole],
        _ actions: KeyValuePairs<HTTPMethod, Action>, channel: ChannelName? = nil
    ) {
        pattern = RoutePattern(path)
        self.surface = surface
        self.listeners = listeners
        self.channel = channel
        self.actions = actions.flatMap { method, action in
            method == .get ? [(.get, action), (.head, action)] : [(method, action)]
        }
    }

    static let table: [Route] = [
        Route("/livez", .probe, on: [.public, .management], [.get: .probeLive]),
        Route("/readyz", .probe, on: [.public, .management], [.get: .probeReady]),
        Route(
            "/webhooks/whatsapp", .webhook, on: [.public], [.get: .webhookHandshake, .post: .webhookReceive],
            channel: .whatsapp),
        Route("/webhooks/telegram", .webhook, on: [.public], [.post: .webhookReceive], channel: .telegram),
        Route("/webhooks/twilio/sms", .webhook, on: [.public], [.post: .webhookReceive], channel: .twilioSMS),
        Route("/webhooks/twilio/whatsapp", .webhook, on: [.public], [.post: .webhookReceive], channel: .twilioWhatsApp),
        // What they bring, the channel sees: messages, statuses and calls are one account's.
        Route("/webhooks/twilio/status", .webhook, on: [.public], [.post: .webhookReceive], channel: .twilioSMS),
        Route("/webhooks/twilio/voice", .webhook, on: [.public], [.post: .webhookReceive], channel: .twilioSMS),
        Route("/webhooks/resend", .webhook, on: [.public], [.post: .webhookReceive], channel: .resend),
        Route("/.well-known/jwks.json", .open, on: [.public], [.get: .readKeys]),
        Route("/w/assets/{name}", .page, on: [.public], [.get: .readWidgetAsset]),
        Route("/w/{name}", .widget, on: [.public], [.get: .openLink]),
        Route("/w/{name}/session", .widget, on: [.public], [.post: .openSession, .options: .askForSession]),
        Route("/callbacks/{key}", .widget, on: [.public], [.post: .redeemCallback, .options: .askForCallback]),
        Route("/v1/tickets", .agent, on: [.public], [.post: .createTicket]),
        Route("/v1/tickets/{id}", .agent, on: [.public], [.get: .showTicket, .delete: .revokeTicket]),
        Route("/v1/openapi.json", .agent, on: [.public], [.get: .readOpenAPI]),
        Route("/mcp", .mcp, on: [.public], [.get: .followMCP, .post: .callMCP, .delete: .endMCP]),
        Route("/sse", .stream, on: [.public], [.get: .openMCPStream]),
        Route("/messages", .session, on: [.public], [.post: .writeMCPStream]),
        Route("/v1/messages", .agent, on: [.public], [.post: .sendMessage]),
        Route("/v1/messages/{key}", .agent, on: [.public], [.get: .showOrder]),
        Route("/v1/tools/{name}", .agent, on: [.public], [.post: .callTool]),
        Route("/dev{rest}", .console, on: [.public], [.get: .useConsole, .post: .useConsole]),
        Route("/admin/api/tickets", .admin, on: [.management], [.get: .listTickets]),
        Route("/metrics", .open, on: [.management], [.get: .readMetrics]),
        Route("/admin/api/messages", .admin, on: [.management], [.get: .listMessages]),
        Route("/admin/api/messages/{key}", .admin, on: [.management], [.get: .showMessage]),
        Route("/admin/api/dry-run/route", .admin, on: [.management], [.post: .dryRun]),
        Route("/admin/api/dlq", .admin, on: [.management], [.get: .listDeadLetters, .post: .actOnDeadLetter]),
        Route("/admin/api/dlq/{id}", .admin, on: [.management], [.get: .showDeadLetter, .delete: .dropDeadLetter]),
        Route("/admin/api/quarantine", .admin, on: [.management], [.get: .listQuarantine]),
        Route("/admin/api/lockouts", .admin, on: [.management], [.get: .listLockouts]),
        Route("/admin/api/lockouts/{id}", .admin, on: [.management], [.delete: .liftLockout]),
        Route("/admin/api/audit", .admin, on: [.management], [.get: .readAudit]),
        Route("/admin/api/alerts", .admin, on: [.management], [.get: .listAlerts]),
        Route("/admin/api/events", .admin, on: [.management], [.get: .followEvents]),
        Route("/admin/api/health", .admin, on: [.management], [.get: .readHealth]),
        Route("/admin", .page, on: [.management], [.get: .readAdminPage]),
        Route("/admin/", .page, on: [.management], [.get: .readAdminPage]),
        Route("/admin/app.js", .page, on: [.management], [.get: .readAdminPage]),
        Route("/admin/app.css", .page, on: [.management], [.get: .readAdminPage]),
        Route("/admin/api/tokens", .admin, on: [.management], [.get: .listTokens, .post: .mintToken]),
        Route("/admin/api/tokens/{id}", .admin, on: [.management], [.delete: .revokeToken]),
        Route("/admin/api/agents", .admin, on: [.management], [.get: .listAgents, .post: .createAgent]),
        Route(
            "/admin/api/agents/{name}/limits", .admin, on: [.management],
            [.get: .showAgentLimits, .put: .setAgentLimits]),
        Route("/admin/api/agents/{name}", .admin, on: [.management], [.get: .showAgent, .put: .updateAgent]),
        Route("/admin/api/dnc", .admin, on: [.management], [.get: .listSuppressions, .post: .addSuppression]),
        Route("/admin/api/dnc/{id}", .admin, on: [.management], [.delete: .removeSuppression]),
        Route("/admin/api/consent", .admin, on: [.management], [.get: .listConsents, .post: .putConsent]),
        Route("/admin/api/credentials", .admin, on: [.management], [.get: .listCredentials, .post: .setCredential]),
        Route("/admin/api/credentials/rotate", .admin, on: [.management], [.post: .rotateCredentials]),
        Route("/admin/api/credentials/{id}", .admin, on: [.management], [.delete: .removeCredential]),
        Route("/admin/api/erasures", .admin, on: [.management], [.post: .erase]),
    ]

    /// The route of a raw path and the value of its parameter, empty without one; nil when there is none on this
    /// listener. Throws `.badPath` for a path that cannot be decoded.
    static func find(
        _ path: ArraySlice<UInt8>, role: ListenerRole, hasConsole: Bool, in table: [Route] = Route.table
    ) throws(HTTPFault) -> (route: Route, parameter: [UInt8])? {
        for route in table where route.listeners.contains(role) && (hasConsole || route.surface != .console) {
            if case .yes(let parameter) = try route.pattern.match(path) { return (route, parameter) }
        }
        _ = try HTTPTarget.segments(of: path)
        return nil
    }

    /// Nil when the route does not take the method.
    func action(_ method: HTTPMethod) -> Action? { actions.first { $0.method == method }?.action }

    /// The value of `Allow`.
    var allowed: String { actions.map { "\($0.method.word)" }.joined(separator: ", ") }
}
