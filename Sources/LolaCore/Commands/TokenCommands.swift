// `lola token mint|list|revoke`: tokens of agents, through the management listener of a running gateway.

enum TokenCommands {
    static func mint(_ invocation: Invocation) -> Int32 {
        guard let agent = invocation.flags["agent"] else {
            let fault = UsageFault(message: "--agent is missing", command: .tokenMint, nearest: nil)
            Process.print(String(fault.text.dropLast()), to: 2)
            return ExitCode.usage
        }
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            writer.member("agent", agent)
            if let label = invocation.flags["label"] { writer.member("label", label) }
            if let life = invocation.flags["expires"].flatMap({ CommandLineTable.life($0) }) {
                writer.member("expires", Int(life.inSeconds))
            }
            if let scopes = invocation.flags["scopes"].flatMap({ CommandLineTable.scopes($0) }) {
                writer.member("scopes") { writer in
                    writer.array { writer in for scope in scopes { writer.string(scope.rawValue) } }
                }
            }
        }
        var code = ExitCode.ok
        guard let client = OperatorClient(invocation, missing: "no such agent", code: &code) else { return code }
        guard let body = client.ask(.post, "tokens", writer.bytes), let document = try? JSONDocument.parse(body) else {
            return code
        }
        if invocation.wantsJSON {
            Process.print(body.text)
        } else {
            Process.print(document.root["token"]?.text ?? "")
            let (id, end) = (document.root["id"]?.text ?? "", document.root["expires_at"]?.text ?? "")
            Process.print("token \(id) of agent \(agent), good until \(end). It is not shown again.", to: 2)
        }
        return ExitCode.ok
    }

    static func list(_ invocation: Invocation) -> Int32 {
        var code = ExitCode.ok
        guard let client = OperatorClient(invocation, missing: "nothing there", code: &code) else { return code }
        return client.list(
            "tokens", invocation, ["id", "agent", "label", "scopes", "expires_at", "last_used_at", "revoked_at"],
            none: "there is no token")
    }

    static func revoke(_ invocation: Invocation) -> Int32 {
        var code = ExitCode.ok
        guard let client = OperatorClient(invocation, missing: "no such token", code: &code) else { return code }
        guard let id = OperatorID.path(invocation.arguments[0]) else { return ExitCode.failure }
        guard client.ask(.delete, "tokens/" + id) != nil else { return code }
        Process.print(invocation.wantsJSON ? OperatorID.json(id, "revoked") : "\(id)  revoked")
        return ExitCode.ok
    }
}

/// Ids as operators give them.
enum OperatorID {
    /// As it stands in a path; nil after saying that it is none.
    ///
    /// - Parameter thing: what it is the id of, for people.
    static func path(_ text: String, of thing: String? = nil) -> String? {
        let octets = [UInt8](text: text)
        if let id = RecordID(hex: octets) { return id.hex.text }
        let owner = thing.map { " of \($0)" } ?? ""
        Process.print("\(SettingsFile.printable(text)) is no id\(owner): 32 hex digits are expected", to: 2)
        return nil
    }

    static func json(_ id: String, _ status: String) -> String {
        var writer = JSONWriter(capacity: 96)
        writer.object { writer in
            writer.member("id", id)
            writer.member("status", status)
        }
        return writer.bytes.text
    }
}
