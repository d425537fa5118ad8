import Foundation
import Testing

@testable import LolaCore

@Suite("ES256 keys and signatures against published vectors")
struct ES256Tests {
    @Test("all 262 raw signatures of Wycheproof are judged as published")
    func wycheproofRaw() throws {
        let rows = try WycheproofRow.all("ecdsa_secp256r1_sha256_p1363_test.json")
        #expect(rows.count == 262)
        for row in rows {
            let key = try publicKey(of: row)
            #expect(try key.verify(row.bytes("msg"), signature: row.bytes("sig")) == row.isValid, "row \(row.id)")
        }
    }

    @Test("all 484 DER signatures of Wycheproof are judged as published after conversion")
    func wycheproofDER() throws {
        let rows = try WycheproofRow.all("ecdsa_secp256r1_sha256_test.json")
        #expect(rows.count == 484)
        for row in rows {
            let raw = ECDSASignature.raw(fromDER: try row.bytes("sig"))
            let judged = try raw.map { try publicKey(of: row).verify(row.bytes("msg"), signature: $0) } ?? false
            #expect(judged == row.isValid, "row \(row.id)")
        }
    }

    @Test("r||s and DER are two spellings of one signature")
    func signatureEncoding() throws {
        let pairs = try #require(try Vectors.object("jose_keys.json")["signature_encoding"] as? [[String: String]])
        #expect(pairs.count == 7)
        for pair in pairs {
            let raw = try TestOctets.hex(pair["r_s_hex"])
            let der = try TestOctets.hex(pair["der_hex"])
            #expect(ECDSASignature.der(fromRaw: raw.span) == der, "\(pair["name"] ?? "")")
            #expect(ECDSASignature.raw(fromDER: der) == raw, "\(pair["name"] ?? "")")
        }
        for count in [0, 1, 63, 65, 128] {
            #expect(ECDSASignature.der(fromRaw: [UInt8](repeating: 1, count: count).span) == nil)
        }
    }

