// THE table of commands. To add one: a case in CommandName, a row here, its action where commands are run; parsing,
// suggestions and help follow from the row.

enum CommandLineTable {
    static let all: [CommandDefinition] = [
        serve, dev, trigger, tail, checkConfig, configPrint, keysNew, keysJWKS, verify, dlqList, dlqShow, dlqReplay,
        dlqDrop, auditVerify, auditExport,
    ] + operators + [storeCheck, storeRepair, healthcheck, version, help]

    static func definition(_ name: CommandName) -> CommandDefinition {
        guard let definition = all.first(where: { $0.name == name }) else {
            preconditionFailure("\(name.rawValue) has no row in the table of commands")
        }
        return definition
    }

    // MARK: Flags that several commands have

    static let json = CommandFlag("json", nil, "Print JSON for programs.")
    private static let config = CommandFlag("config", "FILE", "Settings file (JSON5).")
    static let url = CommandFlag("url", "URL", "The gateway, when it is not the one `lola dev` runs here.")
        .taking("an http or https URL without query") { WebURL([UInt8](text: $0), use: .base) != nil }

    /// Flags that are settings, from their own table.
    private static let settings: [CommandFlag] = SettingsTable.all.compactMap { row in
        row.flag.map { CommandFlag($0, row.type.uppercased(), "Overrides \(row.key) and \(row.variable).") }
    }

    // MARK: Commands

    private static let serve = CommandDefinition(
        name: .serve, summary: "Run the gateway with the configuration",
        description: """
            Runs the gateway. Everything that is missing, wrong or weak in the configuration is reported at once, and \
            the gateway does not start (exit code 78).
            """,
        flags: [config] + settings, example: "lola serve --config /etc/lola/lola.json5")

    private static let dev = CommandDefinition(
        name: .dev, summary: "Run a whole system here, with nothing to configure",
        description: """
            Runs the gateway with generated keys, a sandbox identity service, scripted agents and a sandbox channel \
            API, without any outside network. Prints the addresses to open and the command to try next. Data and keys \
            are kept in ./.lola/.
            """,
        flags: [
            CommandFlag("port", "PORT", "Port of the public listener on 127.0.0.1 (8080).")
                .taking("a port from 1 to 65535") { SocketAddressText.port([UInt8](text: $0)) != nil }
        ],
        example: "lola dev --port 8080")

    private static let trigger = CommandDefinition(
        name: .trigger, summary: "Send a correctly signed webhook",
        description: "Sends a webhook as the channel would, signed, and prints the status and the message key.",
        arguments: [
            CommandArgument(
                name: "TYPE", sentence: "What to send.",
                choices: [
                    "whatsapp.text", "whatsapp.button", "whatsapp.image", "telegram.text", "telegram.contact",
                    "twilio.sms", "resend.email",
                ])
        ],
        flags: [
            CommandFlag("from", "NUMBER", "Number of the sender (+15550100), for mail also an address."),
            CommandFlag("text", "TEXT", "What the sender writes."), url, json,
        ],
        example: "lola trigger whatsapp.text --from +15550100 --text hola")

    private static let tail = CommandDefinition(
        name: .tail, summary: "Follow messages through the gateway",
        description: """
            Shows each message step by step while it is handled: never its text, its sender only under a pseudonym, \
            the message under the channel's own id.
            """,
        flags: [url, json], example: "lola tail")

    private static let checkConfig = CommandDefinition(
        name: .checkConfig, summary: "Find everything wrong with a configuration",
        description: """
            Reads the configuration as `lola serve` would, without any network, and reports every problem with its \
            key, its source, what was expected and the nearest valid name. Exit code 0 or 78.
            """,
        flags: [config] + settings + [json], example: "lola check-config --config lola.json5")

    private static let configPrint = CommandDefinition(
        name: .configPrint, summary: "Show every setting and where it came from",
        description: "Shows the settings in force with their sources. Secrets are shown as ***.",
        flags: [config] + settings + [json], example: "lola config print --config lola.json5")

    private static let keysNew = CommandDefinition(
        name: .keysNew, summary: "Make a new key",
        description: """
            Prints a new P-256 private key as PEM (`ec`, for LOLA_JWT_PRIVATE_KEY) or 32 random octets as 64 hex \
            digits (`hex`, for LOLA_DATA_KEY and the callback keys).
            """,
        arguments: [CommandArgument(name: "KIND", sentence: "Kind of key.", choices: ["ec", "hex"])],
        flags: [json], example: "lola keys new hex")

    private static let keysJWKS = CommandDefinition(
        name: .keysJWKS, summary: "Print the public keys of session tokens",
        description: "Prints the JWKS of LOLA_JWT_PRIVATE_KEY and LOLA_JWT_PREVIOUS_KEYS.",
        flags: [json], example: "lola keys jwks")

    private static let deadLetterID = CommandArgument(name: "ID", sentence: "The 32 hex digits that `dlq list` shows.")

    private static let dlqList = CommandDefinition(
        name: .dlqList, summary: "List messages that were given up",
        description: "Lists dead letters of a running gateway: what failed and why, never the text.",
        flags: [url, json], example: "lola dlq list")

    private static let dlqShow = CommandDefinition(
        name: .dlqShow, summary: "Show one message that was given up",
        description: "Shows one dead letter, without its text.", arguments: [deadLetterID], flags: [url, json],
        example: "lola dlq show 5f0c…")

