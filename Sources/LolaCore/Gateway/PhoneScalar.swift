// Unicode scalars of untrusted UTF-8, sorted into the few classes that numbers are written with. Strict
// decoding (no overlong form, no surrogate), no String. Any thread; used by PhoneSpelling and CardNumber.

/// The class of one scalar in a written number.
enum PhoneScalar: Equatable, Sendable {
    /// A decimal digit of any script (Unicode category Nd), by its value.
    case digit(UInt8)
    /// `+` or U+FF0B.
    case plus
    /// A space of any width, a tab included; not a line break.
    case space
    /// A hyphen, dash or minus sign.
    case dash
    /// A full stop.
    case dot
    /// A round or square bracket.
    case bracket
    case slash
    /// Has no width of its own: bidi marks, zero-width space, joiners, soft hyphen, byte order mark.
    case invisible
    /// LF or CR.
    case lineBreak
    /// An ASCII letter, in lower case.
    case letter(UInt8)
    /// `;`, `,` or `#`: what follows is not part of the number.
    case suffixMark
    case other
    /// Not UTF-8 at this place; one octet long.
    case malformed

    /// Reads the scalar at `index` and moves `index` behind it. `index` must be inside `bytes`.
    static func next(_ bytes: [UInt8], _ index: inout Int) -> PhoneScalar {
        let first = bytes[index]
        index += 1
        if first < 0x80 { return ascii(first) }
        let length: Int
        let smallest: UInt32
        var value: UInt32
        switch first {
        case 0xC2...0xDF: (length, smallest, value) = (1, 0x80, UInt32(first & 0x1F))
        case 0xE0...0xEF: (length, smallest, value) = (2, 0x800, UInt32(first & 0x0F))
        case 0xF0...0xF4: (length, smallest, value) = (3, 0x1_0000, UInt32(first & 0x07))
        default: return .malformed
        }
        guard bytes.count - index >= length else { return .malformed }
        for offset in 0..<length {
            let byte = bytes[index + offset]
            guard byte & 0xC0 == 0x80 else { return .malformed }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        guard value >= smallest, value <= 0x10_FFFF, !(0xD800...0xDFFF).contains(value) else { return .malformed }
        index += length
        return wide(value)
    }

    private static func ascii(_ byte: UInt8) -> PhoneScalar {
        switch byte {
        case 0x30...0x39: .digit(byte &- 0x30)
        case 0x2B: .plus
        case 0x20, 0x09: .space
        case 0x2D: .dash
        case 0x2E: .dot
        case 0x28, 0x29, 0x5B, 0x5D: .bracket
        case 0x2F: .slash
        case 0x0A, 0x0D: .lineBreak
        case 0x23, 0x2C, 0x3B: .suffixMark
        default: ASCII.isLetter(byte) ? .letter(ASCII.lowercased(byte)) : .other
        }
    }

    private static func wide(_ scalar: UInt32) -> PhoneScalar {
        switch scalar {
        case 0xFF0B: .plus
        case 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: .space
        case 0x2010...0x2015, 0x2212, 0x2E3A, 0x2E3B, 0x30FC, 0xFE58, 0xFE63, 0xFF0D: .dash
        case 0xFF0E: .dot
        case 0xFF08, 0xFF09, 0xFF3B, 0xFF3D: .bracket
        case 0xFF0F: .slash
        case 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF: .invisible
        case 0xFF03, 0xFF0C, 0xFF1B: .suffixMark
        default: digit(scalar)
        }
    }

    private static func digit(_ scalar: UInt32) -> PhoneScalar {
        var low = 0
        var high = zeros.count
        while low < high {
            let middle = (low + high) / 2
            if zeros[middle] <= scalar { low = middle + 1 } else { high = middle }
        }
        guard low > 0, scalar &- zeros[low - 1] < 10 else { return .other }
        return .digit(UInt8(truncatingIfNeeded: scalar &- zeros[low - 1]))
    }

    /// The zero of every run of ten decimal digits beyond ASCII (Unicode 14, category Nd), ascending.
    private static let zeros: [UInt32] = [
        0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
        0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
        0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x1_04A0, 0x1_0D30, 0x1_1066, 0x1_10F0, 0x1_1136, 0x1_11D0,
        0x1_12F0, 0x1_1450, 0x1_14D0, 0x1_1650, 0x1_16C0, 0x1_1730, 0x1_18E0, 0x1_1950, 0x1_1C50, 0x1_1D50, 0x1_1DA0,
        0x1_6A60, 0x1_6AC0, 0x1_6B50, 0x1_D7CE, 0x1_D7D8, 0x1_D7E2, 0x1_D7EC, 0x1_D7F6, 0x1_E140, 0x1_E2F0, 0x1_E950,
        0x1_FBF0,
    ]
}
