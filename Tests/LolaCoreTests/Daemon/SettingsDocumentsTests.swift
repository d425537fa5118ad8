// The files made from the settings table, kept equal to it.
import Foundation
import Testing

@testable import LolaCore

@Suite("Files made from the settings table")
struct SettingsDocumentsTests {
    @Test(
        "the file in the repository is what the table makes", arguments: ["docs/CONFIGURATION.md", "config/lola.json5"])
    func isCurrent(path: String) throws {
        let made = path.hasSuffix(".md") ? SettingsDocuments.reference() : SettingsDocuments.sample()
        let url = Vectors.packageRoot.appendingPathComponent(path)
        if ProcessInfo.processInfo.environment["LOLA_REGENERATE"] == "1" {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(made.utf8).write(to: url)
        }
        let held = try String(contentsOf: url, encoding: .utf8)
        #expect(
            held == made,
            "\(path) is old: run LOLA_REGENERATE=1 swift test --filter SettingsDocumentsTests and commit it")
    }

    @Test("the default file is accepted and changes nothing")
    func sampleIsTheDefault() throws {
        let plain = try SettingsFixture.load()
        let filed = try SettingsFixture.load(file: SettingsDocuments.sample())
        #expect(
            filed.effective.map { [$0.key, $0.value.filter { $0 != " " }] }
                == plain.effective.map { [$0.key, $0.value] })
        #expect(filed.whatsapp == nil && filed.telegram == nil && filed.twilio == nil && filed.resend == nil)
        let given = filed.effective.filter { $0.source.hasPrefix("lola.json5:") }.map(\.key)
        #expect(given == SettingsTable.all.filter { $0.defaultText != nil }.map(\.key))
    }

    @Test("every example of a setting that is no secret is accepted in the file and in the environment")
    func examples() throws {
        let rows = SettingsTable.all.filter { !$0.isSecret && $0.defaultText == nil }
        let commented = SettingsDocuments.sample().split(separator: "\n").map { line in
            rows.contains { line.contains("// \($0.key.split(separator: ".").last ?? ""): ") }
                ? line.replacing("// ", with: "", maxReplacements: 1) : line
        }.joined(separator: "\n")
        let webhook = ["LOLA_ALERT_WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="]
        let everything = SettingsFixture.merged(SettingsFixture.everyChannel, webhook)
        let whole = try SettingsFixture.load(everything, file: commented)
        for row in rows {
            let source = whole.effective.first { $0.key == row.key }?.source
            #expect(source == row.variable || source?.hasPrefix("lola.json5:") == true, "\(row.key) is not in the file")
        }
        let environment = Dictionary(
            uniqueKeysWithValues: SettingsTable.all.filter { !$0.isSecret }.map { ($0.variable, $0.example) })
        #expect(SettingsFixture.problems(everything.merging(environment) { $1 }) == [])
    }

    @Test("names in the table are unique, and every row says something")
    func table() {
        let rows = SettingsTable.all
        #expect(Set(rows.map(\.key)).count == rows.count)
        #expect(Set(rows.map(\.variable)).count == rows.count)
        let flags = rows.compactMap(\.flag)
        #expect(Set(flags).count == flags.count)
        for row in rows {
            #expect(row.sentence.hasSuffix("."))
            #expect(!row.expected.isEmpty && !row.expected.contains("|") && !row.example.contains("|"))
            #expect(row.variable.utf8.allSatisfy { ASCII.isUpper($0) || ASCII.isDigit($0) || $0 == 0x5F })
            #expect(!row.variable.hasSuffix("_FILE") || !row.isSecret)
            #expect(!(row.isSecret && row.defaultText != nil))
        }
    }

    @Test(
        "the variables of the contract exist",
        arguments: [
            "LOLA_LISTEN", "LOLA_PUBLIC_URL", "LOLA_TRUSTED_PROXIES", "LOLA_LOOPS", "LOLA_TLS_CERTIFICATE_FILE",
            "LOLA_TLS_KEY_FILE", "LOLA_MANAGEMENT_LISTEN", "LOLA_DATA_DIR", "LOLA_DATA_KEY", "LOLA_STORE", "REDIS_URL",
            "LOLA_IDENTITY_URL", "LOLA_IDENTITY_TOKEN", "LOLA_IDENTITY_TIMEOUT", "LOLA_IDENTITY_NOT_FOUND",
            "LOLA_PIPELINE_MIDDLEWARE", "ACTIVE_COMMANDS", "LOLA_COMMANDS_ALLOWED", "ALLOWED_NUMBERS_WHATSAPP",
            "LOLA_ALLOWED_NUMBERS", "TOKEN_WHATSAPP", "PHONE_NUMBER_ID", "VERIFY_TOKEN_WHATSAPP",
            "LOLA_WHATSAPP_APP_SECRET",
            "LOLA_WHATSAPP_APP_SECRET_PREVIOUS", "LOLA_WHATSAPP_API_URL", "TELEGRAM_TOKEN", "LOLA_TELEGRAM_SECRET",
            "LOLA_TELEGRAM_API_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM", "LOLA_TWILIO_API_URL",
            "RESEND_API_KEY", "RESEND_WEBHOOK_SECRET", "RESEND_FROM", "LOLA_RESEND_API_URL",
            "LOLA_AGENT_ONBOARDING_URL",
            "LOLA_AGENT_SENDER_HOME_URL", "LOLA_AGENT_BLOCKED_URL", "LOLA_AGENT_PENDING_CIP_URL",
            "LOLA_AGENT_SERVICE_UNAVAILABLE_URL", "LOLA_CALLBACK_ENCRYPTION_KEYS", "LOLA_CALLBACK_SIGNING_KEYS",
            "LOLA_CALLBACK_TTL", "LOLA_JWT_PRIVATE_KEY", "LOLA_JWT_PREVIOUS_KEYS", "LOLA_SESSION_TTL",
            "LOLA_CIP_SERVICES_URL",
            "LOLA_THEME_URL", "LOLA_WIDGET_CIP_URL", "LOLA_WIDGET_CARD_URL", "ORCHESTRATOR_SECURITY_TOKEN", "DEMO_MODE",
            "CREDENTIALS_ENCRYPTION_KEY", "HTTP_RATE_LIMIT_PER_IP", "HTTP_RATE_LIMIT_GLOBAL",
            "LOLA_WIDGET_RATE_LIMIT_PER_IP",
            "DEFAULT_MAX_ACTIONS_PER_MINUTE", "DEFAULT_MAX_ACTIONS_PER_HOUR", "DEFAULT_MAX_ACTIONS_PER_DAY",
            "DEFAULT_MAX_CALLS_PER_DAY_SAME_NUMBER", "DEFAULT_MAX_SPEND_PER_DAY", "DEFAULT_MAX_SPEND_PER_MONTH",
            "ADMIN_IP_ALLOWLIST", "IP_DENYLIST", "LOLA_CONTENT_FILTER", "LOLA_QUIET_HOURS",
        ])
    func contract(variable: String) {
        #expect(SettingsFixture.row(variable) != nil)
    }
}
