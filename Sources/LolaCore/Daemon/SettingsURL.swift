// URLs an operator writes: where the gateway is reached and what it calls. Stricter than RFC 3986 on purpose: no user
// information, no fragment, no numeric host in disguise, so that what is read here is what is connected to.

/// An absolute http or https URL.
struct WebURL: Hashable, Sendable {
    enum Scheme: String, Sendable {
        case http, https

        var defaultPort: UInt16 { self == .https ? 443 : 80 }
    }

    /// What a URL is used for decides what it may carry.
    enum Use: Sendable {
        /// Paths are appended to it: no query, a trailing slash is dropped.
        case base
        /// Called as it stands: a query is allowed.
        case endpoint
    }

    /// Normal form: lower-case scheme and host, no default port.
    let text: String
    let scheme: Scheme
    /// Lower case, without brackets.
    let host: String
    let port: UInt16
    /// Empty or beginning with `/`, percent-encoded as written.
    let path: String
    let query: String?

    init?(_ bytes: [UInt8], use: Use) {
        guard let (scheme, rest) = Self.scheme(of: bytes), rest.allSatisfy(Self.isAllowed) else { return nil }
        let end = rest.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex
        guard let (host, port) = Self.authority(rest[..<end]) else { return nil }
        var path = rest[end...]
        var query: ArraySlice<UInt8>?
        if let mark = path.firstIndex(of: 0x3F) {
            query = path[(mark + 1)...]
            path = path[..<mark]
        }
        guard Percent.decode(path) != nil, query.map({ Percent.decode($0) != nil }) ?? true else { return nil }
        if use == .base {
            guard query == nil else { return nil }
            while path.last == 0x2F { path = path.dropLast() }
        }
        self.scheme = scheme
        self.host = host
        self.port = port ?? scheme.defaultPort
        self.path = path.text
        self.query = query?.text
        let origin = "\(scheme.rawValue)://" + Self.authority(host, self.port, scheme)
        text = origin + path.text + (query.map { "?\($0.text)" } ?? "")
    }

    /// Path and query as a request line carries them (RFC 9112 §3.2.1).
    var target: String { (path.isEmpty ? "/" : path) + (query.map { "?\($0)" } ?? "") }

    /// Scheme, host and port, as a content policy and a browser write them (RFC 6454 §6.1).
    var origin: String { "\(scheme.rawValue)://\(authority)" }

    /// Host and port as the `Host` field carries them (RFC 9110 §7.2).
    var authority: String { Self.authority(host, port, scheme) }

    /// Every spelling of it that a client may send: the port that the scheme has anyway may be told (RFC 9110 §4.2.3).
    var authorities: [String] { port == scheme.defaultPort ? [authority, "\(authority):\(port)"] : [authority] }

    /// The text for people: a query may hold a key, so it is not shown.
    var redacted: String {
        guard query != nil else { return text }
        return "\(scheme.rawValue)://" + authority + path + "?***"
    }

    /// The host is this machine.
    var isLoopback: Bool {
        IPAddress(text: host.utf8)?.isLoopback ?? (host == "localhost" || host.hasSuffix(".localhost"))
    }

    /// The host is this machine, a private address, or a name that only an inner network resolves.
    var isInside: Bool {
        if let address = IPAddress(text: host.utf8) { return address.isPrivate }
        if isLoopback || !host.utf8.contains(0x2E) { return true }
        return [".internal", ".local", ".svc", ".test"].contains { host.hasSuffix($0) }
    }

    private static func authority(_ host: String, _ port: UInt16, _ scheme: Scheme) -> String {
        let name = host.utf8.contains(0x3A) ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    private static func scheme(of bytes: [UInt8]) -> (Scheme, ArraySlice<UInt8>)? {
        if ASCII.equalIgnoringCase(bytes.prefix(8), "https://") { return (.https, bytes.dropFirst(8)) }
        if ASCII.equalIgnoringCase(bytes.prefix(7), "http://") { return (.http, bytes.dropFirst(7)) }
        return nil
    }

    /// What RFC 3986 allows, without `#`: a fragment never reaches a server. The host is read more narrowly below.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x24...0x3B, 0x3D, 0x3F...0x5B, 0x5D, 0x5F, 0x61...0x7A, 0x7E: true
        default: false
        }
    }

    private static func authority(_ text: ArraySlice<UInt8>) -> (host: String, port: UInt16?)? {
        var host = text
        var port: UInt16?
        if let colon = text.lastIndex(of: 0x3A), text.last != 0x5D {
            guard let number = SocketAddressText.port(text[(colon + 1)...]) else { return nil }
            port = number
            host = text[..<colon]
        }
        if host.first == 0x5B {
            let literal = host.dropFirst().dropLast()
            guard host.last == 0x5D, literal.contains(0x3A), IPAddress(text: literal) != nil else { return nil }
            return (literal.map(ASCII.lowercased).text, port)
        }
        guard IPAddress(text: host) != nil || isName(host) else { return nil }
        return (host.map(ASCII.lowercased).text, port)
    }

    /// Labels of letters, digits, `-` and `_`; the last one must hold a letter, so `2130706433` is no host.
    private static func isName(_ host: ArraySlice<UInt8>) -> Bool {
        let labels = host.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard host.count <= 253, let last = labels.last, last.contains(where: ASCII.isLetter) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != 0x2D && label.last != 0x2D
                && label.allSatisfy { ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == 0x2D || $0 == 0x5F }
        }
    }
}

