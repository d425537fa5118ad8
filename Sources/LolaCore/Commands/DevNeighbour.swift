// Whether the gateway that the last `lola dev` of this folder wrote down is still there. Asked once, when another one
// has started; no secret is sent, for a port may have changed hands.

enum DevNeighbour {
    /// The address of the living gateway in `.lola/gateway.env`; nil when it is gone, or is `own`.
    static func running(besides own: String?) -> String? {
        guard let written = DevGround.readVariables(DevGround.gatewayFile), let url = written["LOLA_PUBLIC_URL"],
            url != own, let pem = written["LOLA_JWT_PRIVATE_KEY"],
            let key = KeySet.publicKey(SecretBytes([UInt8](text: pem))), let client = ToolClient(),
            case .success(let response) = client.send(
                .get, url, "/.well-known/jwks.json", timeout: .seconds(1))
        else { return nil }
        return isOurs(response, key) ? url : nil
    }

    /// Whoever publishes the key that was written down is the one who wrote it.
    private static func isOurs(_ response: OutboundResponse, _ key: ES256PublicKey) -> Bool {
        guard response.status == 200, let document = try? JSONDocument.parse(response.body),
            let keys = document.root["keys"]
        else { return false }
        return keys.elements.contains { (try? ES256PublicKey(jwk: $0))?.thumbprint == key.thumbprint }
    }
}
