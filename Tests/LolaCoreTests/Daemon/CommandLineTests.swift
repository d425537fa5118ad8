// The command line: what is understood, what is refused and how, and what help looks like.
import Testing

@testable import LolaCore

@Suite("Command line")
struct CommandLineTests {
    private static func parse(_ line: String) throws(UsageFault) -> Invocation {
        try CommandLineParser.parse(line.split(separator: " ").map(String.init))
    }

    private static func fault(_ words: [String]) -> UsageFault? {
        do {
            _ = try CommandLineParser.parse(words)
            return nil
        } catch { return error }
    }

    @Test(
        "command lines that are understood",
        arguments: [
            ("serve", .serve, [:], []),
            (
                "serve --config /etc/lola.json5 --listen=0.0.0.0:80", .serve,
                ["config": "/etc/lola.json5", "listen": "0.0.0.0:80"], []
            ),
            ("dev", .dev, [:], []),
            ("dev --port 9000", .dev, ["port": "9000"], []),
            (
                "trigger whatsapp.text --from +15550100 --text=hola", .trigger, ["from": "+15550100", "text": "hola"],
                ["whatsapp.text"]
            ),
            (
                "trigger --from +15550100 telegram.contact --json", .trigger, ["from": "+15550100", "json": "true"],
                ["telegram.contact"]
            ),
            ("trigger telegram.text --text=--x", .trigger, ["text": "--x"], ["telegram.text"]),
            ("trigger telegram.text --text -5", .trigger, ["text": "-5"], ["telegram.text"]),
            ("trigger telegram.text --text=a=b", .trigger, ["text": "a=b"], ["telegram.text"]),
            ("trigger telegram.text --text=", .trigger, ["text": ""], ["telegram.text"]),
            ("trigger -- whatsapp.text", .trigger, [:], ["whatsapp.text"]),
            ("tail --url http://127.0.0.1:9090", .tail, ["url": "http://127.0.0.1:9090"], []),
            ("check-config --config lola.json5 --json", .checkConfig, ["config": "lola.json5", "json": "true"], []),
            ("config print", .configPrint, [:], []),
            ("keys new ec", .keysNew, [:], ["ec"]),
            ("keys new hex --json", .keysNew, ["json": "true"], ["hex"]),
            ("keys jwks", .keysJWKS, [:], []),
            ("store check --data d --json", .storeCheck, ["data": "d", "json": "true"], []),
            ("store repair --config c", .storeRepair, ["config": "c"], []),
            (
                "verify whatsapp --body-file - --signature sha256=00", .verify,
                ["body-file": "-", "signature": "sha256=00"], ["whatsapp"]
            ),
            ("healthcheck", .healthcheck, [:], []),
            ("version", .version, [:], []),
            ("--version", .version, [:], []),
            ("help", .help, [:], []),
            ("--help", .help, [:], []),
            ("-h", .help, [:], []),
            ("help keys new", .help, [:], ["keys", "new"]),
            ("help trigger", .help, [:], ["trigger"]),
            ("trigger --help", .help, [:], ["trigger"]),
            ("keys new -h", .help, [:], ["keys", "new"]),
            ("config --help", .help, [:], ["config"]),
            ("help keys", .help, [:], ["keys"]),
            ("serve --bogus --config -h", .help, [:], ["serve"]),
        ] as [(String, CommandName, [String: String], [String])])
    func understood(line: String, command: CommandName, flags: [String: String], arguments: [String]) throws {
        #expect(try Self.parse(line) == Invocation(command: command, flags: flags, arguments: arguments))
    }

