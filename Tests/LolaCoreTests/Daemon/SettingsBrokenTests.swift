// Broken configurations: each is refused with the exact key, source and expectation, and nothing else.
import Testing

@testable import LolaCore

/// One variable set to one value that is refused.
struct BrokenVariable: Sendable, CustomTestStringConvertible {
    let variable: String
    let value: String
    let fault: SettingsFault

    var testDescription: String { "\(variable)=\(value.prefix(60))" }

    static func rows(_ variable: String, _ fault: SettingsFault, _ values: String...) -> [BrokenVariable] {
        values.map { BrokenVariable(variable: variable, value: $0, fault: fault) }
    }
}

/// One settings file that is refused, with the only problem it has.
struct BrokenFile: Sendable, CustomTestStringConvertible {
    let text: String
    let problem: SettingsProblem

    var testDescription: String { text }

    init(_ fault: SettingsFault, _ key: String, _ line: Int, _ expected: String, nearest: String? = nil, _ text: String)
    {
        self.text = text
        problem = SettingsProblem(
            fault, key: key, source: "lola.json5:\(line)", expected: expected, nearest: nearest)
    }

    /// The same, expecting what the row of the table expects.
    init(_ fault: SettingsFault, _ key: String, _ line: Int, _ text: String) {
        let row = SettingsTable.all.first { $0.key == key }
        self.init(fault, key, line, row?.expected ?? "?", text)
    }
}

@Suite("Broken configurations")
struct SettingsBrokenTests {
    static let keyA = SettingsFixture.keyA
    static let long = String(repeating: "x", count: 5_000)

