// `lola dlq list|show|replay|drop`: what was given up, through the management listener of a running gateway.

enum DeadLetterCommands {
    static func list(_ invocation: Invocation) -> Int32 {
        var cursor: String?
        var isEmpty = true
        var code = ExitCode.ok
        repeat {
            let path = "/admin/api/dlq?limit=100" + (cursor.map { "&cursor=\($0)" } ?? "")
            guard let page = ask(invocation, .get, path, code: &code) else { return code }
            guard let document = try? JSONDocument.parse(page), let items = document.root["items"] else {
                Process.print("the answer cannot be read", to: 2)
                return ExitCode.failure
            }
            for item in items.elements {
                isEmpty = false
                Process.print(invocation.wantsJSON ? Array(item.raw).text : line(item))
            }
            cursor = document.root["next"]?.text
        } while cursor != nil
        if isEmpty { Process.print("nothing was given up", to: 2) }
        return ExitCode.ok
    }

    static func show(_ invocation: Invocation) -> Int32 {
        guard let id = id(invocation) else { return ExitCode.failure }
        var code = ExitCode.ok
        guard let body = ask(invocation, .get, "/admin/api/dlq/\(id)", code: &code) else { return code }
        guard !invocation.wantsJSON, let document = try? JSONDocument.parse(body) else {
            Process.print(body.text)
            return ExitCode.ok
        }
        for (name, value) in document.root.members {
            Process.print("\(name.text): \(value.text ?? Array(value.raw).text)")
        }
        return ExitCode.ok
    }

    static func replay(_ invocation: Invocation) -> Int32 { act(invocation, "replay") }
    static func drop(_ invocation: Invocation) -> Int32 { act(invocation, "drop") }

    private static func act(_ invocation: Invocation, _ action: String) -> Int32 {
        guard let id = id(invocation) else { return ExitCode.failure }
        var writer = JSONWriter(capacity: 96)
        writer.object { writer in
            writer.member("id", id)
            writer.member("action", action)
        }
        var code = ExitCode.ok
        guard let body = ask(invocation, .post, "/admin/api/dlq", writer.bytes, code: &code) else { return code }
        let status = (try? JSONDocument.parse(body)).flatMap { $0.root["status"]?.text }
        Process.print(invocation.wantsJSON ? body.text : "\(id)  \(status ?? "")")
        return ExitCode.ok
    }

    /// The id that was given; nil after saying that it is none.
    private static func id(_ invocation: Invocation) -> String? {
        OperatorID.path(invocation.arguments[0], of: "a dead letter")
    }

    private static func line(_ item: JSONView) -> String {
        ["at", "id", "channel", "sender", "stage", "reason", "key"].map { item[$0]?.text ?? "-" }
            .joined(separator: "  ")
    }

    /// The body of a 200; nil after saying what went wrong, with the exit code.
    private static func ask(
        _ invocation: Invocation, _ method: HTTPMethod, _ path: String, _ body: [UInt8] = [], code: inout Int32
    ) -> [UInt8]? {
        let variables = ToolVariables.load()
        let base = variables.managementURL(invocation)
        code = ExitCode.configuration
        guard let token = variables.orchestratorToken() else { return nil }
        code = ExitCode.failure
        var fields = [ToolClient.bearer(token)]
        if method == .post {
            fields.append(OutboundField(name: "Content-Type", value: [UInt8](text: "application/json")))
        }
        guard let client = ToolClient(), let outcome = client.send(method, base, path, fields: fields, body: body)
        else {
            Process.print("\(base): not a URL", to: 2)
            return nil
        }
        switch outcome {
        case .failure(let fault): Process.print("\(base): \(fault.rawValue)", to: 2)
        case .success(let response) where response.status == 200: return response.body
        case .success(let response) where response.status == 404:
            Process.print("no such dead letter: lola dlq list shows those there are", to: 2)
        case .success(let response) where response.status == 409:
            Process.print("not now: the message is still in hand, or its record cannot be read", to: 2)
        case .success(let response): Process.print("\(base): status \(response.status)", to: 2)
        }
        return nil
    }
}
