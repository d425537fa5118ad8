// Grammars of secrets: keys, tokens, PEM blocks. They check form and strength; whether a PEM is a usable key is asked
// of the caller's `SettingsChecks`, so that settings stay above cryptography.

extension SettingGrammar where Value == TwilioSharedKey {
    /// `<key id>:<secret>`; the secret is used as it is written.
    static var twilioSharedKey: Self {
        Self(type: "secret", expected: "the id of a key, a colon and its secret") { text throws(SettingsFault) in
            let id = text.prefix { $0 != 0x3A }
            let secret = text.dropFirst(id.count + 1)
            let isName = id.allSatisfy { ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == 0x2D || $0 == 0x5F }
            guard (1...64).contains(id.count), isName, id.count < text.count, secret.count <= 4_096,
                secret.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { throw .wrongValue }
            guard secret.count >= 16 else { throw .insecure }
            return TwilioSharedKey(id: Array(id), secret: SecretBytes(Array(secret)))
        }
    }
}

extension SettingGrammar where Value == SecretBytes {
    /// Visible ASCII, so that it can stand in a header field.
    static func token(_ length: ClosedRange<Int> = 1...4_096) -> Self {
        let bounds = length.lowerBound == 1 ? "up to" : "at least \(length.lowerBound) and at most"
        return Self(type: "secret", expected: "\(bounds) \(length.upperBound) visible ASCII characters without spaces")
        {
            text throws(SettingsFault) in
            guard text.allSatisfy(SettingText.isVisible), text.count <= length.upperBound else { throw .wrongValue }
            guard text.count >= length.lowerBound else { throw .insecure }
            return SecretBytes(text)
        }
    }

    /// What Telegram takes as a webhook secret.
    static var telegramSecret: Self {
        Self(type: "secret", expected: "8 to 256 letters, digits, _ and - (at least 16 recommended)") {
            text throws(SettingsFault) in
            guard text.count <= 256, text.allSatisfy(SettingText.isWord) else { throw .wrongValue }
            guard text.count >= 8 else { throw .insecure }
            return SecretBytes(text)
        }
    }

    /// Standard Webhooks and Svix spell a secret `whsec_` and base64.
    static var webhookSecret: Self {
        Self(type: "secret", expected: "whsec_ and the base64 of 16 to 128 octets") { text throws(SettingsFault) in
            let prefix = "whsec_".utf8
            let encoded = text.starts(with: prefix) ? text.dropFirst(prefix.count) : text[...]
            // Some hand it out without the padding.
            let missing = encoded.last == 0x3D ? 0 : (4 - encoded.count % 4) % 4
            let padded = encoded + [UInt8](repeating: 0x3D, count: missing)
            guard let octets = Base64.decode(padded, .standard, isLoose: true), octets.count <= 128 else {
                throw .wrongValue
            }
            guard octets.count >= 16 else { throw .insecure }
            return SecretBytes(octets)
        }
    }

    static var privateKey: Self {
        Self(type: "PEM", expected: "one P-256 private key in PEM (lola keys new ec)") { text throws(SettingsFault) in
            let blocks = try SettingPEM.blocks(text)
            guard blocks.count == 1, SettingPEM.isPrivate(blocks[0]) else { throw .wrongValue }
            return SecretBytes(blocks[0])
        }
    }

    static func keyOctets(_ text: ArraySlice<UInt8>) throws(SettingsFault) -> [UInt8] {
        guard text.count == 64, let octets = Hex.decode(text) else { throw .wrongValue }
        guard octets.contains(where: { $0 != 0 }) else { throw .insecure }
        return octets
    }
}

extension SettingGrammar where Value == [SecretBytes] {
    static var hexKeys: Self {
        list("key list", "keys of 64 hex digits, not all zero, between commas", allowsEmpty: false) {
            text throws(SettingsFault) in
            SecretBytes(try SettingGrammar<SecretBytes>.keyOctets(text[...]))
        }
    }

    static var publishedKeys: Self {
        Self(type: "PEM list", expected: "P-256 keys in PEM, private or public, one after another") {
            text throws(SettingsFault) in
            try SettingPEM.blocks(text).map { SecretBytes($0) }
        }
    }
}

