// The files of the admin page: the same octets for everybody, no secret in them. What the page shows comes from the
// API, with the token that the operator types.

enum AdminPage: Equatable, Sendable {
    case document
    case script
    case style

    /// Nil for a path that is none of its files.
    init?(_ path: ArraySlice<UInt8>) {
        if path.equals("/admin") || path.equals("/admin/") {
            self = .document
        } else if path.equals("/admin/app.js") {
            self = .script
        } else if path.equals("/admin/app.css") {
            self = .style
        } else {
            return nil
        }
    }

    var response: HTTPResponse {
        HTTPResponse(
            status: 200, contentType: type,
            fields: [ResponseField(name: "Cache-Control", value: [UInt8](text: "no-store"))],
            body: [UInt8](text: text), policy: .page)
    }

    private var type: StaticString {
        switch self {
        case .document: "text/html; charset=utf-8"
        case .script: "text/javascript; charset=utf-8"
        case .style: "text/css; charset=utf-8"
        }
    }

    private var text: String {
        switch self {
        case .document: AdminDocument.html
        case .script: AdminScript.js + AdminScriptViews.js + AdminScriptGuard.js + AdminScriptStart.js
        case .style: AdminStyle.css
        }
    }
}
