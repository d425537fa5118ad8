// Card numbers in free text: the public test numbers of the networks, how people write them, what is not one.
import Foundation
import Testing

@testable import LolaCore

@Suite("Card numbers")
struct CardNumberTests {
    static func mask(_ text: String) -> String { CardNumber.mask([UInt8](text.utf8)).masked.text }
    static func count(_ text: String) -> Int { CardNumber.mask([UInt8](text.utf8)).count }

    /// Numbers that payment providers publish for tests; none belongs to an account.
    static let testNumbers = [
        "4111111111111111", "4012888888881881", "4242424242424242", "4000056655665556", "4222222222222",
        "4000000000000002",
        "5555555555554444", "5105105105105100", "2223003122003222", "5200828282828210", "2720990000000007",
        "378282246310005", "371449635398431", "378734493671000", "341111111111111", "6011111111111117",
        "6011000990139424",
        "6011981111111113", "30569309025904", "38520000023237", "36227206271667", "3056930009020004",
        "3530111333300000",
        "3566002020360505", "6200000000000005", "6200000000000047", "6205500000000000004", "6304000000000000",
        "6759649826438453", "6799990100000000019", "2200000000000004", "5062821234567892", "6362970000457013",
        "6062826786276634", "5019717010103742", "9792030394440796", "135410014004955", "6521111111111110",
    ]

    @Test("the test numbers of every network are found and keep four digits", arguments: testNumbers)
    func networks(number: String) {
        let stars = String(repeating: "*", count: number.utf8.count - 4)
        #expect(Self.mask(number) == stars + number.suffix(4))
        #expect(Self.count(number) == 1)
        #expect(CardNumber.contains([UInt8](number.utf8)))
        #expect(CardNumber.lastFour([UInt8](number.utf8)) == [UInt8](number.suffix(4).utf8))
    }

    @Test("one wrong digit is not a card number", arguments: testNumbers)
    func luhn(number: String) {
        var digits = [UInt8](number.utf8)
        digits[digits.count - 1] = 0x30 + (digits[digits.count - 1] - 0x30 + 1) % 10
        #expect(CardNumber.mask(digits).masked == digits)
        #expect(!CardNumber.contains(digits))
    }

    @Test("separators stay where they are", arguments: [
        ("4111 1111 1111 1111", "**** **** **** 1111"), ("4111-1111-1111-1111", "****-****-****-1111"),
        ("4111.1111.1111.1111", "****.****.****.1111"), ("3782 822463 10005", "**** ****** *0005"),
        ("4111  1111 - 1111 - 1111", "****  **** - **** - 1111"),
        ("4111\u{A0}1111\u{A0}1111\u{A0}1111", "****\u{A0}****\u{A0}****\u{A0}1111"),
        ("4111\u{2011}1111\u{2013}1111\u{2014}1111", "****\u{2011}****\u{2013}****\u{2014}1111"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "* * * * * * * * * * * * 1 1 1 1"),
        ("4111\u{200B}1111\u{200B}11111111", "****\u{200B}****\u{200B}****1111"),
        ("4111\t1111\t1111\t1111", "****\t****\t****\t1111"),
        ("4111 1111\n1111 1111", "**** ****\n**** 1111"), ("41 1111 1111 1111 11", "** **** **** **11 11"),
        ("4111111111111111\n", "************1111\n"), ("\n4222222222222", "\n*********2222"),
    ])
    func separators(text: String, expected: String) {
        #expect(Self.mask(text) == expected)
    }

    @Test("digits of other scripts are digits too")
    func scripts() {
        for zero in [0xFF10, 0x660, 0x6F0, 0x966, 0x1_D7CE] as [UInt32] {
            let text = "4111111111111111".unicodeScalars.map { digit in
                Unicode.Scalar(zero + digit.value - 0x30).map { String($0) } ?? ""
            }
            #expect(Self.mask(text.joined()) == String(repeating: "*", count: 12) + text.suffix(4).joined())
            #expect(CardNumber.lastFour([UInt8](text.joined().utf8)) == [UInt8]("1111".utf8))
        }
    }

    @Test("the text around a number is untouched", arguments: [
        ("my card is 4111111111111111, ok?", "my card is ************1111, ok?"),
        ("tarjeta:4111111111111111", "tarjeta:************1111"),
        ("n\u{FA}mero\u{E9}4111111111111111\u{E9}", "n\u{FA}mero\u{E9}************1111\u{E9}"),
        ("\u{1F4B3}4111111111111111\u{1F44D}", "\u{1F4B3}************1111\u{1F44D}"),
        ("a4111111111111111b", "a************1111b"), ("(4111111111111111)", "(************1111)"),
        ("4111111111111111 and 5555555555554444", "************1111 and ************4444"),
        ("4111111111111111/12/26/123", "************1111/**/**/***"),
        ("12 4111 1111 1111 1111", "** **** **** **** 1111"),
        ("4111 1111 1111 1111 12 26 123", "**** **** **** 1111 ** ** ***"),
        ("4111111111111111 5555555555554444", "************1111 ************4444"),
        ("4111111111111111123", "************1111***"), ("41111111111111111226123", "************1111*******"),
        ("{\"pan\":4111111111111111}", "{\"pan\":************1111}"), ("+4111111111111111", "+************1111"),
    ])
    func surroundings(text: String, expected: String) {
        #expect(Self.mask(text) == expected)
    }

