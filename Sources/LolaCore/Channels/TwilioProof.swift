// Twilio's signature (reference: protocols §3): HMAC over the public URL and the decoded form parameters in the order
// of their octets, or over the URL alone when it names the hash of a JSON body. One per channel and loop.

/// A key of the newer scheme: the request names the key, the algorithm belongs to the key.
struct TwilioSharedKey: Sendable {
    let id: [UInt8]
    let secret: SecretBytes
}

final class TwilioProof {
    /// The public URL without a slash at its end.
    private let base: [UInt8]
    private let tokens: [HMACKey]
    private let shared: (id: [UInt8], key: HMACKey)?

    private static let header: StaticString = "X-Twilio-Signature"
    private static let settings: StaticString = "X-Twilio-Webhooks-Signature-Settings"

    /// - Parameters:
    ///   - publicURL: how Twilio reaches us, whatever a proxy made of the request. Nothing of the request's own
    ///     `Host` or `X-Forwarded-…` is believed.
    ///   - authTokens: the current one, then the previous one during a rotation. None may be empty.
    ///   - sharedKey: when there is one, only its scheme proves anything: a header cannot choose the weaker one.
    init(publicURL: [UInt8], authTokens: [SecretBytes], sharedKey: TwilioSharedKey?) {
        precondition(!authTokens.isEmpty && authTokens.allSatisfy { !$0.isEmpty }, "Twilio needs its auth token")
        base = publicURL.last == 0x2F ? Array(publicURL.dropLast()) : publicURL
        tokens = authTokens.map { HMACKey(.sha1, key: $0) }
        shared = sharedKey.map { ($0.id, HMACKey(.sha256, key: $0.secret)) }
    }

    /// Whether there is one signature of the length that can be right.
    func isShown(_ head: HTTPRequestHead) -> Bool { (try? code(head)) != nil }

    /// - Throws: `.signatureMissing`, `.signatureInvalid`.
    func check(_ head: HTTPRequestHead, _ body: [UInt8]) throws(Refusal) {
        let code = try code(head)
        try checkSettings(head)
        let url = url(head)
        let isProven: Bool
        if WebhookShape.isMedia(head, "application/json") {
            isProven = Self.namesHash(of: body, head) && isSigned(url, [], code)
        } else {
            guard let form = try? FormFields(body[...]) else { throw .signatureInvalid }
            isProven = isSigned(url, form.pairs, code)
        }
        guard isProven else { throw .signatureInvalid }
    }

    private func code(_ head: HTTPRequestHead) throws(Refusal) -> [UInt8] {
        let fields = head.count(Self.header)
        guard fields > 0 else { throw .signatureMissing }
        guard fields == 1, let value = head.field(Self.header), let code = Base64.decode(value, .standard),
            code.count == (shared?.key.algorithm ?? .sha1).count
        else { throw .signatureInvalid }
        return code
    }

    /// `key=<id>,algorithm=HMAC_SHA256`, exactly when a shared key is configured.
    private func checkSettings(_ head: HTTPRequestHead) throws(Refusal) {
        guard let shared else {
            guard head.count(Self.settings) == 0 else { throw .signatureInvalid }
            return
        }
        let wanted = [UInt8](text: "key=") + shared.id + [UInt8](text: ",algorithm=HMAC_SHA256")
        guard head.count(Self.settings) == 1, let value = head.field(Self.settings),
            value.filter({ $0 != ASCII.space }).elementsEqual(wanted)
        else { throw .signatureInvalid }
    }

    private func url(_ head: HTTPRequestHead) -> [UInt8] {
        let query = head.query.map { [0x3F] + head.bytes[$0.asRange] } ?? []
        return base + head.bytes[head.path.asRange] + query
    }

    /// One `bodySHA256` in the query, and it is the hash of these octets.
    private static func namesHash(of body: [UInt8], _ head: HTTPRequestHead) -> Bool {
        guard let range = head.query, let query = try? FormFields(head.bytes[range.asRange]) else { return false }
        let named = query.all("bodySHA256")
        guard named.count == 1, let hash = Hex.decode(named[0]) else { return false }
        return ConstantTime.equal(hash, Digest.sha256(body))
    }

    // MARK: Signature

    /// Whether one of our keys made this code. All are tried, so the time does not tell which one.
    func isSigned(_ url: [UInt8], _ fields: [FormField], _ code: [UInt8]) -> Bool {
        let parameters = Self.parameters(fields)
        let keys = shared.map { [$0.key] } ?? tokens
        var isSigned = false
        for variant in TwilioURL.variants(url) {
            for key in keys where key.verify(variant + parameters, code: code) { isSigned = true }
        }
        return isSigned
    }

    /// The code that Twilio would send for this URL.
    func code(of url: [UInt8], _ fields: [FormField]) -> [UInt8] {
        (shared?.key ?? tokens[0]).code(url + Self.parameters(fields))
    }

    /// Names in the order of their octets, each value of a name once, in order; nothing between them.
    private static func parameters(_ fields: [FormField]) -> [UInt8] {
        let sorted = fields.sorted { left, right in
            left.name == right.name
                ? left.value.lexicographicallyPrecedes(right.value) : left.name.lexicographicallyPrecedes(right.name)
        }
        var out: [UInt8] = []
        var last: FormField?
        for field in sorted where field != last {
            out += field.name + field.value
            last = field
        }
        return out
    }
}

/// The spellings of one URL that Twilio signs.
enum TwilioURL {
    /// Without a port and with one (the standard one when none is given); and with the query's apostrophes encoded, as
    /// some of its clients spell them.
    static func variants(_ url: [UInt8]) -> [[UInt8]] {
        guard let parts = Parts(url) else { return [url] }
        let port = parts.port ?? [UInt8](text: parts.isTLS ? "443" : "80")
        var found = [parts.head + parts.host + parts.tail, parts.head + parts.host + [0x3A] + port + parts.tail]
        if let query = parts.tail.firstIndex(of: 0x3F), parts.tail[query...].contains(0x27) {
            found += found.map { apostrophesEncoded($0) }
        }
        return found
    }

    private static func apostrophesEncoded(_ url: [UInt8]) -> [UInt8] {
        let query = url.firstIndex(of: 0x3F) ?? url.endIndex
        return Array(url[..<query]) + url[query...].flatMap { $0 == 0x27 ? [0x25, 0x32, 0x37] : [$0] }
    }

    private struct Parts {
        let isTLS: Bool
        /// Scheme and user information.
        let head: [UInt8]
        let host: [UInt8]
        let port: [UInt8]?
        /// Path and query.
        let tail: [UInt8]

        init?(_ url: [UInt8]) {
            isTLS = url.starts(with: "https://".utf8)
            guard isTLS || url.starts(with: "http://".utf8) else { return nil }
            let start = isTLS ? 8 : 7
            let end = url[start...].firstIndex { $0 == 0x2F || $0 == 0x3F } ?? url.endIndex
            let user = url[start..<end].lastIndex(of: 0x40).map { $0 + 1 } ?? start
            let authority = url[user..<end]
            let bracket = authority.lastIndex(of: 0x5D) ?? user
            let colon = authority[bracket...].lastIndex(of: 0x3A)
            head = Array(url[..<user])
            host = Array(authority[..<(colon ?? end)])
            port = colon.map { Array(authority[($0 + 1)...]) }
            tail = Array(url[end...])
        }
    }
}
