// Which numbers one sender may be known under: the quirks of wa_ids, the vectors, and that nobody is merged.
import Foundation
import Testing

@testable import LolaCore

@Suite("Phone candidates")
struct PhoneCandidatesTests {
    static func candidates(_ spelling: String) throws -> [String] {
        let number = try PhoneNormalizer.normalize([UInt8](spelling.utf8), .international)
        return PhoneNormalizer.candidates(for: number).map(\.text)
    }

    @Test("canonical, as received, legacy", arguments: [
        ("5215512345678", ["+525512345678", "+5215512345678"]), ("525512345678", ["+525512345678", "+5215512345678"]),
        ("5491123456789", ["+5491123456789", "+541123456789"]), ("541123456789", ["+5491123456789", "+541123456789"]),
        ("554188887777", ["+5541988887777", "+554188887777"]), ("5541988887777", ["+5541988887777", "+554188887777"]),
        ("5511987654321", ["+5511987654321", "+551187654321"]), ("554168887777", ["+5541968887777", "+554168887777"]),
        ("551133334444", ["+551133334444"]), ("551122223333", ["+551122223333"]), ("551153334444", ["+551153334444"]),
        ("5511933334444", ["+5511933334444"]), ("551088887777", ["+551088887777"]),
        ("15550100", ["+15550100"]), ("14155550123", ["+14155550123"]), ("390612345678", ["+390612345678"]),
        ("2250707123456", ["+2250707123456"]), ("52155123456", ["+52155123456"]), ("5225512345678", ["+5225512345678"]),
        ("549112345678", ["+549112345678"]), ("54912345678901", ["+54912345678901"]),
        ("5511887654321", ["+5511887654321"]),
    ])
    func table(spelling: String, expected: [String]) throws {
        #expect(try Self.candidates(spelling) == expected)
    }

    @Test("the number itself is always asked for, once, and every candidate has the same candidates")
    func closure() throws {
        var generator = SeededGenerator(seed: 3)
        for round in 0..<30_000 {
            let code = ["52", "521", "54", "549", "55", "5511", "1", "44"][round % 8]
            let rest = (0..<Int.random(in: 6...10, using: &generator)).map { _ in
                String(Int.random(in: 0...9, using: &generator))
            }
            let number = try #require(E164(digits: Array((code + rest.joined()).utf8)))
            let found = PhoneNormalizer.candidates(for: number)
            #expect(found.contains(number))
            #expect(Set(found).count == found.count)
            for candidate in found { #expect(PhoneNormalizer.candidates(for: candidate) == found) }
        }
    }

    @Test("the first candidate follows the rules of the vector exactly")
    func overrides() throws {
        let vector = try Vectors.object("phone_table.json")
        let overrides = try #require(vector["wa_overrides"] as? [[String: String]])
        var generator = SeededGenerator(seed: 4)
        for rule in overrides {
            let code = try #require(rule["cc"])
            let pattern = try NSRegularExpression(pattern: try #require(rule["match"]))
            let template = try #require(rule["replace"]).replacingOccurrences(of: "${1}", with: "$1\\")
            for _ in 0..<3_000 {
                let first = ["1", "9", ""].randomElement(using: &generator) ?? ""
                let national = first + (0..<Int.random(in: 8...11, using: &generator)).map { _ in
                    String(Int.random(in: 0...9, using: &generator))
                }.joined()
                let expected = pattern.stringByReplacingMatches(
                    in: national, range: NSRange(location: 0, length: national.utf16.count), withTemplate: template)
                let number = try #require(E164(digits: Array((code + national).utf8)))
                #expect(PhoneNormalizer.candidates(for: number)[0].text == "+" + code + expected)
            }
        }
    }

    @Test("every wa_id of the WhatsApp vectors is looked up as expected, and replied to as received")
    func whatsapp() throws {
        let cases = try #require(try Vectors.object("whatsapp_payloads.json")["cases"] as? [[String: Any]])
        var checked = 0
        for expected in cases.flatMap({ $0["expect"] as? [[String: Any]] ?? [] }) {
            guard expected.keys.contains("e164") else { continue }
            let sender = expected["wa_id"] as? String ?? ""
            let lookup = expected["e164"] as? String
            checked += 1
            guard let lookup else {
                #expect(sender.isEmpty)
                continue
            }
            #expect(try Self.candidates(sender).first == lookup)
            #expect(try PhoneNormalizer.normalize([UInt8](sender.utf8), .international).text == "+" + sender)
        }
        #expect(checked >= 50)
    }

    @Test("contacts of Telegram and senders of Twilio are looked up as expected", arguments: [
        ("5215512345678", "+525512345678"), ("+52 1 55 1234 5678", "+525512345678"), ("14155550123", "+14155550123"),
        ("whatsapp:+5215512345678", "+525512345678"), ("whatsapp:+554188887777", "+5541988887777"),
    ])
    func channels(spelling: String, expected: String) throws {
        #expect(try Self.candidates(spelling).first == expected)
    }
}
