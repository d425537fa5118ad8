import Foundation
import Testing

@testable import LolaCore

@Suite("WhatsApp: proof and handshake")
struct WhatsAppProofTests {
    private let json = ("Content-Type", "application/json")

    private func refusal(
        _ channel: WhatsAppChannel, _ fields: [(String, String)], _ body: [UInt8]
    ) throws -> Refusal? {
        let head = try Fixture.head(fields)
        do throws(Refusal) {
            try channel.authenticate(head, body)
            return nil
        } catch {
            return error
        }
    }

    @Test("every published signature case gets its verdict")
    func vectors() throws {
        var accepted = 0
        for row in try Fixture.cases("meta_hub_signature.json") {
            let name = try #require(row["name"] as? String)
            let encoded = try #require(row["body_base64"] as? String)
            let body = try #require(Base64.decode([UInt8](text: encoded), .standard))
            let headers = try #require(row["headers"] as? [String: String])
            let channel = try Fixture.whatsapp(appSecret: try #require(row["app_secret"] as? String))
            let fields = headers.map { ($0.key, $0.value) } + [json]
            let refusal = try refusal(channel, fields, body)
            if try #require(row["expect"] as? Bool) {
                #expect(refusal == nil, "\(name)")
                accepted += 1
            } else {
                let isMissing = headers["X-Hub-Signature-256"] == nil
                #expect(refusal == (isMissing ? .signatureMissing : .signatureInvalid), "\(name)")
            }
        }
        #expect(accepted > 3)
    }

