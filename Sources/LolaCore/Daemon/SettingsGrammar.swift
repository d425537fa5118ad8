// How a setting is spelled: one grammar per type, octets in, typed value out, and the sentence that says what was
// expected. Pure; used by the table, which attaches a grammar to each setting.

/// The JSON5 type a setting has in the file.
enum SettingForm: Sendable {
    case text, number, flag
    /// An array of strings, or one comma-separated string.
    case list
}

/// Reads one type of setting.
struct SettingGrammar<Value: Sendable>: Sendable {
    /// Name of the type in the documentation.
    let type: String
    /// Completes "expected …"; the only thing a problem says about a value.
    let expected: String
    var form = SettingForm.text
    var allowsEmpty = false
    /// Text for `config print`; nil shows the value as it was written.
    var show: (@Sendable (Value) -> String)?
    let parse: @Sendable ([UInt8]) throws(SettingsFault) -> Value

    /// A grammar that only accepts or refuses.
    static func plain(_ type: String, _ expected: String, _ read: @escaping @Sendable ([UInt8]) -> Value?) -> Self {
        Self(type: type, expected: expected) { text throws(SettingsFault) in
            guard let value = read(text) else { throw .wrongValue }
            return value
        }
    }

    /// Items between commas, trimmed; an empty item is refused, an empty text is an empty list when allowed.
    /// `check` judges the whole list and names the fault.
    static func list<Item: Sendable>(
        _ type: String, _ expected: String, allowsEmpty: Bool = true,
        check: @escaping @Sendable ([Item]) -> SettingsFault? = { _ in nil },
        _ read: @escaping @Sendable ([UInt8]) throws(SettingsFault) -> Item
    ) -> SettingGrammar<[Item]> {
        SettingGrammar<[Item]>(type: type, expected: expected, form: .list, allowsEmpty: allowsEmpty) {
            text throws(SettingsFault) in
            var items: [Item] = []
            guard !text.isEmpty else { return items }
            for part in text.split(separator: 0x2C, omittingEmptySubsequences: false) {
                let item = SettingText.trimmed(part)
                guard !item.isEmpty else { throw .empty }
                items.append(try read(item))
            }
            if let fault = check(items) { throw fault }
            return items
        }
    }
}

/// Octet helpers shared by the grammars.
enum SettingText {
    /// Without spaces and tabs at both ends.
    static func trimmed(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let isBlank: (UInt8) -> Bool = { $0 == ASCII.space || $0 == ASCII.tab }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        return Array(rest)
    }

    static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }
    /// Letters, digits, `_` and `-`.
    static func isWord(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == 0x5F || byte == 0x2D
    }
}

extension SettingGrammar where Value == SocketAddressText {
    static var address: Self {
        plain("address", "an IP address or localhost and a port from 1 to 65535, as 127.0.0.1:8080 or [::1]:8080") {
            SocketAddressText($0)
        }
    }
}

extension SettingGrammar where Value == WebURL {
    /// The gateway's own address, or one that it appends paths to.
    static var baseURL: Self {
        url("an https URL without user, query or fragment (http inside a private network only)", .base, \.isInside)
    }

    /// Something that is called as it stands.
    static var endpointURL: Self {
        url("an https URL without user or fragment (http inside a private network only)", .endpoint, \.isInside)
    }

    private static func url(
        _ expected: String, _ use: WebURL.Use, _ mayBePlain: @escaping @Sendable (WebURL) -> Bool
    ) -> Self {
        Self(type: "URL", expected: expected, show: \.redacted) { text throws(SettingsFault) in
            guard let url = WebURL(text, use: use) else { throw .wrongValue }
            guard url.scheme == .https || mayBePlain(url) else { throw .insecure }
            return url
        }
    }
}

extension SettingGrammar where Value == [OwnWidget] {
    static var ownWidgets: Self {
        list(
            "widget list", "operation=URL items as proof_of_address=https://widgets.bank.example/address, each "
                + "operation once, none cip or card; https (http inside a private network only)",
            check: { Set($0.map(\.operation)).count == $0.count ? nil : .conflict }
        ) { text throws(SettingsFault) in
            let parts = text.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, TicketOperations.isName(parts[0]) else { throw .wrongValue }
            if TicketOperations.builtIn.names.contains([UInt8](parts[0])) { throw .conflict }
            let url = try SettingGrammar<WebURL>.endpointURL.parse([UInt8](parts[1]))
            return OwnWidget(operation: parts[0].text, url: url)
        }
    }
}

