// Sealed payloads: RFC 7518 appendix C, the Wycheproof file, and everything that must not open.
import Foundation
import Testing

@testable import LolaCore

@Suite("JWE: ECDH-ES with A256GCM and nothing else")
struct JWETests {
    /// What a sender does, from the parts that the reader uses too: agreement, Concat KDF, AES-GCM.
    private struct Sender {
        let pair: (pem: [UInt8], x: [UInt8], y: [UInt8])
        let key: SealKey

        init() throws {
            pair = try SealKey.generate()
            key = try SealKey(pem: pair.pem)
        }
    }

    private static let plain = [UInt8](text: #"{"token":"tok_1"}"#)

    private static func text(_ value: [UInt8]) -> String { Base64.encode(value).text }

    /// Compact JWE to the public key `x`, `y`, written out here once more after RFC 7516 §5.1.
    private static func seal(
        _ plain: [UInt8], x: [UInt8], y: [UInt8], header: (String) -> String = { $0 }, apu: [UInt8] = [],
        apv: [UInt8] = [], wrapped: String = "", algorithm: String = "A256GCM"
    ) throws -> [UInt8] {
        let pair = try SealKey.generate()
        let agreed = try SealKey(pem: pair.pem).agreement(x: x, y: y)
        let shared = agreed.withBytes { [UInt8](copying: $0) }
        func number(_ value: Int) -> [UInt8] { [0, 0, UInt8(value >> 8), UInt8(value & 255)] }
        var input: [UInt8] = [0, 0, 0, 1] + shared
        for part in [[UInt8](text: algorithm), apu, apv] { input += number(part.count) + part }
        let content = SecretBytes(Digest.sha256(input + number(256)))
        let point = #"{"kty":"EC","crv":"P-256","x":"\#(text(pair.x))","y":"\#(text(pair.y))"}"#
        let parties = (apu.isEmpty ? "" : #","apu":"\#(text(apu))""#) + (apv.isEmpty ? "" : #","apv":"\#(text(apv))""#)
        let head = header(#"{"alg":"ECDH-ES","enc":"A256GCM","epk":\#(point)\#(parties)}"#)
        let first = text([UInt8](text: head))
        let nonce = [UInt8](repeating: 9, count: 12)
        let sealed = AESGCM(key: content).seal(plain, nonce: nonce, aad: [UInt8](text: first))
        let (body, tag) = ([UInt8](sealed.dropLast(16)), [UInt8](sealed.suffix(16)))
        return [UInt8](text: "\(first).\(wrapped).\(text(nonce)).\(text(body)).\(text(tag))")
    }

    @Test("what was sealed to a key opens with it and with no other")
    func roundTrip() throws {
        let sender = try Sender()
        let sealed = try Self.seal(Self.plain, x: sender.pair.x, y: sender.pair.y)
        #expect(try JWE.open(sealed, key: sender.key) == Self.plain)
        let parties = try Self.seal(
            Self.plain, x: sender.pair.x, y: sender.pair.y, apu: [UInt8](text: "Alice"), apv: [UInt8](text: "Bob"))
        #expect(try JWE.open(parties, key: sender.key) == Self.plain)
        let other = try Sender()
        #expect(throws: JWEFault.notAuthentic) { try JWE.open(sealed, key: other.key) }
    }

    @Test("every octet of a sealed text counts")
    func flips() throws {
        let sender = try Sender()
        let sealed = try Self.seal(Self.plain, x: sender.pair.x, y: sender.pair.y)
        for place in sealed.indices {
            var changed = sealed
            changed[place] = changed[place] == 0x41 ? 0x42 : 0x41
            #expect(throws: JWEFault.self, "place \(place)") { try JWE.open(changed, key: sender.key) }
            #expect(throws: JWEFault.self) { try JWE.open([UInt8](sealed[..<place]), key: sender.key) }
        }
    }

    @Test("a header is strict", arguments: [
        (#"ECDH-ES"#, #"ECDH-ES+A256KW"#, JWEFault.algorithm), ("A256GCM", "A128GCM", .algorithm),
        ("A256GCM", "A128CBC-HS256", .algorithm), (#"{"alg""#, #"{"zip":"DEF","alg""#, .headerMember),
        (#"{"alg""#, #"{"crit":["b64"],"alg""#, .headerMember),
        (#"{"alg""#, #"{"jku":"http://x","alg""#, .headerMember),
        (#""kty":"EC""#, #""kty":"OKP""#, .ephemeralKey), ("P-256", "P-384", .ephemeralKey),
        (#""x":""#, #""x":"A"#, .ephemeralKey), (#","epk""#, #","kid""#, .ephemeralKey),
        (#""kty":"EC""#, #""kty":"EC","d":"AA""#, .ephemeralKey), (#"{"alg""#, #"["alg""#, .malformed),
        (#"{"alg""#, #"{"alg":"ECDH-ES","alg""#, .malformed), (#"{"alg""#, #"{"apu":1,"alg""#, .malformed),
    ])
    func headers(_ row: (String, String, JWEFault)) throws {
        let sender = try Sender()
        let sealed = try Self.seal(
            Self.plain, x: sender.pair.x, y: sender.pair.y,
            header: { $0.replacingOccurrences(of: row.0, with: row.1) })
        #expect(throws: row.2) { try JWE.open(sealed, key: sender.key) }
    }

    @Test("a wrapped key, a point off the curve, a text too long, too few parts")
    func forms() throws {
        let sender = try Sender()
        let (x, y) = (sender.pair.x, sender.pair.y)
        let wrapped = try Self.seal(Self.plain, x: x, y: y, wrapped: "AAAA")
        #expect(throws: JWEFault.algorithm) { try JWE.open(wrapped, key: sender.key) }
        let zero = Self.text([UInt8](repeating: 0, count: 32))
        let off = try Self.seal(Self.plain, x: x, y: y, header: { head in
            let point = #"{"kty":"EC","crv":"P-256","x":"\#(zero)","y":"\#(zero)"}"#
            return #"{"alg":"ECDH-ES","enc":"A256GCM","epk":\#(point)}"# + String(head.prefix(0))
        })
        #expect(throws: JWEFault.ephemeralKey) { try JWE.open(off, key: sender.key) }
        let long = try Self.seal([UInt8](repeating: 0x20, count: 62_000), x: x, y: y)
        #expect(throws: JWEFault.tooLarge) { try JWE.open(long, key: sender.key) }
        for text in ["", ".", "....", "a.b.c.d", "a.b.c.d.e.f"] {
            #expect(throws: JWEFault.malformed) { try JWE.open([UInt8](text: text), key: sender.key) }
        }
    }

    /// One row of the file is for our algorithm and its key.
    @Test("Wycheproof: rows with our algorithm open, all others are refused")
    func wycheproof() throws {
        var opened = 0
        var refused = 0
        for row in try WycheproofRow.all("json_web_encryption_test.json") {
            let sealed = [UInt8](text: try #require(row.row["jwe"] as? String))
            guard let jwk = row.group["private"] as? [String: Any], jwk["crv"] as? String == "P-256",
                let key = try? SealKey(pem: try Self.pem(jwk))
            else {
                let key = try Sender().key
                #expect(throws: JWEFault.self, "row \(row.id)") { try JWE.open(sealed, key: key) }
                refused += 1
                continue
            }
            let plain = try? JWE.open(sealed, key: key)
            if let plain {
                let told = try row.bytes("pt")
                #expect(row.isValid && plain == told, "row \(row.id)")
                opened += 1
            } else {
                refused += 1
            }
        }
        #expect(opened == 1 && refused == 138, "\(opened) \(refused)")
    }

    /// SEC1 of a private JWK (RFC 5915), so that keys of the file can be read.
    private static func pem(_ jwk: [String: Any]) throws -> [UInt8] {
        func part(_ name: String) throws -> [UInt8] {
            let text = try #require(jwk[name] as? String)
            return try #require(Base64.decode([UInt8](text: text)))
        }
        let curve: [UInt8] = [0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        let point: [UInt8] = [0xA1, 0x44, 0x03, 0x42, 0x00, 0x04] + (try part("x")) + (try part("y"))
        let content = [0x02, 0x01, 0x01, 0x04, 0x20] + (try part("d")) + curve + point
        let der: [UInt8] = [0x30, UInt8(content.count)] + content
        let lines = Base64.encode(der, .standard).text
        return [UInt8](text: "-----BEGIN EC PRIVATE KEY-----\n\(lines)\n-----END EC PRIVATE KEY-----\n")
    }
}
