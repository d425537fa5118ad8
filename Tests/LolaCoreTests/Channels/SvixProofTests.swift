// Signatures of Svix and Standard Webhooks, over every published vector.
import Foundation
import Testing

@testable import LolaCore

@Suite("Resend: proof")
struct SvixProofTests {
    private final class SetClock: LolaCore.Clock {
        let now = Instant(nanoseconds: 0)
        let wall: WallTime
        init(_ seconds: Int) { wall = WallTime(seconds: Int64(seconds)) }
    }

    private func refusal(
        _ fields: [(String, String)], _ body: [UInt8], now: Int = 1_614_265_330,
        secrets: [String] = [Fixture.svixSecret]
    ) throws -> Refusal? {
        let head = try Fixture.head(fields)
        let channel = try Fixture.resend(secrets: secrets, clock: SetClock(now))
        do throws(Refusal) {
            try channel.authenticate(head, body)
            return nil
        } catch {
            return error
        }
    }

    @Test("every published case gets its verdict")
    func vectors() throws {
        var stale = 0
        for row in try Fixture.cases("standard_webhooks.json") {
            let name = try #require(row["name"] as? String)
            // A server takes the blanks around a value off before anybody sees it.
            if name == "timestamp with spaces" { continue }
            let headers = try #require(row["headers"] as? [String: String])
            let fields = headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            let body = [UInt8](text: try #require(row["body"] as? String))
            let refusal = try refusal(
                fields + [("Content-Type", "application/json")], body, now: try #require(row["now"] as? Int),
                secrets: try #require(row["secrets"] as? [String]))
            #expect((refusal == nil) == (row["expect"] as? Bool), "\(name): \(refusal?.rawValue ?? "proven")")
            #expect(refusal?.status ?? 401 == 401, "\(name)")
            if refusal == .signatureStale { stale += 1 }
        }
        // Only what is signed is called stale.
        #expect(stale == 2)
    }

    @Test("the published vector holds over the raw body, and a body written again does not")
    func reserialised() throws {
        let fields = [
            ("Content-Type", "application/json"), ("svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("svix-timestamp", "1614265330"), ("svix-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ]
        #expect(try refusal(fields, [UInt8](text: #"{"test": 2432232314}"#)) == nil)
        #expect(try refusal(fields, [UInt8](text: #"{"test":2432232314}"#)) == .signatureInvalid)
        let plain = fields.dropFirst() + [("Content-Type", "text/plain")]
        #expect(try refusal(Array(plain), [UInt8](text: #"{"test": 2432232314}"#)) == .contentTypeWrong)
    }

    @Test("each field once, of one family, in the form it has; anything else is refused and never a crash")
    func shapes() throws {
        let body = [UInt8](text: "{}")
        let now = WallTime(seconds: 1_614_265_330)
        let right = try Fixture.svix(body, at: now)
        #expect(try refusal(right, body) == nil)
        for name in ["svix-id", "svix-timestamp", "svix-signature"] {
            #expect(try refusal(right.filter { $0.0 != name }, body) == .signatureMissing)
            #expect(try refusal(right + right.filter { $0.0 == name }, body) != nil)
        }
        let other = right.map { ($0.0.replacingOccurrences(of: "svix-", with: "webhook-"), $0.1) }
        #expect(try refusal(other, body) == nil)
        #expect(try refusal(right + other.filter { $0.0.hasPrefix("webhook-") }, body) == .signatureInvalid)
        func with(_ name: String, _ value: String) -> [(String, String)] {
            right.map { ($0.0, $0.0 == name ? value : $0.1) }
        }
        let signature = try #require(right.last).1
        for bad in ["v1", "v1,,", ",", "v1,é", "v2," + signature.dropFirst(3), "v1a," + signature.dropFirst(3), "V1,x"]
        {
            #expect(try refusal(with("svix-signature", bad), body) == .signatureInvalid, "\(bad)")
        }
        let many = Array(repeating: "v1,AAAA", count: 40).joined(separator: " ") + " " + signature
        #expect(try refusal(with("svix-signature", many), body) == .signatureInvalid)
        #expect(try refusal(with("svix-signature", "v0,x  " + signature), body) == nil)
        for bad in ["1614265330000000", "-1614265330", "0x60", "1614265330.0", "1e9"] {
            #expect(try refusal(with("svix-timestamp", bad), body) == .signatureInvalid, "\(bad)")
        }
        for bad in ["a.b", "a:b", "é", String(repeating: "a", count: 600)] {
            #expect(try refusal(with("svix-id", bad), body) == .signatureInvalid, "\(bad)")
        }
    }

    @Test("changing any octet of what is signed is refused")
    func flips() throws {
        let body = [UInt8](text: #"{"type":"email.received"}"#)
        let right = try Fixture.svix(body, at: WallTime(seconds: 1_614_265_330))
        for index in body.indices {
            var other = body
            other[index] ^= 1
            #expect(try refusal(right, other) == .signatureInvalid)
        }
        #expect(
            try refusal(right.map { ($0.0, $0.0 == "svix-timestamp" ? "1614265331" : $0.1) }, body) == .signatureInvalid
        )
        #expect(try refusal(right.map { ($0.0, $0.0 == "svix-id" ? "msg_2" : $0.1) }, body) == .signatureInvalid)
    }
}
