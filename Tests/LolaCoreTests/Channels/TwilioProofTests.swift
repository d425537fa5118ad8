// Twilio's signature over every published vector, and the ways in which others got it wrong.
import Foundation
import Testing

@testable import LolaCore

@Suite("Twilio: proof")
struct TwilioProofTests {
    private static let header = "X-Twilio-Signature"
    private static let settings = "X-Twilio-Webhooks-Signature-Settings"

    private func refusal(
        _ proof: TwilioProof, _ fields: [(String, String)], _ body: [UInt8], target: String = "/webhooks/twilio/sms"
    ) throws -> Refusal? {
        let head = try Fixture.head(fields, target: target)
        do throws(Refusal) {
            try proof.check(head, body)
            return nil
        } catch {
            return error
        }
    }

    private func proof(_ url: String = Fixture.twilioURL, tokens: [String] = [Fixture.twilioToken]) -> TwilioProof {
        TwilioProof(publicURL: [UInt8](text: url), authTokens: tokens.map { Fixture.secret($0) }, sharedKey: nil)
    }

    private func signature(_ proof: TwilioProof, _ url: String, _ pairs: [(String, String)]) -> String {
        let fields = pairs.map { FormField(name: [UInt8](text: $0.0), value: [UInt8](text: $0.1)) }
        return Base64.encode(proof.code(of: [UInt8](text: url), fields), .standard).text
    }

