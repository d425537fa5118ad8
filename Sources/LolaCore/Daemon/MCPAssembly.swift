// The MCP server of one loop, put together from the settings and what all loops share. Built by LoopAssembly, on the
// loop's thread.

struct MCPAssembly {
    let door: MCPDoor
    let streams: MCPStreams
    let openAPI: OpenAPIArea

    /// What the loop has and tools need.
    struct Surroundings {
        let server: HTTPServer
        let client: OutboundClient
        let audit: any AuditLog
        let desks: OperatorDesks
        let tickets: TicketAPI
        let outbound: (any OutboundDesk)?
        let mailbox: (any AgentMailbox)?
        let authenticator: Authenticator
        let onGuess: (IPAddress, @escaping () -> Void) -> Void
    }

    init(number: Int, _ shared: SharedParts, _ around: Surroundings) {
        let settings = shared.settings
        let box = ToolBox(around.server.loop, audit: around.audit, tools: AgentTools.all(.init(
            agents: around.desks.agents, credentials: around.desks.credentials, consents: around.desks.consents,
            tickets: around.tickets, outbound: around.outbound, mailbox: around.mailbox,
            providers: Self.providers(settings, around.client))))
        streams = MCPStreams(
            number: number, server: around.server, sessions: shared.mcp, tokens: shared.agents.tokens)
        door = MCPDoor(.init(
            server: around.server, box: box, sessions: shared.mcp, streams: streams, origins: Self.origins(settings),
            tokens: shared.agents.tokens, authenticator: around.authenticator, onGuess: around.onGuess))
        openAPI = OpenAPIArea(base: settings.server.publicURL.text)
    }

    /// Pages of our own name and of the bank's own widgets; nobody else's.
    private static func origins(_ settings: Settings) -> MCPOrigins {
        let own = settings.server.publicURL
        let widgets = [settings.widgets.cipURL, settings.widgets.cardURL].compactMap { $0?.origin }
        return MCPOrigins(
            authority: [UInt8](text: own.authority), origins: ([own.origin] + widgets).map { [UInt8](text: $0) })
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
