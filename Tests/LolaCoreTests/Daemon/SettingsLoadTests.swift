// What a good configuration becomes, where values come from, and which of them exclude each other.
import Testing

@testable import LolaCore

@Suite("Settings")
struct SettingsLoadTests {
    @Test("the least that serve needs gives the defaults of the contract")
    func defaults() throws {
        let settings = try SettingsFixture.load()
        #expect(settings.mode == .serve)
        #expect(settings.server.listen == SocketAddressText(host: "127.0.0.1", port: 8_080))
        #expect(settings.server.publicURL.text == "https://chat.bank.example")
        #expect(settings.server.trustedProxies == [])
        #expect(settings.server.loops == nil)
        #expect(settings.server.tls == nil)
        #expect(settings.management.listen.text == "127.0.0.1:9090")
        #expect(settings.data.directory == "./data")
        #expect(settings.data.keys.count == 1)
        guard case .embedded = settings.store.engine else { return #expect(Bool(false), "the store is embedded") }
        #expect(settings.identity.token == nil)
        #expect(settings.identity.timeout == .seconds(3))
        #expect(settings.identity.notFound == .unavailable)
        #expect(settings.identity.url.target(phone: "+15550100".utf8).text == "/senders/%2B15550100")
        #expect(settings.pipeline.middleware == MiddlewareName.allCases)
        #expect(settings.commands.active)
        #expect(settings.commands.allowed == ["/info", "/new", "/payers"])
        #expect(settings.channelAccess.allowedWhatsApp == [])
        #expect(
            settings.whatsapp == nil && settings.telegram == nil && settings.twilio == nil && settings.resend == nil)
        #expect(settings.agents.urls.isEmpty)
        #expect(settings.agents.timeout == .seconds(30))
        #expect(settings.agents.retry == [.seconds(1), .seconds(5), .seconds(30), .minutes(2)])
        #expect(settings.callback.ttl == .hours(2))
        #expect(settings.session.ttl == .minutes(15))
        #expect(settings.httpLimits.perIP == 60 && settings.httpLimits.global == 100)
        #expect(settings.httpLimits.widgetPerIP == 120)
        #expect(settings.agentLimits.actionsPerMinute == 10 && settings.agentLimits.actionsPerHour == 100)
        #expect(settings.agentLimits.actionsPerDay == 500 && settings.agentLimits.callsPerDaySameNumber == 2)
        #expect(settings.agentLimits.spendPerDay == DollarAmount(cents: 1_000))
        #expect(settings.agentLimits.spendPerMonth == DollarAmount(cents: 10_000))
        #expect(!settings.demoMode)
        #expect(settings.compliance.contentFilter)
        #expect(settings.compliance.callingHours == CallingHours([UInt8](text: "8-21")))
    }

    @Test("authorities are needed when any address that messages lead to is one of https")
    func callsHTTPS() throws {
        let plain = [
            "LOLA_IDENTITY_URL": "http://identity:8000/senders/{phone}", "LOLA_WHATSAPP_API_URL": "http://graph:1",
        ]
        let environment = SettingsFixture.merged(SettingsFixture.required, SettingsFixture.whatsapp)
        let calls = { (more: [String: String]) in
            try SettingsFixture.load(SettingsFixture.merged(environment, plain, more)).callsHTTPS
        }
        #expect(try !calls([:]))
        #expect(try calls(["LOLA_IDENTITY_URL": "https://identity/senders/{phone}"]))
        #expect(try calls(["LOLA_WHATSAPP_API_URL": "https://graph.facebook.com/v23.0"]))
        #expect(try calls(["LOLA_AGENT_BLOCKED_URL": "https://agents/blocked"]))
        #expect(try calls(SettingsFixture.telegram), "the API of Telegram is one of https by default")
    }

