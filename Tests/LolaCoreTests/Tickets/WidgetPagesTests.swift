import Testing

@testable import LolaCore

@Suite("Pages of the built-in widgets")
struct WidgetPagesTests {
    static let cip = WidgetPages.Kind.widget(operation: [UInt8](text: "cip"))
    static let card = WidgetPages.Kind.widget(operation: [UInt8](text: "card"))
    static let kinds: [WidgetPages.Kind] = [cip, card, .used, .expired, .unknown, .closed, .unavailable]
    static let assets = ["widget.css", "widget.js", "seal.js", "card.js", "cip.js"]

    private static func pages(theme: String? = nil) throws -> WidgetPages {
        WidgetPages(vaultKey: try VaultKey(jwk: VaultKeyTests.jwk()), themeURL: theme)
    }

    @Test("each kind has its status", arguments: [
        (cip, 200), (card, 200), (.used, 410), (.expired, 410), (.unknown, 404), (.closed, 503), (.unavailable, 503),
    ] as [(WidgetPages.Kind, Int)])
    func status(kind: WidgetPages.Kind, status: Int) throws {
        for language in WidgetLanguage.allCases {
            let page = try Self.pages().page(kind, language)
            #expect(page.status == status && kind.status == status)
            #expect(page.policy == .widget)
            #expect(page.contentType?.description == "text/html; charset=utf-8")
            let isLater = page.fields.contains { $0.name.description == "Retry-After" }
            #expect(isLater == (status == 503))
        }
    }

    @Test("without the vault's key, and for an operation nobody built, the page asks for nothing")
    func closed() throws {
        for (pages, kind) in [
            (WidgetPages(vaultKey: nil, themeURL: nil), Self.card),
            (try Self.pages(), .widget(operation: [UInt8](text: "loan"))),
        ] {
            let page = pages.page(kind, .english)
            #expect(page.status == 503)
            #expect(!page.body.text.contains("<form") && !page.body.text.contains("<script"))
        }
        #expect(WidgetPages(vaultKey: nil, themeURL: nil).page(Self.cip, .english).status == 200)
    }

    @Test("every page says its language, and the two languages say different things")
    func languages() throws {
        for kind in Self.kinds {
            let english = try Self.pages().page(kind, .english).body.text
            let spanish = try Self.pages().page(kind, .spanish).body.text
            #expect(english.contains(#"<html lang="en">"#) && spanish.contains(#"<html lang="es">"#))
            #expect(Self.between("<title>", "</title>", english) != Self.between("<title>", "</title>", spanish))
            #expect(!english.contains("\\(") && !spanish.contains("\\("))
        }
    }

    @Test("nothing is inline, nothing comes from elsewhere, and no form can carry what was entered")
    func strict() throws {
        for kind in Self.kinds {
            for language in WidgetLanguage.allCases {
                let html = try Self.pages().page(kind, language).body.text
                for banned in ["style=", "<style", " on", "javascript:", "//", "action=", "http-equiv"] {
                    // The picture of the tab names the name space of SVG.
                    let plain = html.split(separator: "http://www.w3.org/2000/svg").joined()
                    let isThere = banned == " on" ? Self.hasHandler(plain) : plain.contains(banned)
                    #expect(!isThere, "\(kind) holds \(banned)")
                }
                // Of the entries only the two ways to show a document belong together by a name.
                let names = html.split(separator: "<input").dropFirst()
                    .filter { $0.prefix { $0 != ">" }.contains(" name=") }
                #expect(names.allSatisfy { $0.contains(#"type="radio""#) })
                for script in html.split(separator: "<script").dropFirst() {
                    #expect(script.hasPrefix(#" type="module" src="assets/"#))
                    #expect(script.contains("></script>"))
                }
            }
        }
    }

