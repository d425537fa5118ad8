// What the commands that talk to a gateway know of it: the environment first, then what `lola dev` wrote down in
// ./.lola/ (CONTRACT §11).

struct ToolVariables {
    private let environment: [String: String]
    private let written: [String: String]

    static func load() -> ToolVariables {
        ToolVariables(environment: Process.environment, written: DevGround.readVariables(DevGround.gatewayFile) ?? [:])
    }

    /// The value of a variable, of its `_FILE`, or what a running `lola dev` uses.
    func value(_ name: String) -> String? {
        if let own = environment[name], !own.isEmpty { return own }
        if let path = environment[name + "_FILE"], let bytes = Files.read(path) {
            return String(bytes.text.reversed().drop { $0.isNewline }.reversed())
        }
        return written[name]
    }

    /// Nil after saying that there is none: exit code 78.
    func orchestratorToken() -> String? {
        if let token = value("ORCHESTRATOR_SECURITY_TOKEN") { return token }
        Process.print("ORCHESTRATOR_SECURITY_TOKEN is not set and no `lola dev` has run in this folder", to: 2)
        return nil
    }

    func secret(_ name: String) -> SecretBytes? { value(name).map { SecretBytes([UInt8](text: $0)) } }

    /// PEMs of `LOLA_JWT_PREVIOUS_KEYS`, cut at their end lines.
    func previousKeys() -> [(String, SecretBytes)] {
        guard let all = value("LOLA_JWT_PREVIOUS_KEYS") else { return [] }
        var keys: [(String, SecretBytes)] = []
        var lines: [Substring] = []
        for line in all.split(separator: "\n", omittingEmptySubsequences: true) {
            lines.append(line)
            guard line.hasPrefix("-----END ") else { continue }
            keys.append(("LOLA_JWT_PREVIOUS_KEYS", SecretBytes([UInt8](text: lines.joined(separator: "\n") + "\n"))))
            lines = []
        }
        return keys
    }

    /// Where the gateway is: `--url`, else what is configured or running here.
    func publicURL(_ invocation: Invocation) -> String {
        Self.base(invocation.flags["url"] ?? value("LOLA_PUBLIC_URL") ?? "http://127.0.0.1:8080")
    }

    func managementURL(_ invocation: Invocation) -> String {
        if let url = invocation.flags["url"] { return Self.base(url) }
        if let listen = environment["LOLA_MANAGEMENT_LISTEN"] ?? written["LOLA_MANAGEMENT_LISTEN"] {
            // A wildcard is an address to listen on, not one to call.
            let reachable = listen.hasPrefix("0.0.0.0:") ? "127.0.0.1:" + listen.dropFirst(8) : listen
            return "http://" + (reachable.hasPrefix("[::]:") ? "[::1]:" + reachable.dropFirst(5) : reachable)
        }
        return "http://127.0.0.1:9090"
    }

    private static func base(_ url: String) -> String { url.hasSuffix("/") ? String(url.dropLast()) : url }
}