    @Test("every setting can be given by its variable")
    func everything() throws {
        let environment = SettingsFixture.merged(
            SettingsFixture.everyChannel,
            [
                "LOLA_LISTEN": "[::]:443", "LOLA_TRUSTED_PROXIES": "10.0.0.0/8 , 2001:db8::/32", "LOLA_LOOPS": "3",
                "LOLA_TLS_CERTIFICATE_FILE": "/c.pem", "LOLA_TLS_KEY_FILE": "/k.pem", "LOLA_STORE": "redis",
                "REDIS_URL": "rediss://lola:p%40ss@redis.internal/2", "LOLA_STORE_REDIS_ACCEPT_LOSS": "true",
                "LOLA_IDENTITY_NOT_FOUND": "onboarding", "LOLA_COMMANDS_ALLOWED": "",
                "LOLA_DATA_KEY": "\(SettingsFixture.keyA), \(SettingsFixture.keyB)",
                "ALLOWED_NUMBERS_WHATSAPP": "+1-555-0100, tel:+15550101", "LOLA_WHATSAPP_APP_SECRET_PREVIOUS": "old",
                "LOLA_AGENT_SENDER_HOME_URL": "http://agents:8000/home?key=1", "LOLA_QUIET_HOURS": "off",
                "LOLA_CALLBACK_SIGNING_KEYS": "new:\(SettingsFixture.keyB),old:\(SettingsFixture.keyA)",
                "LOLA_JWT_PREVIOUS_KEYS": SettingsFixture.publicPEM + "," + SettingsFixture.pem,
                "CREDENTIALS_ENCRYPTION_KEY": SettingsFixture.keyA, "IP_DENYLIST": "203.0.113.0/24",
                "DEFAULT_MAX_SPEND_PER_DAY": "2.5", "LOLA_THEME_URL": "https://bank.example/theme.css",
            ])
        let settings = try SettingsFixture.load(environment)
        #expect(settings.server.listen.text == "[::]:443")
        #expect(settings.server.trustedProxies.count == 2)
        #expect(settings.server.loops == 3)
        #expect(settings.server.tls?.keyFile == "/k.pem")
        guard case .redis(let redis) = settings.store.engine else { return #expect(Bool(false), "the store is Redis") }
        #expect(redis.tls && redis.host == "redis.internal" && redis.port == 6_379 && redis.database == 2)
        #expect(redis.username == "lola" && redis.password?.equals([UInt8](text: "p@ss")) == true)
        #expect(settings.store.acceptLoss)
        #expect(settings.identity.notFound == .onboarding)
        #expect(settings.commands.allowed == [])
        #expect(settings.data.keys.count == 2)
        #expect(settings.channelAccess.allowedWhatsApp == ["+1-555-0100", "tel:+15550101"])
        #expect(settings.whatsapp?.appSecrets.count == 2)
        #expect(settings.whatsapp?.apiURL.text == "https://graph.facebook.com/v23.0")
        #expect(settings.telegram?.token.botID == "123456")
        #expect(settings.telegram?.token.secret.equals([UInt8](text: "123456:AAE-token_1")) == true)
        #expect(settings.twilio?.from == "+15550100")
        #expect(settings.resend?.webhookSecret.equals([UInt8](text: "0123456789abcdef")) == true)
        #expect(settings.agents.urls[.senderHome]?.target == "/home?key=1")
        #expect(settings.callback.signingKeys.map(\.id) == ["new", "old"])
        #expect(settings.session.jwtPreviousKeys.count == 2)
        #expect(settings.session.themeURL?.host == "bank.example")
        #expect(settings.ipFilters.denylist[0].contains(IPAddress([203, 0, 113, 9])))
        #expect(settings.agentLimits.spendPerDay.cents == 250)
        #expect(settings.compliance.callingHours == nil)
    }

    // MARK: Precedence

    @Test(
        "flag beats environment beats file beats generated beats default",
        arguments: [
            (0, "flag --listen", 1), (1, "LOLA_LISTEN", 2), (2, "lola.json5:1", 3), (3, "generated", 4),
            (4, "default", 8_080),
        ])
    func precedence(dropped: Int, source: String, port: Int) throws {
        var environment = SettingsFixture.required
        if dropped < 2 { environment["LOLA_LISTEN"] = "127.0.0.1:2" }
        let settings = try SettingsFixture.load(
            environment, file: dropped < 3 ? "{ server: { listen: '127.0.0.1:3' } }" : nil,
            flags: dropped < 1 ? ["listen": "127.0.0.1:1"] : [:],
            generated: dropped < 4 ? ["LOLA_LISTEN": "127.0.0.1:4"] : [:])
        #expect(settings.server.listen.port == UInt16(port))
        #expect(settings.effective.first { $0.key == "server.listen" }?.source == source)
    }

    @Test("a wrong value is an error even when a higher place overrides it")
    func overridden() {
        var environment = SettingsFixture.required
        environment["LOLA_LISTEN"] = "nowhere"
        let problems = SettingsFixture.problems(
            environment, file: "{ server: { listen: 'nothing' } }", flags: ["listen": "127.0.0.1:1"])
        #expect(problems.map(\.source) == ["LOLA_LISTEN", "lola.json5:1"])
        let flag = SettingsFixture.problems(flags: ["listen": "x"])
        #expect(flag.map(\.source) == ["flag --listen"])
    }

    @Test("dev takes generated values for what is not set, and a variable beats them")
    func dev() throws {
        let generated = SettingsFixture.everyChannel
        let settings = try SettingsFixture.load(
            ["TELEGRAM_TOKEN": "7:mine"], generated: generated, mode: .dev)
        #expect(settings.mode == .dev)
        #expect(settings.telegram?.token.botID == "7")
        #expect(settings.whatsapp != nil)
        #expect(settings.effective.first { $0.variable == "LOLA_PUBLIC_URL" }?.source == "generated")
    }

    // MARK: All at once

    @Test("every problem of a bad configuration is reported together")
    func allAtOnce() {
        var environment = SettingsFixture.required
        environment["LOLA_DATA_KEY"] = nil
        environment["LOLA_IDENTITY_URL"] = "nowhere"
        environment["LOLA_LISEN"] = "127.0.0.1:1"
        environment["TELEGRAM_TOKEN"] = "1:A"
        environment["LOLA_SESSION_TTL"] = "2h"
        environment["DEMO_MODE"] = "true"
        environment["LOLA_LISTEN"] = "0.0.0.0:1"
        environment["LOLA_TLS_KEY_FILE"] = "/k"
        let problems = SettingsFixture.problems(
            environment, file: "{ srver: {}, data: { key: 'x' }, callback: { ttl: 2 } }")
        let seen = Set(problems.map { "\($0.source) \($0.key) \($0.fault.rawValue)" })
        #expect(
            seen == [
                "lola.json5:1 srver unknown_key", "lola.json5:1 data.key secret_in_file",
                "lola.json5:1 callback.ttl wrong_type",
                "LOLA_LISEN LOLA_LISEN unknown_variable", "LOLA_IDENTITY_URL identity.url wrong_value",
                "LOLA_TELEGRAM_SECRET telegram.secret missing", "LOLA_SESSION_TTL session.ttl out_of_range",
                "DEMO_MODE management.demo_mode insecure",
                "LOLA_TLS_CERTIFICATE_FILE server.tls.certificate_file missing",
            ])
        #expect(problems.count == seen.count)
    }

