import Foundation
import Testing

@testable import LolaCore

@Suite("Public keys as JSON")
struct JWKTests {
    @Test("every good key of the table is read; with its private part it is refused")
    func goodKeys() throws {
        let file = try Vectors.object("jose_keys.json")
        var rows = try #require(file["keys"] as? [[String: Any]])
        rows += try #require(file["public_only"] as? [[String: Any]]).filter { row in
            (row["jwk"] as? [String: String])?["kty"] == "EC"
        }
        #expect(rows.count == 8)
        for row in rows {
            var jwk = try #require(row["jwk"] as? [String: String])
            if jwk["d"] != nil {
                #expect(throws: CryptoFault.keyUnsuitable) { try ES256PublicKey(jwk: octets(jwk)) }
            }
            jwk["d"] = nil
            if jwk["use"] == "enc" {
                #expect(throws: CryptoFault.keyUnsuitable) { try ES256PublicKey(jwk: octets(jwk)) }
                jwk["use"] = "sig"
            }
            let key = try ES256PublicKey(jwk: octets(jwk))
            #expect(key.thumbprint.text == row["thumbprint"] as? String)
            #expect(try ES256PublicKey(jwk: key.jwk()).x == key.x)
        }
    }

    @Test("every bad key of the table is refused")
    func badKeys() throws {
        let rows = try #require(try Vectors.object("jose_keys.json")["bad_jwks"] as? [[String: Any]])
        #expect(rows.count == 18)
        for row in rows {
            let jwk = try #require(row["jwk"])
            #expect(throws: CryptoFault.self, "\(row["name"] ?? "")") { try ES256PublicKey(jwk: octets(jwk)) }
        }
    }

    @Test("what is no JSON object, or names a member twice, is refused", arguments: [
        "", "{", "[]", "null", #""EC""#, #"{"kty":"EC","kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
    ])
    func noKey(text: String) {
        #expect(throws: CryptoFault.self) { try ES256PublicKey(jwk: [UInt8](text: text)) }
    }

    @Test("the published set is a JSON document with the keys in order and no private part")
    func published() throws {
        let keys = try (0..<3).map { _ in try ES256PrivateKey(pem: ES256PrivateKey.generatePEM()).publicKey }
        let set = JWKSet.document(keys)
        let document = try JSONSerialization.jsonObject(with: Data(set)) as? [String: [[String: String]]]
        #expect(document?["keys"]?.map { $0["kid"] } == keys.map { $0.thumbprint.text })
        #expect(document?["keys"]?.allSatisfy { $0["d"] == nil && $0["alg"] == "ES256" } == true)
        #expect(JWKSet.document([]).text == #"{"keys":[]}"#)
    }

    private func octets(_ jwk: Any) throws -> [UInt8] { [UInt8](try JSONSerialization.data(withJSONObject: jwk)) }
}
