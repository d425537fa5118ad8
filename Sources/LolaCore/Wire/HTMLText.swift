// The text that a person reads in an HTML document, for mails that come without a plain part: tags out, blocks as
// lines, entities as characters. No claim to render; linear in the input, and nothing of the input is run or fetched.
// Pure.

enum HTMLText {
    /// Plain text, lines ended by a line feed, at most one empty line in a row.
    static func plain(_ html: [UInt8]) -> [UInt8] {
        var reader = Reader(html: html)
        reader.read()
        return reader.text()
    }

    /// All that a document may tell a person, whatever shows it: also what stands where scripts are off, and in titles,
    /// and what takes the place of a picture or comes up over it, each on a line of its own behind the text.
    static func everything(_ html: [UInt8]) -> [UInt8] {
        var reader = Reader(html: html, isWhole: true)
        reader.read()
        return reader.text()
    }

    private struct Reader {
        let html: [UInt8]
        /// Nothing that somebody may see is left out.
        private let isWhole: Bool
        /// False within the value of an attribute, where `<` is a character.
        private let hasTags: Bool
        private var at = 0
        private var out: [UInt8] = []
        /// Blanks and line ends that come before the next visible character.
        private var hasBlank = false
        private var lines = 0

        /// Values of attributes.
        private var told: [UInt8] = []

        init(html: [UInt8], isWhole: Bool = false, hasTags: Bool = true) {
            self.html = html
            self.isWhole = isWhole
            self.hasTags = hasTags
            out.reserveCapacity(html.count / 2)
        }

        func text() -> [UInt8] { out + told }

        mutating func read() {
            while at < html.count {
                let octet = html[at]
                switch octet {
                case 0x3C where hasTags: tag()
                case 0x26: entity()
                case 0x09, 0x0A, 0x0C, 0x0D, 0x20:
                    hasBlank = true
                    at += 1
                default:
                    visible([octet])
                    at += 1
                }
            }
        }

        private mutating func visible(_ octets: [UInt8]) {
            if !out.isEmpty {
                if lines > 0 {
                    out += [UInt8](repeating: ASCII.lineFeed, count: min(lines, 2))
                } else if hasBlank {
                    out.append(ASCII.space)
                }
            }
            (hasBlank, lines) = (false, 0)
            out += octets
        }

        // MARK: Tags

        private mutating func tag() {
            let rest = html[at...]
            if rest.starts(with: "<!--".utf8) { return skip(past: "-->") }
            var start = at + 1
            if start < html.count, html[start] == 0x2F { start += 1 }
            let name = html[start...].prefix { ASCII.isLetter($0) || ASCII.isDigit($0) }.map(ASCII.lowercased)
            let isMarkup = !name.isEmpty || (start < html.count && (html[start] == 0x21 || html[start] == 0x3F))
            guard isMarkup else {
                visible([0x3C])
                at += 1
                return
            }
            let isEnd = start != at + 1
            if isWhole, !isEnd { attributes(from: start + name.count) }
            // A `>` inside a quoted attribute ends the tag too early: what is left of it is shown, nothing is lost.
            at = (html[at...].firstIndex(of: 0x3E) ?? html.count - 1) + 1
            let word = name.text
            let isHidden = (isWhole ? Self.code : Self.hidden).contains(word)
            if !isEnd, isHidden { return skip(pastEndOf: name) }
            if word == "br" {
                lines += 1
            } else if Self.blocks.contains(word) {
                lines = max(lines, word == "p" ? 2 : 1)
            }
        }

        private static let code: Set<String> = ["script", "style"]
        private static let hidden = code.union(["head", "title", "template", "noscript"])
        private static let blocks: Set<String> = [
            "p", "div", "tr", "table", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr",
            "section",
            "article", "header", "footer", "pre", "dd", "dt",
        ]

        // MARK: Attributes

        /// Those whose values are shown or read out.
        private static let shown: Set<String> = [
            "alt", "title", "aria-label", "aria-description", "placeholder", "value", "label", "summary", "content",
        ]