    private static let dlqReplay = CommandDefinition(
        name: .dlqReplay, summary: "Handle a message that was given up again",
        description: """
            Puts a dead letter back into the queue under its key. After a failed agent the agent is asked again with \
            the same idempotency key; after a failed delivery only the replies that are left are sent.
            """,
        arguments: [deadLetterID], flags: [url, json], example: "lola dlq replay 5f0c…")

    private static let dlqDrop = CommandDefinition(
        name: .dlqDrop, summary: "Forget a message that was given up",
        description: "Removes a dead letter for good.", arguments: [deadLetterID], flags: [url, json],
        example: "lola dlq drop 5f0c…")

    private static let verify = CommandDefinition(
        name: .verify, summary: "Explain why a webhook signature does not match",
        description: """
            Checks a recorded webhook against its signature and, when it does not match, tries the usual mistakes and \
            names the variant that would match. The secret is LOLA_WHATSAPP_APP_SECRET, TWILIO_AUTH_TOKEN or \
            RESEND_WEBHOOK_SECRET unless --secret is given. Twilio needs --url, Resend --id and --timestamp.
            """,
        arguments: [
            CommandArgument(name: "CHANNEL", sentence: "Who signed.", choices: ["whatsapp", "twilio", "resend"])
        ],
        flags: [
            CommandFlag("body-file", "FILE", "The raw body as it was received; - is standard input."),
            CommandFlag(
                "signature", "VALUE", "The value of X-Hub-Signature-256, X-Twilio-Signature or svix-signature."),
            CommandFlag("url", "URL", "The whole address that Twilio called."),
            CommandFlag("id", "ID", "The value of svix-id."),
            CommandFlag("timestamp", "SECONDS", "The value of svix-timestamp."),
            CommandFlag("secret", "SECRET", "Other users of this machine may see it; prefer the variable."), json,
        ],
        example: "lola verify whatsapp --body-file body.json --signature sha256=…")

    private static let dataDirectory = CommandFlag(
        "data-dir", "DIR", "The data folder, when it is not the configured one.")
    private static let auditHead = CommandFlag("head", "SEQ:MAC", "A head of the trail, from a log line `audit_head`.")
        .taking("SEQ:MAC, a number and 64 hex digits") { AuditHead(text: $0) != nil }

    private static let auditVerify = CommandDefinition(
        name: .auditVerify, summary: "Prove that the audit trail is whole",
        description: """
            Reads the audit trail of a data folder and checks every octet of it against the keys (LOLA_AUDIT_KEY, else \
            LOLA_DATA_KEY with the store) and its end against the head that the store keeps, and against --head. The \
            store is that of the folder, or the Redis of REDIS_URL when that is set. Changes nothing; the gateway may \
            run, or the folder be a copy. Says what was proved. Exit code 3, with the number of the first bad record, \
            when anything was edited, inserted, moved, deleted or cut.
            """,
        flags: [config, dataDirectory, auditHead, json], example: "lola audit verify --data-dir /var/lib/lola")

    private static let auditExport = CommandDefinition(
        name: .auditExport, summary: "Print the audit trail, a record a line",
        description: """
            Prints every record of the audit trail as JSON with the codes that chain them (`prev`, `mac`, and the \
            `header` of each segment), up to the first bad one. Standard error says what was proved, as `audit verify` \
            does, with the same exit code.
            """,
        flags: [config, dataDirectory, auditHead, CommandFlag("jsonl", nil, "One JSON object a line, the only form.")],
        example: "lola audit export --jsonl")

    /// For commands that need nothing of the configuration but the data folder.
    private static let data = CommandFlag("data", "DIR", "The data folder, when it is not the configured one.")

    private static let storeCheck = CommandDefinition(
        name: .storeCheck, summary: "Find everything wrong with the store on disk",
        description: """
            Reads the data folder of the embedded store and shows what it holds, which data keys its values still \
            need, and every damage. Changes nothing; the gateway may run, or the folder be a copy. Exit code 0 when \
            the store is whole, 1 when it is damaged or cannot be read.
            """,
        flags: [config, data, json], example: "lola store check --data /var/lib/lola")

    private static let storeRepair = CommandDefinition(
        name: .storeRepair, summary: "Keep what is readable of a damaged store",
        description: """
            Does at once what a start does, and more: cuts unfinished writes, copies damaged octets into quarantine \
            files, writes a fresh snapshot of all readable records and removes what it replaces. Shows what is lost. \
            The gateway must not run. Copy the folder first.
            """,
        flags: [config, data, json], example: "lola store repair --data /var/lib/lola")

    private static let healthcheck = CommandDefinition(
        name: .healthcheck, summary: "Ask a running gateway whether it is ready",
        description: """
            Asks /readyz of the management listener (LOLA_MANAGEMENT_LISTEN, else 127.0.0.1:9090). Exit code 0 when it \
            is ready, 1 when it is not. Made for container probes.
            """,
        flags: [url, json], example: "lola healthcheck")

    private static let version = CommandDefinition(
        name: .version, summary: "Show version and build", description: "Shows what this program was built from.",
        flags: [json], example: "lola version --json")

    private static let help = CommandDefinition(
        name: .help, summary: "Explain a command", description: "Explains a command, or lists them all.",
        arguments: [
            CommandArgument(name: "COMMAND", sentence: "The command.", isRequired: false, isRepeated: true)
        ],
        example: "lola help trigger")
}
