// What a callback's URL says, sealed so that only we can make and read it (CONTRACT §7): which ticket, which operation,
// which outcome, until when, and a random id. Always as long; made and read by CallbackTokens on one thread.

struct CallbackToken: Hashable, Sendable {
    let ticket: RecordID
    let operation: [UInt8]
    let outcome: CallbackEvent.Outcome
    let expires: WallTime
}

final class CallbackTokens {
    private static let randomCount = 16
    private static let payloadCount = RecordID.count + 1 + 8 + randomCount + 1 + Limits.operationNameMax.bytes

    private let sealed: SealedTokens
    private let entropy: any Entropy

    /// - Parameters:
    ///   - encryption: the first hides, all show.
    ///   - signing: the first signs, all verify.
    init(encryption: [SealedTokens.Key], signing: [SealedTokens.Key], entropy: any Entropy) throws(CryptoFault) {
        sealed = try SealedTokens(
            encryption: encryption, signing: signing, purpose: "callback", payloadCount: Self.payloadCount,
            random: { entropy.bytes($0) })
        self.entropy = entropy
    }

    /// The keys that make tokens now.
    var makerIDs: [[UInt8]] { sealed.makerIDs }

    /// A text that nobody has seen before.
    func text(_ token: CallbackToken) -> [UInt8] {
        var payload = token.ticket.bytes + [token.outcome.rawValue]
        let expiry = UInt64(bitPattern: token.expires.milliseconds)
        payload += (0..<8).map { UInt8(truncatingIfNeeded: expiry >> UInt64(56 - 8 * $0)) }
        payload += entropy.bytes(Self.randomCount)
        let name = token.operation.prefix(Limits.operationNameMax.bytes)
        payload.append(UInt8(truncatingIfNeeded: name.count))
        payload += name
        payload += [UInt8](repeating: 0, count: Limits.operationNameMax.bytes - name.count)
        return sealed.seal(payload)
    }

    /// The token in a text of ours; nil for every other text. When it ends is for the caller to ask.
    func read(_ text: [UInt8]) -> CallbackToken? {
        guard let payload = sealed.open(text) else { return nil }
        let expiry = payload[17..<25].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let count = Int(payload[41])
        guard let outcome = CallbackEvent.Outcome(rawValue: payload[16]), count <= Limits.operationNameMax.bytes else {
            return nil
        }
        return CallbackToken(
            ticket: RecordID(digest: payload[..<16]), operation: [UInt8](payload[42..<(42 + count)]), outcome: outcome,
            expires: WallTime(milliseconds: Int64(bitPattern: expiry)))
    }
}
