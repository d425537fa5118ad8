// `lola credentials set|list|remove|rotate`: credentials of providers, through a running gateway. A value comes from
// standard input or a file, never from the command line, which other users of the machine can read.

enum CredentialCommands {
    static func set(_ invocation: Invocation) -> Int32 {
        let path = invocation.flags["value-file"] ?? "/dev/stdin"
        guard var value = Files.read(path, max: Limits.credentialValueMax) else {
            Process.print("\(SettingsFile.printable(path)): cannot be read, or is more than 8 KiB", to: 2)
            return ExitCode.failure
        }
        if value.last == ASCII.lineFeed { value.removeLast() }
        if value.last == ASCII.carriageReturn { value.removeLast() }
        guard !value.isEmpty else {
            Process.print("there is no value", to: 2)
            return ExitCode.failure
        }
        var writer = JSONWriter(capacity: value.count + 128)
        writer.object { writer in
            writer.member("provider", invocation.arguments[0])
            writer.member("name", invocation.arguments[1])
            writer.member("value", bytes: value)
        }
        return run(invocation) { client in
            guard let body = client.ask(.post, "credentials", writer.bytes) else { return ExitCode.failure }
            let document = try? JSONDocument.parse(body)
            let version = document?.root["version"]?.integer ?? 0
            let words = "\(invocation.arguments[0]) \(invocation.arguments[1])  version \(version)"
            Process.print(invocation.wantsJSON ? body.text : words)
            return ExitCode.ok
        }
    }

    static func list(_ invocation: Invocation) -> Int32 {
        run(invocation) { client in
            client.list(
                "credentials", invocation, ["id", "provider", "name", "version", "masked", "updated_at"],
                none: "there is no credential")
        }
    }

    static func remove(_ invocation: Invocation) -> Int32 {
        run(invocation) { client in
            guard let id = OperatorID.path(invocation.arguments[0]), client.ask(.delete, "credentials/" + id) != nil
            else { return ExitCode.failure }
            Process.print(invocation.wantsJSON ? OperatorID.json(id, "removed") : "\(id)  removed")
            return ExitCode.ok
        }
    }

    /// Exit code 1 when something is under a key that is not there any more.
    static func rotate(_ invocation: Invocation) -> Int32 {
        run(invocation) { client in
            guard let body = client.ask(.post, "credentials/rotate", [UInt8](text: "{}")),
                let root = (try? JSONDocument.parse(body))?.root
            else { return ExitCode.failure }
            let counts = ["renewed", "current", "unreadable"].map { root.member([UInt8](text: $0))?.integer ?? 0 }
            let words = "\(counts[0]) sealed anew, \(counts[1]) were under the first key, \(counts[2]) cannot be opened"
            Process.print(invocation.wantsJSON ? body.text : words)
            return counts[2] == 0 ? ExitCode.ok : ExitCode.failure
        }
    }

    private static func run(_ invocation: Invocation, _ body: (OperatorClient) -> Int32) -> Int32 {
        var code = ExitCode.ok
        guard let client = OperatorClient(invocation, missing: "no such credential", code: &code) else { return code }
        return body(client)
    }
}

enum EraseCommand {
    static func run(_ invocation: Invocation) -> Int32 {
        var code = ExitCode.ok
        guard let client = OperatorClient(invocation, missing: "nothing there", code: &code) else { return code }
        var writer = JSONWriter(capacity: 128)
        writer.object { $0.member("subject", invocation.arguments[0]) }
        guard let body = client.ask(.post, "erasures", writer.bytes), let document = try? JSONDocument.parse(body)
        else { return code }
        guard !invocation.wantsJSON else {
            Process.print(body.text)
            return ExitCode.ok
        }
        let root = document.root
        let words = ["id", "at", "subject"].map { root.member([UInt8](text: $0))?.text ?? "" }
        Process.print("receipt \(words[0])  \(words[1])  subject \(words[2])")
        for (room, count) in root["removed"]?.members.map({ ($0.key.text, $0.value.integer ?? 0) }) ?? [] {
            Process.print("  \(room)  \(count)")
        }
        if let count = root["unreadable"]?.integer, count > 0 {
            Process.print("\(count) records were put aside as unreadable: nobody can say whose they are", to: 2)
        }
        return ExitCode.ok
    }
}
