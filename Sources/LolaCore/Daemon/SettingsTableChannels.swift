// Rows of the settings table for what talks to the outside: channels, agents, callbacks, sessions, widgets.
// Part of SettingsTable, apart only for its length.

extension SettingsTable {
    // MARK: WhatsApp

    static let whatsappToken = Setting.secret(
        "whatsapp.token", "TOKEN_WHATSAPP", .token(), needed: .channel, example: "<access token>",
        "Access token of the WhatsApp Cloud API.")
    static let whatsappPhoneNumberID = Setting(
        "whatsapp.phone_number_id", "PHONE_NUMBER_ID", .identifier("the id of the number, as 106540352242922"),
        needed: .channel,
        example: "106540352242922", "Id of the number that answers, from the Meta dashboard.")
    static let whatsappVerifyToken = Setting.secret(
        "whatsapp.verify_token", "VERIFY_TOKEN_WHATSAPP", .token(), needed: .channel, example: "<your own word>",
        "What Meta repeats when it verifies the webhook.")
    static let whatsappAppSecret = Setting.secret(
        "whatsapp.app_secret", "LOLA_WHATSAPP_APP_SECRET", .token(8...4_096), needed: .channel, example: "<app secret>",
        "App secret of the Meta app; every webhook must be signed with it.")
    static let whatsappAppSecretPrevious = Setting.secret(
        "whatsapp.app_secret_previous", "LOLA_WHATSAPP_APP_SECRET_PREVIOUS", .token(), example: "<app secret>",
        "The secret before a rotation; still accepted while it is set.")
    static let whatsappAPIURL = Setting(
        "whatsapp.api_url", "LOLA_WHATSAPP_API_URL", .baseURL, default: "https://graph.facebook.com/v23.0",
        "Base of the Graph API.")

    // MARK: Telegram

    static let telegramToken = Setting.secret(
        "telegram.token", "TELEGRAM_TOKEN", .telegramToken, needed: .channel, example: "<bot id>:<secret>",
        "Token of the bot, from BotFather.")
    static let telegramSecret = Setting.secret(
        "telegram.secret", "LOLA_TELEGRAM_SECRET", .telegramSecret, needed: .channel,
        example: "<at least 16 characters>",
        "`secret_token` given to `setWebhook`; every update must carry it.")
    static let telegramAPIURL = Setting(
        "telegram.api_url", "LOLA_TELEGRAM_API_URL", .baseURL, default: "https://api.telegram.org",
        "Base of the Bot API.")

    // MARK: Twilio

    static let twilioAccountSID = Setting(
        "twilio.account_sid", "TWILIO_ACCOUNT_SID",
        .identifier("an account SID, AC followed by letters and digits", prefix: "AC"), needed: .channel,
        example: "AC00000000000000000000000000000000", "Account that owns the number.")
    static let twilioAuthToken = Setting.secret(
        "twilio.auth_token", "TWILIO_AUTH_TOKEN", .token(), needed: .channel, example: "<auth token>",
        "Auth token of the account; signs webhooks and authorises sending.")
    static let twilioAuthTokenPrevious = Setting.secret(
        "twilio.auth_token_previous", "TWILIO_AUTH_TOKEN_PREVIOUS", .token(), example: "<auth token>",
        "The token before a rotation; webhooks signed with it are still taken while it is set.")
    static let twilioSharedKey = Setting.secret(
        "twilio.shared_key", "TWILIO_SHARED_KEY", .twilioSharedKey, example: "<key id>:<secret>",
        "Shared key of Twilio's newer signatures (HMAC_SHA256); while it is set, only they are taken.")
    static let twilioFrom = Setting(
        "twilio.from", "TWILIO_FROM", .senderNumber, needed: .channel, example: "+15550100",
        "Number that messages come from.")
    static let twilioAPIURL = Setting(
        "twilio.api_url", "LOLA_TWILIO_API_URL", .baseURL, default: "https://api.twilio.com", "Base of the Twilio API.")

    // MARK: Resend

    static let resendAPIKey = Setting.secret(
        "resend.api_key", "RESEND_API_KEY", .token(), needed: .channel, example: "re_<key>", "API key that sends mail.")
    static let resendWebhookSecret = Setting.secret(
        "resend.webhook_secret", "RESEND_WEBHOOK_SECRET", .webhookSecret, needed: .channel, example: "whsec_<base64>",
        "Signing secret of the webhook.")
    static let resendFrom = Setting(
        "resend.from", "RESEND_FROM", .mailbox, needed: .channel, example: "Lola <lola@bank.example>",
        "Address that mail comes from.")
    static let resendAPIURL = Setting(
        "resend.api_url", "LOLA_RESEND_API_URL", .baseURL, default: "https://api.resend.com", "Base of the Resend API.")

    static let channels: [SettingDefinition] = [
        whatsappToken.definition, whatsappPhoneNumberID.definition, whatsappVerifyToken.definition,
        whatsappAppSecret.definition, whatsappAppSecretPrevious.definition, whatsappAPIURL.definition,
        telegramToken.definition, telegramSecret.definition, telegramAPIURL.definition, twilioAccountSID.definition,
        twilioAuthToken.definition, twilioAuthTokenPrevious.definition, twilioSharedKey.definition,
        twilioFrom.definition, twilioAPIURL.definition, resendAPIKey.definition, resendWebhookSecret.definition,
        resendFrom.definition, resendAPIURL.definition,
    ]

