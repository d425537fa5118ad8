// Makes webhooks exactly as the channels would send them, signed with the gateway's own secrets: for the console of
// `lola dev` and for `lola trigger`. Pure functions of what is said, by whom, when, and of random octets.

/// What `lola trigger` can send.
enum TriggerType: String, CaseIterable, Sendable {
    case whatsAppText = "whatsapp.text"
    case whatsAppButton = "whatsapp.button"
    case whatsAppImage = "whatsapp.image"
    case telegramText = "telegram.text"
    case telegramContact = "telegram.contact"
    case twilioSMS = "twilio.sms"
    case resendMail = "resend.email"

    var channel: ChannelName {
        switch self {
        case .whatsAppText, .whatsAppButton, .whatsAppImage: .whatsapp
        case .telegramText, .telegramContact: .telegram
        case .twilioSMS: .twilioSMS
        case .resendMail: .resend
        }
    }
}

/// What a person does in a chat.
enum ForgedContent: Sendable {
    case text([UInt8])
    /// Presses a button (Telegram: any inline button).
    case button(id: [UInt8], title: [UInt8])
    /// Chooses from a list; on Telegram the same as a button.
    case listItem(id: [UInt8], title: [UInt8])
    case image(caption: [UInt8]?)
    /// Shares the own contact.
    case contact
}

/// What webhooks are signed and addressed with.
struct WebhookSecrets: Sendable {
    let whatsAppAppSecret: SecretBytes
    let phoneNumberID: [UInt8]
    let telegramSecret: SecretBytes
    /// The digits before the colon of the bot's token.
    let telegramBotID: [UInt8]
    let twilio: TwilioSecrets
    let resend: ResendSecrets
}

struct TwilioSecrets: Sendable {
    let accountSID: [UInt8]
    let authToken: SecretBytes
    let sharedKey: TwilioSharedKey?
    /// The number that is written to.
    let from: [UInt8]
    /// The gateway's public URL: what is signed is what Twilio would have called.
    let publicURL: [UInt8]
}

struct ResendSecrets: Sendable {
    let apiKey: SecretBytes
    /// The octets behind `whsec_`.
    let webhookSecret: SecretBytes
    /// The bare address that is written to.
    let own: [UInt8]
}

/// A webhook ready to be posted.
struct ForgedWebhook: Sendable {
    /// Path on the public listener.
    let path: [UInt8]
    /// Beyond `Host` and `Content-Length`.
    let fields: [OutboundField]
    let body: [UInt8]
    /// The key under which Lola will know the message.
    let key: MessageKey
}

enum WebhookForge {
    /// Octets of `random` that one webhook uses up.
    static let randomCount = 16

    /// - Parameter random: `randomCount` octets; equal octets give equal ids.
    static func make(
        _ content: ForgedContent, on channel: ChannelName, from person: SandboxPerson, secrets: WebhookSecrets,
        at now: WallTime, random: [UInt8]
    ) -> ForgedWebhook {
        switch channel {
        case .whatsapp: WhatsAppForge(person: person, secrets: secrets, now: now, random: random).webhook(content)
        case .telegram: TelegramForge(person: person, secrets: secrets, now: now, random: random).webhook(content)
        case .twilioSMS, .twilioWhatsApp:
            TwilioForge(channel: channel, person: person, secrets: secrets.twilio, random: random).webhook(content)
        case .resend:
            ResendForge(person: person, secrets: secrets.resend, now: now, random: random).webhook(content)
        }
    }

    /// One of the ready-made messages of `lola trigger`. `text` is the text, the caption or the title of the button.
    static func trigger(
        _ type: TriggerType, from person: SandboxPerson, text: [UInt8]?, secrets: WebhookSecrets,
        at now: WallTime, random: [UInt8]
    ) -> ForgedWebhook {
        let content: ForgedContent =
            switch type {
            case .whatsAppText, .telegramText, .twilioSMS, .resendMail: .text(text ?? [UInt8](text: "hola"))
            case .whatsAppButton:
                .button(id: text ?? [UInt8](text: "send"), title: text ?? [UInt8](text: "Send money"))
            case .whatsAppImage: .image(caption: text)
            case .telegramContact: .contact
            }
        // `--from` names a number, so the channel tells it, also of the one who hides it in the console.
        let shown = person.showsPhone ? person : SandboxPerson(phone: person.phone)
        return make(content, on: type.channel, from: shown, secrets: secrets, at: now, random: random)
    }

    static func number(_ octets: some Collection<UInt8>) -> Int {
        octets.prefix(7).reduce(0) { $0 << 8 | Int($1) }
    }
}