    @Test("changing any octet of the body or of the signature is refused")
    func flips() throws {
        let channel = try Fixture.whatsapp()
        let body = Fixture.whatsappBody(#"[{"from":"15550100","id":"wamid.A","timestamp":"1","type":"text"}]"#)
        let signature = Fixture.signature(body)
        #expect(try refusal(channel, [("X-Hub-Signature-256", signature), json], body) == nil)
        for index in body.indices {
            var other = body
            other[index] ^= 1
            #expect(try refusal(channel, [("X-Hub-Signature-256", signature), json], other) == .signatureInvalid)
        }
        for index in signature.utf8.indices {
            var other = Array(signature.utf8)
            let offset = signature.utf8.distance(from: signature.utf8.startIndex, to: index)
            other[offset] = other[offset] == 0x30 ? 0x31 : 0x30
            #expect(try refusal(channel, [("X-Hub-Signature-256", other.text), json], body) == .signatureInvalid)
        }
        for count in 0..<body.count {
            let cut = Array(body[..<count])
            #expect(try refusal(channel, [("X-Hub-Signature-256", signature), json], cut) == .signatureInvalid)
        }
    }

    @Test("the signature header is exact: one line, lower case, right prefix")
    func shape() throws {
        let channel = try Fixture.whatsapp()
        let body = [UInt8](text: "{}")
        let good = Fixture.signature(body)
        let hex = String(good.dropFirst(7))
        let wrong = [
            "", "sha256=", hex, "sha1=\(hex)", "SHA256=\(hex)", "sha256=\(hex.uppercased())", "sha256= \(hex)",
            "\(good)0", "\(good),\(good)", "sha256=\(hex.dropLast(2))", "sha256=\(hex.dropLast())g",
        ]
        for value in wrong {
            #expect(try refusal(channel, [("X-Hub-Signature-256", value), json], body) == .signatureInvalid, "\(value)")
        }
        let twice = [("X-Hub-Signature-256", good), ("x-hub-signature-256", good), json]
        #expect(try refusal(channel, twice, body) == .signatureInvalid)
        #expect(try refusal(channel, [("X-Hub-Signature", "sha1=00"), json], body) == .signatureMissing)
    }

    @Test("the secret before the change is accepted too, and an empty one is not a secret")
    func rotation() throws {
        let body = [UInt8](text: "{}")
        let old = [("X-Hub-Signature-256", Fixture.signature(body, secret: "old")), json]
        #expect(try refusal(try Fixture.whatsapp(previous: "old"), old, body) == nil)
        #expect(try refusal(try Fixture.whatsapp(), old, body) == .signatureInvalid)
        let new = [("X-Hub-Signature-256", Fixture.signature(body)), json]
        #expect(try refusal(try Fixture.whatsapp(previous: "old"), new, body) == nil)
        let empty = [("X-Hub-Signature-256", Fixture.signature(body, secret: "")), json]
        #expect(try refusal(try Fixture.whatsapp(previous: ""), empty, body) == .signatureInvalid)
    }

    @Test("content type and coding are judged after the signature", arguments: [
        ([("Content-Type", "application/json; charset=utf-8")], nil),
        ([("Content-Type", "Application/JSON")], nil),
        ([("Content-Type", "application/json"), ("Content-Encoding", "identity")], nil),
        ([], Refusal.contentTypeWrong),
        ([("Content-Type", "text/plain")], .contentTypeWrong),
        ([("Content-Type", "application/jsonp")], .contentTypeWrong),
        ([("Content-Type", "application/json"), ("Content-Type", "application/json")], .contentTypeWrong),
        ([("Content-Type", "application/json"), ("Content-Encoding", "gzip")], .contentEncoded),
        ([("Content-Type", "application/json"), ("Content-Encoding", "identity, gzip")], .contentEncoded),
    ] as [([(String, String)], Refusal?)])
    func content(fields: [(String, String)], expected: Refusal?) throws {
        let channel = try Fixture.whatsapp()
        let body = [UInt8](text: "{}")
        let signed = [("X-Hub-Signature-256", Fixture.signature(body))] + fields
        #expect(try refusal(channel, signed, body) == expected)
        #expect(try refusal(channel, fields, body) == .signatureMissing)
    }

    @Test("the handshake answers the challenge to whoever knows the token, and 403 to all others")
    func handshake() throws {
        var answered = 0
        for row in try Fixture.cases("meta_hub_signature.json", "verify_get") {
            let query = try #require(row["query"] as? String)
            let channel = try Fixture.whatsapp(verifyToken: try #require(row["token"] as? String))
            let fields = try FormFields([UInt8](text: query)[...])
            var answer: [UInt8]?
            do throws(Refusal) {
                answer = try channel.handshake(fields)
            } catch {
                // A vector asks for 400 when the challenge is missing; the contract knows 403 only.
                #expect(error.status == 403, "\(query)")
            }
            #expect(answer?.text == row["body"] as? String, "\(query)")
            answered += answer == nil ? 0 : 1
        }
        #expect(answered == 2)
    }

    @Test("a challenge is 1 to 128 octets without controls", arguments: [
        ("1", true), ("0012345", true), ("", false), ("a%0Ab", false), (String(repeating: "7", count: 128), true),
        (String(repeating: "7", count: 129), false),
    ])
    func challenge(text: String, isFine: Bool) throws {
        let channel = try Fixture.whatsapp()
        let query = "hub.mode=subscribe&hub.verify_token=tok&hub.challenge=\(text)"
        let answer = try? channel.handshake(try FormFields([UInt8](text: query)[...]))
        #expect(answer?.text == (isFine ? text : nil))
    }

    @Test("the challenge is what a form decoder reads; digits, which Meta sends, are themselves", arguments: [
        ("1158201444", "1158201444"), ("a+b", "a b"), ("a%2Bb", "a+b"), ("a%20b", "a b"), ("%31%32", "12"),
        ("a%252Bb", "a%2Bb"), ("a=b", "a=b"), ("a%26b", "a&b"), ("a%", nil), ("a%2", nil),
    ] as [(String, String?)])
    func decoding(text: String, expected: String?) throws {
        let channel = try Fixture.whatsapp()
        let query = "hub.mode=subscribe&hub.verify_token=tok&hub.challenge=\(text)"
        let fields = try? FormFields([UInt8](text: query)[...])
        #expect(try fields.map { try channel.handshake($0).text } == expected)
    }
}
