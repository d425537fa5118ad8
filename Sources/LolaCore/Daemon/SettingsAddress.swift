// Listener addresses an operator writes. Values, usable on any thread; read by the settings loader.

/// A listener address: IP literal (IPv6 in brackets when printed) or `localhost`, and a port.
struct SocketAddressText: Hashable, Sendable {
    /// Without brackets.
    let host: String
    let port: UInt16

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`; the port 1…65535. Nil for anything else.
    init?(_ text: [UInt8]) {
        guard let colon = text.lastIndex(of: 0x3A), let port = Self.port(text[(colon + 1)...]) else { return nil }
        var host = text[..<colon]
        let bracketed = host.first == 0x5B && host.last == 0x5D && host.count >= 2
        if bracketed { host = host.dropFirst().dropLast() }
        guard bracketed == host.contains(0x3A) else { return nil }
        guard IPAddress(text: host) != nil || ASCII.equalIgnoringCase(host, "localhost") else { return nil }
        self.init(host: host.text, port: port)
    }

    var isLoopback: Bool { IPAddress(text: host.utf8)?.isLoopback ?? true }

    var text: String { host.utf8.contains(0x3A) ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// 1…65535 without leading zeros.
    static func port(_ digits: some Collection<UInt8>) -> UInt16? {
        guard digits.count <= 5, digits.first != 0x30 else { return nil }
        guard let value = ASCII.decimal(digits), value <= 65_535 else { return nil }
        return UInt16(value)
    }
}
