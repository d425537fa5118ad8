// What the MCP routes ask of a request before they read its body: content type, what the client accepts, which session
// it names. Pure functions over the head.

enum MCPRequest {
    /// One header of that name; nil when absent. A repeated one is empty, which no value is.
    static func header(_ head: HTTPRequestHead, _ name: StaticString) -> [UInt8]? {
        guard head.count(name) > 0 else { return nil }
        return head.count(name) == 1 ? head.field(name).map { [UInt8]($0) } : []
    }

    static func isJSON(_ head: HTTPRequestHead) -> Bool {
        do throws(Refusal) {
            try WebhookShape.requireJSON(head)
            return true
        } catch {
            return false
        }
    }

    /// Whether the client takes an answer of this type (RFC 9110 §12.5.1). Who names none takes none: every client of
    /// MCP must name what it takes.
    static func accepts(_ head: HTTPRequestHead, _ type: StaticString) -> Bool {
        let group = [UInt8](text: "\(type)".prefix { $0 != "/" } + "/*")
        let values = head.fields.filter { ASCII.equalIgnoringCase(head.bytes[$0.name.asRange], "accept") }
        for value in values {
            for range in head.bytes[value.value.asRange].split(separator: 0x2C) {
                let parts = range.split(separator: 0x3B).map { HTTPSyntax.trimmed($0) }
                guard let media = parts.first, !parts.dropFirst().contains(where: isRefused) else { continue }
                let isMeant = ASCII.equalIgnoringCase(media, type) || media.equals("*/*")
                    || media.map { ASCII.lowercased($0) } == group
                if isMeant { return true }
            }
        }
        return false
    }

    /// `q=0`, `q=0.0` …
    private static func isRefused(_ parameter: ArraySlice<UInt8>) -> Bool {
        guard parameter.count >= 3, parameter.first.map({ $0 | 0x20 }) == 0x71, parameter.dropFirst().first == 0x3D
        else { return false }
        return parameter.dropFirst(2).allSatisfy { $0 == 0x30 || $0 == 0x2E }
    }

    /// The session that a query names.
    static func session(_ head: HTTPRequestHead) -> MCPSessionID? {
        guard let query = head.query, let fields = try? FormFields(head.bytes[query.asRange]),
            fields.all("sessionId").count == 1, let text = fields.first("sessionId")
        else { return nil }
        return MCPSessionID(text)
    }
}
