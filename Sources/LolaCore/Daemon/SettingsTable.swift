// THE table of settings: names, types, ranges, defaults and what each one does. Parsing, unknown-name detection,
// `docs/CONFIGURATION.md`, `config/lola.json5` and `config print` are all made from these rows.
// To add a setting: one row here or in SettingsTableChannels, its name in `all`, its field in Settings.

enum SettingsTable {
    // MARK: server

    static let listen = Setting(
        "server.listen", "LOLA_LISTEN", .address, default: "127.0.0.1:8080", flag: "listen",
        "Where the public listener accepts connections. `0.0.0.0:8080` accepts them on every interface.")
    static let publicURL = Setting(
        "server.public_url", "LOLA_PUBLIC_URL", .baseURL, flag: "public-url", needed: .always,
        example: "https://chat.bank.example",
        "How the world reaches the gateway. Links, callbacks, session tokens and Twilio signatures are built on it.")
    static let trustedProxies = Setting(
        "server.trusted_proxies", "LOLA_TRUSTED_PROXIES", .trustedBlocks, default: "", example: "10.0.0.0/8,192.0.2.7",
        "Proxies whose `X-Forwarded-For` is believed, walked from the right.")
    static let loops = Setting(
        "server.loops", "LOLA_LOOPS", .count(1...256), absence: "one per core", flag: "loops", example: "4",
        "Number of event loops, each with its own listener queue.")
    static let tlsCertificateFile = Setting(
        "server.tls.certificate_file", "LOLA_TLS_CERTIFICATE_FILE", .path, absence: "no native TLS",
        example: "/etc/lola/tls/chain.pem",
        "PEM file with the certificate chain. With the key file it switches native TLS 1.2 and 1.3 on.")
    static let tlsKeyFile = Setting(
        "server.tls.key_file", "LOLA_TLS_KEY_FILE", .path, absence: "no native TLS", example: "/etc/lola/tls/key.pem",
        "PEM file with the private key of the certificate.")

    // MARK: management

    static let managementListen = Setting(
        "management.listen", "LOLA_MANAGEMENT_LISTEN", .address, default: "127.0.0.1:9090", flag: "management-listen",
        "Where metrics, probes and administration are served. Keep it off the public network.")
    static let orchestratorToken = Setting.secret(
        "management.orchestrator_token", "ORCHESTRATOR_SECURITY_TOKEN", .token(32...4_096), needed: .always,
        example: "at least 32 random characters",
        "Opens the management surface to its operators and commands.")
    static let demoMode = Setting(
        "management.demo_mode", "DEMO_MODE", .flag, default: "false",
        "Bypasses authentication of the agent and admin surface and mocks the providers. Loopback listeners only.")

    // MARK: data and store

    static let dataDirectory = Setting(
        "data.dir", "LOLA_DATA_DIR", .path, default: "./data", flag: "data-dir",
        "Folder of everything that is kept on disk.")
    static let dataKeys = Setting.secret(
        "data.key", "LOLA_DATA_KEY", .hexKeys, needed: .always, example: "<64 hex digits>",
        """
        Seals everything of a sender at rest with AES-256-GCM. To rotate, put the new key first and keep the old one \
        behind a comma: the first seals, all open.
        """)
    static let storeKind = Setting(
        "store.kind", "LOLA_STORE", SettingGrammar<StoreKind>.choice, default: "embedded",
        "Where state lives: in this process and its data folder, or in a Redis shared by several machines.")
    static let redisURL = Setting.secret(
        "store.redis.url", "REDIS_URL", .redisURL, absence: "required by `store.kind: redis`",
        example: "redis://lola:<password>@redis.internal:6379/0", "Address of the Redis.")
    static let redisAcceptLoss = Setting(
        "store.redis.accept_loss", "LOLA_STORE_REDIS_ACCEPT_LOSS", .flag, default: "false",
        "Accepts a Redis that may lose its last second (`appendfsync everysec` or no persistence).")

    // MARK: identity and pipeline

    static let identityURL = Setting(
        "identity.url", "LOLA_IDENTITY_URL", .identityURL, needed: .always,
        example: "https://identity.bank.example/v1/senders?phone={phone}",
        "The bank's identity service. `{phone}` becomes the percent-encoded E.164 number.")
    static let identityToken = Setting.secret(
        "identity.token", "LOLA_IDENTITY_TOKEN", .token(), example: "<token>",
        "Sent to the identity service as `Authorization: Bearer`.")
    static let identityTimeout = Setting(
        "identity.timeout", "LOLA_IDENTITY_TIMEOUT", .duration(.milliseconds(10), .seconds(30)), default: "3s",
        "How long the identity service may take, connecting included. Later counts as unavailable.")
    static let identityNotFound = Setting(
        "identity.not_found", "LOLA_IDENTITY_NOT_FOUND", SettingGrammar<IdentityNotFound>.choice,
        default: "unavailable",
        "What an answer 404 means: a wrong address (`unavailable`) or an unknown sender (`onboarding`).")
    static let middleware = Setting(
        "pipeline.middleware", "LOLA_PIPELINE_MIDDLEWARE", .middleware,
        default: "channel_access,commands_auth,phone_normalization,identity,contact_decoding",
        "The checks a message passes before an agent is chosen, in order.")
    static let commandsActive = Setting(
        "commands.active", "ACTIVE_COMMANDS", .flag, default: "true",
        "Whether messages that begin with a slash are treated as commands at all.")
    static let commandsAllowed = Setting(
        "commands.allowed", "LOLA_COMMANDS_ALLOWED", .commands, default: "/info,/new,/payers",
        "Commands that may reach an agent; others are answered with a refusal.")
    static let allowedWhatsApp = Setting(
        "channel_access.allowed_whatsapp", "ALLOWED_NUMBERS_WHATSAPP", .numbers, default: "", example: "+15550100",
        "Numbers that may write on WhatsApp. Empty lets everybody in.")
    static let allowedAll = Setting(
        "channel_access.allowed_all", "LOLA_ALLOWED_NUMBERS", .numbers, default: "", example: "+15550100,+525550100",
        "Numbers that may write on any channel. Empty lets everybody in.")

