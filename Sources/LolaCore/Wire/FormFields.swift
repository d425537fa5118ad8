// application/x-www-form-urlencoded: form bodies and query strings as ordered pairs of octets (WHATWG URL §5.1,
// stricter: a broken `%` or a raw control octet is refused). Bounded; used by channels and routes.

struct FormField: Hashable, Sendable {
    let name: [UInt8]
    let value: [UInt8]
}

struct FormFields: Hashable, Sendable {
    /// In the order received, names may repeat.
    let pairs: [FormField]

    /// `+` is a space, `%XX` is decoded once, empty pieces between `&` are skipped, a piece without `=` is a name
    /// with an empty value.
    /// - Throws: `.badForm`, or `.tooManyPairs` above `Limits.formPairsMax`.
    init(_ text: ArraySlice<UInt8>) throws(HTTPFault) {
        var pairs: [FormField] = []
        var rest = text
        while !rest.isEmpty {
            let piece = rest.prefix { $0 != 0x26 }
            rest = rest[piece.endIndex...].dropFirst()
            if piece.isEmpty { continue }
            if pairs.count == Limits.formPairsMax { throw .tooManyPairs }
            let name = piece.prefix { $0 != 0x3D }
            let value = piece[name.endIndex...].dropFirst()
            pairs.append(FormField(name: try Self.decoded(name), value: try Self.decoded(value)))
        }
        self.pairs = pairs
    }

    /// The value of the first pair of exactly that name.
    func first(_ name: StaticString) -> [UInt8]? {
        for pair in pairs where Self.matches(pair, name) { return pair.value }
        return nil
    }

    /// The values of all pairs of exactly that name, in order.
    func all(_ name: StaticString) -> [[UInt8]] {
        pairs.filter { Self.matches($0, name) }.map(\.value)
    }

    private static func matches(_ pair: FormField, _ name: StaticString) -> Bool {
        name.withOctets { word in
            pair.name.count == word.count && word.indices.allSatisfy { word[$0] == pair.name[$0] }
        }
    }

    private static func decoded(_ text: ArraySlice<UInt8>) throws(HTTPFault) -> [UInt8] {
        guard !text.contains(where: { ASCII.isControl($0) }) else { throw .badForm }
        guard let decoded = Percent.decode(text, plusIsSpace: true) else { throw .badForm }
        return decoded
    }
}
