// The pages of the built-in widgets: structure only. Style and behaviour are files of their own below /w/assets/;
// nothing is inline, no entry has a name, and nothing comes from elsewhere. Called by WidgetPages.

enum WidgetPage {
    /// A page with a form.
    static func html(
        title: String, lede: String, language: WidgetLanguage, script: String, data: [(name: String, value: String)],
        fields: String, submit: String
    ) -> String {
        let texts = WidgetTexts.of(language)
        return frame(title: title, language: language, script: script, data: data, content: """
            <h1>\(title)</h1>
            <p class="lede" id="lede">\(lede)</p>
            <noscript><p class="error">\(texts.noScript)</p></noscript>
            <form id="form" data-testid="widget-form" autocomplete="on" novalidate hidden>
            \(fields)
            <div class="doors">
            <button class="primary" id="submit" data-testid="widget-submit" type="submit">\(submit)</button>
            <button class="quiet" id="cancel" type="button">\(texts.cancel)</button>
            </div>
            </form>
            <div class="state" id="status" data-testid="widget-status" role="status" data-state="loading" tabindex="-1">
            <span class="wheel" aria-hidden="true"></span>\(tickIcon)\(crossIcon)
            <div><h2 id="status-title"></h2><p id="status-text"></p></div>
            </div>
            <button class="primary again" id="again" type="button" hidden>\(texts.again)</button>
            <dialog id="stop" aria-labelledby="stop-title" aria-describedby="stop-text">
            <h2 id="stop-title">\(texts.stopTitle)</h2>
            <p id="stop-text">\(texts.stopText)</p>
            <div class="doors">
            <button class="primary" id="stop-no" type="button">\(texts.stopNo)</button>
            <button class="quiet" id="stop-yes" type="button">\(texts.stopYes)</button>
            </div>
            </dialog>
            """)
    }

    /// A page without a form.
    static func html(_ texts: (title: String, text: String), _ language: WidgetLanguage) -> String {
        frame(title: texts.title, language: language, script: nil, data: [], content: """
            <div data-testid="widget-status" role="status">
            \(endIcon)
            <h1>\(texts.title)</h1>
            <p class="lede">\(texts.text)</p>
            </div>
            """)
    }

    static func cardFields(_ texts: CardPageTexts) -> String {
        """
        <div class="field">
        <label for="number">\(texts.number)</label>
        <span class="network" id="network" aria-live="polite"></span>
        <div class="box digits">
        <input id="number" data-testid="card-number" type="text" inputmode="numeric" autocomplete="cc-number" \
        maxlength="25" spellcheck="false" required aria-describedby="number-hint" placeholder="0000 0000 0000 0000">
        </div>
        <p class="hint" id="number-hint">\(texts.numberHint)</p>
        <p class="error" id="number-error"></p>
        </div>
        <div class="pair">
        <div class="field">
        <label for="expiry">\(texts.expiry)</label>
        <div class="box digits">
        <input id="expiry" type="text" inputmode="numeric" autocomplete="cc-exp" maxlength="9" spellcheck="false" \
        required placeholder="\(texts.expiryShape)">
        </div>
        <p class="error" id="expiry-error"></p>
        </div>
        <div class="field">
        <label for="holder">\(texts.holder)</label>
        <div class="box">
        <input id="holder" type="text" autocomplete="cc-name" autocapitalize="words" maxlength="80" spellcheck="false" \
        required>
        </div>
        <p class="error" id="holder-error"></p>
        </div>
        </div>
        """
    }

    static func cipFields(_ texts: CIPPageTexts) -> String {
        documentFields(texts) + """

            <fieldset class="part">
            <legend>\(texts.presence)</legend>
            <div class="demo">
            <p class="flag">\(texts.demonstration)</p>
            <p id="presence-text">\(texts.presenceText)</p>
            <div class="tick">
            <input id="presence" type="checkbox" required aria-describedby="presence-text">
            <label for="presence">\(texts.presenceTick)</label>
            </div>
            <p class="error" id="presence-error"></p>
            </div>
            </fieldset>
            <fieldset class="part">
            <legend>\(texts.consent)</legend>
            <div>
            <div class="tick">
            <input id="consent" type="checkbox" required>
            <label for="consent">\(texts.consentTick)</label>
            </div>
            <p class="error" id="consent-error"></p>
            </div>
            </fieldset>
            """
    }

