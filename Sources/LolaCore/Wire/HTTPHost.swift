// The authority of a request: Host field, absolute-form and authority-form (RFC 9112 §3.2, RFC 3986 §3.2.2).
// Stricter than the grammar in one thing: no comma in a name, because a list of hosts would hide in it.

enum HTTPHost {
    /// uri-host [ ":" port ] without user information; `name` must not be empty.
    /// - Parameter portRequired: authority-form of CONNECT needs one.
    static func isValid(_ text: ArraySlice<UInt8>, portRequired: Bool = false) -> Bool {
        let rest: ArraySlice<UInt8>
        if text.first == 0x5B {
            guard let close = text.firstIndex(of: 0x5D) else { return false }
            guard isIPv6(text[(text.startIndex + 1)..<close]) else { return false }
            rest = text[(close + 1)...]
        } else {
            let end = text.firstIndex(of: 0x3A) ?? text.endIndex
            guard isName(text[..<end]) else { return false }
            rest = text[end...]
        }
        guard rest.first == 0x3A else { return rest.isEmpty && !portRequired }
        let port = rest.dropFirst()
        if port.isEmpty { return !portRequired }
        guard port.count <= 5, let number = ASCII.decimal(port) else { return false }
        return number <= 65_535
    }

    /// Equal as authorities are compared: case of letters does not matter, the port is written alike.
    static func areEqual(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
        one.elementsEqual(other) { ASCII.lowercased($0) == ASCII.lowercased($1) }
    }

    /// Whether a page of that `Origin` came from the same authority as `host` names.
    static func isOrigin(_ origin: ArraySlice<UInt8>, of host: ArraySlice<UInt8>) -> Bool {
        let schemes: [StaticString] = ["http://", "https://"]
        return schemes.contains { scheme in
            let count = scheme.utf8CodeUnitCount
            return ASCII.equalIgnoringCase(origin.prefix(count), scheme) && areEqual(origin.dropFirst(count), host)
        }
    }

    private static func isName(_ text: ArraySlice<UInt8>) -> Bool {
        guard !text.isEmpty, text.count <= 255 else { return false }
        if text.allSatisfy({ HTTPSyntax.isHostName($0) }) { return true }
        return text.allSatisfy { HTTPSyntax.isHostName($0) || $0 == 0x25 } && Percent.decode(text) != nil
    }

    /// IPv6address of RFC 3986 §3.2.2: up to eight groups, one `::` at most, an IPv4 tail as the last two groups.
    private static func isIPv6(_ text: ArraySlice<UInt8>) -> Bool {
        var parts = text.split(separator: 0x3A, maxSplits: 16, omittingEmptySubsequences: false)
        guard parts.count >= 3 else { return false }
        var groups = 0
        if let last = parts.last, last.contains(0x2E) {
            guard isIPv4(last) else { return false }
            groups = 2
            parts.removeLast()
        } else if parts.last?.isEmpty == true {
            // A colon at the end is only right as the second one of `::`.
            guard parts[parts.count - 2].isEmpty else { return false }
            parts.removeLast()
        }
        if parts.first?.isEmpty == true {
            guard parts.count >= 2, parts[1].isEmpty else { return false }
            parts.removeFirst()
        }
        var gaps = 0
        for part in parts {
            if part.isEmpty {
                gaps += 1
            } else {
                guard part.count <= 4, part.allSatisfy({ Hex.value(of: $0) != nil }) else { return false }
                groups += 1
            }
        }
        return gaps == 0 ? groups == 8 : gaps == 1 && groups <= 7
    }

    private static func isIPv4(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: 0x2E, maxSplits: 4, omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { part in
            guard part.count <= 3, part.count == 1 || part.first != 0x30 else { return false }
            return ASCII.decimal(part).map { $0 <= 255 } ?? false
        }
    }
}
