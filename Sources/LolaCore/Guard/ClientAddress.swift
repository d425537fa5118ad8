// Whose request it is: the address of the socket's peer, or what trusted proxies say of it. Decided once per request;
// limits, filters, lock-outs, the pace of webhooks and log lines all count by this one address. A value; any thread.

struct ClientAddress: Sendable {
    private let trusted: [CIDR]

    /// Without proxies nothing that a request says of its sender is believed.
    init(trusted: [CIDR]) { self.trusted = trusted }

    /// `X-Forwarded-For` counts only when the peer is a trusted proxy. It is read from the right, several lines as one
    /// list: the first address that is not a trusted proxy is the caller's. What is no address ends the walk at the
    /// last trusted hop. `Forwarded`, `X-Real-IP` and the like are never read.
    func address(of head: HTTPRequestHead, from peer: IPAddress) -> IPAddress {
        guard isTrusted(peer) else { return peer }
        var address = peer
        var hops = 0
        for field in head.fields.reversed() where Self.isForwardedFor(head, field) {
            var rest = head.bytes[field.value.asRange]
            while true {
                hops += 1
                let comma = rest.lastIndex(of: 0x2C)
                let entry = HTTPSyntax.trimmed(comma.map { rest[($0 + 1)...] } ?? rest)
                guard hops <= Limits.forwardedHopsMax, let hop = IPAddress(text: entry) else { return address }
                address = hop
                if !isTrusted(hop) { return address }
                guard let comma else { break }
                rest = rest[..<comma]
            }
        }
        return address
    }

    private func isTrusted(_ address: IPAddress) -> Bool {
        !trusted.isEmpty && trusted.contains { $0.contains(address) }
    }

    private static func isForwardedFor(_ head: HTTPRequestHead, _ field: HTTPField) -> Bool {
        field.name.count == 15 && ASCII.equalIgnoringCase(head.bytes[field.name.asRange], "X-Forwarded-For")
    }
}

/// The operator's lists of addresses. A value; any thread.
struct AddressFilters: Sendable {
    /// Refused on every route of both listeners.
    let denylist: [CIDR]
    /// Empty lets every address try its token on the management listener.
    let adminAllowlist: [CIDR]

    func denies(_ address: IPAddress) -> Bool { denylist.contains { $0.contains(address) } }

    func mayAdminister(_ address: IPAddress) -> Bool {
        adminAllowlist.isEmpty || adminAllowlist.contains { $0.contains(address) }
    }
}