    private static func documentFields(_ texts: CIPPageTexts) -> String {
        let options = texts.types.map { #"<option value="\#($0.value)">\#($0.word)</option>"# }.joined(separator: "\n")
        return """
            <fieldset>
            <legend>\(texts.document)</legend>
            <div class="field">
            <label for="type">\(texts.type)</label>
            <div class="box pick">
            <select id="type">
            \(options)
            </select>
            </div>
            </div>
            <div class="ways" role="radiogroup" aria-label="\(texts.how)">
            <label><input type="radio" name="way" id="way-number" value="number" checked>\
            <span>\(texts.byNumber)</span></label>
            <label><input type="radio" name="way" id="way-photo" value="photo"><span>\(texts.byPhoto)</span></label>
            </div>
            <div class="field" id="by-number">
            <label for="number">\(texts.number)</label>
            <div class="box">
            <input id="number" type="text" autocomplete="off" autocapitalize="characters" autocorrect="off" \
            maxlength="24" spellcheck="false" required aria-describedby="number-hint">
            </div>
            <p class="hint" id="number-hint">\(texts.numberHint)</p>
            <p class="error" id="number-error"></p>
            </div>
            <div class="field" id="by-photo" hidden>
            <div class="drop">
            <input id="photo" type="file" accept="image/jpeg,image/png,image/webp" aria-labelledby="photo-title" \
            aria-describedby="photo-name photo-hint">
            <div class="face">\(cameraIcon)<canvas id="preview" width="300" height="216" role="img" hidden></canvas>
            <span><b id="photo-title">\(texts.choose)</b><small id="photo-name" data-none="\(texts.noFile)">\
            \(texts.noFile)</small></span></div>
            </div>
            <p class="hint" id="photo-hint">\(texts.photoHint)</p>
            <p class="error" id="photo-error"></p>
            </div>
            </fieldset>
            """
    }

    private static func frame(
        title: String, language: WidgetLanguage, script: String?, data: [(name: String, value: String)],
        content: String
    ) -> String {
        let texts = WidgetTexts.of(language)
        let script = script.map { "\n" + #"<script type="module" src="assets/\#($0)"></script>"# } ?? ""
        let data = data.map { #" data-\#($0.name)="\#(escaped($0.value))""# }.joined()
        return """
            <!doctype html>
            <html lang="\(language.rawValue)">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex, nofollow, noarchive">
            <meta name="referrer" content="no-referrer">
            <meta name="format-detection" content="telephone=no">
            <meta name="color-scheme" content="light dark">
            <title>\(title)</title>
            <link rel="icon" href="\(icon)">
            <link rel="stylesheet" href="assets/widget.css">\(script)
            </head>
            <body\(data)>
            <header class="brand">
            <span class="mark" aria-hidden="true">\(shieldIcon)</span>
            <b id="brand">\(texts.brand)</b>
            <span class="safe">\(lockIcon)\(texts.safe)</span>
            </header>
            <main>
            \(content)
            </main>
            <footer><p>\(texts.privacy)</p></footer>
            </body>
            </html>

            """
    }

    /// A text as the value of an attribute between double quotes.
    static func escaped(_ text: String) -> String {
        var out = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": out += "&amp;"
            case "\"": out += "&quot;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }

    // MARK: Pictures

    private static func svg(_ size: Int, _ attributes: String, _ paths: String) -> String {
        #"<svg\#(attributes) width="\#(size)" height="\#(size)" viewBox="0 0 24 24" aria-hidden="true">\#(paths)</svg>"#
    }

    private static let icon = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E"
        + "%3Crect width='24' height='24' rx='7' fill='%230d6e5f'/%3E%3Cpath d='M12 4.5l6 2.2v4.6c0 3.9-2.5 6.8-6 8.2"
        + "-3.5-1.4-6-4.3-6-8.2V6.7z' fill='none' stroke='white' stroke-width='1.8' stroke-linejoin='round'/%3E"
        + "%3C/svg%3E"
    private static let shieldIcon = svg(
        20, "", #"<path d="M12 3l7 2.6v5.2c0 4.6-2.9 8-7 9.7-4.1-1.7-7-5.1-7-9.7V5.6z"/>"#
            + #"<path d="M9 11.8l2.2 2.2L15 10"/>"#)
    private static let lockIcon = svg(
        16, "", #"<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>"#)
    private static let tickIcon = svg(
        24, #" class="yes""#, #"<circle cx="12" cy="12" r="9"/><path d="M8 12.3l2.7 2.7L16 9.6"/>"#)
    private static let crossIcon = svg(
        24, #" class="no""#, #"<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5M12 16.4v.1"/>"#)
    private static let endIcon = svg(
        44, #" class="big""#, #"<circle cx="12" cy="12" r="9"/><path d="M12 7v5.3l3.2 2"/>"#)
    private static let cameraIcon = svg(
        40, #" id="camera""#, #"<path d="M4 8.5h3.2L8.8 6h6.4l1.6 2.5H20a1 1 0 0 1 1 1V18a1 1 0 0 1-1 1H4"#
            + #"a1 1 0 0 1-1-1V9.5a1 1 0 0 1 1-1z"/><circle cx="12" cy="13.4" r="3.4"/>"#)
}
