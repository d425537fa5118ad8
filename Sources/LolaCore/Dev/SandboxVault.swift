// The card vault of `lola dev`: the private half of what the card widget seals to. It shows that nobody but the vault
// can read a card, and tells of one no more than a real vault would. One per loop, for its key belongs to one.

final class SandboxVault {
    private let key: SealKey

    /// From the PEM that DevGround keeps; the faults of `SealKey`.
    init(pem: [UInt8]) throws(CryptoFault) { key = try SealKey(pem: pem) }

    /// The public half as the setting `widgets.vault_public_key`; nil when the text is no key.
    static func publicKey(pem: String) -> String? {
        guard let key = try? ES256PublicKey(pem: [UInt8](text: pem)) else { return nil }
        return VaultKey(key).jwk.text
    }

    /// `POST /dev/sandbox/vault {"vault_sealed"}`: the reference, the ticket and the card as people may see it. 422 for
    /// what was not sealed to this vault, or holds no card.
    func answer(_ request: HTTPRequest) -> HTTPResponse {
        guard let root = (try? JSONDocument.parse(request.body))?.root,
            let sealed = root["vault_sealed"]?.textBytes, let plain = try? JWE.open(sealed, key: key),
            let card = (try? JSONDocument.parse(plain))?.root, let number = card["number"]?.textBytes,
            let token = card["token"]?.text, let lastFour = CardNumber.lastFour(number)
        else { return .problem(422, code: "not_a_sealed_card", requestID: request.requestID) }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("token", token)
            writer.member("ticket_id", card["ticket_id"]?.text)
            writer.member("last_four", bytes: lastFour)
            writer.member("name", card["name"]?.text)
        }
        return .json(200, writer.bytes)
    }
}
