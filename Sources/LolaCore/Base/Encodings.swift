// Hex, base64, base64url and percent coding over octets, strict: one spelling per value, nothing skipped.
// Foundation's decoders accept non-canonical tails, so these are ours (RFC 4648, RFC 3986 §2.1).

enum Hex {
    static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: bytes.count * 2) { out, count in
            for byte in bytes {
                unsafe out[count] = digit(byte >> 4)
                unsafe out[count + 1] = digit(byte & 15)
                count += 2
            }
        }
    }

    /// The 16 digits of a number.
    static func append(_ word: UInt64, to out: inout [UInt8]) {
        out.write(atMost: 16) { pen in
            var rest = word
            for _ in 0..<16 {
                rest = rest << 4 | rest >> 60
                pen.put(digit(UInt8(truncatingIfNeeded: rest & 15)))
            }
        }
    }

    /// Octets of an even number of hex digits, either case; nil for anything else.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let decoded = text.withContiguousStorageIfAvailable { buffer in
            unsafe decode(octets: Span(_unsafeElements: buffer))
        }
        return decoded ?? decode(octets: Array(text).span)
    }

    private static func decode(octets text: Span<UInt8>) -> [UInt8]? {
        guard text.count % 2 == 0 else { return nil }
        var isHex = true
        let octets = unsafe [UInt8](unsafeUninitializedCapacity: text.count / 2) { out, count in
            var place = 0
            while place < text.count {
                guard let high = value(of: text[place]), let low = value(of: text[place + 1]) else {
                    return isHex = false
                }
                unsafe out[count] = high << 4 | low
                count += 1
                place += 2
            }
        }
        return isHex ? octets : nil
    }

    /// The value of one hex digit, nil when it is not one.
    @inline(__always) static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x61...0x66: byte &- 0x57
        case 0x41...0x46: byte &- 0x37
        default: nil
        }
    }

    /// Whether all octets are digits in lower case. Looks at each of them, so that the processor may take many at once.
    static func isLower(_ text: ArraySlice<UInt8>) -> Bool {
        let octets = text.span
        var others: UInt8 = 0
        for place in octets.indices { others |= isLowerDigit(octets[place]) ? 0 : 1 }
        return others == 0
    }

    /// `0` to `9` or `a` to `f`.
    @inline(__always) private static func isLowerDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || byte &- 0x61 < 6
    }

    @inline(__always) static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 &+ value : 0x57 &+ value }
}

/// RFC 4648 §4 (padded, `+/`) and §5 (unpadded, `-_`). Decoding refuses white space, wrong padding and
/// non-zero trailing bits, so every value has exactly one text.
enum Base64 {
    enum Alphabet: Sendable { case standard, url }

    static func encode(_ bytes: some Collection<UInt8>, _ alphabet: Alphabet = .url) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var filled = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            filled += 1
            if filled == 3 {
                for shift in [18, 12, 6, 0] as [UInt32] { out.append(character(group >> shift & 63, alphabet)) }
                group = 0
                filled = 0
            }
        }
        if filled > 0 {
            group <<= UInt32(8 * (3 - filled))
            for shift in [18, 12, 6, 0].prefix(filled + 1) {
                out.append(character(group >> UInt32(shift) & 63, alphabet))
            }
            if alphabet == .standard { out.append(contentsOf: [UInt8](repeating: 0x3D, count: 3 - filled)) }
        }
        return out
    }

    /// - Parameter isLoose: takes a last character with bits that belong to no octet, as other decoders do.
    static func decode(
        _ text: some BidirectionalCollection<UInt8>, _ alphabet: Alphabet = .url, isLoose: Bool = false
    ) -> [UInt8]? {
        var count = text.count
        if alphabet == .standard {
            guard count % 4 == 0 else { return nil }
            var padding = 0
            for byte in text.suffix(2).reversed() {
                guard byte == 0x3D else { break }
                padding += 1
            }
            count -= padding
        }
        guard count % 4 != 1 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(count * 3 / 4)
        var bits: UInt32 = 0
        var held = 0
        for byte in text.prefix(count) {
            guard let value = value(of: byte, alphabet) else { return nil }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
                bits &= (1 << UInt32(held)) - 1
            }
        }
        return bits == 0 || isLoose ? out : nil
    }

    private static func character(_ value: UInt32, _ alphabet: Alphabet) -> UInt8 {
        switch value {
        case 0..<26: UInt8(0x41 + value)
        case 26..<52: UInt8(0x61 + value - 26)
        case 52..<62: UInt8(0x30 + value - 52)
        case 62: alphabet == .url ? 0x2D : 0x2B
        default: alphabet == .url ? 0x5F : 0x2F
        }
    }

    private static func value(of byte: UInt8, _ alphabet: Alphabet) -> UInt8? {
        switch byte {
        case 0x41...0x5A: byte &- 0x41
        case 0x61...0x7A: byte &- 0x61 &+ 26
        case 0x30...0x39: byte &- 0x30 &+ 52
        case alphabet == .url ? 0x2D : 0x2B: 62
        case alphabet == .url ? 0x5F : 0x2F: 63
        default: nil
        }
    }
}

/// RFC 3986 percent coding on octets.
enum Percent {
    /// Encodes every octet that is not unreserved (ALPHA / DIGIT / `-._~`).
    static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        append(bytes, to: &out)
        return out
    }

    /// The same, appended.
    static func append(_ bytes: some Collection<UInt8>, to out: inout [UInt8]) {
        for byte in bytes {
            if isUnreserved(byte) {
                out.append(byte)
            } else {
                out.append(0x25)
                out.append(upperDigit(byte >> 4))
                out.append(upperDigit(byte & 15))
            }
        }
    }

    /// Decodes `%XX`; nil when a `%` is not followed by two hex digits. `+` becomes a space only in forms.
    static func decode(_ text: some Collection<UInt8>, plusIsSpace: Bool = false) -> [UInt8]? {
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        var pending = 0
        var value: UInt8 = 0
        for byte in text {
            if pending > 0 {
                guard let digit = Hex.value(of: byte) else { return nil }
                value = value << 4 | digit
                pending -= 1
                if pending == 0 { out.append(value) }
            } else if byte == 0x25 {
                pending = 2
                value = 0
            } else {
                out.append(plusIsSpace && byte == 0x2B ? 0x20 : byte)
            }
        }
        return pending == 0 ? out : nil
    }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E
    }

    private static func upperDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 &+ value : 0x37 &+ value }
}
