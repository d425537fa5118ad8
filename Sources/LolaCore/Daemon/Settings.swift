// The settings of one process: typed, checked, immutable. Built once by `Settings.load` (SettingsLoader.swift) from
// flags, environment and file; read on every thread; replaced whole on reload, never changed in place.
// What each key means, its default and its range stand in one place only: SettingsTable.

/// Everything an operator may decide. An optional section that is nil is switched off.
struct Settings: Sendable {
    /// Who asks: `dev` takes the caller's generated values for what is not set, `serve` refuses.
    enum Mode: String, Sendable { case serve, dev }

    let mode: Mode
    let server: ServerSettings
    let management: ManagementSettings
    let data: DataSettings
    let store: StoreSettings
    let identity: IdentitySettings
    let pipeline: PipelineSettings
    let commands: CommandSettings
    let channelAccess: ChannelAccessSettings
    let whatsapp: WhatsAppSettings?
    let telegram: TelegramSettings?
    let twilio: TwilioSettings?
    let resend: ResendSettings?
    let agents: AgentSettings
    let callback: CallbackSettings
    let session: SessionSettings
    let widgets: WidgetSettings
    /// Opens the management surface; at least 32 visible characters.
    let orchestratorToken: SecretBytes
    /// Authentication of the agent and admin surface is bypassed and providers are mocks. Loopback listeners only.
    let demoMode: Bool
    /// Keys of 32 octets that seal provider credentials: the first seals, all open. Empty when there is none.
    let credentialsKeys: [SecretBytes]
    let httpLimits: HTTPLimitSettings
    let agentLimits: AgentLimitSettings
    let ipFilters: IPFilterSettings
    let compliance: ComplianceSettings
    let watch: WatchSettings
    /// Every setting with its value as text (secrets as `***`) and where it came from, in the order of the table.
    let effective: [EffectiveSetting]

    /// Whether any address that messages lead to is one of https: its authorities will be needed.
    var callsHTTPS: Bool {
        let channels = [whatsapp?.apiURL, telegram?.apiURL, twilio?.apiURL, resend?.apiURL].compactMap { $0 }
        return ([identity.url.origin] + channels + agents.urls.values).contains { $0.scheme == .https }
    }
}

struct ServerSettings: Sendable {
    let listen: SocketAddressText
    /// How the world reaches us; links, callbacks, token issuer and Twilio signatures are built on it.
    let publicURL: WebURL
    /// Peers whose `X-Forwarded-For` is believed, walked from the right.
    let trustedProxies: [CIDR]
    /// Number of event loops; nil means one per core.
    let loops: Int?
    /// Native TLS; nil when a proxy terminates it.
    let tls: TLSFileSettings?
}

/// Paths of PEM files. The daemon reads them; settings stay free of I/O.
struct TLSFileSettings: Sendable {
    let certificateFile: String
    let keyFile: String
}

struct ManagementSettings: Sendable {
    let listen: SocketAddressText
}

struct DataSettings: Sendable {
    let directory: String
    /// Keys of 32 octets: the first seals, all open. Never empty.
    let keys: [SecretBytes]
}

struct StoreSettings: Sendable {
    let engine: StoreEngine
    /// The operator accepts that a Redis without `appendfsync always` may lose the last second.
    let acceptLoss: Bool
}

enum StoreEngine: Sendable {
    case embedded
    case redis(RedisURL)
}

struct IdentitySettings: Sendable {
    let url: IdentityTemplate
    /// Sent as `Authorization: Bearer …` when set.
    let token: SecretBytes?
    let timeout: Interval
    let notFound: IdentityNotFound
}

/// What an answer 404 of the identity service means: not to be trusted, or a sender nobody knows.
enum IdentityNotFound: String, CaseIterable, Sendable { case unavailable, onboarding }

struct PipelineSettings: Sendable {
    let middleware: [MiddlewareName]
}

struct CommandSettings: Sendable {
    let active: Bool
    /// Command words with their slash, as the operator wrote them: `/info`.
    let allowed: [String]
}

/// Sender numbers that may write, as written but trimmed; an empty list lets everybody in.
struct ChannelAccessSettings: Sendable {
    let allowedWhatsApp: [String]
    let allowedAll: [String]
}

struct WhatsAppSettings: Sendable {
    let accessToken: SecretBytes
    let phoneNumberID: String
    let verifyToken: SecretBytes
    /// Secrets that sign webhooks: the current one, then the previous one when it is set.
    let appSecrets: [SecretBytes]
    let apiURL: WebURL
}

