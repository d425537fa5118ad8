// Writes XML by elements and text, so that nothing from outside can become markup (TwiML; the html of mails). Text is
// octets; what is no UTF-8, and characters that XML 1.0 does not have, are left out or replaced. A value for one
// document.

struct XMLWriter {
    private(set) var bytes: [UInt8] = []

    /// An element; an empty one is closed in its own tag. Names are ours, values are escaped.
    mutating func element(
        _ name: StaticString, _ attributes: [(name: StaticString, value: [UInt8])] = [],
        _ content: (inout XMLWriter) -> Void = { _ in }
    ) {
        bytes.append(0x3C)
        bytes.append(word: name)
        for attribute in attributes {
            bytes.append(0x20)
            bytes.append(word: attribute.name)
            bytes += [0x3D, 0x22]
            escape(attribute.value, keepsLines: false)
            bytes.append(0x22)
        }
        let start = bytes.count
        bytes.append(0x3E)
        content(&self)
        guard bytes.count > start + 1 else {
            bytes[start] = 0x2F
            bytes.append(0x3E)
            return
        }
        bytes += [0x3C, 0x2F]
        bytes.append(word: name)
        bytes.append(0x3E)
    }

    mutating func text(_ text: [UInt8]) { escape(text, keepsLines: true) }

    private mutating func escape(_ text: [UInt8], keepsLines: Bool) {
        // Octets that are no UTF-8 become U+FFFD.
        for octet in text.text.utf8 {
            switch octet {
            case 0x26: bytes.append(word: "&amp;")
            case 0x3C: bytes.append(word: "&lt;")
            case 0x3E: bytes.append(word: "&gt;")
            case 0x22: bytes.append(word: "&quot;")
            case 0x27: bytes.append(word: "&#39;")
            case 0x09, 0x0A, 0x0D: bytes.append(keepsLines ? octet : 0x20)
            case 0x00..<0x20, 0x7F: break
            default:
                bytes.append(octet)
                dropNoncharacter()
            }
        }
    }

    /// U+FFFE and U+FFFF are well-formed UTF-8 and no characters of XML.
    private mutating func dropNoncharacter() {
        guard let last = bytes.last, last == 0xBE || last == 0xBF, bytes.count >= 3 else { return }
        if bytes[bytes.count - 3] == 0xEF && bytes[bytes.count - 2] == 0xBF { bytes.removeLast(3) }
    }
}
