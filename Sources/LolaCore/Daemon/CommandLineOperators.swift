// Rows of the table of commands: those that administer agents, people's wishes and credentials of a running gateway.

extension CommandLineTable {
    static let operators: [CommandDefinition] = [
        tokenMint, tokenList, tokenRevoke, dncList, dncAdd, dncRemove, dncImport, dncExport, credentialsSet,
        credentialsList, credentialsRemove, credentialsRotate, erase,
    ]

    // MARK: Tokens

    private static let tokenMint = CommandDefinition(
        name: .tokenMint, summary: "Make a token for an agent",
        description: """
            Makes an agent token and shows it once; only its digest is kept. The agent is registered when it is new. \
            Several tokens of an agent may be live at a time.
            """,
        flags: [
            CommandFlag("agent", "ID", "The agent it acts for: 1 to 64 letters, digits, . _ -")
                .taking("an agent id") { AgentID([UInt8](text: $0)) != nil },
            CommandFlag("expires", "TIME", "How long it is good (90d).")
                .taking("a time such as 90d, 12h or 30m, at most 366d") { life($0) != nil },
            CommandFlag("label", "TEXT", "What you call it."),
            CommandFlag("scopes", "A,B", "Tools it is limited to.")
                .taking("tool names between commas") { scopes($0) != nil },
            url, json,
        ],
        example: "lola token mint --agent concierge --expires 90d --label staging")

    /// `90d`, `12h`, `30m`, `45s`; nil for anything else and for what no token may have.
    static func life(_ text: String) -> Interval? {
        let octets = [UInt8](text: text)
        let life: Interval?
        if octets.last == 0x64 {
            life = ASCII.decimal(octets.dropLast()).flatMap { $0 <= 366 ? .days(Int64($0)) : nil }
        } else {
            life = Interval(setting: octets)
        }
        guard let life, life >= .seconds(1), life <= Limits.agentTokenLifeMax else { return nil }
        return .seconds(life.inSeconds)
    }

    /// Nil when a word names no tool.
    static func scopes(_ text: String) -> [TokenScope]? {
        let words = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { TokenScope(rawValue: String($0)) }
        let scopes = words.compactMap { $0 }
        return scopes.count == words.count && Set(scopes).count == scopes.count ? scopes : nil
    }

    private static let tokenList = CommandDefinition(
        name: .tokenList, summary: "List the tokens of agents",
        description: "Lists agent tokens that stand or ended in the last 30 days, never the tokens themselves.",
        flags: [url, json], example: "lola token list")

    private static let tokenRevoke = CommandDefinition(
        name: .tokenRevoke, summary: "End a token of an agent at once",
        description: "Revokes a token. Open streams of it end within a second, at every gateway on the same store.",
        arguments: [CommandArgument(name: "ID", sentence: "The 32 hex digits that `token list` shows.")],
        flags: [url, json], example: "lola token revoke 5f0c…")

    // MARK: Do-not-contact

    private static let address = CommandArgument(
        name: "ADDRESS", sentence: "A number in any spelling, an e-mail address, telegram:ID or whatsapp:ID.")

    private static let dncList = CommandDefinition(
        name: .dncList, summary: "List whom nobody may write to",
        description: "Lists the do-not-contact entries. Entries of erased people have no address.",
        flags: [url, json], example: "lola dnc list")

    private static let dncAdd = CommandDefinition(
        name: .dncAdd, summary: "Put an address on the do-not-contact list",
        description: "From now on nothing is sent to the address. Who is on the list stays as entered.",
        arguments: [address], flags: [CommandFlag("reason", "TEXT", "Why."), url, json],
        example: "lola dnc add +15550100 --reason letter")

    private static let dncRemove = CommandDefinition(
        name: .dncRemove, summary: "Take an address off the do-not-contact list",
        description: "Takes an entry off the list, by its address or by the id that `dnc list` shows.",
        arguments: [CommandArgument(name: "ADDRESS", sentence: "The address, or the 32 hex digits of its entry.")],
        flags: [url, json], example: "lola dnc remove +15550100")

    private static let dncImport = CommandDefinition(
        name: .dncImport, summary: "Put many addresses on the do-not-contact list",
        description: """
            Reads lines of an address and, behind a comma, a reason; a first line `address,reason` is passed over. \
            Every line that is refused is told, with why; the others are entered. Exit code 1 when there was one.
            """,
        arguments: [CommandArgument(name: "FILE", sentence: "The file (CSV); - is standard input.")],
        flags: [url, json], example: "lola dnc import list.csv")

    private static let dncExport = CommandDefinition(
        name: .dncExport, summary: "Write the do-not-contact list as CSV",
        description: "Prints address, reason and time of every entry that has an address, as `dnc import` reads it.",
        flags: [url], example: "lola dnc export")

    // MARK: Credentials and erasure

    private static let credentialsSet = CommandDefinition(
        name: .credentialsSet, summary: "Keep a credential of a provider",
        description: """
            Reads a value from standard input, or from a file, and has the gateway seal it under \
            CREDENTIALS_ENCRYPTION_KEY. It cannot be read back. One line end at its end is left out.
            """,
        arguments: [
            CommandArgument(name: "PROVIDER", sentence: "The provider, such as twilio."),
            CommandArgument(name: "NAME", sentence: "What it is, such as auth_token."),
        ],
        flags: [CommandFlag("value-file", "FILE", "Where the value stands."), url, json],
        example: "lola credentials set twilio auth_token --value-file token.txt")

    private static let credentialsList = CommandDefinition(
        name: .credentialsList, summary: "List the credentials of providers",
        description: "Lists provider, name, version and at most the last four characters of each value.",
        flags: [url, json], example: "lola credentials list")

    private static let credentialsRemove = CommandDefinition(
        name: .credentialsRemove, summary: "Forget a credential of a provider",
        description: "Removes a credential for good.",
        arguments: [CommandArgument(name: "ID", sentence: "The 32 hex digits that `credentials list` shows.")],
        flags: [url, json], example: "lola credentials remove 5f0c…")

    private static let credentialsRotate = CommandDefinition(
        name: .credentialsRotate, summary: "Bring credentials under the first key",
        description: """
            Seals everything anew that is not under the first key of CREDENTIALS_ENCRYPTION_KEY. Put the new key \
            first, keep the old one behind a comma, restart, rotate, take the old one away.
            """,
        flags: [url, json], example: "lola credentials rotate")

    private static let erase = CommandDefinition(
        name: .erase, summary: "Forget a person",
        description: """
            Removes what the gateway keeps of a person or a conversation: queue, replies, dead letters, quarantine, \
            state, shared contact, consents, message records. Do-not-contact entries stay as keyed hashes. Prints a \
            receipt that names nobody.
            """,
        arguments: [
            CommandArgument(
                name: "SUBJECT",
                sentence: "A number in any spelling, an e-mail, telegram:ID, whatsapp:ID or a conversation key.")
        ],
        flags: [url, json], example: "lola erase +15550100")
}
