// Against pages of others that use a browser on this machine or inside the bank's network: which `Origin` and which
// `Host` the MCP routes take. A value.

struct MCPOrigins: Sendable {
    /// `https://lola.bank.example`, as a browser writes it.
    private let origins: [[UInt8]]
    /// The authority of the public URL, in each of its spellings.
    private let authorities: [[UInt8]]

    init(authorities: [[UInt8]], origins: [[UInt8]]) {
        self.authorities = authorities
        self.origins = origins
    }

    /// Nil when the request may go on.
    func refusal(_ head: HTTPRequestHead) -> Refusal? {
        guard isOurs(head.bytes[head.host.asRange]) else { return .hostUnknown }
        guard head.count("origin") > 0 else { return nil }
        guard let origin = head.only("origin"), origins.contains([UInt8](origin)) else {
            return .originRefused
        }
        return nil
    }

    /// The public name, or an address: a name that suddenly means this machine is neither.
    private func isOurs(_ host: ArraySlice<UInt8>) -> Bool {
        if authorities.contains(where: { HTTPHost.areEqual(host, $0[...]) }) { return true }
        if host.first == 0x5B { return IPAddress(text: host.dropFirst().prefix { $0 != 0x5D }) != nil }
        let name = host.prefix { $0 != 0x3A }
        return ASCII.equalIgnoringCase(name, "localhost") || IPAddress(text: name) != nil
    }
}
