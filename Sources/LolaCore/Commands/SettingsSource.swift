// Where the commands get settings from: flags, environment and a file, put together for `Settings.load`.

enum SettingsSource {
    /// The file that is read when `--config` is not given and it is there; by `lola dev` never.
    static let defaultFile = "config/lola.json5"

    /// Loads the settings or says on standard error everything that is wrong; nil then, and the exit code is 78.
    static func load(
        _ mode: Settings.Mode, _ invocation: Invocation, generated: [String: String] = [:]
    ) -> Settings? {
        // What is filed here is for a bank: it would lead the sandbox's messages to the world.
        switch sources(invocation, generated, readsDefaultFile: mode == .serve) {
        case nil: return nil
        case .some(let sources):
            do throws(SettingsProblems) {
                return try Settings.load(mode: mode, sources, checks: checks)
            } catch {
                report(error, asJSON: invocation.wantsJSON)
                return nil
            }
        }
    }

    static func report(_ problems: SettingsProblems, asJSON: Bool) {
        if asJSON {
            Process.print(SettingsReport.json(problems.problems).text)
        } else {
            for problem in problems.problems { Process.print(problem.line, to: 2) }
            let count = problems.problems.count
            Process.print("\(count) problem\(count == 1 ? "" : "s") in the configuration", to: 2)
        }
    }

    /// The data folder: `--data`, or what the settings say, whatever else is wrong with them. Nil, and said on standard
    /// error, when they do not say it; the exit code is 78.
    static func dataDirectory(_ invocation: Invocation) -> String? {
        if let folder = invocation.flags["data"] { return folder }
        guard let sources = sources(invocation, [:]) else { return nil }
        let reader = SettingsReader(sources, table: SettingsTable.all)
        let folder = reader.value(SettingsTable.dataDirectory)
        let own = reader.problems.filter {
            $0.key == SettingsTable.dataDirectory.definition.key || $0.fault == .malformedFile
        }
        guard own.isEmpty else {
            report(SettingsProblems(problems: own), asJSON: invocation.wantsJSON)
            return nil
        }
        return folder
    }

    /// For commands that need a few settings, whatever is wrong with the others. Nil after saying why.
    static func reader(_ invocation: Invocation, _ generated: [String: String]) -> SettingsReader? {
        sources(invocation, generated).map { SettingsReader($0, table: SettingsTable.all) }
    }

    private static func sources(
        _ invocation: Invocation, _ generated: [String: String], readsDefaultFile: Bool = true
    ) -> SettingsSources? {
        var sources = SettingsSources()
        sources.flags = invocation.settingFlags
        sources.environment = Process.environment
        sources.generated = generated
        sources.readFile = { Files.read($0) }
        let named = invocation.flags["config"]
        if let path = named ?? (readsDefaultFile && Files.exists(defaultFile) ? defaultFile : nil) {
            guard let bytes = Files.read(path) else {
                Process.print("\(path): cannot be read", to: 2)
                return nil
            }
            sources.file = (path, bytes)
        }
        return sources
    }

    /// Judgements of other rooms that the settings ask for.
    static let checks = SettingsChecks(
        isSigningKey: { secret in (try? ES256PrivateKey(pem: secret)) != nil },
        isVerificationKey: { secret in KeySet.publicKey(secret) != nil },
        isPhone: { (try? PhoneNormalizer.normalize($0, .international)) != nil })
}

enum ConfigCommands {
    static func check(_ invocation: Invocation) -> Int32 {
        guard SettingsSource.load(.serve, invocation) != nil else { return ExitCode.configuration }
        Process.print(invocation.wantsJSON ? #"{"problems":[]}"# : "the configuration is valid")
        return ExitCode.ok
    }

    static func print(_ invocation: Invocation) -> Int32 {
        guard let settings = SettingsSource.load(.serve, invocation) else { return ExitCode.configuration }
        if invocation.wantsJSON {
            Process.print(SettingsReport.json(settings.effective).text)
        } else {
            Process.print(SettingsReport.text(settings.effective))
        }
        return ExitCode.ok
    }
}

enum DemoWarning {
    static let text = """
        ********************************************************************************
        DEMO_MODE IS ON. NOBODY IS ASKED FOR A TOKEN: every program of this machine may
        act as any agent and administer this gateway. Never use it with real people.
        ********************************************************************************
        """
}

enum ServeCommand {
    static func run(_ invocation: Invocation) -> Int32 {
        Signals.block()
        Process.prepare()
        guard let settings = SettingsSource.load(.serve, invocation) else { return ExitCode.configuration }
        let log = Log(sink: LogSink(descriptor: 1), threshold: .info)
        let failure = Daemon.run(settings, log: log, console: nil) { ports in
            Process.print("lola serves on port \(ports.public), management on port \(ports.management)", to: 2)
            if settings.demoMode { Process.print(DemoWarning.text, to: 2) }
        }
        Process.print(failure.text, to: 2)
        return failure.code
    }
}
