// `lola trigger`: one correctly signed webhook to a gateway, as the channel would send it; prints the status and
// the key to find the message by.

enum TriggerCommand {
    static func run(_ invocation: Invocation) -> Int32 {
        guard let type = invocation.arguments.first.flatMap({ TriggerType(rawValue: $0) }) else {
            return ExitCode.usage
        }
        let variables = ToolVariables.load()
        guard let secrets = secrets(variables, for: type.channel) else { return ExitCode.configuration }
        let from = invocation.flags["from"] ?? "+15550100"
        guard let phone = try? PhoneNormalizer.normalize([UInt8](text: from), .international) else {
            Process.print("--from: a phone number such as +15550100 is expected", to: 2)
            return ExitCode.usage
        }
        let clock = LinuxClock()
        let person = SandboxCast(startedAt: clock.wall).person(phone: phone)
        let webhook = WebhookForge.trigger(
            type, from: person, text: invocation.flags["text"].map { [UInt8](text: $0) }, secrets: secrets,
            at: clock.wall, random: SystemRandom.bytes(WebhookForge.randomCount))
        return post(webhook, to: variables.publicURL(invocation), asJSON: invocation.wantsJSON)
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
    private static func secrets(_ variables: ToolVariables, for channel: ChannelName) -> WebhookSecrets? {
        let needed: [String]
        switch channel {
        case .whatsapp: needed = ["LOLA_WHATSAPP_APP_SECRET", "PHONE_NUMBER_ID"]
        case .telegram: needed = ["LOLA_TELEGRAM_SECRET", "TELEGRAM_TOKEN"]
        }
        let missing = needed.filter { variables.value($0) == nil }
        guard missing.isEmpty else {
            let names = missing.joined(separator: ", ")
            Process.print("\(names): not set, and no `lola dev` has run in this folder", to: 2)
            return nil
        }
        let token = variables.value("TELEGRAM_TOKEN") ?? ""
        return WebhookSecrets(
            whatsAppAppSecret: variables.secret("LOLA_WHATSAPP_APP_SECRET") ?? SecretBytes([]),
            phoneNumberID: [UInt8](text: variables.value("PHONE_NUMBER_ID") ?? ""),
            telegramSecret: variables.secret("LOLA_TELEGRAM_SECRET") ?? SecretBytes([]),
            telegramBotID: [UInt8](text: String(token.prefix { $0 != ":" })))
    }
}
