// Who may talk to the console beside the check of the peer's address: a page of another site must neither write with
// the developer's browser (cross-site request) nor read through a name that suddenly means 127.0.0.1 (DNS rebinding).
// Pure; asked by DevConsole for every request.

enum ConsoleGuard {
    enum Surface: Sendable {
        /// Pages may be reached by a link from anywhere.
        case page
        case api
        /// Called by the gateway itself, with the credentials of the channel.
        case sandbox
    }

    /// Nil when the request may go on.
    static func refusal(_ request: HTTPRequest, _ surface: Surface) -> HTTPResponse? {
        let head = request.head
        let host = head.bytes[head.host.asRange]
        guard isLoopback(host) else { return forbidden(request) }
        guard surface == .api else { return nil }
        guard isSameSite(head) else { return forbidden(request) }
        for field in head.fields where ASCII.equalIgnoringCase(head.bytes[field.name.asRange], "Origin") {
            guard HTTPHost.isOrigin(head.bytes[field.value.asRange], of: host) else { return forbidden(request) }
        }
        // A form of another site can send text/plain without asking first, JSON it cannot.
        guard head.method == .post else { return nil }
        do throws(Refusal) {
            try WebhookShape.requireJSON(head)
            return nil
        } catch {
            return .refusal(error, requestID: request.requestID)
        }
    }

    /// `localhost`, 127.0.0.0/8 or `[::1]`, with any port: names that no resolver can point elsewhere.
    static func isLoopback(_ host: ArraySlice<UInt8>) -> Bool {
        if host.first == 0x5B { return host.prefix { $0 != 0x5D }.elementsEqual("[::1".utf8) }
        let name = host.prefix { $0 != 0x3A }
        if ASCII.equalIgnoringCase(name, "localhost") { return true }
        let parts = name.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].elementsEqual("127".utf8) else { return false }
        return parts.allSatisfy { part in part.count <= 3 && ASCII.decimal(part).map { $0 <= 255 } ?? false }
    }

    /// Browsers say where a request comes from; programs say nothing.
    private static func isSameSite(_ head: HTTPRequestHead) -> Bool {
        guard let site = head.field("Sec-Fetch-Site") else { return true }
        return head.count("Sec-Fetch-Site") == 1
            && (site.elementsEqual("same-origin".utf8) || site.elementsEqual("none".utf8))
    }

    private static func forbidden(_ request: HTTPRequest) -> HTTPResponse {
        .problem(403, code: "forbidden", requestID: request.requestID)
    }
}