    @Test("every entry has a label or a name, a place for its mistake, and every reference leads somewhere")
    func labelled() throws {
        for kind in [Self.cip, Self.card] {
            let html = try Self.pages().page(kind, .english).body.text
            let ids = Set(html.split(separator: #" id=""#).dropFirst().map { String($0.prefix { $0 != "\"" }) })
            #expect(ids.count == html.split(separator: #" id=""#).count - 1, "an id stands twice")
            for attribute in ["for", "aria-describedby", "aria-labelledby"] {
                for value in html.split(separator: #" \#(attribute)=""#).dropFirst() {
                    for id in value.prefix(while: { $0 != "\"" }).split(separator: " ") {
                        #expect(ids.contains(String(id)), "\(attribute) names \(id)")
                    }
                }
            }
            for tag in html.split(separator: "<input").dropFirst().map({ $0.prefix { $0 != ">" } }) {
                let id = try #require(Self.between(#" id=""#, "\"", String(tag)))
                let isWay = tag.contains(#"type="radio""#)
                let isNamed = html.contains(#"<label for="\#(id)""#) || tag.contains("aria-labelledby") || isWay
                #expect(isNamed, "\(id) has no name")
                #expect(isWay || ids.contains(id + "-error"), "\(id) has no place for a mistake")
            }
        }
    }

    @Test("the ids that tests and scripts go by are there",
        arguments: ["widget-form", "widget-submit", "widget-status"])
    func testIDs(id: String) throws {
        for kind in [Self.cip, Self.card] {
            #expect(try Self.pages().page(kind, .spanish).body.text.contains(#"data-testid="\#(id)""#))
        }
        #expect(try Self.pages().page(Self.card, .english).body.text.contains(#"data-testid="card-number""#))
    }

    @Test("what scripts take from the page by its id stands on the page")
    func scriptIDs() throws {
        for (kind, scripts) in [
            (Self.cip, [WidgetCoreScript.js, WidgetCIPScript.js]),
            (Self.card, [WidgetCoreScript.js, WidgetCardScript.js]),
        ] {
            let html = try Self.pages().page(kind, .english).body.text
            for script in scripts {
                for id in script.split(separator: #"$(""#).dropFirst().map({ $0.prefix { $0 != "\"" } }) {
                    #expect(html.contains(#" id="\#(id)""#), "no entry \(id)")
                }
            }
        }
    }

    @Test("the vault's key, the size of a photo and the bank's colours stand on the page, and cannot leave their place")
    func data() throws {
        let pages = try Self.pages(theme: #"https://bank.example/"><script>.json"#)
        let card = pages.page(Self.card, .english).body.text
        #expect(card.contains(#"data-vault-key="{&quot;kty&quot;:&quot;EC&quot;,"#))
        #expect(card.contains(#"data-theme="https://bank.example/&quot;&gt;&lt;script&gt;.json""#))
        #expect(pages.page(Self.cip, .english).body.text.contains(#"data-photo-max="32768""#))
        #expect(try !Self.pages().page(Self.card, .english).body.text.contains("data-theme"))
    }

    @Test("every file a page or a script names is there; nothing else is")
    func files() throws {
        for name in Self.assets {
            let file = try #require(WidgetPages.asset([UInt8](text: name)))
            #expect(file.status == 200 && file.policy == .widget)
        }
        var named: Set<String> = []
        for kind in Self.kinds {
            let html = try Self.pages().page(kind, .english).body.text
            named.formUnion(html.split(separator: #""assets/"#).dropFirst().map { String($0.prefix { $0 != "\"" }) })
        }
        for script in [WidgetCoreScript.js, WidgetCardScript.js, WidgetCIPScript.js, WidgetSealScript.js] {
            named.formUnion(script.split(separator: #"from "./"#).dropFirst().map { String($0.prefix { $0 != "\"" }) })
        }
        #expect(named == Set(Self.assets))
        for name in ["", "widget", "../widget.js", "Widget.css", "widget.js.map"] {
            #expect(WidgetPages.asset([UInt8](text: name)) == nil)
        }
    }

    @Test("pages are small, and a photo fits into a callback")
    func sizes() throws {
        for kind in Self.kinds { #expect(try Self.pages().page(kind, .spanish).body.count < 9_000) }
        let scripts = Self.assets.compactMap { WidgetPages.asset([UInt8](text: $0))?.body.count }
        #expect(scripts.reduce(0, +) < 45_000)
    }

    @Test("the policy of a widget lets colours come from where the bank keeps them, and from nowhere else")
    func policy() {
        let plain = SecurityHeaders(isHTTPS: true).block(.widget).text
        #expect(plain.contains("connect-src 'self';") && plain.contains("Referrer-Policy: no-referrer\r\n"))
        let themed = SecurityHeaders(isHTTPS: true, themeOrigin: "https://static.bank.example")
        #expect(themed.block(.widget).text.contains("connect-src 'self' https://static.bank.example;"))
        #expect(themed.block(.page).text == SecurityHeaders(isHTTPS: true).block(.page).text)
        for policy in [PagePolicy.widget, .page] {
            let text = themed.block(policy).text
            #expect(text.contains("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"))
            #expect(text.contains("base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"))
        }
    }

    private static func between(_ start: String, _ end: String, _ text: String) -> String? {
        text.split(separator: start, maxSplits: 1, omittingEmptySubsequences: false).dropFirst().first
            .map { String($0.split(separator: end, maxSplits: 1, omittingEmptySubsequences: false)[0]) }
    }

    /// ` onclick=` and its like.
    private static func hasHandler(_ html: String) -> Bool {
        html.split(separator: " on").dropFirst().contains { part in
            let word = part.prefix { $0.isLetter }
            return !word.isEmpty && part.dropFirst(word.count).hasPrefix("=")
        }
    }
}

@Suite("The language a browser asked for")
struct WidgetLanguageTests {
    @Test("the preferred one of the two, English otherwise", arguments: [
        ("", .english), ("es", .spanish), ("es-MX,es;q=0.9,en;q=0.8", .spanish), ("en-US,en;q=0.9,es;q=0.8", .english),
        ("ES-419", .spanish), ("fr,es;q=0.5", .spanish), ("fr, de", .english), ("*", .english),
        ("*,es;q=0.1", .english),
        ("es;q=0", .english), ("es;q=0.001", .spanish), ("en;q=0.3 , es ; q=0.4", .spanish),
        ("en;q=0.7,es;q=0.7", .english),
        ("es;q=0.7,en;q=0.7", .spanish), ("es;q=1.0", .spanish), ("es;q=2", .english), ("es;q=", .english),
        ("es;q=0.0000", .english), ("es;level=1", .english), ("est", .english), (";;,,", .english),
        ("es;q=.5", .english),
        (String(repeating: "fr,", count: 200) + "es", .english),
    ] as [(String, WidgetLanguage)])
    func choice(field: String, language: WidgetLanguage) {
        #expect(WidgetLanguage(acceptLanguage: [UInt8](text: field)[...]) == language)
    }

    @Test("no field is English")
    func absent() { #expect(WidgetLanguage(acceptLanguage: nil) == .english) }
}
