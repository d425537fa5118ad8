// Settings of the simulated gateway, through the real loader. The signing key is made once per test process: its
// octets differ between processes and are never part of a trace, their lengths are always the same.

@testable import LolaCore

enum SimSettings {
    static let phoneNumberID = "106540352242922"
    static let appSecret = "5d6f0a1b2c3d4e5f60718293a4b5c6d7"
    static let verifyToken = "verify-token-of-the-simulation"
    static let telegramToken = "7000000001:AAsimulatedTokenOfTheBot0123456789ab"
    static let telegramSecret = "telegram_secret_of_the_simulation_0123456789"
    static let whatsappToken = "EAAsimulatedAccessToken0123456789"
    static let orchestratorToken = "orchestrator-token-of-the-simulation-0123456789"

    private static let signingKey: String = (try? ES256PrivateKey.generatePEM().text) ?? ""

    static let base: [String: String] = [
        "LOLA_LISTEN": "127.0.0.1:8080",
        "LOLA_MANAGEMENT_LISTEN": "127.0.0.1:9090",
        "LOLA_PUBLIC_URL": "https://chat.bank.example",
        "LOLA_DATA_KEY": String(repeating: "1b", count: 32),
        "LOLA_CALLBACK_ENCRYPTION_KEYS": "a:" + String(repeating: "2c", count: 32),
        "LOLA_CALLBACK_SIGNING_KEYS": "a:" + String(repeating: "3d", count: 32),
        "LOLA_JWT_PRIVATE_KEY": signingKey,
        "ORCHESTRATOR_SECURITY_TOKEN": orchestratorToken,
        "LOLA_IDENTITY_URL": "http://identity.internal/v1/senders/{phone}",
        "TOKEN_WHATSAPP": whatsappToken,
        "PHONE_NUMBER_ID": phoneNumberID,
        "VERIFY_TOKEN_WHATSAPP": verifyToken,
        "LOLA_WHATSAPP_APP_SECRET": appSecret,
        "LOLA_WHATSAPP_API_URL": "http://graph.internal/v23.0",
        "TELEGRAM_TOKEN": telegramToken,
        "LOLA_TELEGRAM_SECRET": telegramSecret,
        "LOLA_TELEGRAM_API_URL": "http://telegram.internal",
        "LOLA_AGENT_ONBOARDING_URL": "http://agents.internal/onboarding",
        "LOLA_AGENT_SENDER_HOME_URL": "http://agents.internal/sender_home",
        "LOLA_AGENT_BLOCKED_URL": "http://agents.internal/blocked",
        "LOLA_AGENT_PENDING_CIP_URL": "http://agents.internal/pending_cip",
        "LOLA_AGENT_SERVICE_UNAVAILABLE_URL": "http://agents.internal/service_unavailable",
        "LOLA_AGENTS_TIMEOUT": "5s",
        "LOLA_AGENTS_RETRY": "1s,5s,30s,120s",
    ]

    static func load(_ environment: [String: String]) throws -> Settings {
        var sources = SettingsSources()
        sources.environment = base.merging(environment) { $1 }
        return try Settings.load(mode: .serve, sources, checks: SettingsSource.checks)
    }
}
