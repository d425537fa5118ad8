// What is shown of a configuration, and what must never be.
import Testing

@testable import LolaCore

@Suite("What is shown of settings")
struct SettingsReportTests {
    @Test(
        "no value of a secret appears in a problem, whatever is wrong with it",
        arguments: SettingsTable.all.filter(\.isSecret).map(\.variable))
    func canary(variable: String) throws {
        let canary = "CANARYcanary0123"
        let row = try #require(SettingsFixture.row(variable))
        let path = row.key.split(separator: ".")
        let nested =
            path.map { "\($0): { " }.joined().dropLast(2) + "'\(canary)'"
            + String(repeating: " }", count: path.count - 1)
        let good = SettingsFixture.everyChannel
        var other = good
        other[variable] = nil
        let reports = [
            SettingsFixture.wholeProblems(SettingsFixture.merged(good, [variable: "\(canary) \u{7}"])),
            SettingsFixture.wholeProblems(good, file: "{ \(nested) }"),
            SettingsFixture.wholeProblems(good, file: "{ \(path[0]): { x: \(canary) } }"),
            SettingsFixture.wholeProblems(good, file: "{ \(path[0]): { x: '\(canary) } }"),
            SettingsFixture.wholeProblems(SettingsFixture.merged(other, ["\(variable)_FILE": canary])),
            SettingsFixture.wholeProblems(
                SettingsFixture.merged(other, ["\(variable)_FILE": "/s"]), files: ["/s": "\(canary) \u{7}"]),
            SettingsFixture.wholeProblems(SettingsFixture.merged(good, ["LOLA_UNKNOWN_NAME": canary])),
            SettingsFixture.wholeProblems(
                SettingsFixture.merged(good, ["LOLA_STORE": canary + canary, "LOLA_THEME_URL": canary])),
        ]
        for problems in reports {
            #expect(!problems.isEmpty)
            #expect(!SettingsProblems(problems: problems).text.contains(canary))
            #expect(!SettingsReport.json(problems).text.contains(canary))
        }
    }

    @Test("config print and a dump of the settings show no secret")
    func printed() throws {
        let environment = SettingsFixture.merged(
            SettingsFixture.everyChannel,
            [
                "REDIS_URL": "redis://u:redis-password@h",
                "LOLA_IDENTITY_URL": "https://i.example/?key=query-key&p={phone}",
                "LOLA_AGENT_BLOCKED_URL": "https://a.example/x?code=query-key",
            ])
        let settings = try SettingsFixture.load(environment)
        let text = SettingsReport.text(settings.effective) + SettingsReport.json(settings.effective).text
        let secrets = SettingsTable.all.filter(\.isSecret).compactMap { environment[$0.variable] }
        #expect(secrets.count >= 14)
        for secret in secrets + ["redis-password", "query-key"] { #expect(!text.contains(secret)) }
        #expect(text.contains("https://a.example/x?***"))
        for secret in ["EAAG-token", "app-secret", "telegram-secret_0", SettingsFixture.keyA] {
            #expect(!"\(settings)".contains(secret))
        }
        #expect(settings.effective.map(\.key) == SettingsTable.all.map(\.key))
    }

    @Test("a problem is one line, and JSON says the same")
    func rendering() {
        let problems = SettingsFixture.wholeProblems(file: "{ server: { lisen: 1 } }")
        #expect(
            SettingsProblems(problems: problems).text
                == "lola.json5:1: server.lisen: unknown key: "
                + "expected a key of docs/CONFIGURATION.md; did you mean server.listen?\n"
        )
        #expect(
            SettingsReport.json(problems).text == """
                {"ok":false,"problems":[{"key":"server.lisen","source":"lola.json5:1","fault":"unknown_key",\
                "expected":"a key of docs/CONFIGURATION.md","nearest":"server.listen","found":null}]}\n
                """)
        #expect(SettingsReport.json([SettingsProblem]()).text == #"{"ok":true,"problems":[]}"# + "\n")
    }

    @Test(
        "a short value that is neither secret nor URL is shown, of a list only the wrong item",
        arguments: [
            ("LOLA_LISTEN", "nowhere", "nowhere"), ("LOLA_IDENTITY_TIMEOUT", "fast", "fast"),
            ("ACTIVE_COMMANDS", "m\u{1B}b", "m?b"),
            ("LOLA_PIPELINE_MIDDLEWARE", "identity, magic", "magic"), ("LOLA_ALLOWED_NUMBERS", "+15550100,Ana", "Ana"),
            ("LOLA_PIPELINE_MIDDLEWARE", "identity,identity", nil), ("LOLA_DATA_DIR", "", nil),
            ("LOLA_STORE", String(repeating: "m", count: 24), String(repeating: "m", count: 24)),
            ("LOLA_STORE", String(repeating: "m", count: 25), nil), ("LOLA_THEME_URL", "https://u:p@h", nil),
            ("LOLA_IDENTITY_URL", "x", nil), ("ORCHESTRATOR_SECURITY_TOKEN", "short", nil),
        ] as [(String, String, String?)])
    func found(variable: String, value: String, found: String?) {
        let problems = SettingsFixture.wholeProblems(
            SettingsFixture.merged(SettingsFixture.required, [variable: value]))
        #expect(problems.map(\.found) == [found])
        if let found { #expect(problems[0].line.contains(": \(problems[0].fault.phrase) \"\(found)\": expected ")) }
    }

    @Test("a file that is not JSON5 is one problem with line and column")
    func malformed() {
        let problems = SettingsFixture.wholeProblems(file: "{\n  server: {\n")
        #expect(problems.count == 1)
        #expect(problems[0].fault == .malformedFile && problems[0].source == "lola.json5:3")
        #expect(SettingsFixture.wholeProblems(file: "{ store: {}, store: {} }").map(\.fault) == [.malformedFile])
    }
}
