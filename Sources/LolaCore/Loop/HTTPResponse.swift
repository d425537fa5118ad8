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
}

struct HTTPResponse: Sendable {
    var status: Int
    var contentType: StaticString?
    var fields: [ResponseField] = []
    var body: [UInt8] = []
    var policy = PagePolicy.api
    /// The connection ends after this answer.
    var closes = false

    /// An answer without a body.
    static func empty(_ status: Int) -> HTTPResponse { HTTPResponse(status: status) }

    static func json(_ status: Int, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            status: status, contentType: "application/json",
            fields: [ResponseField(name: "Cache-Control", value: [UInt8](text: "no-store"))], body: body)
    }

    static func text(_ status: Int, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "text/plain; charset=utf-8", body: body)
    }

    /// `application/problem+json` (RFC 9457): never says which part of an authentication failed.
    static func problem(_ status: Int, code: StaticString, requestID: [UInt8]) -> HTTPResponse {
        var writer = JSONWriter(capacity: 192)
        writer.object { writer in
            writer.member("type", "about:blank")
            writer.member("title", "\(HTTPStatus.reason(status))")
            writer.member("status", status)
            writer.member("code", "\(code)")
            writer.member("request_id", bytes: requestID)
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

    /// - Parameters:
    ///   - isHTTPS: whether the outside reaches us over https, so that HSTS may be promised.
    ///   - isDemo: whether authentication is bypassed, so that nobody takes what he sees for the real thing.
    init(isHTTPS: Bool, isDemo: Bool = false) {
        let common = """
            X-Frame-Options: DENY\r
            X-Content-Type-Options: nosniff\r
            X-XSS-Protection: 1; mode=block\r
            Referrer-Policy: strict-origin-when-cross-origin\r

            """ + (isHTTPS ? "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n" : "")
            + (isDemo ? "X-Lola-Demo: true\r\n" : "")
        let self_ = "script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
        let none = "default-src 'none'"
        api = [UInt8](text: common + "Content-Security-Policy: \(none)\r\n")
        page = [UInt8](text: common
            + "Content-Security-Policy: \(none); \(self_); base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'\r\n")
    }

    func block(_ policy: PagePolicy) -> [UInt8] {
        switch policy {
        case .api: api
        case .page: page
        }
    }
}