/// `<bot id>:<secret>`, as the Bot API hands it out.
struct TelegramToken: Sendable {
    /// The digits before the colon; not secret.
    let botID: String
    /// The whole token.
    let secret: SecretBytes
}

struct TelegramSettings: Sendable {
    let token: TelegramToken
    /// What `X-Telegram-Bot-Api-Secret-Token` must carry.
    let secret: SecretBytes
    let apiURL: WebURL
}

struct TwilioSettings: Sendable {
    let accountSID: String
    /// Tokens that sign webhooks: the current one, which also authorises sending, then the previous one when it is set.
    let authTokens: [SecretBytes]
    /// When it is set, only webhooks signed with it are taken.
    let sharedKey: TwilioSharedKey?
    let from: String
    let apiURL: WebURL
}

struct ResendSettings: Sendable {
    let apiKey: SecretBytes
    /// The octets of the signing secret, base64 decoded, without its `whsec_` prefix.
    let webhookSecret: SecretBytes
    let from: String
    let apiURL: WebURL
}

struct AgentSettings: Sendable {
    /// An agent that is absent here is the built-in scripted one.
    let urls: [AgentName: WebURL]
    let timeout: Interval
    /// Waits before each retry; after the last one the delivery is dead-lettered.
    let retry: [Interval]
}

/// One key of a rotation list.
struct KeyringEntry: Sendable {
    let id: String
    /// 32 octets.
    let secret: SecretBytes
}

struct CallbackSettings: Sendable {
    /// The first makes, all open. Never empty.
    let encryptionKeys: [KeyringEntry]
    let signingKeys: [KeyringEntry]
    let ttl: Interval
}

struct SessionSettings: Sendable {
    let ttl: Interval
    let cipServicesURL: WebURL?
    let themeURL: WebURL?
    /// P-256 PEM that signs session tokens.
    let jwtPrivateKey: SecretBytes
    /// PEMs, public or private, that stay in the JWKS.
    let jwtPreviousKeys: [SecretBytes]
}

/// The bank's own widgets; nil means the built-in page.
struct WidgetSettings: Sendable {
    let cipURL: WebURL?
    let cardURL: WebURL?
    /// Of operations that have no built-in page.
    let own: [OwnWidget]
    /// What the built-in card widget seals to; without it that widget asks for nothing.
    let vaultKey: VaultKey?

    /// All of the bank's own.
    var urls: [OwnWidget] {
        let both = [("cip", cipURL), ("card", cardURL)].compactMap { name, url in
            url.map { OwnWidget(operation: name, url: $0) }
        }
        return both + own
    }

    var operations: TicketOperations { TicketOperations(own: own.map { [UInt8](text: $0.operation) }) }
}

/// Where the bank's own widget of an operation is.
struct OwnWidget: Hashable, Sendable {
    let operation: String
    let url: WebURL
}

/// Requests per minute.
struct HTTPLimitSettings: Sendable {
    let perIP: Int
    let global: Int
    let widgetPerIP: Int
}

/// What an agent may do by itself unless its own limits say otherwise.
struct AgentLimitSettings: Sendable {
    let actionsPerMinute: Int
    let actionsPerHour: Int
    let actionsPerDay: Int
    let callsPerDaySameNumber: Int
    let spendPerDay: DollarAmount
    let spendPerMonth: DollarAmount
}

struct IPFilterSettings: Sendable {
    /// Empty lets every address try its credentials.
    let adminAllowlist: [CIDR]
    /// Refused on every route.
    let denylist: [CIDR]
}

struct ComplianceSettings: Sendable {
    let contentFilter: Bool
    /// When calls are allowed at the recipient; nil switches the rule off.
    let callingHours: CallingHours?
}

/// What watches over the gateway.
struct WatchSettings: Sendable {
    /// Keys of 32 octets that sign the audit trail; empty when the derived one does.
    let auditKeys: [SecretBytes]
    let alertWebhook: AlertWebhookSettings?
    /// How long an incident that goes on is told once only.
    let alertCoolDown: Interval
    let anomalies: AnomalyThresholds
}

struct AlertWebhookSettings: Sendable {
    let url: WebURL
    /// The octets of the secret, base64 decoded, without its `whsec_` prefix.
    let secret: SecretBytes
}

/// One line of `lola config print`.
struct EffectiveSetting: Hashable, Sendable {
    let key: String
    let variable: String
    /// `***` for a secret that is set, empty for a setting without a value.
    let value: String
    /// `flag --listen`, `LOLA_LISTEN`, `config/lola.json5:12`, `generated` or `default`.
    let source: String
}
