// `lola dev`: the whole system on this machine with nothing to configure. What is not set comes from ./.lola/ and
// points the gateway at its own sandbox services, over real HTTP.

enum DevCommand {
    static func run(_ invocation: Invocation) -> Int32 {
        Signals.block()
        Process.prepare()
        guard var generated = DevGround.keys() else {
            Process.print("\(DevGround.directory): cannot be written", to: 2)
            return ExitCode.cannotCreate
        }
        let environment = Process.environment
        let listen = invocation.settingFlags["listen"] ?? environment["LOLA_LISTEN"] ?? "127.0.0.1:8080"
        let own = "http://" + listen
        let folder = DevGround.dataFolder(listen: listen)
        let vault = generated.removeValue(forKey: DevGround.vaultKey) ?? ""
        generated["LOLA_VAULT_PUBLIC_KEY"] = SandboxVault.publicKey(pem: vault)
        generated.merge([
            "LOLA_PUBLIC_URL": own,
            "LOLA_IDENTITY_URL": own + "/dev/sandbox/identity/{phone}",
            "LOLA_WHATSAPP_API_URL": own + "/dev/sandbox/graph/v23.0",
            "LOLA_TELEGRAM_API_URL": own + "/dev/sandbox/telegram",
            "LOLA_TWILIO_API_URL": own + "/dev/sandbox/twilio",
            "LOLA_RESEND_API_URL": own + "/dev/sandbox/resend",
            "LOLA_MANAGEMENT_LISTEN": managementListen(environment),
            "LOLA_DATA_DIR": folder.path,
            // One developer, whose programs ask often.
            "HTTP_RATE_LIMIT_PER_IP": "6000",
            "HTTP_RATE_LIMIT_GLOBAL": "6000",
        ]) { $1 }
        guard let settings = SettingsSource.load(.dev, invocation, generated: generated) else {
            return ExitCode.configuration
        }
        guard let address = IPAddress(text: settings.server.listen.host.utf8), address.isLoopback else {
            Process.print("lola dev listens on loopback addresses only; use `lola serve` for others", to: 2)
            return ExitCode.configuration
        }
        let log = Log(sink: LogSink(descriptor: 2), threshold: .warn)
        let world = SandboxWorld(startedAt: LinuxClock().wall)
        let failure = Daemon.run(settings, log: log, console: { loop, client, book, shared in
            DevConsole.make(loop, client, world, book, [UInt8](text: vault), shared)
        }) { ports in
            // Not before: a second gateway that cannot start must not hide the running one from the other commands.
            let known = known(settings, ports, generated, environment)
            let other = DevNeighbour.running(besides: known["LOLA_PUBLIC_URL"])
            if !DevGround.writeVariables(DevGround.gatewayFile, known) {
                Process.print("\(DevGround.gatewayFile): cannot be written; trigger and tail need --url", to: 2)
            }
            Process.print(banner(settings, ports))
            if settings.demoMode { Process.print(DemoWarning.text, to: 2) }
            let ownData = folder.isShared && settings.data.directory == folder.path ? folder.path : nil
            if let line = warning(other: other, own: known["LOLA_PUBLIC_URL"] ?? "", ownData: ownData) {
                Process.print(line, to: 2)
            }
        }
        Process.print(failure.text, to: 2)
        return failure.code
    }

    /// One line for everything that another gateway of this folder changes; nil when there is none.
    /// - Parameters:
    ///   - other: the one that the other commands spoke to until now.
    ///   - ownData: where this one keeps its data, when another one has the usual place.
    private static func warning(other: String?, own: String, ownData: String?) -> String? {
        if other == nil && ownData == nil { return nil }
        var line = "Warning: another gateway of this folder is still running"
        if let other {
            line += " at \(other). From now on trigger and tail speak to \(own); give them --url for the other one."
        } else {
            line += "."
        }
        if let ownData { line += " This one has its data in ./\(ownData)." }
        return line
    }

    /// The usual address, or one the system chooses when another gateway of this machine has it.
    private static func managementListen(_ environment: [String: String]) -> String {
        let usual = SocketAddressText(host: "127.0.0.1", port: 9_090)
        guard environment["LOLA_MANAGEMENT_LISTEN"] == nil, let ip = IPAddress(text: usual.host.utf8),
            LinuxNet.isTaken(Endpoint(address: ip, port: usual.port))
        else { return "127.0.0.1:9090" }
        return "127.0.0.1:\(LinuxNet.freePort(ip) ?? 9_091)"
    }

    /// What the other commands need in order to speak with this gateway.
    private static func known(
        _ settings: Settings, _ ports: Daemon.Ports, _ generated: [String: String], _ environment: [String: String]
    ) -> [String: String] {
        let names = [
            "ORCHESTRATOR_SECURITY_TOKEN", "PHONE_NUMBER_ID", "VERIFY_TOKEN_WHATSAPP", "LOLA_WHATSAPP_APP_SECRET",
            "TELEGRAM_TOKEN", "LOLA_TELEGRAM_SECRET", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_SHARED_KEY",
            "TWILIO_FROM", "RESEND_WEBHOOK_SECRET", "RESEND_FROM", "LOLA_JWT_PRIVATE_KEY",
        ]
        var known: [String: String] = [:]
        for name in names { known[name] = environment[name] ?? generated[name] }
        known["LOLA_PUBLIC_URL"] = "http://" + address(settings.server.listen, ports.public)
        known["LOLA_MANAGEMENT_LISTEN"] = address(settings.management.listen, ports.management)
        return known
    }

    /// With the port that was really opened.
    private static func address(_ listen: SocketAddressText, _ port: UInt16) -> String {
        SocketAddressText(host: listen.host, port: port).text
    }

    private static func banner(_ settings: Settings, _ ports: Daemon.Ports) -> String {
        let own = "http://" + address(settings.server.listen, ports.public)
        let management = "http://" + address(settings.management.listen, ports.management)
        return """
            Lola is running on this machine only. Nothing leaves it.

              Console      \(own)/dev
              Webhooks     \(own)/webhooks/whatsapp  /telegram  /twilio/sms  /resend
              Management   \(management)/metrics

            Next, in another terminal:

              lola trigger whatsapp.text --from +15550100 --text hola
              lola tail

            Keys and data are in ./\(DevGround.directory)/. Stop with Ctrl-C.
            """
    }
}
