// How commands talk to the administration of a running gateway: address and token from the surroundings, JSON both
// ways, and words for what went wrong.

final class OperatorClient {
    private let client: ToolClient
    private let base: String
    private let token: String
    /// Said for a 404.
    private let missing: String

    /// Nil, with the exit code, after saying why.
    init?(_ invocation: Invocation, missing: String, code: inout Int32) {
        let variables = ToolVariables.load()
        code = ExitCode.configuration
        guard let token = variables.orchestratorToken() else { return nil }
        code = ExitCode.failure
        guard let client = ToolClient() else { return nil }
        self.client = client
        self.token = token
        self.missing = missing
        base = variables.managementURL(invocation)
    }

    /// The body of a good answer, empty for one without; nil after saying what went wrong. `path` is below
    /// `/admin/api/`.
    func ask(_ method: HTTPMethod, _ path: String, _ body: [UInt8] = [], prefix: String = "") -> [UInt8]? {
        var fields = [ToolClient.bearer(token)]
        if !body.isEmpty {
            fields.append(OutboundField(name: "Content-Type", value: [UInt8](text: "application/json")))
        }
        guard let outcome = client.send(method, base, "/admin/api/" + path, fields: fields, body: body) else {
            Process.print("\(base): not a URL", to: 2)
            return nil
        }
        switch outcome {
        case .failure(let fault): Process.print("\(prefix)\(base): \(fault.rawValue)", to: 2)
        case .success(let response) where (200...204).contains(response.status): return response.body
        case .success(let response): Process.print(prefix + words(response), to: 2)
        }
        return nil
    }

    private func words(_ response: OutboundResponse) -> String {
        let problem = try? JSONDocument.parse(response.body)
        switch (response.status, problem?.root["code"]?.text) {
        case (400, _): return "the gateway cannot read a value of it"
        case (404, _): return missing
        case (409, "credentials_key_missing"?): return "the gateway has no CREDENTIALS_ENCRYPTION_KEY"
        case (409, "quota_reached"?): return "as many as may be kept are kept"
        case (503, _): return "\(base): the store or the audit trail cannot be written now"
        default: return "\(base): status \(response.status)"
        }
    }

    /// Every item of a list, page by page. False after saying what went wrong.
    func each(_ path: String, _ body: (JSONView) -> Void) -> Bool {
        var cursor: String?
        repeat {
            let query = "?limit=1000" + (cursor.map { "&cursor=\($0)" } ?? "")
            guard let page = ask(.get, path + query) else { return false }
            guard let document = try? JSONDocument.parse(page), let items = document.root["items"] else {
                Process.print("the answer cannot be read", to: 2)
                return false
            }
            for item in items.elements { body(item) }
            cursor = document.root["next"]?.text
        } while cursor != nil
        return true
    }

    /// Prints a list: one JSON object a line, or the named members.
    func list(_ path: String, _ invocation: Invocation, _ members: [StaticString], none: String) -> Int32 {
        var isEmpty = true
        let isWhole = each(path) { item in
            isEmpty = false
            guard !invocation.wantsJSON else { return Process.print(Array(item.raw).text) }
            Process.print(members.map { Self.text(item[$0]) }.joined(separator: "  "))
        }
        guard isWhole else { return ExitCode.failure }
        if isEmpty { Process.print(none, to: 2) }
        return ExitCode.ok
    }

    private static func text(_ value: JSONView?) -> String {
        guard let value, !value.isNull else { return "-" }
        if value.kind == .array { return value.elements.compactMap(\.text).joined(separator: ",") }
        return value.text ?? Array(value.raw).text
    }
}
