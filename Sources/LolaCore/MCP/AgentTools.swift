// All tools of one loop, in the order in which they are listed (CONTRACT §9).

enum AgentTools {
    /// What the tools work with.
    struct Desks {
        let agents: AgentDesk
        let credentials: CredentialDesk
        let consents: ConsentBook
        let tickets: TicketAPI
        /// Nil while this gateway sends nothing by itself.
        let outbound: (any OutboundDesk)?
        let mailbox: (any AgentMailbox)?
        let providers: RegisterProviderTool.Services
    }

    static func all(_ desks: Desks) -> [any Tool] {
        [
            PingTool(), SendMessageTool(desks.outbound), MakeCallTool(desks.outbound),
            GetMessagesTool(desks.mailbox), GetWaitingMessagesTool(desks.mailbox),
            ChannelStatusTool(desks.agents.accounts, desks.outbound), UsageDashboardTool(desks.outbound),
            RecordConsentTool(desks.consents), RevokeConsentTool(desks.consents), CheckConsentTool(desks.consents),
            CreateTicketTool(desks.tickets), GetTicketTool(desks.tickets),
            ProvisionTool(desks.agents), DeprovisionTool(desks.agents),
            RegisterProviderTool(desks.credentials, desks.providers), SetAgentLimitsTool(desks.agents),
        ]
    }
}
