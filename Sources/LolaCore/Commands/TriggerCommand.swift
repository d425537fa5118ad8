// `lola trigger`: one correctly signed webhook to a gateway, as the channel would send it; prints the status and
// the key to find the message by.

enum TriggerCommand {
    static func run(_ invocation: Invocation) -> Int32 {
        guard let type = invocation.arguments.first.flatMap({ TriggerType(rawValue: $0) }) else {
            return ExitCode.usage
        }
        let variables = ToolVariables.load()
        guard let secrets = secrets(variables, invocation, for: type.channel) else { return ExitCode.configuration }
        let clock = LinuxClock()
        guard let person = person(invocation.flags["from"] ?? "+15550100", type.channel, at: clock.wall) else {
            let also = type.channel == .resend ? " or a mail address" : ""
            Process.print("--from: a phone number such as +15550100\(also) is expected", to: 2)
            return ExitCode.usage
        }
        let webhook = WebhookForge.trigger(
            type, from: person, text: invocation.flags["text"].map { [UInt8](text: $0) }, secrets: secrets,
            at: clock.wall, random: SystemRandom.bytes(WebhookForge.randomCount))
        return post(webhook, to: variables.publicURL(invocation), asJSON: invocation.wantsJSON)
    }

    /// A mail may come from any address; a number stands for the address that this person has under `lola dev`.
    private static func person(_ from: String, _ channel: ChannelName, at now: WallTime) -> SandboxPerson? {
        let address = channel == .resend ? MailText.address([UInt8](text: from)) : nil
        if let address, let phone = E164(digits: "15550100".utf8) { return SandboxPerson(mail: address, phone: phone) }
        guard let phone = try? PhoneNormalizer.normalize([UInt8](text: from), .international) else { return nil }
        return SandboxCast(startedAt: now).person(phone: phone)
    }

    private static func post(_ webhook: ForgedWebhook, to base: String, asJSON: Bool) -> Int32 {
        guard let client = ToolClient(),
            let outcome = client.send(.post, base, webhook.path.text, fields: webhook.fields, body: webhook.body)
        else {
            Process.print("\(base): no http or https URL", to: 2)
            return ExitCode.usage
        }
        switch outcome {
        case .failure(let fault):
            Process.print("\(base): \(fault.rawValue); is the gateway running?", to: 2)
            return ExitCode.failure
        case .success(let response):
            if asJSON {
                var writer = JSONWriter(capacity: 128)
                writer.object { writer in
                    writer.member("status", response.status)
                    writer.member("key", webhook.key.text)
                }
                Process.print(writer.bytes.text)
            } else {
                Process.print("\(response.status) \(webhook.key.text)")
            }
            return response.status == 200 ? ExitCode.ok : ExitCode.failure
        }
    }

    /// What the webhook is signed with; says what is missing.
    private static func secrets(
        _ variables: ToolVariables, _ invocation: Invocation, for channel: ChannelName
    ) -> WebhookSecrets? {
        let needed: [String]
        switch channel {
        case .whatsapp: needed = ["LOLA_WHATSAPP_APP_SECRET", "PHONE_NUMBER_ID"]
        case .telegram: needed = ["LOLA_TELEGRAM_SECRET", "TELEGRAM_TOKEN"]
        case .twilioSMS, .twilioWhatsApp: needed = ["TWILIO_AUTH_TOKEN", "TWILIO_FROM"]
        case .resend: needed = ["RESEND_WEBHOOK_SECRET", "RESEND_FROM"]
        }
        let missing = needed.filter { variables.value($0) == nil }
        guard missing.isEmpty else {
            let names = missing.joined(separator: ", ")
            Process.print("\(names): not set, and no `lola dev` has run in this folder", to: 2)
            return nil
        }
        let token = variables.value("TELEGRAM_TOKEN") ?? ""
        let unset = SecretBytes.random(32)
        // Twilio signs the address that the world calls, wherever the webhook is really sent to.
        let publicURL = variables.value("LOLA_PUBLIC_URL") ?? variables.publicURL(invocation)
        return WebhookSecrets(
            whatsAppAppSecret: variables.secret("LOLA_WHATSAPP_APP_SECRET") ?? SecretBytes([]),
            phoneNumberID: [UInt8](text: variables.value("PHONE_NUMBER_ID") ?? ""),
            telegramSecret: variables.secret("LOLA_TELEGRAM_SECRET") ?? SecretBytes([]),
            telegramBotID: [UInt8](text: String(token.prefix { $0 != ":" })),
            twilio: TwilioSecrets(
                accountSID: [UInt8](text: variables.value("TWILIO_ACCOUNT_SID") ?? ""),
                authToken: variables.secret("TWILIO_AUTH_TOKEN") ?? unset,
                sharedKey: variables.value("TWILIO_SHARED_KEY").flatMap {
                    try? SettingGrammar.twilioSharedKey.parse([UInt8](text: $0))
                },
                from: [UInt8](text: variables.value("TWILIO_FROM") ?? ""), publicURL: [UInt8](text: publicURL)),
            resend: ResendSecrets(
                apiKey: unset,
                webhookSecret: variables.value("RESEND_WEBHOOK_SECRET").flatMap {
                    try? SettingGrammar.webhookSecret.parse([UInt8](text: $0))
                } ?? unset,
                own: MailText.address([UInt8](text: variables.value("RESEND_FROM") ?? "")) ?? []))
    }
}