extension SettingGrammar where Value == VaultKey {
    static var vaultKey: Self {
        plain("JWK", "a public P-256 key as a JSON Web Key with kty, crv, x and y, for encryption") {
            try? VaultKey(jwk: $0)
        }
    }
}

extension SettingGrammar where Value == IdentityTemplate {
    static var identityURL: Self {
        Self(
            type: "URL template",
            expected: "an https URL with exactly one {phone} in its path or query (http inside a private network only)",
            show: \.redacted
        ) { text throws(SettingsFault) in
            guard let template = IdentityTemplate(text) else { throw .wrongValue }
            guard template.origin.scheme == .https || template.origin.isInside else { throw .insecure }
            return template
        }
    }
}

extension SettingGrammar where Value == [CIDR] {
    static var blocks: Self {
        list("CIDR list", "IP addresses or CIDR blocks without host bits, as 10.0.0.0/8,2001:db8::/32") {
            text throws(SettingsFault) in
            guard let block = CIDR(text: text) else { throw .wrongValue }
            return block
        }
    }

    /// A list of peers that are believed: a block of everybody is refused.
    static var trustedBlocks: Self {
        list("CIDR list", "IP addresses or CIDR blocks without host bits that do not hold every address") {
            text throws(SettingsFault) in
            guard let block = CIDR(text: text) else { throw .wrongValue }
            guard !block.isEverything else { throw .insecure }
            return block
        }
    }
}

extension SettingGrammar where Value == Int {
    static func count(_ range: ClosedRange<Int>) -> Self {
        Self(type: "number", expected: "a whole number from \(range.lowerBound) to \(range.upperBound)", form: .number)
        {
            text throws(SettingsFault) in
            guard !text.isEmpty, text.allSatisfy(ASCII.isDigit) else { throw .wrongValue }
            guard let value = ASCII.decimal(text), range.contains(value) else { throw .outOfRange }
            return value
        }
    }
}

extension SettingGrammar where Value == DollarAmount {
    static var dollars: Self {
        var grammar = plain("US dollars", "an amount of US dollars from 0 to 999999999, as 10 or 10.50") {
            DollarAmount($0)
        }
        grammar.form = .number
        return grammar
    }
}

extension SettingGrammar where Value == Interval {
    static func duration(_ least: Interval, _ most: Interval) -> Self {
        let expected = "a duration from \(least.settingText) to \(most.settingText), as 500ms, 10s, 2m or 1h"
        return Self(type: "duration", expected: expected) { text throws(SettingsFault) in
            guard let value = Interval(setting: text) else { throw .wrongValue }
            guard least <= value, value <= most else { throw .outOfRange }
            return value
        }
    }
}

extension SettingGrammar where Value == [Interval] {
    static func durations(_ least: Interval, _ most: Interval, atMost count: Int) -> Self {
        let expected = "at most \(count) durations from \(least.settingText) to \(most.settingText), as 1s,5s,2m"
        return list("duration list", expected, check: { $0.count <= count ? nil : .outOfRange }) {
            item throws(SettingsFault) in
            try SettingGrammar<Interval>.duration(least, most).parse(item)
        }
    }
}

extension SettingGrammar where Value == ByteCount {
    static func size(_ least: ByteCount, _ most: ByteCount) -> Self {
        let expected = "a size from \(least.bytes)B to \(most.bytes)B, as 64KiB or 4MiB"
        return Self(type: "size", expected: expected) { text throws(SettingsFault) in
            guard let value = ByteCount(setting: text) else { throw .wrongValue }
            guard least <= value, value <= most else { throw .outOfRange }
            return value
        }
    }
}

extension SettingGrammar where Value == Bool {
    static var flag: Self {
        var grammar = plain("boolean", "true or false") { $0.text == "true" ? true : $0.text == "false" ? false : nil }
        grammar.form = .flag
        return grammar
    }