    static let variables: [BrokenVariable] = [
        BrokenVariable.rows(
            "LOLA_LISTEN", .wrongValue, "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
            "127.0.0.1:+80", "127.0.0.1:080", "127.0.0.1:8080 ", " 127.0.0.1:8080", "bank.example:80", "::1:8080",
            "[::1]", "[::1:8080", "[127.0.0.1]:80", "127.0.0.01:80", "256.0.0.1:80", "127.1:80", "[::1%lo]:80",
            "127.0.0.1:８０", "2130706433:80", "*:80", "127.0.0.1:99999999999999999999"),
        BrokenVariable.rows(
            "LOLA_PUBLIC_URL", .wrongValue, "chat.bank.example", "ftp://bank.example", "https://", "https:///x",
            "https://user@bank.example", "https://user:pass@bank.example", "https://bank.example/?a=b",
            "https://bank.example#top", "https://bank.example/a b", "https://bank.example:0",
            "https://bank.example:65536",
            "https://2130706433", "https://bank..example", "https://-bank.example", "https://bank.example/%zz",
            "https://[::1", "https://bänk.example", "https://bank.example\\@evil.example", "//bank.example",
            "https://127.0.0.1.5"),
        BrokenVariable.rows(
            "LOLA_PUBLIC_URL", .insecure, "http://chat.bank", "http://8.8.8.8", "http://bank.example",
            "HTTP://bank.example:8080"),
        BrokenVariable.rows(
            "LOLA_TRUSTED_PROXIES", .wrongValue, "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/08",
            "2001:db8::1/32", "2001:db8::/129", "proxy", "10.0.0.0/8/8", "::ffff:10.0.0.0/8", ":::1",
            "1:2:3:4:5:6:7:8:9",
            "12345::", "1::2::3"),
        BrokenVariable.rows("LOLA_TRUSTED_PROXIES", .insecure, "0.0.0.0/0", "::/0", "10.0.0.0/8,::ffff:0:0/96"),
        BrokenVariable.rows("LOLA_TRUSTED_PROXIES", .empty, ",", "10.0.0.0/8,", "10.0.0.0/8,,192.0.2.1"),
        BrokenVariable.rows("LOLA_LOOPS", .wrongValue, "many", "+4", "-1", "4.0", "0x4", " 4", "４"),
        BrokenVariable.rows("LOLA_LOOPS", .outOfRange, "0", "257", "99999999999999999999"),
        BrokenVariable.rows("LOLA_MANAGEMENT_LISTEN", .wrongValue, "9090", "localhost", "127.0.0.1:9090:1"),
        BrokenVariable.rows("LOLA_DATA_DIR", .wrongValue, "data\u{7}", "./data\n", long),
        BrokenVariable.rows("LOLA_DATA_DIR", .empty, ""),
        BrokenVariable.rows(
            "LOLA_DATA_KEY", .wrongValue, "short", String(keyA.dropLast()), keyA + "0", String(keyA.dropLast()) + "g",
            "\(keyA);\(keyA)", "k1:\(keyA)"),
        BrokenVariable.rows("LOLA_DATA_KEY", .insecure, String(repeating: "0", count: 64)),
        BrokenVariable.rows("LOLA_DATA_KEY", .empty, "", "\(keyA),", ",\(keyA)"),
        BrokenVariable.rows("LOLA_STORE", .wrongValue, "memory", "Redis", "EMBEDDED", "postgres"),
        BrokenVariable.rows(
            "REDIS_URL", .wrongValue, "localhost:6379", "http://localhost", "redis://", "redis://host:0",
            "redis://host/x",
            "redis://host/99999", "redis://user:%zz@host"),
        BrokenVariable.rows("LOLA_STORE_REDIS_ACCEPT_LOSS", .wrongValue, "yes", "1", "TRUE", "True", "on"),
        BrokenVariable.rows(
            "LOLA_IDENTITY_URL", .wrongValue, "https://id.example/", "https://id.example/{phone}/{phone}",
            "https://{phone}.example/", "https://id.example{phone}", "https://id.example/{Phone}",
            "https://id.example/{phone",
            "https://u:p@id.example/{phone}", "https://id.example/#{phone}", "{phone}", "https://id.example/%{phone}"),
        BrokenVariable.rows("LOLA_IDENTITY_URL", .insecure, "http://id.bank.example/{phone}", "http://8.8.8.8/{phone}"),
        BrokenVariable.rows("LOLA_IDENTITY_TOKEN", .wrongValue, "two words", "line\nend", "naïve", long),
        BrokenVariable.rows("LOLA_IDENTITY_TOKEN", .empty, ""),
        BrokenVariable.rows(
            "LOLA_IDENTITY_TIMEOUT", .wrongValue, "3", "3 s", "s", "-3s", "3.5s", "3S", "1m30s", "3sec", "+3s"),
        BrokenVariable.rows("LOLA_IDENTITY_TIMEOUT", .outOfRange, "1ms", "0s", "31s", "1h"),
        BrokenVariable.rows("LOLA_IDENTITY_NOT_FOUND", .wrongValue, "404", "unknown", "Onboarding"),
        BrokenVariable.rows(
            "LOLA_PIPELINE_MIDDLEWARE", .wrongValue, "auth", "identity;commands_auth", "channel-access"),
        BrokenVariable.rows("LOLA_PIPELINE_MIDDLEWARE", .empty, "", "identity,", " , "),
        BrokenVariable.rows(
            "LOLA_PIPELINE_MIDDLEWARE", .conflict, "channel_access,channel_access", "identity,phone_normalization",
            "phone_normalization,contact_decoding,identity", "identity", "channel_access,commands_auth,identity"),
        BrokenVariable.rows("ACTIVE_COMMANDS", .wrongValue, "0", "no", "False", " true", "true\n"),
        BrokenVariable.rows("LOLA_COMMANDS_ALLOWED", .wrongValue, "info", "/", "/info now", "/in-fo", "//info", "/é"),
        BrokenVariable.rows("LOLA_COMMANDS_ALLOWED", .empty, "/info,,/new"),
        BrokenVariable.rows(
            "ALLOWED_NUMBERS_WHATSAPP", .wrongValue, "abc", "+1555CALLME", "12", "+15550100\u{1B}", long),
        BrokenVariable.rows("LOLA_ALLOWED_NUMBERS", .wrongValue, "+15550100;+15550101", "+0015550100x9"),
        BrokenVariable.rows("LOLA_ALLOWED_NUMBERS", .empty, "+15550100,"),
        BrokenVariable.rows("TOKEN_WHATSAPP", .wrongValue, "with space", "tab\t"),
        BrokenVariable.rows("PHONE_NUMBER_ID", .wrongValue, "../me", "1065 4035", String(repeating: "1", count: 65)),
        BrokenVariable.rows("LOLA_WHATSAPP_API_URL", .insecure, "http://graph.facebook.com"),
        BrokenVariable.rows(
            "LOLA_WHATSAPP_API_URL", .wrongValue, "https://graph.facebook.com/?v=23", "graph.facebook.com"),
        BrokenVariable.rows(
            "TELEGRAM_TOKEN", .wrongValue, "token", "123456:", ":AAE", "123456:AA:E", "12a:AAE", "1:A E"),
        BrokenVariable.rows(
            "LOLA_TELEGRAM_SECRET", .wrongValue, "dot.dot", "with space", "é", String(repeating: "s", count: 257)),
        BrokenVariable.rows("LOLA_TELEGRAM_API_URL", .insecure, "http://api.telegram.org"),
        BrokenVariable.rows("TWILIO_ACCOUNT_SID", .wrongValue, "AC", "SK123", "AC 12"),
        BrokenVariable.rows(
            "TWILIO_FROM", .wrongValue, "whatsapp:+15550100", "+1 555 0100", "+12", "123456789", "LOLA"),
        BrokenVariable.rows("RESEND_WEBHOOK_SECRET", .wrongValue, "whsec_!!!!", "whsec_MDEyMzQ1Njc4OWFiY2RlZ"),
        BrokenVariable.rows("TWILIO_SHARED_KEY", .wrongValue, "key", ":0123456789abcdef", "k k:0123456789abcdef"),
        BrokenVariable.rows("TWILIO_SHARED_KEY", .insecure, "key:", "key:short"),
        BrokenVariable.rows("RESEND_WEBHOOK_SECRET", .insecure, "whsec_", "whsec_MDEy", "MDEy"),
        BrokenVariable.rows(
            "RESEND_FROM", .wrongValue, "lola", "lola@", "@bank", "a@b@c", "a@b\r\nBcc: c@d", "Lola lola@bank"),
        BrokenVariable.rows("LOLA_AGENT_ONBOARDING_URL", .insecure, "http://agents.bank.example/"),
        BrokenVariable.rows("LOLA_AGENT_SENDER_HOME_URL", .wrongValue, "agents", "https://a@agents.bank.example"),
        BrokenVariable.rows("LOLA_AGENT_PENDING_CIP_URL", .empty, ""),
        BrokenVariable.rows("LOLA_AGENTS_TIMEOUT", .outOfRange, "99ms", "6m"),
        BrokenVariable.rows("LOLA_AGENTS_RETRY", .wrongValue, "1s,5", "fast"),
        BrokenVariable.rows("LOLA_AGENTS_RETRY", .outOfRange, "0s", "2h", "1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s"),
        BrokenVariable.rows("LOLA_AGENTS_RETRY", .empty, "1s,"),
        BrokenVariable.rows(
            "LOLA_CALLBACK_ENCRYPTION_KEYS", .wrongValue, keyA, "k1=\(keyA)", "k1:", "k1:\(keyA)00", ":\(keyA)",
            "k 1:\(keyA)",
            "kid-that-is-longer:\(keyA)"),
        BrokenVariable.rows("LOLA_CALLBACK_ENCRYPTION_KEYS", .insecure, "k1:" + String(repeating: "0", count: 64)),
        BrokenVariable.rows("LOLA_CALLBACK_SIGNING_KEYS", .conflict, "k1:\(keyA),k1:\(keyA)"),
        BrokenVariable.rows("LOLA_CALLBACK_SIGNING_KEYS", .empty, "", "k1:\(keyA),"),
        BrokenVariable.rows("LOLA_CALLBACK_TTL", .outOfRange, "121m", "3h", "7201s", "0s"),
        BrokenVariable.rows("LOLA_CALLBACK_TTL", .wrongValue, "2", "2 hours", "99999999999h", "9000000h"),
        BrokenVariable.rows("LOLA_SESSION_TTL", .outOfRange, "61m", "2h", "500ms"),
        BrokenVariable.rows(
            "LOLA_JWT_PRIVATE_KEY", .wrongValue, "/etc/key.pem", "-----BEGIN PRIVATE KEY-----",
            SettingsFixture.publicPEM,
            SettingsFixture.pem + SettingsFixture.pem, "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\n????\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nTm90\n-----END PUBLIC KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\nTm90\n-----END RSA PRIVATE KEY-----"),
        BrokenVariable.rows("LOLA_JWT_PREVIOUS_KEYS", .wrongValue, "none", SettingsFixture.pem + "rest"),
        BrokenVariable.rows("LOLA_CIP_SERVICES_URL", .insecure, "http://cip.bank.example"),
        BrokenVariable.rows("LOLA_THEME_URL", .wrongValue, "theme.css", "javascript:alert(1)", "data:text/css,x"),
        BrokenVariable.rows("LOLA_WIDGET_CIP_URL", .wrongValue, "https://widget.example/'\"><script>"),
        BrokenVariable.rows("LOLA_WIDGET_CARD_URL", .wrongValue, "https://widget.example/#lola"),
        BrokenVariable.rows(
            "LOLA_WIDGET_OPERATIONS", .wrongValue, "address", "=https://w.bank.example",
            "Address=https://w.bank.example", "a b=https://w.bank.example", "address=w.bank.example"),
        BrokenVariable.rows(
            "LOLA_WIDGET_OPERATIONS", .conflict, "cip=https://w.bank.example",
            "address=https://a.bank.example,address=https://b.bank.example"),
        BrokenVariable.rows("LOLA_WIDGET_OPERATIONS", .insecure, "address=http://w.bank.example"),
        BrokenVariable.rows("LOLA_VAULT_PUBLIC_KEY", .wrongValue, "{}", "-----BEGIN PUBLIC KEY-----", #"{"kty":"EC"}"#),
        BrokenVariable.rows("ORCHESTRATOR_SECURITY_TOKEN", .insecure, "short", String(repeating: "x", count: 31)),
        BrokenVariable.rows("ORCHESTRATOR_SECURITY_TOKEN", .wrongValue, String(repeating: "x ", count: 20), long),
        BrokenVariable.rows("DEMO_MODE", .wrongValue, "1", "TRUE", "yes"),
        BrokenVariable.rows("CREDENTIALS_ENCRYPTION_KEY", .wrongValue, "secret", keyA + "," + keyA + "0"),
        BrokenVariable.rows("CREDENTIALS_ENCRYPTION_KEY", .insecure, String(repeating: "0", count: 64)),
        BrokenVariable.rows("HTTP_RATE_LIMIT_PER_IP", .outOfRange, "0", "1000001"),
        BrokenVariable.rows("LOLA_AUDIT_KEY", .wrongValue, "secret", keyA + "," + keyA + "0"),
        BrokenVariable.rows("LOLA_ALERT_COOL_DOWN", .wrongValue, "15", "1m30s"),
        BrokenVariable.rows("LOLA_ALERT_COOL_DOWN", .outOfRange, "1s", "25h"),
        BrokenVariable.rows("LOLA_ANOMALY_ACTION_FACTOR", .outOfRange, "1"),
        BrokenVariable.rows("LOLA_ANOMALY_ACTIONS_MIN", .outOfRange, "0"),
        BrokenVariable.rows("LOLA_ANOMALY_FAILED_AUTHENTICATIONS", .wrongValue, "ten"),
        BrokenVariable.rows("LOLA_ANOMALY_TOKENS", .outOfRange, "0", "1000001"),
        BrokenVariable.rows("HTTP_RATE_LIMIT_GLOBAL", .wrongValue, "none", "1e3", "1_000"),
        BrokenVariable.rows("LOLA_WIDGET_RATE_LIMIT_PER_IP", .outOfRange, "0"),
        BrokenVariable.rows("DEFAULT_MAX_ACTIONS_PER_MINUTE", .wrongValue, "-1", "ten"),
        BrokenVariable.rows("DEFAULT_MAX_ACTIONS_PER_HOUR", .outOfRange, "1000001"),
        BrokenVariable.rows("DEFAULT_MAX_ACTIONS_PER_DAY", .empty, ""),
        BrokenVariable.rows("DEFAULT_MAX_CALLS_PER_DAY_SAME_NUMBER", .wrongValue, "2.0"),
        BrokenVariable.rows(
            "DEFAULT_MAX_SPEND_PER_DAY", .wrongValue, "$10", "10,5", "-1", "10.", ".5", "10.123", "1e3", "9999999999"),
        BrokenVariable.rows("DEFAULT_MAX_SPEND_PER_MONTH", .wrongValue, "10.5.0", "USD 5", "٣"),
        BrokenVariable.rows(
            "ADMIN_IP_ALLOWLIST", .wrongValue, "localhost", "10.0.0.1-10.0.0.9", "10.0.0.0/255.0.0.0", "10.*"),
        BrokenVariable.rows("IP_DENYLIST", .wrongValue, "1.2.3", "1.2.3.5/31", "fe80::1%eth0"),
        BrokenVariable.rows("LOLA_CONTENT_FILTER", .wrongValue, "true", "ON", "1"),
        BrokenVariable.rows(
            "LOLA_QUIET_HOURS", .wrongValue, "21-8", "8-25", "8", "8:00-21:00", "08-021", "-8-21", "8-8", "false", "Off"
        ),
    ].flatMap(\.self)

    @Test("a variable with a wrong value is named with what it takes", arguments: variables)
    func variable(broken: BrokenVariable) throws {
        let row = try #require(SettingsFixture.row(broken.variable))
        let environment = SettingsFixture.merged(SettingsFixture.everyChannel, [broken.variable: broken.value])
        #expect(
            SettingsFixture.problems(environment) == [
                SettingsProblem(broken.fault, key: row.key, source: broken.variable, expected: row.expected)
            ])
    }