/// The address of the identity service with exactly one `{phone}` in its path or query.
struct IdentityTemplate: Sendable {
    /// Scheme, host and port; its path and query are those before the placeholder.
    let origin: WebURL
    private let targetPrefix: [UInt8]
    private let targetSuffix: [UInt8]

    init?(_ bytes: [UInt8]) {
        let mark = [UInt8](text: "{phone}")
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }) else { return nil }
        let prefix = Array(bytes[..<start])
        let suffix = Array(bytes[(start + mark.count)...])
        guard let origin = WebURL(prefix, use: .endpoint), !origin.path.isEmpty || origin.query != nil,
            WebURL(prefix + [0x30] + suffix, use: .endpoint) != nil
        else { return nil }
        self.origin = origin
        targetPrefix = [UInt8](text: origin.target)
        targetSuffix = suffix
    }

    /// The request target for one number, percent-encoded (`+` becomes `%2B`).
    func target(phone: some Collection<UInt8>) -> [UInt8] {
        var target: [UInt8] = []
        target.reserveCapacity(targetPrefix.count + 3 * phone.count + targetSuffix.count)
        target += targetPrefix
        Percent.append(phone, to: &target)
        target += targetSuffix
        return target
    }

    /// For people: what follows a `?` may hold a key.
    var redacted: String {
        let suffix = targetSuffix.text
        return origin.query == nil && !targetSuffix.contains(0x3F) ? origin.text + "{phone}" + suffix : origin.redacted
    }
}

/// `redis://[user[:password]@]host[:port][/database]`, `rediss` for TLS.
struct RedisURL: Sendable {
    let tls: Bool
    let host: String
    let port: UInt16
    let username: String?
    let password: SecretBytes?
    /// 0…65535.
    let database: Int

    init?(_ bytes: [UInt8]) {
        let secure = ASCII.equalIgnoringCase(bytes.prefix(9), "rediss://")
        guard secure || ASCII.equalIgnoringCase(bytes.prefix(8), "redis://") else { return nil }
        var rest = bytes.dropFirst(secure ? 9 : 8)
        var credentials: [ArraySlice<UInt8>] = []
        if let at = rest.lastIndex(of: 0x40) {
            credentials = rest[..<at].split(separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false)
            rest = rest[(at + 1)...]
        }
        let slash = rest.firstIndex(of: 0x2F) ?? rest.endIndex
        let number = rest[slash...].dropFirst()
        // The host follows the rules of a web URL; a name without a port gets the port of Redis.
        let authority = Array(rest[..<slash])
        guard let web = WebURL([UInt8](text: "https://") + authority, use: .base), web.path.isEmpty else { return nil }
        guard let database = number.isEmpty ? 0 : ASCII.decimal(number), database <= 65_535 else { return nil }
        let decoded = credentials.map { Percent.decode($0) }
        guard !decoded.contains(where: { $0 == nil }) else { return nil }
        let name = decoded.first.flatMap { $0 } ?? []
        username = name.isEmpty ? nil : name.text
        password = decoded.count == 2 ? decoded[1].map { SecretBytes($0) } : nil
        tls = secure
        host = web.host
        port = authority.last != 0x5D && authority.contains(0x3A) ? web.port : 6_379
        self.database = database
    }

    /// What the store needs of it.
    var address: RedisAddress {
        RedisAddress(
            host: [UInt8](text: host), port: port, isTLS: tls, username: username.map { [UInt8](text: $0) },
            password: password, database: database)
    }
}