    /// The request of a vector: base of its URL, target, fields, body.
    private func request(
        _ row: [String: Any]
    ) throws -> (base: String, target: String, fields: [(String, String)], body: [UInt8]) {
        let url = try #require(row["url"] as? String)
        let scheme = url.hasPrefix("https") ? 8 : 7
        let cut = try #require(url.dropFirst(scheme).firstIndex(of: "/"))
        var fields = [(Self.header, try #require(row["signature"] as? String))]
        if row["algorithm"] as? String == "HMAC_SHA256" {
            fields.append((Self.settings, "key=KY1,algorithm=HMAC_SHA256"))
        }
        if let body = row["body"] as? String {
            fields.append(("Content-Type", "application/json"))
            return (String(url[..<cut]), String(url[cut...]), fields, [UInt8](text: body))
        }
        let pairs = try Fixture.pairs(row).map { ($0.name.text, $0.value.text) }
        return (String(url[..<cut]), String(url[cut...]), fields + [Fixture.formType], Fixture.form(pairs))
    }

    @Test("every published signature case gets its verdict, through a whole request")
    func vectors() throws {
        var seen = 0
        for row in try Fixture.cases("twilio_signature.json") {
            let name = try #require(row["name"] as? String)
            let (base, target, fields, body) = try request(row)
            let token = try #require(row["token"] as? String)
            let isShared = row["algorithm"] as? String == "HMAC_SHA256"
            let proof = TwilioProof(
                publicURL: [UInt8](text: base), authTokens: [Fixture.secret(isShared ? "other" : token)],
                sharedKey: isShared ? TwilioSharedKey(id: [UInt8](text: "KY1"), secret: Fixture.secret(token)) : nil)
            let refusal = try refusal(proof, fields, body, target: target)
            let expected = try #require(row["expect"] as? Bool)
            #expect((refusal == nil) == expected, "\(name): \(refusal?.rawValue ?? "proven")")
            #expect(refusal == nil || refusal == .signatureInvalid, "\(name)")
            seen += 1
        }
        #expect(seen == 24)
    }

    @Test("the published vector of the documentation, whose names a locale would sort in another order")
    func localeCompareSort() throws {
        let pairs = [
            ("CallSid", "CA1234567890ABCDE"), ("Caller", "+12349013030"), ("Digits", "1234"),
            ("From", "+12349013030"), ("To", "+18005551212"),
        ]
        let proof = proof("https://mycompany.com", tokens: ["12345"])
        let right = signature(proof, "https://mycompany.com/myapp.php?foo=1&bar=2", pairs)
        #expect(right == "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")
        let target = "/myapp.php?foo=1&bar=2"
        for body in [Fixture.form(pairs), Fixture.form(pairs.reversed())] {
            #expect(try refusal(proof, [(Self.header, right), Fixture.formType], body, target: target) == nil)
        }
        let locale = [(Self.header, "uPRYgrYuBDvZYjndg32/dXU2O4k="), Fixture.formType]
        #expect(try refusal(proof, locale, Fixture.form(pairs), target: target) == .signatureInvalid)
    }

    @Test("every inbound vector is proven as it was signed, and not with one octet changed")
    func inbound() throws {
        let proof = proof()
        for row in try Fixture.cases("twilio_inbound.json") {
            let body = [UInt8](text: try #require(row["form_body"] as? String))
            let fields = [(Self.header, try #require(row["signature"] as? String)), Fixture.formType]
            #expect(try refusal(proof, fields, body, target: "/webhooks/twilio") == nil)
            #expect(try refusal(proof, fields, body, target: "/webhooks/twilio/sms") == .signatureInvalid)
            #expect(
                try refusal(proof, fields, body + [0x26, 0x61, 0x3D], target: "/webhooks/twilio") == .signatureInvalid)
            var other = body
            other[0] ^= 0x20
            #expect(try refusal(proof, fields, other, target: "/webhooks/twilio") == .signatureInvalid)
        }
    }

    @Test("both tokens of a rotation prove, a third one and an empty signature do not")
    func rotation() throws {
        let pairs = [("Body", "hola"), ("MessageSid", "SM1")]
        let url = Fixture.twilioURL + "/webhooks/twilio/sms"
        let both = proof(tokens: ["current", "previous"])
        for (token, expected) in [("current", nil), ("previous", nil), ("third", Refusal.signatureInvalid)] {
            let signature = signature(proof(tokens: [token]), url, pairs)
            #expect(try refusal(both, [(Self.header, signature), Fixture.formType], Fixture.form(pairs)) == expected)
        }
        let form = Fixture.form(pairs)
        #expect(try refusal(both, [Fixture.formType], form) == .signatureMissing)
        let right = signature(both, url, pairs)
        for shown in ["", "x", right + "=", right.lowercased(), " ", String(right.dropLast()), right + "," + right] {
            #expect(try refusal(both, [(Self.header, shown), Fixture.formType], form) == .signatureInvalid, "\(shown)")
        }
        let twice = [(Self.header, right), (Self.header, right), Fixture.formType]
        #expect(try refusal(both, twice, form) == .signatureInvalid)
    }

    @Test("a shared key allows no older scheme, and no header chooses one")
    func downgrade() throws {
        let pairs = [("Body", "hola"), ("MessageSid", "SM1")]
        let url = Fixture.twilioURL + "/webhooks/twilio/sms"
        let key = TwilioSharedKey(id: [UInt8](text: "KY1"), secret: Fixture.secret("0123456789abcdef"))
        let shared = TwilioProof(
            publicURL: [UInt8](text: Fixture.twilioURL), authTokens: [Fixture.secret(Fixture.twilioToken)],
            sharedKey: key)
        let new = (Self.header, signature(shared, url, pairs))
        let old = (Self.header, signature(proof(), url, pairs))
        let named = (Self.settings, "key=KY1,algorithm=HMAC_SHA256")
        let form = Fixture.form(pairs)
        #expect(try refusal(shared, [new, named, Fixture.formType], form) == nil)
        #expect(
            try refusal(shared, [new, (Self.settings, "key=KY1, algorithm=HMAC_SHA256"), Fixture.formType], form) == nil
        )
        for fields in [
            [old], [old, named], [new], [new, (Self.settings, "key=KY2,algorithm=HMAC_SHA256")],
            [new, (Self.settings, "key=KY1,algorithm=HMAC_SHA1")], [new, named, named],
        ] {
            #expect(try refusal(shared, fields + [Fixture.formType], form) == .signatureInvalid)
        }
        #expect(try refusal(proof(), [old, named, Fixture.formType], form) == .signatureInvalid)
        #expect(shared.isShown(try Fixture.head([new])))
        #expect(!shared.isShown(try Fixture.head([old])))
    }

    @Test("what a proxy says of host and scheme changes nothing: the public URL of the settings is signed")
    func forwardedHost() throws {
        let pairs = [("MessageSid", "SM1")]
        let forged = signature(proof("https://evil.example"), "https://evil.example/webhooks/twilio/sms", pairs)
        let fields = [
            (Self.header, forged), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"),
            Fixture.formType,
        ]
        #expect(try refusal(proof(), fields, Fixture.form(pairs)) == .signatureInvalid)
        let right = signature(proof(), Fixture.twilioURL + "/webhooks/twilio/sms", pairs)
        #expect(
            try refusal(proof(Fixture.twilioURL + "/"), [(Self.header, right), Fixture.formType], Fixture.form(pairs))
                == nil)
    }

    @Test("a body that is no form proves nothing, and the type of a proven one is judged after the proof")
    func types() throws {
        let channel = try Fixture.twilio()
        let pairs = [("MessageSid", "SM1")]
        let right = (Self.header, signature(proof(), Fixture.twilioURL + "/webhooks/twilio/sms", pairs))
        func judged(_ fields: [(String, String)], _ body: [UInt8]) throws -> Refusal? {
            let head = try Fixture.head(fields, target: "/webhooks/twilio/sms")
            do throws(Refusal) {
                try channel.authenticate(head, body)
                return nil
            } catch {
                return error
            }
        }
        #expect(try judged([right, Fixture.formType], Fixture.form(pairs)) == nil)
        #expect(try judged([right, ("Content-Type", "text/plain")], Fixture.form(pairs)) == .contentTypeWrong)
        #expect(try judged([right], Fixture.form(pairs)) == .contentTypeWrong)
        #expect(
            try judged([right, Fixture.formType, ("Content-Encoding", "gzip")], Fixture.form(pairs)) == .contentEncoded)
        #expect(try judged([right, ("Content-Type", "text/plain")], [0x78]) == .signatureInvalid)
        #expect(try judged([right, Fixture.formType], [UInt8](text: "MessageSid=SM1%zz")) == .signatureInvalid)
        let json = ("Content-Type", "application/json")
        #expect(try judged([right, json], [UInt8](text: "{}")) == .signatureInvalid)
    }
}
