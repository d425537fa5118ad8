// Which web pages of others may talk to widget routes (CONTRACT §11 CORS): those of the bank's own widgets, nobody
// else. A value; used by WidgetDoor and CallbackDoor, and by the gatekeeper for what it refuses.

struct WidgetOrigins: Sendable {
    /// `https://widgets.bank.example`, as a browser writes the origin of a page.
    let allowed: [[UInt8]]

    /// The answer to what a browser asks before it lets a page call us. Says nothing of what the path names.
    func preflight(_ request: HTTPRequest) -> HTTPResponse {
        var response = HTTPResponse.empty(204)
        guard origin(of: request.head) != nil else { return allow(response, request) }
        response.fields = [
            ResponseField(name: "Access-Control-Allow-Methods", value: [UInt8](text: "POST")),
            ResponseField(name: "Access-Control-Allow-Headers", value: [UInt8](text: "authorization, content-type")),
            ResponseField(
                name: "Access-Control-Max-Age", value: [UInt8](text: "\(Limits.preflightAge.inSeconds)")),
        ]
        return allow(response, request)
    }

    /// The answer with leave for the page that asked, when it is one of ours.
    func allow(_ response: HTTPResponse, _ request: HTTPRequest) -> HTTPResponse {
        var response = response
        response.fields += leave(request.head)
        return response
    }

    /// What lets the page that asks read the answer, and when to come back.
    func leave(_ head: HTTPRequestHead) -> [ResponseField] {
        if allowed.isEmpty { return [] }
        let vary = ResponseField(name: "Vary", value: [UInt8](text: "Origin"))
        guard let origin = origin(of: head) else { return [vary] }
        return [
            vary, ResponseField(name: "Access-Control-Allow-Origin", value: origin),
            ResponseField(name: "Access-Control-Expose-Headers", value: [UInt8](text: "retry-after")),
        ]
    }

    private func origin(of head: HTTPRequestHead) -> [UInt8]? {
        guard let value = head.only("origin") else { return nil }
        return allowed.first { $0[...] == value }
    }
}
