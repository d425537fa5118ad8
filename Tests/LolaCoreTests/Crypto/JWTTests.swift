import Foundation
import Testing

@testable import LolaCore

@Suite("ES256 tokens: one algorithm, our keys, one spelling")
struct JWTTests {
    private static let pem: [UInt8] = (try? ES256PrivateKey.generatePEM()) ?? []
    private let key: ES256PrivateKey
    private let keys: [[UInt8]: ES256PublicKey]
    private let kid: [UInt8]
    private let claims = [UInt8](text: #"{"iss":"https://lola.example","aud":"widget","exp":2000000000}"#)

    init() throws {
        key = try ES256PrivateKey(pem: Self.pem)
        kid = key.publicKey.thumbprint
        keys = [kid: key.publicKey]
    }

    // MARK: What is accepted

    @Test("a minted token verifies and has exactly the promised header")
    func minted() throws {
        let token = try JWT.mint(claims: claims, key: key, kid: kid)
        #expect(try JWT.verify(token, keys: keys) == claims)
        let parts = token.split(separator: 0x2E)
        #expect(Base64.decode(parts[0])?.text == #"{"alg":"ES256","typ":"JWT","kid":"\#(kid.text)"}"#)
        #expect(parts[2].count == 86)
        let other = try JWT.mint(claims: claims, key: key, kid: kid, type: "agent+jwt")
        #expect(try JWT.verify(other, keys: keys, type: "agent+jwt") == claims)
        #expect(throws: JWTFault.type) { try JWT.verify(other, keys: keys) }
    }

    @Test("after a rotation tokens of both keys verify, each by its kid only")
    func rotation() throws {
        let next = try ES256PrivateKey(pem: ES256PrivateKey.generatePEM())
        let both = [kid: key.publicKey, next.publicKey.thumbprint: next.publicKey]
        let old = try JWT.mint(claims: claims, key: key, kid: kid)
        let new = try JWT.mint(claims: claims, key: next, kid: next.publicKey.thumbprint)
        #expect(try JWT.verify(old, keys: both) == claims)
        #expect(try JWT.verify(new, keys: both) == claims)
        #expect(throws: JWTFault.keyUnknown) { try JWT.verify(new, keys: keys) }
        let crossed = try JWT.mint(claims: claims, key: next, kid: kid)
        #expect(throws: JWTFault.signature) { try JWT.verify(crossed, keys: both) }
    }

    // MARK: What is refused

    /// Header texts; each is signed with the right key, so only the header can be the reason.
    static let headers: [(header: String, fault: JWTFault)] = [
        (#"{"alg":"none","kid":"K","typ":"JWT"}"#, .algorithm), (#"{"alg":"None","kid":"K","typ":"JWT"}"#, .algorithm),
        (#"{"alg":"NONE","kid":"K","typ":"JWT"}"#, .algorithm), (#"{"alg":"","kid":"K","typ":"JWT"}"#, .algorithm),
        (#"{"alg":"HS256","kid":"K","typ":"JWT"}"#, .algorithm),
        (#"{"alg":"RS256","kid":"K","typ":"JWT"}"#, .algorithm),
        (#"{"alg":"ES384","kid":"K","typ":"JWT"}"#, .algorithm),
        (#"{"alg":"ES256K","kid":"K","typ":"JWT"}"#, .algorithm),
        (#"{"alg":"es256","kid":"K","typ":"JWT"}"#, .algorithm),
        (#"{"alg":"ES256 ","kid":"K","typ":"JWT"}"#, .algorithm),
        (#"{"alg":["ES256"],"kid":"K","typ":"JWT"}"#, .algorithm), (#"{"alg":256,"kid":"K","typ":"JWT"}"#, .algorithm),
        (#"{"alg":null,"kid":"K","typ":"JWT"}"#, .algorithm), (#"{"alg":true,"kid":"K","typ":"JWT"}"#, .algorithm),
        (#"{"kid":"K","typ":"JWT"}"#, .algorithm), (#"{}"#, .algorithm),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","crit":["exp"]}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","crit":[]}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","crit":null}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","b64":false}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","jwk":{"kty":"EC"}}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","jku":"https://evil.example/jwks"}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","x5u":"https://evil.example/x"}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","x5c":[]}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","x5t":"AA"}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","x5t#S256":"AA"}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","zip":"DEF"}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","Alg":"none"}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K","typ":"JWT","\u006awk":{}}"#, .headerMember),
        (#"{"alg":"ES256","kid":"K"}"#, .type), (#"{"alg":"ES256","kid":"K","typ":"jwt"}"#, .type),
        (#"{"alg":"ES256","kid":"K","typ":"at+jwt"}"#, .type), (#"{"alg":"ES256","kid":"K","typ":null}"#, .type),
        (#"{"alg":"ES256","kid":"K","typ":["JWT"]}"#, .type),
        (#"{"alg":"ES256","typ":"JWT"}"#, .keyUnknown), (#"{"alg":"ES256","kid":"","typ":"JWT"}"#, .keyUnknown),
        (#"{"alg":"ES256","kid":"../../dev/null","typ":"JWT"}"#, .keyUnknown),
        (#"{"alg":"ES256","kid":"' OR 1=1 --","typ":"JWT"}"#, .keyUnknown),
        (#"{"alg":"ES256","kid":0,"typ":"JWT"}"#, .keyUnknown),
        (#"{"alg":"ES256","kid":["K"],"typ":"JWT"}"#, .keyUnknown),
        (#"{"alg":"ES256","kid":"K ","typ":"JWT"}"#, .keyUnknown),
        (#"{"alg":"ES256","alg":"ES256","kid":"K","typ":"JWT"}"#, .malformed),
        (#"{"alg":"none","alg":"ES256","kid":"K","typ":"JWT"}"#, .malformed),
        (#"{"alg":"ES256","\u0061lg":"none","kid":"K","typ":"JWT"}"#, .malformed),
        (#"{"alg":"ES256","kid":"K","kid":"L","typ":"JWT"}"#, .malformed),
        (#"{"alg":"ES256","kid":"K","typ":"JWT",}"#, .malformed),
        (#"{"alg":"ES256","kid":"K","typ":"JWT"} {}"#, .malformed),
        (#"["ES256","K","JWT"]"#, .malformed), (#""ES256""#, .malformed), ("null", .malformed), ("", .malformed),
        ("{", .malformed), ("\u{FEFF}{\"alg\":\"ES256\",\"kid\":\"K\",\"typ\":\"JWT\"}", .malformed),
        (String(repeating: "[", count: 200), .malformed),
    ]

    @Test("a signed token with another header is refused for that header", arguments: headers)
    func badHeader(header: String, fault: JWTFault) throws {
        let text = header.replacingOccurrences(of: "\"K\"", with: "\"\(kid.text)\"")
            .replacingOccurrences(of: "\"K \"", with: "\"\(kid.text) \"")
        let token = try sign(header: [UInt8](text: text), claims: claims)
        #expect(throws: fault) { try JWT.verify(token, keys: keys) }
    }

    @Test("a good token written in any other way is refused")
    func otherSpellings() throws {
        let token = try JWT.mint(claims: claims, key: key, kid: kid).text
        let parts = token.split(separator: ".").map(String.init)
        let (head, body, signature) = (parts[0], parts[1], parts[2])
        let spellings: [(String, JWTFault)] = [
            ("", .malformed), (".", .malformed), ("..", .malformed), ("...", .malformed), (head, .malformed),
            ("\(head).\(body)", .malformed), ("\(head).\(body).", .malformed), ("\(head)..\(signature)", .malformed),
            (".\(body).\(signature)", .malformed), ("\(token).", .malformed), ("\(token).\(signature)", .malformed),
            (".\(token)", .malformed), ("\(token)=", .malformed), ("\(token)==", .malformed),
            ("\(head)=.\(body).\(signature)", .malformed),
            ("\(head).\(body)=.\(signature)", .malformed), (" \(token)", .malformed), ("\(token) ", .malformed),
            ("\(token)\n", .malformed),
            ("\(head).\(body).\(signature.prefix(40))\n\(signature.dropFirst(40))", .malformed),
            ("\(head) .\(body).\(signature)", .malformed), ("\(token)\0", .malformed), ("Bearer \(token)", .malformed),
            ("\(head).\(body).\(signature.dropLast())", .malformed), ("\(head).\(body).\(signature)A", .signature),
            ("\(head).\(body).\(signature)AAAA", .signature), ("\(head).\(body).\(signature.dropLast(2))", .signature),
            ("\(head).\(body).\(nonCanonical(signature))", .malformed), ("\(head).\(body).AAAA", .signature),
            ("\(head).\(body).\(String(repeating: "A", count: 86))", .signature),
            ("\(head).\(body).\(derSpelling(signature))", .signature),
            ("\(head).\(Base64.encode([UInt8](text: "{}")).text).\(signature)", .signature),
            ("\(body).\(head).\(signature)", .headerMember),
            (#"{"protected":"\#(head)","payload":"\#(body)","signature":"\#(signature)"}"#, .malformed),
            ("\(head).\(body).\(String(repeating: "A", count: 8_192))", .tooLarge),
            (String(repeating: ".", count: 8_192), .malformed), (String(repeating: "A", count: 1_000_000), .tooLarge),
        ]
        for (text, fault) in spellings {
            #expect(throws: fault, "\(text.prefix(300))") { try JWT.verify([UInt8](text: text), keys: keys) }
        }
        #expect(try JWT.verify([UInt8](text: token), keys: keys) == claims)
    }

    @Test("the public key is no HMAC secret, in any of its spellings")
    func confusion() throws {
        let header = #"{"alg":"HS256","typ":"JWT","kid":"\#(kid.text)"}"#
        let point = [0x04] + key.publicKey.x + key.publicKey.y
        for secret in [point, key.publicKey.x, key.publicKey.jwk(), key.publicKey.thumbprint] {
            var token = Base64.encode([UInt8](text: header)) + [0x2E] + Base64.encode(claims)
            let code = HMACKey(.sha256, key: SecretBytes(secret)).code(token)
            token += [0x2E] + Base64.encode(code)
            #expect(throws: JWTFault.algorithm) { try JWT.verify(token, keys: keys) }
        }
    }

    @Test("every single changed character of a token is refused")
    func everyCharacter() throws {
        let token = try JWT.mint(claims: claims, key: key, kid: kid)
        var generator = SeededGenerator(seed: 15)
        for index in token.indices {
            var altered = token
            while altered[index] == token[index] { altered[index] = UInt8.random(in: 0x20...0x7E, using: &generator) }
            #expect(throws: JWTFault.self) { try JWT.verify(altered, keys: keys) }
        }
    }

    @Test("any octets at all are refused without harm")
    func anyOctets() {
        var generator = SeededGenerator(seed: 7_519)
        let alphabet = [UInt8](text: "ABab01-_.=+/ \0{}\"")
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...200, using: &generator)
            let token = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            #expect(throws: JWTFault.self) { try JWT.verify(token, keys: keys) }
        }
    }

    @Test("the ES256 groups of the Wycheproof JWS file are judged as published")
    func wycheproof() throws {
        let groups = try #require(
            try Vectors.object("wycheproof/json_web_signature_test.json")["testGroups"] as? [[String: Any]])
        var judged = 0
        for index in [1, 18, 20, 22] {
            let group = groups[index]
            let jwk = try JSONSerialization.data(withJSONObject: try #require(group["public"] ?? group["private"]))
            let loaded = try? ES256PublicKey(jwk: [UInt8](jwk))
            // Keys for encryption are not loaded at all.
            #expect((loaded == nil) == (index == 18 || index == 20))
            let table = loaded.map { [[UInt8](text: "kid-ec-sign"): $0] } ?? [:]
            for row in try #require(group["tests"] as? [[String: Any]]) {
                let token = [UInt8](text: try TestOctets.text(row["jws"]))
                let payload = try? JWT.verify(token, keys: table, type: nil)
                let isValid = row["result"] as? String == "valid"
                // Row 378 has a signature of r||s that is valid; both it and row 18 are over "foo".
                #expect((payload == [UInt8](text: "foo")) == isValid, "row \(row["tcId"] ?? "")")
                judged += 1
            }
        }
        #expect(judged == 41)
    }

    @Test("the payload of RFC 7515 A.3 is what its token carries once a kid names the key")
    func publishedToken() throws {
        let example = try #require(try Vectors.object("jose_keys.json")["rfc7515_a3"] as? [String: Any])
        let token = [UInt8](text: try TestOctets.text(example["token"]))
        #expect(throws: JWTFault.keyUnknown) { try JWT.verify(token, keys: keys, type: nil) }
        let jwk = try #require(example["jwk"] as? [String: String])
        let published = try ES256PublicKey(x: TestOctets.base64url(jwk["x"]), y: TestOctets.base64url(jwk["y"]))
        let parts = token.split(separator: 0x2E)
        let input = [UInt8](text: try TestOctets.text(example["signing_input"]))
        #expect(published.verify(input, signature: try TestOctets.base64url(parts[2].text)))
        #expect(try TestOctets.base64url(parts[1].text).text == example["payload"] as? String)
    }

    // MARK: Helpers

    private func sign(header: [UInt8], claims: [UInt8]) throws -> [UInt8] {
        let input = Base64.encode(header) + [0x2E] + Base64.encode(claims)
        return input + [0x2E] + Base64.encode(try key.sign(input))
    }

    /// The same octets with a trailing bit set that decoding would drop.
    private func nonCanonical(_ signature: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = signature.last.flatMap { alphabet.firstIndex(of: $0) } ?? 0
        return signature.dropLast() + String(alphabet[last ^ 1])
    }

    private func derSpelling(_ signature: String) -> String {
        let raw = Base64.decode(signature.utf8) ?? []
        return Base64.encode(ECDSASignature.der(fromRaw: raw.span) ?? []).text
    }
}