    // MARK: Agents

    static let agentURLs: [(name: AgentName, setting: Setting<WebURL>)] = [
        (.onboarding, agent("onboarding", "LOLA_AGENT_ONBOARDING_URL", "senders the bank does not know")),
        (.senderHome, agent("sender_home", "LOLA_AGENT_SENDER_HOME_URL", "verified senders")),
        (.blocked, agent("blocked", "LOLA_AGENT_BLOCKED_URL", "blocked senders")),
        (.pendingCIP, agent("pending_cip", "LOLA_AGENT_PENDING_CIP_URL", "senders whose verification is pending")),
        (
            .serviceUnavailable,
            agent(
                "service_unavailable", "LOLA_AGENT_SERVICE_UNAVAILABLE_URL", "everybody while the check cannot be made")
        ),
    ]
    static let agentTimeout = Setting(
        "agents.timeout", "LOLA_AGENTS_TIMEOUT", .duration(.milliseconds(100), .minutes(5)), default: "30s",
        "How long an agent may take to answer.")
    static let agentRetry = Setting(
        "agents.retry", "LOLA_AGENTS_RETRY", .durations(.milliseconds(1), .hours(1), atMost: 10),
        default: "1s,5s,30s,2m",
        "Waits before each new attempt at an agent or a delivery (±20 %); then the message is dead-lettered."
    )

    private static func agent(_ name: String, _ variable: String, _ whom: String) -> Setting<WebURL> {
        Setting(
            "agents.\(name).url", variable, .endpointURL, absence: "built-in scripted agent",
            example: "https://agents.bank.example/\(name)", "Agent that answers \(whom).")
    }

    // MARK: Callbacks, sessions, widgets

    static let callbackEncryptionKeys = Setting.secret(
        "callback.encryption_keys", "LOLA_CALLBACK_ENCRYPTION_KEYS", .keyring, needed: .always,
        example: "k1:<64 hex digits>",
        "Keys that encrypt callback links: the first makes new ones, all open old ones.")
    static let callbackSigningKeys = Setting.secret(
        "callback.signing_keys", "LOLA_CALLBACK_SIGNING_KEYS", .keyring, needed: .always, example: "k1:<64 hex digits>",
        "Keys that sign callback links: the first signs, all verify.")
    static let callbackTTL = Setting(
        "callback.ttl", "LOLA_CALLBACK_TTL", .duration(.seconds(1), .hours(2)), default: "2h",
        "How long a callback link can be used.")
    static let jwtPrivateKey = Setting.secret(
        "session.private_key", "LOLA_JWT_PRIVATE_KEY", .privateKey, needed: .always, example: "<PEM>",
        "P-256 key that signs session tokens (ES256). Line ends may be written as `\\n`.")
    static let jwtPreviousKeys = Setting.secret(
        "session.previous_keys", "LOLA_JWT_PREVIOUS_KEYS", .publishedKeys, example: "<PEM>",
        "Earlier keys, private or public, that stay in the JWKS until their tokens have expired.")
    static let sessionTTL = Setting(
        "session.ttl", "LOLA_SESSION_TTL", .duration(.seconds(1), .minutes(60)), default: "15m",
        "How long a session token of a widget is good.")
    static let cipServicesURL = Setting(
        "session.cip_services_url", "LOLA_CIP_SERVICES_URL", .endpointURL, example: "https://cip.bank.example",
        "Handed to widgets: where the identity verification services are.")
    static let themeURL = Setting(
        "session.theme_url", "LOLA_THEME_URL", .endpointURL, example: "https://static.bank.example/lola.json",
        "Handed to widgets: where the bank's colours are. The built-in ones read the JSON of docs/WIDGETS.md.")
    static let widgetCIPURL = Setting(
        "widgets.cip.url", "LOLA_WIDGET_CIP_URL", .endpointURL, absence: "built-in widget",
        example: "https://widgets.bank.example/cip", "The bank's own widget for identity verification.")
    static let widgetCardURL = Setting(
        "widgets.card.url", "LOLA_WIDGET_CARD_URL", .endpointURL, absence: "built-in widget",
        example: "https://widgets.bank.example/card", "The bank's own widget for card authorisation.")
    static let widgetOperations = Setting(
        "widgets.operations", "LOLA_WIDGET_OPERATIONS", .ownWidgets, default: "",
        "Further operations of tickets, each with the bank's own widget for it.")
    static let widgetVaultKey = Setting(
        "widgets.vault_public_key", "LOLA_VAULT_PUBLIC_KEY", .vaultKey, absence: "the built-in card widget is closed",
        example: #"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","#
            + #""y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}"#,
        "The card vault's public key. The built-in card widget seals card numbers to it in the browser.")

    static let conversations: [SettingDefinition] =
        agentURLs.map(\.setting.definition) + [
            agentTimeout.definition, agentRetry.definition, callbackEncryptionKeys.definition,
            callbackSigningKeys.definition, callbackTTL.definition, jwtPrivateKey.definition,
            jwtPreviousKeys.definition, sessionTTL.definition, cipServicesURL.definition, themeURL.definition,
            widgetCIPURL.definition, widgetCardURL.definition, widgetOperations.definition,
            widgetVaultKey.definition,
        ]
}