    // MARK: protection

    static let httpPerIP = limit(
        "limits.http.per_ip", "HTTP_RATE_LIMIT_PER_IP", 1, "60",
        "Requests per minute of one address to agent, admin and MCP routes.")
    static let httpGlobal = limit(
        "limits.http.global", "HTTP_RATE_LIMIT_GLOBAL", 1, "100",
        "Requests per minute of all addresses to agent, admin and MCP routes.")
    static let widgetPerIP = limit(
        "limits.widget.per_ip", "LOLA_WIDGET_RATE_LIMIT_PER_IP", 1, "120",
        "Requests per minute of one address to widget and callback routes.")
    static let actionsPerMinute = limit(
        "limits.agent.per_minute", "DEFAULT_MAX_ACTIONS_PER_MINUTE", 0, "10",
        "Sends and calls an agent may start in a minute.")
    static let actionsPerHour = limit(
        "limits.agent.per_hour", "DEFAULT_MAX_ACTIONS_PER_HOUR", 0, "100", "The same in an hour.")
    static let actionsPerDay = limit(
        "limits.agent.per_day", "DEFAULT_MAX_ACTIONS_PER_DAY", 0, "500", "The same in a day.")
    static let callsSameNumber = limit(
        "limits.agent.calls_per_day_same_number", "DEFAULT_MAX_CALLS_PER_DAY_SAME_NUMBER", 0, "2",
        "Calls to one number in a day.")
    static let spendPerDay = Setting(
        "limits.agent.spend_per_day", "DEFAULT_MAX_SPEND_PER_DAY", .dollars, default: "10",
        "What an agent may spend in a day.")
    static let spendPerMonth = Setting(
        "limits.agent.spend_per_month", "DEFAULT_MAX_SPEND_PER_MONTH", .dollars, default: "100",
        "What an agent may spend in a month.")
    static let adminAllowlist = Setting(
        "ip_filters.admin_allowlist", "ADMIN_IP_ALLOWLIST", .blocks, default: "", example: "10.20.0.0/16",
        "Addresses that may use the administration. Empty leaves it to the token alone.")
    static let denylist = Setting(
        "ip_filters.denylist", "IP_DENYLIST", .blocks, default: "", example: "203.0.113.0/24",
        "Addresses that are refused on every route, webhooks included.")
    static let credentialsKeys = Setting.secret(
        "credentials.encryption_key", "CREDENTIALS_ENCRYPTION_KEY", .hexKeys, absence: "no stored credentials",
        example: "<64 hex digits>",
        """
        Seals provider credentials that are registered at run time, with AES-256-GCM. To rotate, put the new key first \
        and keep the old one behind a comma, then run `lola credentials rotate`.
        """)
    static let contentFilter = Setting(
        "compliance.content_filter", "LOLA_CONTENT_FILTER", .onOff, default: "on",
        "Whether what agents send is searched for forbidden content.")
    static let callingHours = Setting(
        "compliance.quiet_hours", "LOLA_QUIET_HOURS", .callingHours, default: "8-21",
        "Hours of the recipient's day in which calls are allowed: from the first up to the second. `off` disables it.")

    private static func limit(
        _ key: String, _ variable: String, _ least: Int, _ standard: String, _ sentence: String
    ) -> Setting<Int> {
        Setting(key, variable, .count(least...1_000_000), default: standard, sentence)
    }

    // MARK: All rows, in the order of the documentation

    static let all: [SettingDefinition] =
        [
            listen.definition, publicURL.definition, trustedProxies.definition, loops.definition,
            tlsCertificateFile.definition, tlsKeyFile.definition, managementListen.definition,
            orchestratorToken.definition, demoMode.definition, dataDirectory.definition, dataKeys.definition,
            storeKind.definition, redisURL.definition, redisAcceptLoss.definition, identityURL.definition,
            identityToken.definition, identityTimeout.definition, identityNotFound.definition, middleware.definition,
            commandsActive.definition, commandsAllowed.definition, allowedWhatsApp.definition, allowedAll.definition,
        ] + channels + conversations + [
            httpPerIP.definition, httpGlobal.definition, widgetPerIP.definition, actionsPerMinute.definition,
            actionsPerHour.definition, actionsPerDay.definition, callsSameNumber.definition, spendPerDay.definition,
            spendPerMonth.definition, adminAllowlist.definition, denylist.definition, credentialsKeys.definition,
            contentFilter.definition, callingHours.definition,
        ] + watch
}

/// The word in `store.kind`.
enum StoreKind: String, CaseIterable, Sendable { case embedded, redis }