    static var onOff: Self {
        plain("switch", "on or off") { $0.text == "on" ? true : $0.text == "off" ? false : nil }
    }
}

extension SettingGrammar where Value == CallingHours? {
    static var callingHours: Self {
        Self(type: "hours", expected: "two hours of the day, as 8-21, or off") { text throws(SettingsFault) in
            if text.text == "off" { return nil }
            guard let hours = CallingHours(text) else { throw .wrongValue }
            return hours
        }
    }
}

extension SettingGrammar where Value: RawRepresentable<String> & CaseIterable {
    static var choice: Self {
        plain("word", Value.allCases.map(\.rawValue).joined(separator: " or ")) { Value(rawValue: $0.text) }
    }
}

extension SettingGrammar where Value == [MiddlewareName] {
    /// A stage that reads what another one makes may not stand before it.
    static var middleware: Self {
        let names = MiddlewareName.allCases.map(\.rawValue).joined(separator: ", ")
        let expected = "each at most once: \(names); the last three in this order when present, "
            + "identity only behind phone_normalization"
        let check: @Sendable ([MiddlewareName]) -> SettingsFault? = { stages in
            let dependent = stages.compactMap { [.phoneNormalization, .identity, .contactDecoding].firstIndex(of: $0) }
            return Set(stages).count == stages.count && dependent == dependent.sorted() ? nil : .conflict
        }
        return list("word list", expected, allowsEmpty: false, check: check) { text throws(SettingsFault) in
            guard let name = MiddlewareName(rawValue: text.text) else { throw .wrongValue }
            return name
        }
    }
}

extension SettingGrammar where Value == [String] {
    /// Command words: a slash, then letters, digits or `_`.
    static var commands: Self {
        list("command list", "command words as /info,/new") { text throws(SettingsFault) in
            guard text.first == 0x2F, (2...33).contains(text.count),
                text.dropFirst().allSatisfy({ SettingText.isWord($0) && $0 != 0x2D })
            else { throw .wrongValue }
            return text.text
        }
    }

    /// Phone numbers in any spelling; the daemon's own normaliser judges them.
    static var numbers: Self {
        list("number list", "phone numbers in international form, as +15550100,+525550100") {
            text throws(SettingsFault) in
            guard text.count <= Limits.phoneTextMax.bytes, text.contains(where: ASCII.isDigit),
                !text.contains(where: ASCII.isControl)
            else { throw .wrongValue }
            return text.text
        }
    }
}

extension SettingGrammar where Value == String {
    /// A path of the file system.
    static var path: Self {
        plain("path", "a path without control characters") { text in
            text.count <= 4_096 && !text.contains(where: ASCII.isControl) ? text.text : nil
        }
    }

    /// An identifier that a provider handed out.
    static func identifier(_ expected: String, prefix: String = "", most: Int = 64) -> Self {
        plain("text", expected) { text in
            text.count <= most && text.starts(with: prefix.utf8) && text.count > prefix.utf8.count
                && text.allSatisfy(SettingText.isWord) ? text.text : nil
        }
    }

    /// The number messages come from: E.164, or a short code.
    static var senderNumber: Self {
        plain("number", "a number as +15550100, or a short code of 3 to 8 digits") { text in
            let digits = text.first == 0x2B ? text.dropFirst() : text[...]
            let allowed = text.first == 0x2B ? 7...15 : 3...8
            return allowed.contains(digits.count) && digits.allSatisfy(ASCII.isDigit) ? text.text : nil
        }
    }

    /// `lola@bank.example` or `Lola <lola@bank.example>`.
    static var mailbox: Self {
        plain("mail address", "a mail address, as lola@bank.example or Lola <lola@bank.example>") { text in
            let parts = text.split(separator: 0x40, omittingEmptySubsequences: false)
            guard text.count <= 320, !text.contains(where: ASCII.isControl), parts.count == 2 else { return nil }
            guard !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
            return (text.contains(0x3C) ? text.last == 0x3E : !text.contains(ASCII.space)) ? text.text : nil
        }
    }
}