    @Test("what is no card number stays", arguments: [
        "", "hello", "4111", "411111111111", "4111 1111 1111 111", "411111111111111x1", "4111-1111-1111-111a1",
        "0000000000000000",
        "0000 0000 0000 0000", "+5215512345678", "+525512345678", "+390612345678", "00000000000000000000",
        "4111111111111112",
        "12345678901234567890", "2026-11-20T10:00:00.123Z", "550e8400-e29b-41d4-a716-446655440000", "+1 (415) 555-0123",
        "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTdCNDk3RDdGQjY4RTk5ODYzRAA=", "Visa ending 1234", "$1,234.56 on 2026-11-20",
        "tok_sandbox_4f1c9e", "10.0.0.1 10.0.0.2", "****1111", "\u{1F4B3}\u{1F4B3}\u{1F4B3}\u{1F4B3}\u{1F4B3}",
    ])
    func untouched(text: String) {
        let bytes = [UInt8](text.utf8)
        let result = CardNumber.mask(bytes)
        #expect(result.masked == bytes)
        #expect(result.count == 0)
        #expect(!CardNumber.contains(bytes))
        #expect(CardNumber.lastFour(bytes) == nil)
    }

    @Test("lengths from 13 to 19 count as a whole, 12 and 20 do not", arguments: 10...24)
    func lengths(length: Int) {
        // Begins with 1, so that no network's prefix makes a part of it count.
        var digits = [UInt8](repeating: 1, count: length)
        for check in UInt8(0)...9 {
            digits[length - 1] = check
            var sum = 0
            for (index, digit) in digits.reversed().enumerated() {
                sum += index % 2 == 0 ? Int(digit) : Int(digit) * 2
            }
            let text = digits.map { $0 + 0x30 }
            #expect(CardNumber.contains(text) == (sum % 10 == 0 && (13...19).contains(length)))
        }
    }

    @Test("octets that are not UTF-8 stay and end a run")
    func malformed() {
        let half = [UInt8]("41111111".utf8)
        let whole = [UInt8]("4111111111111111".utf8)
        #expect(CardNumber.mask(half + [0xFF] + half).count == 0)
        #expect(CardNumber.mask([0xFF, 0xC2] + whole + [0xE2, 0x80]).masked
            == [0xFF, 0xC2] + [UInt8]("************1111".utf8) + [0xE2, 0x80])
    }

    @Test("random numbers are masked no more often than chance and prefixes allow")
    func accidents() {
        var generator = SeededGenerator(seed: 11)
        let limits = [(12, 0), (13, 1_100), (16, 1_100), (19, 2_000), (20, 3_000)]
        for (length, limit) in limits {
            var hits = 0
            for _ in 0..<10_000 {
                let digits = (0..<length).map { index in
                    UInt8.random(in: (index == 0 ? 0x31 : 0x30)...0x39, using: &generator)
                }
                if CardNumber.contains(digits) { hits += 1 }
            }
            #expect(hits <= limit, "\(length) digits")
        }
    }

    @Test("phone numbers with a plus sign, wamids and hashes are left alone")
    func identifiers() {
        var generator = SeededGenerator(seed: 12)
        let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var hits = 0
        for _ in 0..<20_000 {
            let phone = [0x2B, 0x35] + (0..<Int.random(in: 6...14, using: &generator)).map { _ in
                UInt8.random(in: 0x30...0x39, using: &generator)
            }
            #expect(!CardNumber.contains(phone))
            let wamid = [UInt8]("wamid.".utf8) + (0..<56).map { _ in alphabet.randomElement(using: &generator) ?? 0x41 }
            if CardNumber.contains(wamid) { hits += 1 }
        }
        #expect(hits == 0)
    }

    @Test("masking twice changes nothing more, keeps the rest, and never traps")
    func stability() {
        var generator = SeededGenerator(seed: 13)
        let words = [
            "4", "1111", "4111111111111111", " ", "-", "\n", "a", "\u{A0}", "\u{FF14}", "5555", "0", "+", "6", "37",
            "*", "**", "/", ";", "#", ":", "12", "26", "4222222222222",
        ]
        let pieces = words.map { [UInt8]($0.utf8) } + [[0xFF], [0xC2]]
        var masked = 0
        for _ in 0..<20_000 {
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 0...24, using: &generator) {
                text += pieces.randomElement(using: &generator) ?? []
            }
            let once = CardNumber.mask(text)
            if once.count > 0 { masked += 1 }
            #expect((once.count > 0) == CardNumber.contains(text))
            #expect(!CardNumber.contains(once.masked))
            let kept = { (text: [UInt8]) in text.filter { !ASCII.isDigit($0) && $0 != 0x2A && $0 < 0x80 } }
            #expect(kept(once.masked) == kept(text))
        }
        #expect(masked > 1_000)
    }

    @Test("of a long run of card numbers four digits stay")
    func longRun() {
        let text = [UInt8](String(repeating: "42", count: 1 << 14).utf8)
        let result = CardNumber.mask(text)
        #expect(result.masked.count == text.count)
        #expect(result.masked.filter { $0 == 0x2A }.count == text.count - 4)
    }
}
