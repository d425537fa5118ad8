// The path of a route with at most one parameter in braces, and how a raw path is matched against it.

struct RoutePattern: Sendable {
    enum Parameter: Sendable {
        case none
        /// `{id}`: 32 lower-case hex digits; anything else is no match.
        case id
        /// `{name}`: one segment that is not empty, decoded.
        case name
        /// `{key}`: the rest of the path, decoded; it may hold any octet, a slash too, and is not empty.
        case key
        /// `{rest}`: the path itself and everything below it; its value is empty.
        case rest
    }

    enum Match: Hashable, Sendable {
        case no
        case yes([UInt8])
    }

    let prefix: [UInt8]
    let parameter: Parameter
    let suffix: [UInt8]

    init(_ text: StaticString) {
        let octets = text.withOctets { [UInt8](copying: $0) }
        guard let open = octets.firstIndex(of: 0x7B), let close = octets.firstIndex(of: 0x7D) else {
            (prefix, parameter, suffix) = (octets, .none, [])
            return
        }
        prefix = [UInt8](octets[..<open])
        suffix = [UInt8](octets[(close + 1)...])
        switch octets[(open + 1)..<close].text {
        case "id": parameter = .id
        case "name": parameter = .name
        case "key": parameter = .key
        case "rest": parameter = .rest
        default: preconditionFailure("a route has an unknown parameter")
        }
    }

    /// Throws `.badPath` for a parameter that cannot be decoded.
    func match(_ path: ArraySlice<UInt8>) throws(HTTPFault) -> Match {
        if case .none = parameter { return path.elementsEqual(prefix) ? .yes([]) : .no }
        guard path.count >= prefix.count + suffix.count, path.starts(with: prefix),
            path.suffix(suffix.count).elementsEqual(suffix)
        else { return .no }
        let middle = path.dropFirst(prefix.count).dropLast(suffix.count)
        switch parameter {
        case .none: return .no
        case .id: return RecordID(hex: middle) == nil ? .no : .yes([UInt8](middle))
        case .name:
            guard !middle.isEmpty, !middle.contains(0x2F) else { return .no }
            return .yes(try Self.decoded(middle))
        case .key:
            return middle.isEmpty ? .no : .yes(try Self.decoded(middle))
        case .rest:
            guard middle.isEmpty || middle.first == 0x2F else { return .no }
            _ = try HTTPTarget.segments(of: path)
            return .yes([])
        }
    }

    private static func decoded(_ text: ArraySlice<UInt8>) throws(HTTPFault) -> [UInt8] {
        guard let decoded = Percent.decode(text) else { throw .badPath }
        return decoded
    }
}
