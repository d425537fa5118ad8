// What the MCP routes ask of a request before they read its body: content type, what the client accepts, which session
// it names. Pure functions over the head.

enum MCPRequest {
    /// One header of that name; nil when absent. A repeated one is empty, which no value is.
    static func header(_ head: HTTPRequestHead, _ name: StaticString) -> [UInt8]? {
        guard let value = head.field(name) else { return nil }
        return head.count(name) == 1 ? [UInt8](value) : []
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
        for field in head.fields where ASCII.equalIgnoringCase(head.bytes[field.name.asRange], "accept") {
            var rest = head.bytes[field.value.asRange]
            while !rest.isEmpty {
                let range = rest.prefix { $0 != 0x2C }
                rest = rest.dropFirst(range.count + 1)
                let media = range.prefix { $0 != 0x3B }
                guard isMeant(HTTPSyntax.trimmed(media), type) else { continue }
                let parameters = range.dropFirst(media.count).split(separator: 0x3B)
                if !parameters.contains(where: { isRefused(HTTPSyntax.trimmed($0)) }) { return true }
            }
        }
        return false
    }

    /// The type itself, all of its group, or everything.
    private static func isMeant(_ media: ArraySlice<UInt8>, _ type: StaticString) -> Bool {
        if ASCII.equalIgnoringCase(media, type) || media.equals("*/*") { return true }
        guard media.count >= 2, media.last == 0x2A, media.dropLast().last == 0x2F else { return false }
        let group = media.dropLast()
        return type.withOctets { octets in
            guard group.count <= octets.count else { return false }
            for (place, octet) in group.enumerated() where ASCII.lowercased(octet) != octets[place] { return false }
            return true
        }
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