    @Test("the signatures of RFC 7515 A.3 and RFC 6979 A.2.5 verify; one changed octet does not")
    func publishedSignatures() throws {
        let file = try Vectors.object("jose_keys.json")
        let example = try #require(file["rfc7515_a3"] as? [String: Any])
        let jwk = try #require(example["jwk"] as? [String: String])
        let input = [UInt8](text: try #require(example["signing_input"] as? String))
        try check(jwk, input, r: example["r"], s: example["s"])
        let keys = try #require(file["keys"] as? [[String: Any]])
        let other = try #require(keys.first { $0["name"] as? String == "rfc6979-a25" }?["jwk"] as? [String: String])
        for row in try #require(file["rfc6979"] as? [[String: String]]) {
            try check(other, [UInt8](text: try #require(row["msg"])), r: row["r"], s: row["s"])
        }
    }

    @Test("every key of the table loads from SEC1, PKCS#8 and SPKI with its coordinates and thumbprint")
    func keyFormats() throws {
        let keys = try #require(try Vectors.object("jose_keys.json")["keys"] as? [[String: Any]])
        #expect(keys.count == 7)
        for row in keys {
            let jwk = try #require(row["jwk"] as? [String: String])
            let pem = try #require(row["pem"] as? [String: String]).mapValues { [UInt8](text: $0) }
            let sec1 = try #require(pem["sec1"])
            let pkcs8 = try #require(pem["pkcs8"])
            let spki = try #require(pem["spki"])
            for text in [sec1, pkcs8] {
                let key = try ES256PrivateKey(pem: text)
                let message = [UInt8](text: "message")
                let signature = try key.sign(message)
                #expect(signature.count == 64)
                #expect(key.publicKey.verify(message, signature: signature))
                #expect(!key.publicKey.verify(message + [0], signature: signature))
                #expect(try ES256PrivateKey(pem: SecretBytes(text)).publicKey.x == key.publicKey.x)
            }
            for text in [sec1, pkcs8, spki] {
                let key = try ES256PublicKey(pem: text)
                #expect(Base64.encode(key.x).text == jwk["x"] && Base64.encode(key.y).text == jwk["y"])
                #expect(key.thumbprint.text == row["thumbprint"] as? String)
                let published = try #require(
                    try JSONSerialization.jsonObject(with: Data(key.jwk())) as? [String: String])
                #expect(published == [
                    "kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["y"], "use": "sig", "alg": "ES256",
                    "kid": key.thumbprint.text,
                ])
            }
            #expect(throws: CryptoFault.keyMalformed) { try ES256PrivateKey(pem: spki) }
        }
    }

    @Test("a generated key is PKCS#8, loads again, and is new each time")
    func generated() throws {
        let one = try ES256PrivateKey.generatePEM()
        #expect(one.text.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        let two = try ES256PrivateKey.generatePEM()
        #expect(try ES256PrivateKey(pem: one).publicKey.x != ES256PrivateKey(pem: two).publicKey.x)
    }

    @Test("keys of another kind are refused with the reason", arguments: [
        ("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", CryptoFault.keyUnsuitable),
        ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384", .keyUnsuitable),
        ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", .keyUnsuitable),
        ("genpkey -algorithm ED25519", .keyUnsuitable),
        ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:x", .keyEncrypted),
        ("ecparam -name prime256v1", .keyMalformed),
    ])
    func otherKeys(command: String, fault: CryptoFault) throws {
        let pem = try OpenSSLTool.run(command.split(separator: " ").map(String.init))
        #expect(!pem.isEmpty)
        #expect(throws: fault) { try ES256PrivateKey(pem: pem) }
        #expect(throws: fault) { try ES256PublicKey(pem: pem) }
    }

    @Test("a text that is no key is refused, whatever it is", arguments: [
        "", "\0", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "MIGHAgEAMBMGByqGSM49", "EENCRYPTE",
    ])
    func noKey(text: String) {
        #expect(throws: CryptoFault.keyMalformed) { try ES256PrivateKey(pem: [UInt8](text: text)) }
        #expect(throws: CryptoFault.keyMalformed) { try ES256PublicKey(pem: [UInt8](text: text)) }
    }

    @Test("a key whose public half is another key's, and a PEM beyond the limit, are refused")
    func inconsistentKey() throws {
        let keys = try #require(try Vectors.object("jose_keys.json")["keys"] as? [[String: Any]])
        let sec1 = try keys.prefix(2).map { row in
            let text = try #require((row["pem"] as? [String: String])?["sec1"])
            return try TestOctets.base64(text.split(separator: "\n").dropFirst().dropLast().joined())
        }
        let mixed = [UInt8](sec1[0][..<(sec1[0].count - 64)] + sec1[1].suffix(64))
        let pem = "-----BEGIN EC PRIVATE KEY-----\n\(Data(mixed).base64EncodedString())\n-----END EC PRIVATE KEY-----\n"
        #expect(throws: CryptoFault.keyUnsuitable) { try ES256PrivateKey(pem: [UInt8](text: pem)) }
        let huge = try ES256PrivateKey.generatePEM() + [UInt8](repeating: 10, count: Limits.pemMax.bytes)
        #expect(throws: CryptoFault.keyMalformed) { try ES256PrivateKey(pem: huge) }
    }

    @Test("coordinates off the curve, out of range or of another length are refused")
    func badCoordinates() throws {
        let good = try ES256PrivateKey(pem: ES256PrivateKey.generatePEM()).publicKey
        var flipped = good.y
        flipped[31] ^= 1
        let beyond = try TestOctets.hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
        let zero = [UInt8](repeating: 0, count: 32)
        for (x, y) in [(good.x, flipped), (zero, zero), (beyond, good.y), (good.x, beyond), (good.y, good.x)] {
            #expect(throws: CryptoFault.keyUnsuitable) { try ES256PublicKey(x: x, y: y) }
        }
        for x in [[], [UInt8](good.x.dropFirst()), [0] + good.x] {
            #expect(throws: CryptoFault.lengthInvalid) { try ES256PublicKey(x: x, y: good.y) }
            #expect(throws: CryptoFault.lengthInvalid) { try ES256PublicKey(x: good.x, y: x) }
        }
    }

    private func publicKey(of row: WycheproofRow) throws -> ES256PublicKey {
        let pem = try #require(row.group["publicKeyPem"] as? String)
        let key = try ES256PublicKey(pem: [UInt8](text: pem))
        return try ES256PublicKey(x: key.x, y: key.y)
    }

    private func check(_ jwk: [String: String], _ input: [UInt8], r: Any?, s: Any?) throws {
        let key = try ES256PublicKey(x: TestOctets.base64url(jwk["x"]), y: TestOctets.base64url(jwk["y"]))
        let signature = try TestOctets.hex(r) + TestOctets.hex(s)
        #expect(key.verify(input, signature: signature))
        for index in signature.indices {
            var altered = signature
            altered[index] ^= 0x10
            #expect(!key.verify(input, signature: altered))
        }
    }
}
