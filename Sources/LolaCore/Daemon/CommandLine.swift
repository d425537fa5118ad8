// The words of the command line: commands, their arguments and flags as data, and what an invocation looks like once
// it is understood. Pure values; the parser and the help texts read them, the executable acts on an `Invocation`.

/// Commands that exist. The raw value is what is typed after `lola`.
enum CommandName: String, CaseIterable, Sendable {
    case serve, dev, trigger, tail
    case checkConfig = "check-config"
    case configPrint = "config print"
    case keysNew = "keys new"
    case keysJWKS = "keys jwks"
    case dlqList = "dlq list"
    case dlqShow = "dlq show"
    case dlqReplay = "dlq replay"
    case dlqDrop = "dlq drop"
    case tokenMint = "token mint"
    case tokenList = "token list"
    case tokenRevoke = "token revoke"
    case dncList = "dnc list"
    case dncAdd = "dnc add"
    case dncRemove = "dnc remove"
    case dncImport = "dnc import"
    case dncExport = "dnc export"
    case credentialsSet = "credentials set"
    case credentialsList = "credentials list"
    case credentialsRemove = "credentials remove"
    case credentialsRotate = "credentials rotate"
    case erase
    case auditVerify = "audit verify"
    case auditExport = "audit export"
    case storeCheck = "store check"
    case storeRepair = "store repair"
    case verify, healthcheck, version, help

    var words: [String] { rawValue.split(separator: " ").map(String.init) }
}

/// `--name VALUE`, or a switch when there is no placeholder.
struct CommandFlag: Sendable {
    let name: String
    let placeholder: String?
    let sentence: String
    /// What `accepts` wants, completing "expected …".
    var expected = ""
    var accepts: @Sendable (String) -> Bool = { _ in true }

    init(_ name: String, _ placeholder: String? = nil, _ sentence: String) {
        self.name = name
        self.placeholder = placeholder
        self.sentence = sentence
    }

    /// The same flag, whose values must pass a check.
    func taking(_ expected: String, _ accepts: @escaping @Sendable (String) -> Bool) -> CommandFlag {
        var flag = self
        flag.expected = expected
        flag.accepts = accepts
        return flag
    }
}

/// A word without dashes.
struct CommandArgument: Sendable {
    let name: String
    let sentence: String
    /// The words it may be; empty for free text.
    var choices: [String] = []
    var isRequired = true
    /// Takes all words that are left.
    var isRepeated = false
}

struct CommandDefinition: Sendable {
    let name: CommandName
    /// For the list of commands; at most 55 characters.
    let summary: String
    let description: String
    var arguments: [CommandArgument] = []
    var flags: [CommandFlag] = []
    let example: String
}

/// One understood command line.
struct Invocation: Hashable, Sendable {
    let command: CommandName
    /// Values by flag name without dashes; a switch that was given is `true`.
    let flags: [String: String]
    let arguments: [String]

    var wantsJSON: Bool { flags["json"] != nil }

    /// The flags that are settings, for `SettingsSources.flags`. `--port` of `dev` is its loopback listener.
    var settingFlags: [String: String] {
        let names = Set(SettingsTable.all.compactMap(\.flag))
        var settings = flags.filter { names.contains($0.key) }
        if let port = flags["port"] { settings["listen"] = "127.0.0.1:\(port)" }
        return settings
    }
}

/// The command line cannot be understood: exit code 2, `text` on standard error.
struct UsageFault: Error, Hashable, Sendable {
    let message: String
    /// The command it happened in, when that is known.
    let command: CommandName?
    let nearest: String?

    /// The complaint, the usage line and where to read on; ends with a line end.
    var text: String {
        let hint = nearest.map { "; did you mean \($0)?" } ?? ""
        let usage = command.map { CommandLineHelp.usage($0) } ?? "Usage: lola COMMAND [ARGUMENTS] [FLAGS]\n"
        let more = command.map { "lola \($0.rawValue) --help" } ?? "lola help"
        return "lola: \(message)\(hint)\n\(usage)Try `\(more)`.\n"
    }
}
