// Gives the console of `lola dev` what it must know of the gateway's settings. Called once per loop.

extension DevConsole {
    /// - Parameters:
    ///   - world: one for all loops.
    ///   - vault: the sandbox vault's private key in PEM.
    static func make(
        _ loop: Loop, _ client: OutboundClient, _ world: SandboxWorld, _ book: TicketBook, _ vault: [UInt8],
        _ shared: SharedParts
    ) -> DevConsole {
        let settings = shared.settings
        let listen = settings.server.listen
        // A channel that the operator switched off has no secret; what is signed without one is refused.
        let none = SecretBytes([])
        let secrets = WebhookSecrets(
            whatsAppAppSecret: settings.whatsapp?.appSecrets[0] ?? none,
            phoneNumberID: [UInt8](text: settings.whatsapp?.phoneNumberID ?? ""),
            telegramSecret: settings.telegram?.secret ?? none,
            telegramBotID: [UInt8](text: settings.telegram?.token.botID ?? ""))
        return DevConsole(
            loop, client: client, world: world, messages: shared.messages, book: book,
            vault: try? SandboxVault(pem: vault),
            setup: Setup(
                gateway: Origin(isTLS: settings.server.tls != nil, host: [UInt8](text: listen.host), port: listen.port),
                secrets: secrets, botToken: settings.telegram?.token.secret ?? none))
    }
}
