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
        let unguessable = SecretBytes.random(32)
        let secrets = WebhookSecrets(
            whatsAppAppSecret: settings.whatsapp?.appSecrets[0] ?? none,
            phoneNumberID: [UInt8](text: settings.whatsapp?.phoneNumberID ?? ""),
            telegramSecret: settings.telegram?.secret ?? none,
            telegramBotID: [UInt8](text: settings.telegram?.token.botID ?? ""),
            twilio: TwilioSecrets(
                accountSID: [UInt8](text: settings.twilio?.accountSID ?? ""),
                authToken: settings.twilio?.authTokens[0] ?? unguessable,
                sharedKey: settings.twilio?.sharedKey, from: [UInt8](text: settings.twilio?.from ?? ""),
                publicURL: [UInt8](text: settings.server.publicURL.text)),
            resend: ResendSecrets(
                apiKey: settings.resend?.apiKey ?? unguessable,
                webhookSecret: settings.resend?.webhookSecret ?? unguessable,
                own: settings.resend.flatMap { MailText.address([UInt8](text: $0.from)) } ?? []))
        return DevConsole(
            loop, client: client, world: world, messages: shared.messages, book: book,
            vault: try? SandboxVault(pem: vault),
            setup: Setup(
                gateway: Origin(isTLS: settings.server.tls != nil, host: [UInt8](text: listen.host), port: listen.port),
                secrets: secrets, botToken: settings.telegram?.token.secret ?? none))
    }
}
