// ./.lola/: what `lola dev` keeps between runs (generated keys) and what it tells the other commands (where it
// runs and with which secrets). Mode 0700, files 0600, one `NAME=VALUE` a line, line feeds written as \n.

enum DevGround {
    static let directory = ".lola"
    static let keyFile = ".lola/keys.env"
    static let gatewayFile = ".lola/gateway.env"
    /// The sandbox vault's own key: no setting, for the gateway must not have it.
    static let vaultKey = "SANDBOX_VAULT_PRIVATE_KEY"

    static func readVariables(_ path: String) -> [String: String]? {
        guard let bytes = Files.read(path) else { return nil }
        var variables: [String: String] = [:]
        for line in bytes.text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let value = line[line.index(after: equals)...]
            variables[String(line[..<equals])] = value.split(separator: #"\n"#, omittingEmptySubsequences: false)
                .joined(separator: "\n")
        }
        return variables
    }

    static func writeVariables(_ path: String, _ variables: [String: String]) -> Bool {
        var text = ""
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            let lines = value.split(separator: "\n", omittingEmptySubsequences: false)
            text += "\(name)=\(lines.joined(separator: #"\n"#))\n"
        }
        return Files.replace(path, [UInt8](text: text))
    }

    /// Where a gateway of this folder keeps its data: the usual place, or one named by its port when another living
    /// gateway holds the lock of that. `isShared` tells the second case.
    /// - Parameter listen: `address:port` of the gateway to be.
    static func dataFolder(listen: String) -> (path: String, isShared: Bool) {
        let usual = directory + "/data"
        // Let go of at once: the start takes it again. Any other fault is for the start to tell.
        do throws(DiskFault) { try LinuxDisk(usual).lock(JournalName.lock.text) } catch {
            guard error == .locked else { return (usual, false) }
            let port = listen.split(separator: ":").last ?? ""
            return (usual + "-" + port, true)
        }
        return (usual, false)
    }

    /// The keys of this folder, made on the first run. Nil when they cannot be kept.
    static func keys() -> [String: String]? {
        guard Files.makeDirectory(directory) else { return nil }
        var variables = readVariables(keyFile) ?? [:]
        let before = variables.count
        for (name, make) in generators where variables[name] == nil {
            guard let value = make() else { return nil }
            variables[name] = value
        }
        if variables.count != before, !writeVariables(keyFile, variables) { return nil }
        return variables
    }

    private static let generators: [(String, @Sendable () -> String?)] = [
        ("LOLA_DATA_KEY", { hex(32) }),
        ("LOLA_CALLBACK_ENCRYPTION_KEYS", { "dev:" + hex(32) }),
        ("LOLA_CALLBACK_SIGNING_KEYS", { "dev:" + hex(32) }),
        ("LOLA_JWT_PRIVATE_KEY", { (try? ES256PrivateKey.generatePEM())?.text }),
        (vaultKey, { (try? ES256PrivateKey.generatePEM())?.text }),
        ("ORCHESTRATOR_SECURITY_TOKEN", { hex(32) }),
        ("TOKEN_WHATSAPP", { "EAAdev" + hex(16) }),
        ("PHONE_NUMBER_ID", { "106540352242922" }),
        ("VERIFY_TOKEN_WHATSAPP", { hex(16) }),
        ("LOLA_WHATSAPP_APP_SECRET", { hex(16) }),
        ("TELEGRAM_TOKEN", { "7000000001:" + hex(18).prefix(35) }),
        ("LOLA_TELEGRAM_SECRET", { hex(24) }),
        ("TWILIO_ACCOUNT_SID", { "AC" + hex(16) }),
        ("TWILIO_AUTH_TOKEN", { hex(16) }),
        ("TWILIO_FROM", { "+15550199" }),
        ("RESEND_API_KEY", { "re_dev" + hex(16) }),
        ("RESEND_WEBHOOK_SECRET", { "whsec_" + Base64.encode(SystemRandom.bytes(24), .standard).text }),
        ("RESEND_FROM", { "Lola <lola@bank.example>" }),
    ]

    private static func hex(_ count: Int) -> String { Hex.encode(SystemRandom.bytes(count)).text }
}
