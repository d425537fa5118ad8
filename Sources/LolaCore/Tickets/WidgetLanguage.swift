// The two languages of the built-in widgets and which of them a browser asked for. Pure, any thread.

enum WidgetLanguage: String, CaseIterable, Sendable {
    case english = "en"
    case spanish = "es"

    /// The language that an `Accept-Language` field prefers (RFC 9110 §12.5.4); English when it names neither, is
    /// absent, or says more than a browser would.
    init(acceptLanguage field: ArraySlice<UInt8>?) {
        var best = (language: WidgetLanguage.english, weight: 0)
        for item in (field ?? []).prefix(Limits.acceptLanguageRead.bytes).split(separator: 0x2C) {
            let parts = item.split(separator: 0x3B, maxSplits: 1).map { Self.trimmed($0) }
            guard let tag = parts.first, let language = Self.named(tag) else { continue }
            let weight = parts.count == 1 ? 1_000 : Self.weight(parts[1])
            if weight > best.weight { best = (language, weight) }
        }
        self = best.language
    }

    /// `es`, `es-MX`, `en-GB`; `*` is anything, so English.
    private static func named(_ tag: ArraySlice<UInt8>) -> WidgetLanguage? {
        if tag.elementsEqual("*".utf8) { return .english }
        let primary = tag.prefix { $0 != 0x2D }.map(ASCII.lowercased)
        return allCases.first { $0.rawValue.utf8.elementsEqual(primary) }
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == ASCII.space || $0 == ASCII.tab }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        return rest
    }

    /// `q=0.8` in thousandths; 0 for what is no weight.
    private static func weight(_ text: ArraySlice<UInt8>) -> Int {
        guard text.count >= 3, ASCII.equalIgnoringCase(text.prefix(2), "q=") else { return 0 }
        let number = text.dropFirst(2)
        guard let whole = number.first, whole == 0x30 || whole == 0x31 else { return 0 }
        let rest = number.dropFirst()
        if rest.isEmpty { return whole == 0x31 ? 1_000 : 0 }
        let decimals = rest.dropFirst()
        guard rest.first == 0x2E, decimals.count <= 3, decimals.allSatisfy(ASCII.isDigit) else { return 0 }
        var value = 0
        for place in 0..<3 {
            let digit = place < decimals.count ? Int(decimals[decimals.startIndex + place] - 0x30) : 0
            value = value * 10 + digit
        }
        return whole == 0x31 ? 1_000 : value
    }
}
