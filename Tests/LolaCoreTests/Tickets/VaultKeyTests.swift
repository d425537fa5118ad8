import Foundation
import Testing

@testable import LolaCore

@Suite("The public key of the card vault")
struct VaultKeyTests {
    static let x = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"
    static let y = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"

    /// The EC key of RFC 7517 appendix A.1, with changes.
    static func jwk(_ changes: [String: String?] = [:]) throws -> [UInt8] {
        var members: [String: String] = ["kty": "EC", "crv": "P-256", "x": x, "y": y]
        for (name, value) in changes { members[name] = value }
        return [UInt8](try JSONSerialization.data(withJSONObject: members))
    }

    @Test("a key is read and written in one spelling, with its thumbprint where it has no id")
    func read() throws {
        let key = try VaultKey(jwk: Self.jwk(["alg": "ECDH-ES", "ext": "true"]))
        let thumbprint = try ES256PublicKey(jwk: Self.jwk()).thumbprint.text
        #expect(key.jwk.text
            == #"{"kty":"EC","crv":"P-256","x":"\#(Self.x)","y":"\#(Self.y)","use":"enc","kid":"\#(thumbprint)"}"#)
        #expect(try VaultKey(jwk: key.jwk) == key)
        #expect(try VaultKey(ES256PublicKey(jwk: Self.jwk())) == key)
        #expect(try VaultKey(jwk: Self.jwk(["kid": "vault-2026.1"])).id.text == "vault-2026.1")
    }

    @Test("a key that is not for sealing, or not only public, is refused", arguments: [
        ["d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"], ["use": "sig"], ["alg": "ES256"], ["crv": "P-384"],
        ["kty": "RSA"], ["x": y], ["kty": nil], ["crv": nil],
    ] as [[String: String?]])
    func unsuitable(changes: [String: String?]) throws {
        #expect(throws: CryptoFault.keyUnsuitable) { try VaultKey(jwk: Self.jwk(changes)) }
    }

    @Test("a key that is not written as a key is refused", arguments: [
        ["x": nil], ["x": x + "="], ["y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFy+"], ["kid": ""],
        ["kid": "a b"], ["kid": #"a"b"#], ["kid": String(repeating: "k", count: 65)],
    ] as [[String: String?]])
    func malformed(changes: [String: String?]) throws {
        #expect(throws: CryptoFault.keyMalformed) { try VaultKey(jwk: Self.jwk(changes)) }
    }

    @Test("coordinates have 32 octets")
    func short() throws {
        #expect(throws: CryptoFault.lengthInvalid) { try VaultKey(jwk: Self.jwk(["x": "AAAA"])) }
    }

    @Test("what is no JSON object is refused", arguments: ["", "[]", "null", "{", #"{"kty":"EC","kty":"EC"}"#])
    func noObject(text: String) {
        #expect(throws: CryptoFault.self) { try VaultKey(jwk: [UInt8](text: text)) }
    }

    @Test("every bad key of the table is refused, but the one that is only bad for signatures")
    func badKeys() throws {
        let rows = try #require(try Vectors.object("jose_keys.json")["bad_jwks"] as? [[String: Any]])
        #expect(rows.count == 18)
        for row in rows where row["name"] as? String != "use enc" {
            let jwk = [UInt8](try JSONSerialization.data(withJSONObject: try #require(row["jwk"])))
            #expect(throws: CryptoFault.self, "\(row["name"] ?? "")") { try VaultKey(jwk: jwk) }
        }
    }

    @Test("as a setting: a JSON Web Key, from the environment or the file; the card widget is closed without")
    func setting() throws {
        #expect(try SettingsFixture.load().widgets.vaultKey == nil)
        let text = try Self.jwk().text
        let environment = SettingsFixture.merged(SettingsFixture.required, ["LOLA_VAULT_PUBLIC_KEY": text])
        let key = try VaultKey(jwk: Self.jwk())
        #expect(try SettingsFixture.load(environment).widgets.vaultKey == key)
        #expect(try SettingsFixture.load(file: "{ widgets: { vault_public_key: '\(text)' } }").widgets.vaultKey == key)
    }
}