extension SettingGrammar where Value == [KeyringEntry] {
    static var keyring: Self {
        list(
            "keyring", "kid:key items, kid 1 to 16 letters, digits, _ or -, used once; key 64 hex digits, not all zero",
            allowsEmpty: false, check: { Set($0.map(\.id)).count == $0.count ? nil : .conflict }
        ) { text throws(SettingsFault) in
            let parts = text.split(separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, (1...16).contains(parts[0].count), parts[0].allSatisfy(SettingText.isWord) else {
                throw .wrongValue
            }
            let key = try SettingGrammar<SecretBytes>.keyOctets(parts[1])
            return KeyringEntry(id: parts[0].text, secret: SecretBytes(key))
        }
    }
}

extension SettingGrammar where Value == TelegramToken {
    static var telegramToken: Self {
        plain("secret", "a bot token: digits, a colon, letters, digits, _ or -") { text in
            let parts = text.split(separator: 0x3A, omittingEmptySubsequences: false)
            guard parts.count == 2, (1...20).contains(parts[0].count), (1...256).contains(parts[1].count) else {
                return nil
            }
            guard parts[0].allSatisfy(ASCII.isDigit), parts[1].allSatisfy(SettingText.isWord) else { return nil }
            return TelegramToken(botID: parts[0].text, secret: SecretBytes(text))
        }
    }
}

extension SettingGrammar where Value == RedisURL {
    static var redisURL: Self {
        plain("URL", "redis://[user[:password]@]host[:port][/database], rediss:// for TLS") { RedisURL($0) }
    }
}

/// RFC 7468 text, as far as settings judge it.
enum SettingPEM {
    /// The blocks of a text, each with its markers and real line ends. Blanks and commas may stand between blocks; a
    /// literal `\n` counts as a line end, because one-line environment files know no other. The `EC PARAMETERS` that
    /// `openssl ecparam -genkey` writes before a key are left out.
    static func blocks(_ text: [UInt8]) throws(SettingsFault) -> [[UInt8]] {
        var blocks: [[UInt8]] = []
        var open: (label: String, lines: [String])?
        for line in lines(text) where !line.isEmpty {
            let word = line.text
            if let block = open {
                if word == "-----END \(block.label)-----" {
                    let whole = try close(block.label, block.lines)
                    if block.label != "EC PARAMETERS" { blocks.append(whole) }
                    open = nil
                } else {
                    open?.lines.append(word)
                }
            } else if word.hasPrefix("-----BEGIN "), word.hasSuffix("-----") {
                open = (String(word.dropFirst(11).dropLast(5)), [])
            } else {
                throw .wrongValue
            }
        }
        guard open == nil, !blocks.isEmpty else { throw .wrongValue }
        return blocks
    }

    static func isPrivate(_ block: [UInt8]) -> Bool {
        ["PRIVATE KEY", "EC PRIVATE KEY"].contains { block.starts(with: "-----BEGIN \($0)-----".utf8) }
    }

    private static func close(_ label: String, _ lines: [String]) throws(SettingsFault) -> [UInt8] {
        let body = [UInt8](text: lines.joined())
        guard ["PRIVATE KEY", "EC PRIVATE KEY", "PUBLIC KEY", "EC PARAMETERS"].contains(label),
            let octets = Base64.decode(body, .standard), !octets.isEmpty
        else { throw .wrongValue }
        return [UInt8](text: "-----BEGIN \(label)-----\n\(lines.joined(separator: "\n"))\n-----END \(label)-----\n")
    }

    private static func lines(_ text: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        var index = 0
        while index < text.count {
            let isEscape = text[index] == 0x5C && index + 1 < text.count && text[index + 1] == 0x6E
            if isEscape || text[index] == ASCII.lineFeed {
                lines.append([])
            } else {
                lines[lines.count - 1].append(text[index])
            }
            index += isEscape ? 2 : 1
        }
        let isBlank: (UInt8) -> Bool = { [0x2C, ASCII.carriageReturn, ASCII.space, ASCII.tab].contains($0) }
        return lines.map { line in
            var rest = line.drop(while: isBlank)
            while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
            return Array(rest)
        }
    }
}