    @Test(
        "command lines that are refused, with what would be right",
        arguments: [
            ("", "a command is missing", nil, nil),
            ("srve", "unknown command srve", nil, "serve"),
            ("-x", "unknown command -x", nil, nil),
            ("frobnicate", "unknown command frobnicate", nil, nil),
            ("config", "`lola config print` is expected", nil, nil),
            ("config prnt", "`lola config print` is expected", nil, "lola config print"),
            ("keys", "`lola keys new` or `lola keys jwks` is expected", nil, nil),
            ("keys nwe", "`lola keys new` or `lola keys jwks` is expected", nil, "lola keys new"),
            ("store", "`lola store check` or `lola store repair` is expected", nil, nil),
            ("store chek", "`lola store check` or `lola store repair` is expected", nil, "lola store check"),
            ("help triger", "unknown command triger", nil, "trigger"),
            ("serve --confg x", "unknown flag --confg", .serve, "--config"),
            ("serve -c x", "unknown flag -c", .serve, nil),
            ("serve extra", "extra is one argument too many", .serve, nil),
            ("serve --config", "--config needs a value (--config=VALUE when it begins with --)", .serve, nil),
            ("serve --config --listen", "--config needs a value (--config=VALUE when it begins with --)", .serve, nil),
            ("serve --config a --config b", "--config is given twice", .serve, nil),
            ("version --json=true", "--json takes no value", .version, nil),
            ("version --config x", "unknown flag --config", .version, nil),
            ("dev --port 0", "--port takes a port from 1 to 65535", .dev, nil),
            ("dev --port 65536", "--port takes a port from 1 to 65535", .dev, nil),
            ("dev --port http", "--port takes a port from 1 to 65535", .dev, nil),
            ("tail --url localhost", "--url takes an http or https URL without query", .tail, nil),
            (
                "trigger",
                "TYPE is missing (whatsapp.text, whatsapp.button, whatsapp.image, telegram.text, telegram.contact, "
                    + "twilio.sms, resend.email)",
                .trigger, nil
            ),
            (
                "trigger whatsap.text",
                "whatsap.text is no TYPE "
                    + "(whatsapp.text, whatsapp.button, whatsapp.image, telegram.text, telegram.contact, "
                    + "twilio.sms, resend.email)",
                .trigger, "whatsapp.text"
            ),
            ("keys new", "KIND is missing (ec, hex)", .keysNew, nil),
            ("keys new rsa", "rsa is no KIND (ec, hex)", .keysNew, nil),
            ("keys new ec hex", "hex is one argument too many", .keysNew, nil),
            ("verify whatsapp -- --json", "--json is one argument too many", .verify, nil),
        ] as [(String, String, CommandName?, String?)])
    func refused(line: String, message: String, command: CommandName?, nearest: String?) {
        let words = line.split(separator: " ").map(String.init)
        #expect(Self.fault(words) == UsageFault(message: message, command: command, nearest: nearest))
    }

    @Test("a fault shows the usage line and where to read on")
    func faultText() {
        #expect(
            Self.fault(["dev", "--prot", "1"])?.text == """
                lola: unknown flag --prot; did you mean --port?
                Usage: lola dev [--port PORT]
                Try `lola dev --help`.

                """)
        #expect(Self.fault(["\u{1B}[2J\n"])?.text.hasPrefix("lola: unknown command ?[2J?\n") == true)
    }

    @Test("flags that are settings reach the settings; --port is the loopback listener")
    func settingFlags() throws {
        #expect(
            try Self.parse("serve --config c --listen 127.0.0.1:1 --loops 2").settingFlags
                == ["listen": "127.0.0.1:1", "loops": "2"])
        #expect(try Self.parse("dev --port 9000").settingFlags == ["listen": "127.0.0.1:9000"])
        #expect(try Self.parse("version --json").settingFlags == [:])
    }

    @Test(
        "every command has a row, a page within 80 columns, and an example that is understood",
        arguments: CommandName.allCases)
    func pages(name: CommandName) throws {
        let definition = CommandLineTable.definition(name)
        #expect(CommandLineTable.all.filter { $0.name == name }.count == 1)
        #expect(Set(definition.flags.map(\.name)).count == definition.flags.count)
        let page = CommandLineHelp.page(name)
        for line in page.split(separator: "\n") {
            #expect(line.count <= CommandLineHelp.width)
            #expect(line.last != " ")
        }
        #expect(page.hasPrefix("Usage: lola \(name.rawValue)") && page.contains("\nExample:\n  lola \(name.rawValue)"))
        for flag in definition.flags { #expect(page.contains("\n  --\(flag.name)")) }
        let example = try Self.parse(String(definition.example.dropFirst(5)))
        #expect(example.command == name)
        #expect(try Self.parse("\(name.rawValue) --help").arguments == name.words)
    }

    @Test("the overview lists every command within 80 columns")
    func overview() {
        let overview = CommandLineHelp.overview
        for name in CommandName.allCases { #expect(overview.contains("\n  \(name.rawValue) ")) }
        for line in overview.split(separator: "\n") { #expect(line.count <= CommandLineHelp.width) }
    }

    @Test("a page looks like this")
    func page() {
        #expect(
            CommandLineHelp.page(.trigger) == """
                Usage: lola trigger TYPE [--from NUMBER] [--text TEXT] [--url URL] [--json]

                Sends a webhook as the channel would, signed, and prints the status and the
                message key.

                Arguments:
                  TYPE  What to send. One of whatsapp.text, whatsapp.button, whatsapp.image,
                        telegram.text, telegram.contact, twilio.sms, resend.email.

                Flags:
                  --from NUMBER  Number of the sender (+15550100), for mail also an address.
                  --text TEXT    What the sender writes.
                  --url URL      The gateway, when it is not the one `lola dev` runs here.
                  --json         Print JSON for programs.
                  -h, --help     Show this page.

                Example:
                  lola trigger whatsapp.text --from +15550100 --text hola

                """)
    }
}
