// What a person's browser gets behind a link: the built-in widget of an operation, or why there is none. Pure
// functions; called by WidgetDoor, which adds the headers that all of them carry.

enum WidgetPages {
    enum Kind: Hashable, Sendable {
        /// The built-in widget of an operation: `cip` or `card`.
        case widget(operation: [UInt8])
        /// Done already.
        case used
        /// Revoked, or not used in time.
        case expired
        case unknown
        /// The store does not answer.
        case unavailable

        var status: Int {
            switch self {
            case .widget: 200
            case .used, .expired: 410
            case .unknown: 404
            case .unavailable: 503
            }
        }
    }

    static func page(_ kind: Kind) -> HTTPResponse {
        let (title, text) = words(kind)
        let body = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            </head>
            <body>
            <main>
            <h1>\(title)</h1>
            <p>\(text)</p>
            </main>
            </body>
            </html>

            """
        return HTTPResponse(status: kind.status, contentType: "text/html; charset=utf-8", body: [UInt8](text: body))
    }

    private static func words(_ kind: Kind) -> (title: String, text: String) {
        switch kind {
        case .widget(let operation) where operation == [UInt8](text: "card"):
            ("Authorise a card", "This link authorises one card for the bank you are writing with.")
        case .widget: ("Verify your identity", "This link verifies your identity for the bank you are writing with.")
        case .used: ("This link was used", "What it was for is done. Go back to your chat.")
        case .expired: ("This link has ended", "Go back to your chat and ask for a new one.")
        case .unknown: ("No such link", "Check that you opened the whole link from your chat.")
        case .unavailable: ("Please try again", "The link cannot be checked at the moment. Try again in a few seconds.")
        }
    }
}