    @Test("the table holds more than two hundred broken values, of every setting")
    func size() {
        #expect(Self.variables.count + Self.files.count >= 250)
        let broken = Set(Self.variables.map(\.variable))
        let whole = Set(SettingsTable.all.filter { $0.type == "path" }.map(\.variable))
        let sameGrammar: Set = [
            // Both or none: SettingsLoadTests holds that.
            "LOLA_ALERT_WEBHOOK_URL", "LOLA_ALERT_WEBHOOK_SECRET",
            "VERIFY_TOKEN_WHATSAPP", "LOLA_WHATSAPP_APP_SECRET", "LOLA_WHATSAPP_APP_SECRET_PREVIOUS",
            "TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN_PREVIOUS",
            "LOLA_TWILIO_API_URL", "RESEND_API_KEY", "LOLA_RESEND_API_URL", "LOLA_AGENT_BLOCKED_URL",
            "LOLA_AGENT_SERVICE_UNAVAILABLE_URL",
        ]
        let missing = SettingsTable.all.map(\.variable).filter { name in
            !broken.contains(name) && !whole.contains(name) && !sameGrammar.contains(name)
        }
        #expect(missing == [])
    }

    @Test(
        "a required setting that is missing is named with its variable",
        arguments: SettingsTable.all.filter {
            $0.requirement == .always
        }.map(\.variable))
    func missing(variable: String) throws {
        let row = try #require(SettingsFixture.row(variable))
        var environment = SettingsFixture.required
        environment[variable] = nil
        let elsewhere = row.isSecret ? ", here or in a file named by \(variable)_FILE" : ""
        #expect(
            SettingsFixture.problems(environment) == [
                SettingsProblem(
                    .missing, key: row.key, source: variable, expected: row.expected + elsewhere)
            ])
    }

    @Test(
        "a channel with some of its variables misses each other one",
        arguments: [
            SettingsFixture.whatsapp, SettingsFixture.telegram, SettingsFixture.twilio, SettingsFixture.resend,
        ].flatMap { channel in channel.keys.sorted().map { (channel, $0) } })
    func channel(variables: [String: String], absent: String) throws {
        let row = try #require(SettingsFixture.row(absent))
        var environment = SettingsFixture.merged(SettingsFixture.required, variables)
        environment[absent] = nil
        let missing = SettingsFixture.problems(environment)
        #expect(missing.map(\.key) == [row.key])
        #expect(missing.map(\.fault) == [.missing])
        #expect(missing.map(\.source) == [absent])
        environment[absent] = ""
        #expect(
            SettingsFixture.problems(environment) == [
                SettingsProblem(.empty, key: row.key, source: absent, expected: row.expected)
            ])
    }

    @Test("a broken file is refused with its line", arguments: files)
    func file(broken: BrokenFile) {
        #expect(SettingsFixture.problems(file: broken.text) == [broken.problem])
    }
}