        /// Takes the values of a tag as a browser does (HTML, 13.2.5.32 and on), from the octet behind its name.
        private mutating func attributes(from start: Int) {
            var place = start
            while true {
                place = end(from: place) { !(Self.isBlank($0) || $0 == 0x2F) }
                guard place < html.count, html[place] != 0x3E else { return }
                let nameEnd = end(from: place + 1) { Self.isBlank($0) || $0 == 0x2F || $0 == 0x3E || $0 == 0x3D }
                let name = html[place..<nameEnd].map(ASCII.lowercased).text
                place = end(from: nameEnd) { !Self.isBlank($0) }
                guard place < html.count, html[place] == 0x3D else { continue }
                place = end(from: place + 1) { !Self.isBlank($0) }
                guard place < html.count else { return }
                let quote = html[place] == 0x22 || html[place] == 0x27 ? html[place] : nil
                let begin = quote == nil ? place : place + 1
                place = end(from: begin) { octet in
                    quote.map { octet == $0 } ?? (Self.isBlank(octet) || octet == 0x3E)
                }
                if Self.shown.contains(name) { tell(html[begin..<place]) }
                if quote != nil { place += 1 }
            }
        }

        private mutating func tell(_ value: ArraySlice<UInt8>) {
            var reader = Reader(html: Array(value), hasTags: false)
            reader.read()
            told.append(ASCII.lineFeed)
            told += reader.text()
        }

        private func end(from start: Int, where isEnd: (UInt8) -> Bool) -> Int {
            var place = min(start, html.count)
            while place < html.count, !isEnd(html[place]) { place += 1 }
            return place
        }

        private static func isBlank(_ octet: UInt8) -> Bool {
            octet == 0x20 || octet == 0x09 || octet == 0x0A || octet == 0x0C || octet == 0x0D
        }

        private mutating func skip(past end: StaticString) {
            while at < html.count {
                if html[at...].starts(with: end.description.utf8) {
                    at += end.utf8CodeUnitCount
                    return
                }
                at += 1
            }
        }

        /// To the octet after `</name …>`; to the end when there is none.
        private mutating func skip(pastEndOf name: [UInt8]) {
            while let next = html[at...].firstIndex(of: 0x3C) {
                at = next + 1
                guard at < html.count, html[at] == 0x2F else { continue }
                let end = html[(at + 1)...]
                guard end.prefix(name.count).elementsEqual(name, by: { ASCII.lowercased($0) == $1 }) else { continue }
                at = (html[at...].firstIndex(of: 0x3E) ?? html.count - 1) + 1
                return
            }
            at = html.count
        }

        // MARK: Entities

        /// An entity has at most sixteen characters; anything else is an ampersand.
        private mutating func entity() {
            let word = html[(at + 1)...].prefix(16).prefix { $0 != 0x3B }
            let end = at + 1 + word.count
            guard end < html.count, html[end] == 0x3B, let character = Self.character(word) else {
                visible([0x26])
                at += 1
                return
            }
            at = end + 1
            if character == 0x20 || character == 0xA0 {
                hasBlank = true
            } else {
                visible(Array(String(character).utf8))
            }
        }

        private static func character(_ word: ArraySlice<UInt8>) -> Unicode.Scalar? {
            if word.first == 0x23 {
                let digits = word.dropFirst()
                let isHex = digits.first.map { ASCII.lowercased($0) == 0x78 } ?? false
                let value = isHex ? UInt32(digits.dropFirst().text, radix: 16) : UInt32(digits.text)
                return value.flatMap { $0 >= 0x20 && $0 != 0x7F ? Unicode.Scalar($0) : nil }
            }
            return names[word.text]
        }

        private static let names: [String: Unicode.Scalar] = [
            "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}", "euro": "€", "pound": "£",
            "cent": "¢", "copy": "©", "reg": "®", "hellip": "…", "ndash": "–", "mdash": "—", "lsquo": "‘", "rsquo": "’",
            "ldquo": "“", "rdquo": "”", "bull": "•", "middot": "·", "iexcl": "¡", "iquest": "¿", "aacute": "á",
            "eacute": "é", "iacute": "í", "oacute": "ó", "uacute": "ú", "ntilde": "ñ", "uuml": "ü", "Aacute": "Á",
            "Eacute": "É", "Iacute": "Í", "Oacute": "Ó", "Uacute": "Ú", "Ntilde": "Ñ", "Uuml": "Ü", "ccedil": "ç",
            "shy": "\u{AD}", "zwj": "\u{200D}", "zwnj": "\u{200C}", "ZeroWidthSpace": "\u{200B}", "NoBreak": "\u{2060}",
            "atilde": "ã", "otilde": "õ", "deg": "°", "ordf": "ª", "ordm": "º",
        ]
    }
}

extension Unicode.Scalar {
    fileprivate static func == (left: Unicode.Scalar, right: UInt32) -> Bool { left.value == right }
}