    @Test("any two broken variables are both reported")
    func pairs() {
        var random = SeededGenerator(seed: 7)
        let rows = SettingsBrokenTests.variables
        for _ in 0..<300 {
            let (first, second) = (
                rows[Int.random(in: rows.indices, using: &random)], rows[Int.random(in: rows.indices, using: &random)]
            )
            guard first.variable != second.variable else { continue }
            let environment = SettingsFixture.merged(
                SettingsFixture.everyChannel, [first.variable: first.value, second.variable: second.value])
            let sources = Set(SettingsFixture.problems(environment).map(\.source))
            #expect(sources == [first.variable, second.variable])
        }
    }

    // MARK: Variables

    @Test(
        "an unknown LOLA_ variable is an error with the nearest name",
        arguments: [
            ("LOLA_LISEN", "LOLA_LISTEN"), ("LOLA_PUBLICURL", "LOLA_PUBLIC_URL"),
            ("LOLA_DATAKEY_FILE", "LOLA_DATA_KEY_FILE"),
            ("LOLA_LISTEN_FILE", "LOLA_LISTEN"), ("LOLA_listen", "LOLA_LISTEN"),
            ("LOLA_CALLBACK_TLL", "LOLA_CALLBACK_TTL"),
            ("LOLA_ZZZZZZZZZZZZZZZZZZZZZZ", nil),
        ] as [(String, String?)])
    func unknownVariable(name: String, nearest: String?) {
        let problems = SettingsFixture.problems(SettingsFixture.merged(SettingsFixture.required, [name: "x"]))
        #expect(
            problems == [
                SettingsProblem(
                    .unknownVariable, key: name, source: name, expected: "a variable of docs/CONFIGURATION.md",
                    nearest: nearest)
            ])
    }

    @Test("variables of others, and what Kubernetes says of a service called lola, are left alone")
    func foreignVariables() {
        let foreign = [
            "PATH": "/bin", "lola_listen": "x", "LOLA": "x", "LOLA_SERVICE_HOST": "10.0.0.1",
            "LOLA_SERVICE_PORT_HTTP": "80", "LOLA_PORT": "tcp://10.0.0.1:80", "LOLA_PORT_80_TCP_ADDR": "10.0.0.1",
        ]
        #expect(SettingsFixture.problems(SettingsFixture.merged(SettingsFixture.required, foreign)) == [])
        #expect(
            SettingsFixture.problems(SettingsFixture.merged(SettingsFixture.required, ["LOLA_PORT": "80"])).count == 1)
    }

    @Test("a secret may stand in a file, whose last line end is dropped", arguments: ["", "\n", "\r\n"])
    func secretFile(end: String) throws {
        var environment = SettingsFixture.required
        environment["ORCHESTRATOR_SECURITY_TOKEN"] = nil
        environment["ORCHESTRATOR_SECURITY_TOKEN_FILE"] = "/run/secrets/token"
        let token = String(repeating: "t", count: 32)
        let settings = try SettingsFixture.load(environment, files: ["/run/secrets/token": token + end])
        #expect(settings.orchestratorToken.equals([UInt8](text: token)))
        let shown = settings.effective.first { $0.variable == "ORCHESTRATOR_SECURITY_TOKEN" }
        #expect(shown?.source == "ORCHESTRATOR_SECURITY_TOKEN_FILE" && shown?.value == "***")
        #expect(
            SettingsFixture.problems(environment, files: ["/run/secrets/token": token + "\n\n"]).map(\.fault) == [
                .wrongValue
            ])
    }

    @Test("a secret's file that cannot be read, is empty, or stands beside the variable")
    func secretFileProblems() {
        var environment = SettingsFixture.required
        environment["LOLA_DATA_KEY_FILE"] = "/run/key"
        #expect(
            SettingsFixture.problems(environment, files: ["/run/key": SettingsFixture.keyA]) == [
                SettingsProblem(
                    .conflict, key: "data.key", source: "LOLA_DATA_KEY_FILE",
                    expected: "only one of LOLA_DATA_KEY and LOLA_DATA_KEY_FILE")
            ])
        environment["LOLA_DATA_KEY"] = nil
        #expect(
            SettingsFixture.problems(environment) == [
                SettingsProblem(
                    .unreadableFile, key: "data.key", source: "LOLA_DATA_KEY_FILE",
                    expected: "a file that can be read at /run/key")
            ])
        #expect(SettingsFixture.problems(environment, files: ["/run/key": "\n"]).map(\.fault) == [.empty])
        environment["LOLA_DATA_KEY_FILE"] = ""
        #expect(SettingsFixture.problems(environment).map(\.expected) == ["the path of a file"])
    }

    @Test("the line ends of a PEM may be written as \\n, and parameters before it are dropped")
    func onePEMLine() throws {
        var environment = SettingsFixture.required
        let body = "AAAA"
        environment["LOLA_JWT_PRIVATE_KEY"] =
            "-----BEGIN EC PARAMETERS-----\\nBBBB\\n-----END EC PARAMETERS-----\\n"
            + "-----BEGIN EC PRIVATE KEY-----\\n\(body)\\n-----END EC PRIVATE KEY-----\\n"
        let key = try SettingsFixture.load(environment).session.jwtPrivateKey
        #expect(key.equals([UInt8](text: "-----BEGIN EC PRIVATE KEY-----\n\(body)\n-----END EC PRIVATE KEY-----\n")))
    }

    // MARK: Rules between settings

    @Test("an allowlist that the pipeline does not enforce is refused")
    func unenforcedAllowlist() {
        let environment = SettingsFixture.merged(
            SettingsFixture.required,
            ["LOLA_PIPELINE_MIDDLEWARE": "phone_normalization,identity", "LOLA_ALLOWED_NUMBERS": "+15550100"])
        #expect(SettingsFixture.problems(environment).map(\.fault) == [.insecure])
        #expect(SettingsFixture.problems(environment).map(\.source) == ["LOLA_ALLOWED_NUMBERS"])
    }

    @Test("rules for commands that the pipeline does not apply are refused; the defaults are not", arguments: [
        (["ACTIVE_COMMANDS": "false"], ["ACTIVE_COMMANDS"]),
        (["LOLA_COMMANDS_ALLOWED": "/info"], ["LOLA_COMMANDS_ALLOWED"]),
        (["LOLA_COMMANDS_ALLOWED": ""], ["LOLA_COMMANDS_ALLOWED"]),
        (
            ["ACTIVE_COMMANDS": "false", "LOLA_COMMANDS_ALLOWED": "/a"],
            ["ACTIVE_COMMANDS", "LOLA_COMMANDS_ALLOWED"]
        ),
        (["ACTIVE_COMMANDS": "true", "LOLA_COMMANDS_ALLOWED": "/payers,/info,/new"], []), ([:], []),
    ] as [([String: String], [String])])
    func unenforcedCommands(variables: [String: String], refused: [String]) {
        var environment = SettingsFixture.merged(SettingsFixture.required, variables)
        #expect(SettingsFixture.problems(environment) == [])
        environment["LOLA_PIPELINE_MIDDLEWARE"] = "channel_access,phone_normalization,identity"
        let problems = SettingsFixture.problems(environment)
        #expect(problems.map(\.source) == refused)
        #expect(problems.allSatisfy { $0.fault == .insecure && $0.expected.contains("commands_auth") })
    }

    @Test("commands switched off in the file are refused with their line when nothing applies them")
    func unenforcedCommandsInFile() {
        let file = "{ pipeline: { middleware: ['phone_normalization', 'identity'] },\n commands: { active: false } }"
        #expect(SettingsFixture.problems(file: file).map(\.source) == ["lola.json5:2"])
    }

    @Test("the order of the checks is free where every order is a check", arguments: [
        "identity,channel_access", "channel_access,identity", "identity,commands_auth,channel_access,contact_decoding",
    ])
    func orders(tail: String) throws {
        let environment = SettingsFixture.merged(
            SettingsFixture.required,
            ["LOLA_PIPELINE_MIDDLEWARE": "phone_normalization," + tail, "LOLA_ALLOWED_NUMBERS": "+15550100"])
        #expect(SettingsFixture.problems(environment) == [])
    }

    @Test("Redis needs its address, and demo mode needs loopback on both listeners")
    func combinations() {
        let required = SettingsFixture.required
        let redis = SettingsFixture.problems(SettingsFixture.merged(required, ["LOLA_STORE": "redis"]))
        #expect(redis.map(\.source) == ["REDIS_URL"] && redis.map(\.fault) == [.missing])
        let demo = SettingsFixture.merged(required, ["DEMO_MODE": "true"])
        #expect(SettingsFixture.problems(demo) == [])
        for name in ["LOLA_LISTEN", "LOLA_MANAGEMENT_LISTEN"] {
            let problems = SettingsFixture.problems(SettingsFixture.merged(demo, [name: "192.0.2.1:7000"]))
            #expect(problems.map(\.source) == ["DEMO_MODE"] && problems.map(\.fault) == [.insecure])
        }
        for local in ["localhost:7000", "[::1]:7000", "127.8.8.8:7000"] {
            #expect(SettingsFixture.problems(SettingsFixture.merged(demo, ["LOLA_LISTEN": local])) == [])
        }
    }

    @Test("keys that the cryptography refuses are refused here")
    func unusableKeys() {
        let checks = SettingsChecks(
            isSigningKey: { _ in false }, isVerificationKey: { _ in false }, isPhone: { _ in false })
        let environment = SettingsFixture.merged(
            SettingsFixture.required,
            ["LOLA_JWT_PREVIOUS_KEYS": SettingsFixture.publicPEM, "LOLA_ALLOWED_NUMBERS": "1"])
        #expect(
            SettingsFixture.problems(environment, checks: checks).map(\.source) == [
                "LOLA_ALLOWED_NUMBERS", "LOLA_JWT_PRIVATE_KEY", "LOLA_JWT_PREVIOUS_KEYS",
            ])
    }

    @Test("in the file, only more than an address switches a channel on")
    func channelInFile() throws {
        let address = "{ telegram: { api_url: 'https://bots.bank.example' } }"
        #expect(try SettingsFixture.load(file: address).telegram == nil)
        let number = "{ whatsapp: { phone_number_id: '1' } }"
        #expect(
            SettingsFixture.problems(file: number).map(\.source) == [
                "TOKEN_WHATSAPP", "VERIFY_TOKEN_WHATSAPP", "LOLA_WHATSAPP_APP_SECRET",
            ])
        let variable = SettingsFixture.merged(SettingsFixture.required, ["LOLA_TELEGRAM_API_URL": "https://b.example"])
        #expect(SettingsFixture.problems(variable).map(\.source) == ["TELEGRAM_TOKEN", "LOLA_TELEGRAM_SECRET"])
    }
}
