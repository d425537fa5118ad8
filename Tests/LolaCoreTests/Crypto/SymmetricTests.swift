import Foundation
import Testing

@testable import LolaCore

@Suite("HMAC, AES-GCM and HKDF against published vectors")
struct SymmetricTests {
    @Test("every Wycheproof HMAC row is decided as published, cut tags by their prefix", arguments: [
        ("hmac_sha256_test.json", HMACKey.Algorithm.sha256, 174), ("hmac_sha1_test.json", .sha1, 170),
    ])
    func wycheproofHMAC(file: String, algorithm: HMACKey.Algorithm, count: Int) throws {
        let rows = try WycheproofRow.all(file)
        #expect(rows.count == count)
        for row in rows {
            let key = HMACKey(algorithm, key: SecretBytes(try row.bytes("key")))
            let message = try row.bytes("msg")
            let tag = try row.bytes("tag")
            let length = try row.number("tagSize") / 8
            #expect(ConstantTime.equal(key.code(message).prefix(length), tag[...]) == row.isValid, "row \(row.id)")
            #expect(key.verify(message, code: tag) == (row.isValid && length == algorithm.count), "row \(row.id)")
        }
    }

    @Test("the signatures in the Meta webhook table are right or wrong as marked")
    func metaSignatures() throws {
        let cases = try #require(try Vectors.object("meta_hub_signature.json")["cases"] as? [[String: Any]])
        var decided = 0
        for row in cases {
            let headers = try #require(row["headers"] as? [String: String])
            guard let header = headers["X-Hub-Signature-256"], header.hasPrefix("sha256="),
                header == header.lowercased(), let code = Hex.decode(header.dropFirst(7).utf8)
            else {
                #expect(row["expect"] as? Bool == false)
                continue
            }
            let secret = SecretBytes([UInt8](text: try TestOctets.text(row["app_secret"])))
            let body = try TestOctets.base64(row["body_base64"])
            let name = row["name"] as? String ?? ""
            #expect(HMACKey(.sha256, key: secret).verify(body, code: code) == (row["expect"] as? Bool), "\(name)")
            decided += 1
        }
        #expect(cases.count == 17)
        #expect(decided == 10)
    }

    @Test("one keyed context gives the same code again and again, whole or in parts, empty key and text included")
    func reusedContext() {
        let key = HMACKey(.sha256, key: SecretBytes([UInt8](text: "key")))
        let text = [UInt8](text: "The quick brown fox jumps over the lazy dog")
        let expected = Hex.decode("f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8".utf8)
        for cut in 0...text.count {
            #expect(key.code([UInt8](text[..<cut]), [], [UInt8](text[cut...])) == expected)
            #expect(key.code(of: text.span) == expected)
        }
        let empty = HMACKey(.sha256, key: SecretBytes([]))
        #expect(Hex.encode(empty.code([])).text == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
        #expect(key.code() == key.code([]))
        #expect(key.verify(text, code: []) == false)
    }

    @Test("AES-256-GCM rows of Wycheproof: sealed as published, altered ones refused, other nonce lengths refused")
    func wycheproofGCM() throws {
        var decided = 0
        var refusedNonces = 0
        var otherKeySizes = 0
        for row in try WycheproofRow.all("aes_gcm_test.json") {
            let key = try row.bytes("key")
            // Lola has one key size; 128 and 192 bits cannot be expressed.
            guard key.count == AESGCM.keyCount else {
                otherKeySizes += 1
                continue
            }
            let cipher = AESGCM(key: SecretBytes(key))
            let nonce = try row.bytes("iv")
            let sealed = try row.bytes("ct") + row.bytes("tag")
            let aad = try row.bytes("aad")
            let plain = try row.bytes("msg")
            guard nonce.count == AESGCM.nonceCount else {
                #expect(throws: CryptoFault.notAuthentic) { try cipher.open(sealed, nonce: nonce, aad: aad) }
                refusedNonces += 1
                continue
            }
            if row.isValid {
                #expect(try cipher.open(sealed, nonce: nonce, aad: aad) == plain, "row \(row.id)")
                #expect(cipher.seal(plain, nonce: nonce, aad: aad) == sealed, "row \(row.id)")
            } else {
                #expect(throws: CryptoFault.notAuthentic, "row \(row.id)") {
                    try cipher.open(sealed, nonce: nonce, aad: aad)
                }
            }
            decided += 1
        }
        #expect(decided == 66)
        #expect(decided + refusedNonces + otherKeySizes == 316)
    }

    @Test("every flipped bit, every cut and every other nonce or associated data is refused")
    func tampering() throws {
        let cipher = AESGCM(key: SecretBytes([UInt8](repeating: 7, count: 32)))
        let nonce = [UInt8](0..<12)
        let aad = [UInt8](text: "record")
        let plain = [UInt8](text: "a name and a phone")
        let sealed = cipher.seal(plain, nonce: nonce, aad: aad)
        #expect(try cipher.open(sealed, nonce: nonce, aad: aad) == plain)
        for bit in 0..<(sealed.count * 8) {
            var altered = sealed
            altered[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: CryptoFault.notAuthentic) { try cipher.open(altered, nonce: nonce, aad: aad) }
        }
        for count in 0..<sealed.count {
            #expect(throws: CryptoFault.notAuthentic) {
                try cipher.open([UInt8](sealed[..<count]), nonce: nonce, aad: aad)
            }
        }
        #expect(throws: CryptoFault.notAuthentic) { try cipher.open(sealed, nonce: [UInt8](1..<13), aad: aad) }
        #expect(throws: CryptoFault.notAuthentic) { try cipher.open(sealed, nonce: [], aad: aad) }
        #expect(throws: CryptoFault.notAuthentic) { try cipher.open(sealed, nonce: nonce, aad: []) }
        #expect(try cipher.open(sealed, nonce: nonce, aad: aad) == plain, "a refusal leaves nothing behind")
        #expect(try cipher.open(cipher.seal([], nonce: nonce, aad: []), nonce: nonce, aad: []) == [])
    }

    @Test("every Wycheproof HKDF row is decided as published")
    func wycheproofHKDF() throws {
        let rows = try WycheproofRow.all("hkdf_sha256_test.json")
        #expect(rows.count == 86)
        for row in rows {
            let secret = SecretBytes(try row.bytes("ikm"))
            let (salt, info, size) = (try row.bytes("salt"), try row.bytes("info"), try row.number("size"))
            if row.isValid {
                let derived = try HKDF.sha256(secret: secret, salt: salt, info: info, count: size)
                #expect(try derived.equals(row.bytes("okm")), "row \(row.id)")
            } else {
                #expect(throws: CryptoFault.lengthInvalid, "row \(row.id)") {
                    try HKDF.sha256(secret: secret, salt: salt, info: info, count: size)
                }
            }
        }
        for count in [Int.min, -1, 0, HKDF.countMax + 1, .max] {
            #expect(throws: CryptoFault.lengthInvalid) {
                try HKDF.sha256(secret: SecretBytes([1]), salt: [], info: [], count: count)
            }
        }
        #expect(throws: CryptoFault.lengthInvalid) {
            try HKDF.sha256(secret: SecretBytes([]), salt: [], info: [], count: 32)
        }
    }
}
