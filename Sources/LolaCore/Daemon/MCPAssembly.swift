// The MCP server of one loop, put together from the settings and what all loops share. Built by LoopAssembly, on the
// loop's thread.

struct MCPAssembly {
    let door: MCPDoor
    let streams: MCPStreams
    let tools: ToolArea
    let openAPI: OpenAPIArea

    init(
        _ number: Int, _ shared: SharedParts, _ server: HTTPServer, _ client: OutboundClient, _ audit: any AuditLog,
        _ desks: OperatorDesks, _ tickets: TicketAPI, _ outbound: OutboundAssembly, _ guardian: LoopGuard
    ) {
        let settings = shared.settings
        let all = AgentTools.all(.init(
            agents: desks.agents, credentials: desks.credentials, consents: desks.consents, tickets: tickets,
            outbound: outbound.gate, mailbox: outbound.mailbox, providers: Self.providers(settings, client)))
        let box = ToolBox(server.loop, audit: audit, accounts: desks.agents.accounts, tools: all)
        streams = MCPStreams(number: number, server: server, sessions: shared.mcp, tokens: shared.agents.tokens)
        door = MCPDoor(.init(
            server: server, box: box, sessions: shared.mcp, marks: MCPSessionMarks(secret: shared.pseudonymKey),
            streams: streams, origins: Self.origins(settings), tokens: shared.agents.tokens,
            authenticator: guardian.authenticator,
            onGuess: { guardian.lockouts.failed($0, $1) }))
        tools = ToolArea(box)
        openAPI = OpenAPIArea(base: settings.server.publicURL.text, tools: all.map(\.facts))
    }

    /// Pages of our own name and of the bank's own widgets; nobody else's.
    private static func origins(_ settings: Settings) -> MCPOrigins {
        let own = settings.server.publicURL
        let widgets = settings.widgets.urls.map(\.url.origin)
        return MCPOrigins(
            authorities: own.authorities.map { [UInt8](text: $0) },
            origins: ([own.origin] + widgets).map { [UInt8](text: $0) })
    }

    /// Where the providers' APIs are: as the channel is set, else where they are in public.
    private static func providers(_ settings: Settings, _ client: OutboundClient) -> RegisterProviderTool.Services {
        let bases: [RegisterProviderTool.Provider: String] = [
            .twilio: settings.twilio?.apiURL.text ?? "https://api.twilio.com",
            .resend: settings.resend?.apiURL.text ?? "https://api.resend.com",
            .whatsapp: settings.whatsapp?.apiURL.text ?? "https://graph.facebook.com/v23.0",
            .telegram: settings.telegram?.apiURL.text ?? "https://api.telegram.org",
        ]
        return RegisterProviderTool.Services(
            client: client, bases: bases.mapValues { [UInt8](text: $0) }, isDemo: settings.demoMode)
    }
}
