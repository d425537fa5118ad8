// Texts that only we can make and read: whatever is changed in one, or spelled in another way, it opens no more.
import Testing

@testable import LolaCore

@Suite("Sealed tokens: one text, one meaning, one purpose")
struct SealedTokensTests {
    private static func key(_ id: String, _ fill: UInt8) -> SealedTokens.Key {
        SealedTokens.Key(id: id, secret: SecretBytes([UInt8](repeating: fill, count: 32)))
    }

    private static func tokens(
        _ encryption: [SealedTokens.Key] = [key("e1", 1)], _ signing: [SealedTokens.Key] = [key("s1", 2)],
        purpose: StaticString = "test", from first: UInt8 = 1
    ) throws -> SealedTokens {
        let entropy = CountingEntropy(from: first)
        return try SealedTokens(
            encryption: encryption, signing: signing, purpose: purpose, payloadCount: 20,
            random: { entropy.bytes($0) })
    }

    private static let payload = [UInt8](text: "twenty octets, no mo")

    @Test("what was sealed comes back, and nothing of it stands in the text")
    func roundTrip() throws {
        let tokens = try Self.tokens()
        let text = tokens.seal(Self.payload)
        #expect(text.count == tokens.textCount)
        #expect(tokens.open(text) == Self.payload)
        let octets = try #require(Base64.decode(text))
        #expect(octets[0] == SealedTokens.version)
        #expect(!octets.text.contains("twenty"))
        #expect(tokens.seal(Self.payload) != text)
    }

    /// CONTRACT §7, made again from its parts: HKDF, AES-256-CTR, HMAC-SHA-256 over everything before it.
    @Test("the layout is version, key ids, nonce, ciphertext, code")
    func layout() throws {
        let octets = try #require(Base64.decode(try Self.tokens().seal(Self.payload)))
        func derived(_ key: SealedTokens.Key, _ info: String) throws -> SecretBytes {
            try HKDF.sha256(secret: key.secret, salt: [], info: [UInt8](text: info), count: 32)
        }
        func name(_ id: String) -> [UInt8] { [UInt8](Digest.sha256([UInt8](text: "lola key id v1 \(id)"))[..<4]) }
        let nonce = (1...16).map { UInt8($0) }
        let cipher = AESCTR(key: try derived(Self.key("e1", 1), "lola test encryption v1"))
        let body = [1] + name("e1") + name("s1") + nonce + cipher.apply(Self.payload, nonce: nonce)
        let code = HMACKey(.sha256, key: try derived(Self.key("s1", 2), "lola test signature v1")).code(body)
        #expect(octets == body + code)
    }

    /// NIST SP 800-38A F.5.5, CTR-AES256.
    @Test("AES-256-CTR is that of the standard")
    func counterMode() throws {
        let key = try TestOctets.hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
        let cipher = AESCTR(key: SecretBytes(key))
        let plain = try TestOctets.hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
        let nonce = try TestOctets.hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
        #expect(
            Hex.encode(cipher.apply(plain, nonce: nonce)).text
                == "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5")
        #expect(cipher.apply(cipher.apply(plain, nonce: nonce), nonce: nonce) == plain)
        #expect(cipher.apply([], nonce: nonce) == [])
    }

    @Test("every bit of every octet counts")
    func flips() throws {
        let tokens = try Self.tokens()
        let octets = try #require(Base64.decode(tokens.seal(Self.payload)))
        for place in octets.indices {
            for bit in 0..<8 {
                var changed = octets
                changed[place] ^= 1 << UInt8(bit)
                #expect(tokens.open(Base64.encode(changed)) == nil, "octet \(place), bit \(bit)")
            }
        }
    }

    @Test("a text has one spelling: other letters, padding, cuts and tails open nothing")
    func spellings() throws {
        let tokens = try Self.tokens()
        let text = tokens.seal(Self.payload)
        for place in text.indices {
            for other in [UInt8](text: "AZaz09-_+/=% \n.") where other != text[place] {
                var changed = text
                changed[place] = other
                #expect(tokens.open(changed) == nil, "place \(place)")
            }
            #expect(tokens.open([UInt8](text[..<place])) == nil)
            #expect(tokens.open([UInt8](text[place...].dropFirst())) == nil)
        }
        for tail in ["=", "==", "A", "AA", "AAAA", " ", "\n", "%3D"] {
            #expect(tokens.open(text + [UInt8](text: tail)) == nil)
            #expect(tokens.open([UInt8](text: tail) + text) == nil)
        }
        #expect(tokens.open([]) == nil)
        #expect(tokens.open([UInt8](repeating: 0x41, count: 100_000)) == nil)
    }

    @Test("random texts of the right length open nothing")
    func guesses() throws {
        let tokens = try Self.tokens()
        var random = SeededGenerator(seed: 5)
        let octets = try #require(Base64.decode(tokens.seal(Self.payload))).count
        for _ in 0..<20_000 {
            var guess = (0..<octets).map { _ in UInt8.random(in: 0...255, using: &random) }
            guess[0] = SealedTokens.version
            #expect(tokens.open(Base64.encode(guess)) == nil)
        }
    }

    @Test("the first key makes, all open; a key that is gone opens nothing")
    func rotation() throws {
        let (e1, e2, s1, s2) = (Self.key("e1", 1), Self.key("e2", 3), Self.key("s1", 2), Self.key("s2", 4))
        let old = try Self.tokens([e1], [s1]).seal(Self.payload)
        let both = try Self.tokens([e2, e1], [s2, s1])
        let fresh = both.seal(Self.payload)
        #expect(both.open(old) == Self.payload && both.open(fresh) == Self.payload)
        let new = try Self.tokens([e2], [s2])
        #expect(new.open(fresh) == Self.payload && new.open(old) == nil)
        #expect(try Self.tokens([e1], [s1]).open(fresh) == nil)
        #expect(try Self.tokens([e1], [s2]).open(old) == nil)
        #expect(try Self.tokens([e2, e1], [s2]).open(old) == nil)
        #expect(try Self.tokens([e2], [s1]).open(old) == nil)
        #expect(both.makerIDs == new.makerIDs)
    }

    @Test("another secret under the same name, and another purpose, open nothing")
    func purposes() throws {
        let text = try Self.tokens().seal(Self.payload)
        #expect(try Self.tokens(purpose: "other").open(text) == nil)
        #expect(try Self.tokens([Self.key("e1", 1)], [Self.key("s1", 9)]).open(text) == nil)
        #expect(try Self.tokens([Self.key("e1", 2)], [Self.key("s1", 1)]).open(text) == nil)
    }

    /// Other constructions of the field: what a neighbour's tokens look like is nothing to us.
    @Test("no token of the public vectors opens")
    func foreign() throws {
        let tokens = try Self.tokens()
        let example = try #require(try Vectors.object("callback_tokens.json")["example"] as? [String: Any])
        var texts = (example["negative"] as? [[String: String]] ?? []).compactMap { $0["token"] }
        for name in ["v1", "v2"] {
            texts.append(try #require((example[name] as? [String: String])?["token"]))
        }
        #expect(texts.count == 16)
        for text in texts { #expect(tokens.open([UInt8](text: text)) == nil) }
    }
}
