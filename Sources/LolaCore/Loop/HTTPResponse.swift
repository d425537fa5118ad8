// An answer before it becomes octets, and the headers that every answer carries (CONTRACT §4).
// Serialised by the server connection on its loop.

struct ResponseField: Sendable {
    let name: StaticString
    let value: [UInt8]
}

/// Which Content-Security-Policy and Referrer-Policy an answer carries.
enum PagePolicy: Sendable {
    /// Nothing may be loaded: APIs, errors, webhooks.
    case api
    /// Own scripts, styles and calls only; no inline script, no third party.
    case page
    /// What stands behind a link, as a page and as data: the same, and no referrer, for the address is the secret.
    case widget, widgetData
}

struct HTTPResponse: Sendable {
    var status: Int
    var contentType: StaticString?
    var fields: [ResponseField] = []
    var body: [UInt8] = []
    var policy = PagePolicy.api
    /// The connection ends after this answer.
    var closes = false

    /// Nothing beside the fields that every answer has.
    var isEmpty200: Bool {
        status == 200 && contentType == nil && fields.isEmpty && body.isEmpty && policy == .api && !closes
    }

    /// An answer without a body.
    static func empty(_ status: Int) -> HTTPResponse { HTTPResponse(status: status) }

    static func json(_ status: Int, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            status: status, contentType: "application/json",
            fields: [ResponseField(name: "Cache-Control", value: [UInt8](text: "no-store"))], body: body)
    }

    /// The head of a stream of server-sent events. Proxies are asked to pass each event on at once.
    static func eventStream() -> HTTPResponse {
        HTTPResponse(
            status: 200, contentType: "text/event-stream",
            fields: [
                ResponseField(name: "Cache-Control", value: [UInt8](text: "no-store")),
                ResponseField(name: "X-Accel-Buffering", value: [UInt8](text: "no")),
            ])
    }

    static func text(_ status: Int, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "text/plain; charset=utf-8", body: body)
    }

    /// `application/problem+json` (RFC 9457): never says which part of an authentication failed.
    /// - Parameter more: members of this problem's own.
    static func problem(
        _ status: Int, code: String, requestID: [UInt8], _ more: (inout JSONWriter) -> Void = { _ in }
    ) -> HTTPResponse {
        var writer = JSONWriter(capacity: 192)
        writer.object { writer in
            writer.member("type", "about:blank")
            writer.member("title", "\(HTTPStatus.reason(status))")
            writer.member("status", status)
            writer.member("code", code)
            writer.member("request_id", bytes: requestID)
            more(&writer)
        }
        return HTTPResponse(status: status, contentType: "application/problem+json", body: writer.bytes)
    }
}

extension HTTPResponse {
    /// There is no room for this caller now.
    static func overloaded(requestID: [UInt8]) -> HTTPResponse {
        var response = problem(503, code: "unavailable", requestID: requestID)
        response.fields.append(ResponseField(name: "Retry-After", value: [UInt8](text: "5")))
        response.closes = true
        return response
    }
}

/// The header block that stands in every answer, made once per policy.
struct SecurityHeaders: Sendable {
    private let api: [UInt8]
    private let page: [UInt8]
    private let widget: [UInt8]
    private let widgetData: [UInt8]

    /// - Parameters:
    ///   - isHTTPS: whether the outside reaches us over https, so that HSTS may be promised.
    ///   - isDemo: whether authentication is bypassed, so that nobody takes what he sees for the real thing.
    ///   - themeOrigin: `https://host` that widget pages may ask for the bank's colours.
    init(isHTTPS: Bool, isDemo: Bool = false, themeOrigin: String? = nil) {
        let bare = """
            X-Frame-Options: DENY\r
            X-Content-Type-Options: nosniff\r
            X-XSS-Protection: 1; mode=block\r

            """ + (isHTTPS ? "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n" : "")
            + (isDemo ? "X-Lola-Demo: true\r\n" : "")
        let common = bare + "Referrer-Policy: strict-origin-when-cross-origin\r\n"
        let hidden = bare + "Referrer-Policy: no-referrer\r\n"
        let self_ = "script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
        let none = "default-src 'none'"
        api = [UInt8](text: common + "Content-Security-Policy: \(none)\r\n")
        let own = "Content-Security-Policy: \(none); \(self_); base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'\r\n"
        page = [UInt8](text: common + own)
        let theme = themeOrigin.map { "connect-src 'self' " + $0 } ?? "connect-src 'self'"
        widget = [UInt8](text: hidden + own.replacing("connect-src 'self'", with: theme))
        widgetData = [UInt8](text: hidden + "Content-Security-Policy: \(none)\r\n")
    }

    func block(_ policy: PagePolicy) -> [UInt8] {
        switch policy {
        case .api: api
        case .page: page
        case .widget: widget
        case .widgetData: widgetData
        }
    }
}
