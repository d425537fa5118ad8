// Svix signatures (Standard Webhooks; reference: protocols §4): HMAC-SHA256 over id, time and the raw body, a list of
// signatures while secrets change. One per channel and loop.

final class SvixProof {
    /// What a request shows, each field once and of its own form.
    struct Shown {
        let id: ArraySlice<UInt8>
        let time: ArraySlice<UInt8>
        let seconds: Int64
        let codes: [[UInt8]]
    }

    private let keys: [HMACKey]

    /// - Parameter secrets: the octets that stand in base64 behind `whsec_`. None may be empty.
    init(secrets: [SecretBytes]) {
        precondition(!secrets.isEmpty && secrets.allSatisfy { !$0.isEmpty }, "a signed webhook needs its secret")
        keys = secrets.map { HMACKey(.sha256, key: $0) }
    }

    /// - Throws: `.signatureMissing`, `.signatureInvalid`, and `.signatureStale` for what is signed and too old or from
    ///   the future.
    func check(_ head: HTTPRequestHead, _ body: [UInt8], at now: WallTime) throws(Refusal) {
        let shown = try Self.shown(head)
        let signed = Array(shown.id) + [0x2E] + Array(shown.time) + [0x2E] + body
        var isProven = false
        for key in keys {
            let code = key.code(of: signed.span)
            for one in shown.codes where ConstantTime.equal(one, code) { isProven = true }
        }
        guard isProven else { throw .signatureInvalid }
        let age = now.inSeconds - shown.seconds
        guard abs(age) <= Limits.svixTolerance.inSeconds else { throw .signatureStale }
    }

    /// The value of `svix-signature` for these.
    func signature(id: [UInt8], time: [UInt8], body: [UInt8]) -> [UInt8] {
        [UInt8](text: "v1,") + Base64.encode(keys[0].code(id + [0x2E] + time + [0x2E] + body), .standard)
    }

    /// Either `svix-…` or `webhook-…`; both at once are refused, for it is not clear which of them counts.
    static func shown(_ head: HTTPRequestHead) throws(Refusal) -> Shown {
        let names: (id: StaticString, time: StaticString, signature: StaticString)
        switch (head.count("svix-signature"), head.count("webhook-signature")) {
        case (0, 0): throw .signatureMissing
        case (1, 0): names = ("svix-id", "svix-timestamp", "svix-signature")
        case (0, 1): names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        default: throw .signatureInvalid
        }
        guard head.count(names.id) == 1, head.count(names.time) == 1, let id = head.field(names.id),
            let time = head.field(names.time), let list = head.field(names.signature)
        else { throw .signatureMissing }
        guard isID(id), (1...12).contains(time.count), time.allSatisfy(ASCII.isDigit), let seconds = ASCII.decimal(time)
        else { throw .signatureInvalid }
        let codes = codes(list)
        guard !codes.isEmpty else { throw .signatureInvalid }
        return Shown(id: id, time: time, seconds: Int64(seconds), codes: codes)
    }

    /// Visible ASCII without the dot that separates, and without the colon of our keys.
    private static func isID(_ id: ArraySlice<UInt8>) -> Bool {
        guard (1...Limits.nativeIDMax.bytes).contains(id.count) else { return false }
        return id.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2E && $0 != 0x3A }
    }

    /// The codes of version 1. Other versions, and what has no form, are passed over.
    private static func codes(_ list: ArraySlice<UInt8>) -> [[UInt8]] {
        var found: [[UInt8]] = []
        for entry in list.split(separator: ASCII.space).prefix(Limits.svixSignaturesMax) {
            guard entry.starts(with: "v1,".utf8), let code = Base64.decode(entry.dropFirst(3), .standard),
                code.count == Digest.sha256Count
            else { continue }
            found.append(code)
        }
        return found
    }
}
