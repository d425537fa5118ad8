// Short texts from outside that people and models read: names, card displays, file names. Cleaned of everything
// that does not show, and cut to a length. Pure functions, any thread.

enum DisplayText {
    /// The text without control, direction and invisible tag characters, without blanks at its ends, at most `max`
    /// octets of whole characters. Ill-formed UTF-8 is left out.
    static func clean(_ text: some Collection<UInt8>, max: ByteCount = Limits.displayTextMax) -> [UInt8] {
        if isClean(text, max) { return Array(text) }
        var out: [UInt8] = []
        var pending: [UInt8] = []
        var decoder = JSONScalarDecoder()
        for octet in text {
            var step = decoder.feed(octet)
            if step == .broken {
                pending.removeAll(keepingCapacity: true)
                step = decoder.feed(octet)
            }
            pending.append(octet)
            switch step {
            case .more: continue
            case .scalar(let value) where isShown(value) && !(out.isEmpty && value == 0x20):
                guard out.count + pending.count <= max.bytes else { return trimmed(out) }
                out.append(contentsOf: pending)
            case .scalar, .invalid, .broken: break
            }
            pending.removeAll(keepingCapacity: true)
        }
        return trimmed(out)
    }

    /// The same with card numbers reduced to their last four digits (CONTRACT §5).
    static func cleanWithoutCards(_ text: [UInt8], max: ByteCount = Limits.displayTextMax) -> [UInt8] {
        let whole = clean(text, max: .bytes(text.count))
        let (masked, cards) = CardNumber.mask(whole)
        return cards == 0 && whole.count <= max.bytes ? whole : clean(masked, max: max)
    }

    /// Whether a text is not empty and holds visible ASCII only: what an identifier is made of.
    static func isVisibleASCII(_ text: [UInt8]) -> Bool {
        !text.isEmpty && text.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// Most texts are printable ASCII of a fair length: nothing is to be done.
    private static func isClean(_ text: some Collection<UInt8>, _ max: ByteCount) -> Bool {
        guard text.count <= max.bytes, text.first != 0x20 else { return false }
        var last: UInt8 = 0
        for octet in text {
            guard octet >= 0x20 && octet < 0x7F else { return false }
            last = octet
        }
        return last != 0x20
    }

    private static func trimmed(_ text: [UInt8]) -> [UInt8] {
        var end = text.count
        while end > 0 && text[end - 1] == 0x20 { end -= 1 }
        return Array(text[..<end])
    }

    /// Controls, line separators, bidirectional marks, byte order mark and tag characters do not show. The joiner of
    /// emoji (U+200D) does its work and stays.
    private static func isShown(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x00...0x1F, 0x7F...0x9F, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB, 0xE0000...0xE007F:
            false
        default: true
        }
    }
}
