// The door between the executable and the library: arguments in, exit code out. Finds the command and runs it;
// what a command does stands in its own file beside this one.

public enum LolaCommand {
    /// Runs what the process was started with. Exit codes: CONTRACT §2.
    public static func run() -> Int32 {
        let words = Array(Process.arguments.dropFirst())
        do throws(UsageFault) {
            return run(try CommandLineParser.parse(words))
        } catch {
            Process.print(String(error.text.dropLast()), to: 2)
            return ExitCode.usage
        }
    }

    static func run(_ invocation: Invocation) -> Int32 {
        switch invocation.command {
        case .serve: ServeCommand.run(invocation)
        case .dev: DevCommand.run(invocation)
        case .checkConfig: ConfigCommands.check(invocation)
        case .configPrint: ConfigCommands.print(invocation)
        case .keysNew: KeyCommands.new(invocation)
        case .keysJWKS: KeyCommands.jwks(invocation)
        case .storeCheck: StoreCommands.check(invocation)
        case .storeRepair: StoreCommands.repair(invocation)
        case .trigger: TriggerCommand.run(invocation)
        case .tail: TailCommand.run(invocation)
        case .dlqList: DeadLetterCommands.list(invocation)
        case .dlqShow: DeadLetterCommands.show(invocation)
        case .dlqReplay: DeadLetterCommands.replay(invocation)
        case .dlqDrop: DeadLetterCommands.drop(invocation)
        case .tokenMint: TokenCommands.mint(invocation)
        case .tokenList: TokenCommands.list(invocation)
        case .tokenRevoke: TokenCommands.revoke(invocation)
        case .dncList: SuppressionCommands.list(invocation)
        case .dncAdd: SuppressionCommands.add(invocation)
        case .dncRemove: SuppressionCommands.remove(invocation)
        case .dncImport: SuppressionCommands.importFile(invocation)
        case .dncExport: SuppressionCommands.export(invocation)
        case .credentialsSet: CredentialCommands.set(invocation)
        case .credentialsList: CredentialCommands.list(invocation)
        case .credentialsRemove: CredentialCommands.remove(invocation)
        case .credentialsRotate: CredentialCommands.rotate(invocation)
        case .erase: EraseCommand.run(invocation)
        case .auditVerify: AuditCommands.verify(invocation)
        case .auditExport: AuditCommands.export(invocation)
        case .verify: VerifyCommand.run(invocation)
        case .healthcheck: HealthCommand.run(invocation)
        case .version: VersionCommand.run(invocation)
        case .help:
            HelpCommand.run(invocation)
        }
    }
}

/// Exit codes of CONTRACT §2.
enum ExitCode {
    static let ok: Int32 = 0
    static let failure: Int32 = 1
    static let usage: Int32 = 2
    static let auditBroken: Int32 = 3
    static let cannotCreate: Int32 = 73
    static let inputOutput: Int32 = 74
    static let configuration: Int32 = 78
}

enum HelpCommand {
    static func run(_ invocation: Invocation) -> Int32 {
        let name = CommandName(rawValue: invocation.arguments.joined(separator: " "))
        let text = name.map { CommandLineHelp.page($0) } ?? CommandLineHelp.overview
        Process.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        return ExitCode.ok
    }
}

enum VersionCommand {
    static func run(_ invocation: Invocation) -> Int32 {
        if invocation.wantsJSON {
            var writer = JSONWriter(capacity: 128)
            writer.object { writer in
                writer.member("version", BuildFacts.version)
                writer.member("swift", BuildFacts.swift)
                writer.member("openssl", OpenSSLVersion.text)
            }
            Process.print(writer.bytes.text)
        } else {
            Process.print("lola \(BuildFacts.version) (Swift \(BuildFacts.swift), \(OpenSSLVersion.text))")
        }
        return ExitCode.ok
    }
}
