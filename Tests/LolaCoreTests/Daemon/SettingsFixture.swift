// A configuration that `serve` accepts, and small ways to break it.
@testable import LolaCore

enum SettingsFixture {
    static let keyA = String(repeating: "a1", count: 32)
    static let keyB = String(repeating: "b2", count: 32)
    static let pem = "-----BEGIN PRIVATE KEY-----\nTm90IGEga2V5IGF0IGFsbA==\n-----END PRIVATE KEY-----\n"
    static let publicPEM = "-----BEGIN PUBLIC KEY-----\nTm90IGEga2V5IGF0IGFsbA==\n-----END PUBLIC KEY-----\n"

    /// The least that `serve` needs.
    static let required: [String: String] = [
        "LOLA_PUBLIC_URL": "https://chat.bank.example",
        "LOLA_DATA_KEY": keyA,
        "LOLA_IDENTITY_URL": "https://identity.bank.example/senders/{phone}",
        "LOLA_CALLBACK_ENCRYPTION_KEYS": "k1:\(keyA)",
        "LOLA_CALLBACK_SIGNING_KEYS": "k1:\(keyB)",
        "LOLA_JWT_PRIVATE_KEY": pem,
        "ORCHESTRATOR_SECURITY_TOKEN": "0123456789abcdef0123456789abcdef",
    ]

    static let whatsapp: [String: String] = [
        "TOKEN_WHATSAPP": "EAAG-token", "PHONE_NUMBER_ID": "106540352242922", "VERIFY_TOKEN_WHATSAPP": "verify-me",
        "LOLA_WHATSAPP_APP_SECRET": "app-secret",
    ]
    static let telegram: [String: String] = [
        "TELEGRAM_TOKEN": "123456:AAE-token_1", "LOLA_TELEGRAM_SECRET": "telegram-secret_0",
    ]
    static let twilio: [String: String] = [
        "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000", "TWILIO_AUTH_TOKEN": "auth-token",
        "TWILIO_FROM": "+15550100",
    ]
    static let resend: [String: String] = [
        "RESEND_API_KEY": "re_key", "RESEND_WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZg==",
        "RESEND_FROM": "Lola <lola@bank.example>",
    ]
    static let everyChannel = merged(required, whatsapp, telegram, twilio, resend)

    static let checks = SettingsChecks(
        isSigningKey: { _ in true }, isVerificationKey: { _ in true },
        isPhone: { (try? PhoneNormalizer.normalize($0, .international)) != nil })

    static func merged(_ parts: [String: String]...) -> [String: String] {
        parts.reduce(into: [:]) { all, part in all.merge(part) { $1 } }
    }

    static func load(
        _ environment: [String: String] = required, file: String? = nil, flags: [String: String] = [:],
        generated: [String: String] = [:], files: [String: String] = [:], mode: Settings.Mode = .serve,
        checks: SettingsChecks = checks
    ) throws(SettingsProblems) -> Settings {
        let sources = SettingsSources(
            flags: flags, environment: environment, file: file.map { ("lola.json5", [UInt8](text: $0)) },
            generated: generated, readFile: { files[$0].map { [UInt8](text: $0) } })
        return try Settings.load(mode: mode, sources, checks: checks)
    }

    /// The problems of a configuration without what was found; none when it is accepted.
    static func problems(
        _ environment: [String: String] = required, file: String? = nil, flags: [String: String] = [:],
        files: [String: String] = [:], checks: SettingsChecks = checks
    ) -> [SettingsProblem] {
        wholeProblems(environment, file: file, flags: flags, files: files, checks: checks).map {
            SettingsProblem($0.fault, key: $0.key, source: $0.source, expected: $0.expected, nearest: $0.nearest)
        }
    }

    /// The same with everything.
    static func wholeProblems(
        _ environment: [String: String] = required, file: String? = nil, flags: [String: String] = [:],
        files: [String: String] = [:], checks: SettingsChecks = checks
    ) -> [SettingsProblem] {
        do {
            _ = try load(environment, file: file, flags: flags, files: files, checks: checks)
            return []
        } catch { return error.problems }
    }

    static func row(_ variable: String) -> SettingDefinition? {
        SettingsTable.all.first { $0.variable == variable }
    }
}
