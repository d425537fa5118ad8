// Reads one written telephone number into its digits: scheme, separators, scripts, RFC 3966 parameters.
// Knows nothing of numbering plans. Plain value, any thread; made by PhoneNormalizer only.

/// Why a text is not a number that Lola can ask the identity service for.
enum PhoneFault: String, Error, CaseIterable, Sendable {
    /// No digit at all.
    case empty
    /// More octets than `Limits.phoneTextMax`.
    case tooLong = "too_long"
    /// The octets are not UTF-8.
    case notText = "not_utf8"
    /// Letters: a vanity number, a name, an alphanumeric sender.
    case letters
    /// An extension (`x`, `ext.`, `#`, `,`, `;ext=`): a line behind the number, not the sender's own.
    case lineExtension = "extension"
    /// A character that never separates the digits of one number.
    case character
    /// A plus sign that is not the first character, or a second one: two numbers in one text.
    case plus = "misplaced_plus"
    /// A national number where only international ones have a meaning.
    case national = "national_number"
    /// An RFC 3966 context that names no calling code, or contradicts the number.
    case context = "phone_context"
    /// The digits begin with no assigned calling code.
    case callingCode = "unknown_calling_code"
    /// Fewer than 7 or more than 15 digits.
    case length
    /// More than one trunk prefix: two readings would be possible.
    case trunk = "trunk_prefix"
}

struct PhoneSpelling: Sendable {
    /// ASCII digits in the order written.
    private(set) var digits: [UInt8] = []
    /// Whether the number was marked as international by a plus sign.
    private(set) var hasPlus = false

    init(_ raw: [UInt8]) throws(PhoneFault) {
        guard raw.count <= Limits.phoneTextMax.bytes else { throw .tooLong }
        if readDigits(raw) { return }
        digits.reserveCapacity(E164.digitsMax)
        var start = 0
        while start < raw.count {
            var next = start
            let scalar = PhoneScalar.next(raw, &next)
            guard scalar == .space || scalar == .invisible else { break }
            start = next
        }
        let text = raw[start...]
        if ASCII.equalIgnoringCase(text.prefix(4), "tel:") {
            try readURI(text.dropFirst(4))
        } else if ASCII.equalIgnoringCase(text.prefix(9), "whatsapp:") {
            try read(Array(text.dropFirst(9)))
        } else {
            try read(Array(text))
        }
        guard !digits.isEmpty else { throw .empty }
    }

    /// Nearly every number: ASCII digits, with a plus sign or without. False when there is anything else to be read.
    private mutating func readDigits(_ raw: [UInt8]) -> Bool {
        let isMarked = raw.first == 0x2B
        guard raw.count > (isMarked ? 1 : 0) else { return false }
        for octet in isMarked ? raw[1...] : raw[...] where !ASCII.isDigit(octet) { return false }
        digits = isMarked ? Array(raw[1...]) : raw
        hasPlus = isMarked
        return true
    }

    /// The body of a `tel:` URI (RFC 3966 §3): the number, then parameters.
    private mutating func readURI(_ body: ArraySlice<UInt8>) throws(PhoneFault) {
        let parts = body.split(separator: 0x3B, omittingEmptySubsequences: false)
        try read(Array(parts[0]))
        var context: ArraySlice<UInt8>?
        for parameter in parts.dropFirst() {
            let name = parameter.prefix { $0 != 0x3D }
            if ASCII.equalIgnoringCase(name, "ext") { throw .lineExtension }
            guard ASCII.equalIgnoringCase(name, "phone-context") else { continue }
            guard context == nil, !hasPlus else { throw .context }
            context = parameter[name.endIndex...].dropFirst()
        }
        guard let context else { return }
        var prefix = PhoneSpelling()
        try prefix.read(Array(context))
        guard prefix.hasPlus, !prefix.digits.isEmpty else { throw .context }
        digits = prefix.digits + digits
        hasPlus = true
    }

    private init() {}

    private mutating func read(_ text: [UInt8]) throws(PhoneFault) {
        var index = 0
        while index < text.count {
            switch PhoneScalar.next(text, &index) {
            case .digit(let value): digits.append(0x30 &+ value)
            case .plus:
                guard digits.isEmpty, !hasPlus else { throw .plus }
                hasPlus = true
            case .space, .dash, .dot, .bracket, .slash, .invisible: break
            case .letter(let letter):
                throw digits.isEmpty || !Self.beginsExtension(letter, text[index...]) ? .letters : .lineExtension
            case .suffixMark: throw digits.isEmpty ? .character : .lineExtension
            case .lineBreak, .other: throw .character
            case .malformed: throw .notText
            }
        }
    }

    /// `x…` or `ext…` behind the digits.
    private static func beginsExtension(_ letter: UInt8, _ rest: ArraySlice<UInt8>) -> Bool {
        letter == 0x78 || letter == 0x65 && ASCII.equalIgnoringCase(rest.prefix(2), "xt")
    }
}
