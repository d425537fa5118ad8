// What a person's browser gets behind a link: the built-in widget of an operation, why there is none, and the files
// that the pages load. Nothing here looks at a ticket or spends anything. A value, any thread; WidgetDoor adds the
// headers that all of them carry.

struct WidgetPages: Sendable {
    enum Kind: Hashable, Sendable {
        /// The built-in widget of an operation: `cip` or `card`.
        case widget(operation: [UInt8])
        /// Done already.
        case used
        /// Revoked, or not used in time.
        case expired
        case unknown
        /// The bank has not set up what the widget needs.
        case closed
        /// The store does not answer.
        case unavailable

        var status: Int {
            switch self {
            case .widget: 200
            case .used, .expired: 410
            case .unknown: 404
            case .closed, .unavailable: 503
            }
        }
    }

    /// What cards are sealed to; without it the card widget asks for nothing.
    let vaultKey: VaultKey?
    /// Where the bank's colours are; asked for by the page.
    let themeURL: String?

    func page(_ kind: Kind, _ language: WidgetLanguage) -> HTTPResponse {
        guard case .widget(let operation) = kind else {
            return Self.answer(kind.status, language, WidgetPage.html(WidgetEnding.texts(kind, language), language))
        }
        let theme = themeURL.map { [(name: "theme", value: $0)] } ?? []
        switch (operation.text, vaultKey) {
        case ("cip", _):
            let texts = CIPPageTexts.of(language)
            return Self.answer(kind.status, language, WidgetPage.html(
                title: texts.title, lede: texts.lede, language: language, script: "cip.js",
                data: [("photo-max", "\(Limits.widgetPhotoMax.bytes)")] + theme, fields: WidgetPage.cipFields(texts),
                submit: texts.submit))
        case ("card", let vaultKey?):
            let texts = CardPageTexts.of(language)
            return Self.answer(kind.status, language, WidgetPage.html(
                title: texts.title, lede: texts.lede, language: language, script: "card.js",
                data: [("vault-key", vaultKey.jwk.text)] + theme, fields: WidgetPage.cardFields(texts),
                submit: texts.submit))
        default: return page(.closed, language)
        }
    }

    /// A file below `/w/assets/`; nil when there is none of that name.
    static func asset(_ name: [UInt8]) -> HTTPResponse? {
        switch name.text {
        case "widget.css": asset("text/css; charset=utf-8", WidgetStyle.css)
        case "widget.js": asset("text/javascript; charset=utf-8", WidgetCoreScript.js)
        case "seal.js": asset("text/javascript; charset=utf-8", WidgetSealScript.js)
        case "card.js": asset("text/javascript; charset=utf-8", WidgetCardScript.js)
        case "cip.js": asset("text/javascript; charset=utf-8", WidgetCIPScript.js)
        default: nil
        }
    }

    private static func asset(_ type: StaticString, _ text: String) -> HTTPResponse {
        HTTPResponse(status: 200, contentType: type, body: [UInt8](text: text), policy: .widget)
    }

    private static func answer(_ status: Int, _ language: WidgetLanguage, _ html: String) -> HTTPResponse {
        var fields = [
            ResponseField(name: "Content-Language", value: [UInt8](text: language.rawValue)),
            ResponseField(name: "Vary", value: [UInt8](text: "Accept-Language")),
        ]
        if status == 503 { fields.append(ResponseField(name: "Retry-After", value: [UInt8](text: "60"))) }
        return HTTPResponse(
            status: status, contentType: "text/html; charset=utf-8", fields: fields, body: [UInt8](text: html),
            policy: .widget)
    }
}
