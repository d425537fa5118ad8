// Spellings of telephone numbers and what they are, as tables; then laws over random input.
import Foundation
import Testing

@testable import LolaCore

@Suite("Phone normalisation")
struct PhoneNormalizerTests {
    /// What a text is: an E.164 number or the word of the fault.
    static func reading(_ text: String, _ source: PhoneSource = .international) -> String {
        reading([UInt8](text.utf8), source)
    }

    static func reading(_ bytes: [UInt8], _ source: PhoneSource = .international) -> String {
        do throws(PhoneFault) {
            return try PhoneNormalizer.normalize(bytes, source).text
        } catch {
            return error.rawValue
        }
    }

    @Test("every spelling of the product's own number is one number", arguments: PhoneSpellings.product)
    func product(spelling: String) {
        #expect(Self.reading(spelling) == "+15550100")
    }

    @Test("spellings of other countries", arguments: PhoneSpellings.world)
    func world(row: PhoneSpellings.Row) {
        #expect(Self.reading(row.spelling) == row.expected)
    }

    @Test("what is not a number says why", arguments: PhoneSpellings.refused)
    func refused(row: PhoneSpellings.Row) {
        #expect(Self.reading(row.spelling) == row.expected)
    }

    @Test("the tables hold two hundred spellings and every fault")
    func tables() {
        #expect(PhoneSpellings.product.count + PhoneSpellings.world.count + PhoneSpellings.refused.count >= 200)
        let words = Set(PhoneSpellings.refused.map(\.expected)).union(["not_utf8", "too_long"])
        #expect(words == Set(PhoneFault.allCases.map(\.rawValue)))
    }

    @Test("digits of every script are digits")
    func scripts() {
        var scripts = 0
        for zero in UInt32(0)...0x1_FFFF {
            guard let scalar = Unicode.Scalar(zero), scalar.properties.numericType == .decimal else { continue }
            guard scalar.properties.numericValue == 0, scalar.properties.generalCategory == .decimalNumber else {
                continue
            }
            let text = "+15550100".unicodeScalars.map { scalar in
                guard let digit = scalar.properties.numericValue else { return String(scalar) }
                return Unicode.Scalar(zero + UInt32(digit)).map { String($0) } ?? "?"
            }
            scripts += 1
            // The table is of Unicode 14; digits that came later are unknown characters, never wrong digits.
            let answer = Self.reading(text.joined())
            #expect(answer == "+15550100" || answer == "character")
            #expect(answer == "+15550100" || (scalar.properties.age ?? (99, 0)).major > 14)
        }
        #expect(scripts >= 66)
    }

    @Test("every scalar is read whole, and none but a decimal digit as a digit")
    func onlyDigits() {
        var wrong: [UInt32] = []
        for value in UInt32(0)...0x10_FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array(String(scalar).utf8)
            var index = 0
            let read = PhoneScalar.next(bytes, &index)
            if index != bytes.count { wrong.append(value) }
            guard case .digit(let digit) = read else { continue }
            if scalar.properties.numericValue != Double(digit) { wrong.append(value) }
            if scalar.properties.generalCategory != .decimalNumber { wrong.append(value) }
        }
        #expect(wrong == [])
    }

    @Test("octets that are not UTF-8 are refused", arguments: [
        [0x2B, 0x31, 0xFF], [0x2B, 0xC0, 0xB1], [0x2B, 0xE0, 0x80, 0xB1], [0x2B, 0xED, 0xA0, 0x80], [0x2B, 0xEF, 0xBC],
        [0x2B, 0xF0, 0x80, 0x80, 0xB1], [0x2B, 0xF4, 0x90, 0x80, 0x80], [0x2B, 0xF5, 0x80, 0x80, 0x80], [0x80], [0xC2],
    ] as [[UInt8]])
    func notText(bytes: [UInt8]) {
        #expect(Self.reading(bytes) == "not_utf8")
    }

    @Test("the octet limit holds exactly")
    func limit() {
        let padding = String(repeating: " ", count: Limits.phoneTextMax.bytes - 9)
        #expect(Self.reading("+15550100" + padding) == "+15550100")
        #expect(Self.reading("+15550100 " + padding) == "too_long")
    }

    @Test("a prefixed source reads international forms only", arguments: [
        ("+14155550123", "+14155550123"), ("0014155550123", "+14155550123"), ("01114155550123", "+14155550123"),
        ("whatsapp:+14155550123", "+14155550123"), ("14155550123", "national_number"), ("72345678", "national_number"),
        ("0612345678", "national_number"), ("BANK", "letters"),
    ])
    func prefixed(spelling: String, expected: String) {
        #expect(Self.reading(spelling, .prefixed) == expected)
    }

    @Test("a hundred thousand random texts give a number that normalises to itself, or a refusal")
    func idempotence() {
        var generator = SeededGenerator(seed: 7)
        let pieces: [[UInt8]] = [
            "+", "0", "00", "011", "1", "52", "521", "54", "549", "15", "55", "44", "7", "8", "81", "36", "06", "39",
            "9",
            "2", "3", "4", "5", "6", "(0)", " ", "-", ".", "/", "(", ")", "tel:", "whatsapp:", ";ext=1", "x",
            "\u{FF0B}",
            "\u{FF11}", "\u{661}", "\u{200B}", "\u{2011}", "\u{A0}", "375", "80", "370", "241", "250", "992", "\n", ",",
        ].map { Array($0.utf8) } + [[0xFF], [0xC2], [0xE2, 0x80]]
        var numbers = 0
        for round in 0..<100_000 {
            var text: [UInt8] = round % 4 == 0 ? [0x2B] : []
            for _ in 0..<Int.random(in: 0...14, using: &generator) {
                let piece = round % 2 == 0
                    ? pieces[Int.random(in: 1..<24, using: &generator)] : pieces.randomElement(using: &generator) ?? []
                text.append(contentsOf: piece)
            }
            guard let number = try? PhoneNormalizer.normalize(text, .international) else { continue }
            numbers += 1
            #expect((PhoneNormalizer.digitsMin...E164.digitsMax).contains(number.digits.count))
            #expect((try? PhoneNormalizer.normalize(number.bytes, .prefixed)) == number)
            #expect((try? PhoneNormalizer.normalize(number.digits, .international)) == number)
            #expect(E164(number.bytes) == number)
        }
        #expect(numbers > 10_000)
    }

    @Test("a hundred thousand texts of random octets never trap")
    func octets() {
        var generator = SeededGenerator(seed: 8)
        var refused = 0
        for _ in 0..<100_000 {
            let text = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if (try? PhoneNormalizer.normalize(text, .international)) == nil { refused += 1 }
        }
        #expect(refused > 99_000)
    }
}

@Suite("E.164 values")
struct PhoneE164Tests {
    @Test("one spelling a value", arguments: ["+1", "+15550100", "+999999999999999", "+525512345678"])
    func accepts(text: String) throws {
        let number = try #require(E164(Array(text.utf8)))
        #expect(number.text == text)
        #expect(number.bytes == Array(text.utf8))
        #expect(number.digits == Array(text.utf8.dropFirst()))
    }

    @Test("anything else is no value", arguments: [
        "", "+", "15550100", "+0", "+01", "+1 5", "+1a", "+1000000000000000", "++1", "+1-2", "+-1", "\u{FF0B}1", "+1\n",
    ])
    func refuses(text: String) {
        #expect(E164(Array(text.utf8)) == nil)
    }

    @Test("equal numbers are equal and hash alike")
    func equality() {
        #expect(E164(Array("+15550100".utf8)) == E164(digits: Array("15550100".utf8)))
        #expect(Set([E164(Array("+15550100".utf8)), E164(digits: Array("15550100".utf8))]).count == 1)
        #expect(E164(Array("+15550100".utf8)) != E164(Array("+155501000".utf8)))
    }

    @Test("the country of a number", arguments: [
        ("+14155550123", "US"), ("+15550100", "US"), ("+14165550123", "CA"), ("+18765550123", "JM"),
        ("+17875550123", "PR"),
        ("+18095550123", "DO"), ("+12425550123", "BS"), ("+442079460958", "GB"), ("+441534460000", "JE"),
        ("+441481960194", "GG"), ("+447624123456", "IM"), ("+79161234567", "RU"), ("+77011234567", "KZ"),
        ("+390612345678", "IT"), ("+390669812345", "VA"), ("+4791234567", "NO"), ("+4779123456", "SJ"),
        ("+358181234567", "AX"), ("+358401234567", "FI"), ("+212612345678", "MA"), ("+212528812345", "EH"),
        ("+262692123456", "RE"), ("+262639123456", "YT"), ("+5997151234", "BQ"), ("+59991234567", "CW"),
        ("+61891621234", "CC"), ("+61891641234", "CX"), ("+61412345678", "AU"), ("+525512345678", "MX"),
        ("+5491123456789", "AR"), ("+551133334444", "BR"), ("+2901234", "SH"), ("+2908123", "TA"),
        ("+80012345678", nil),
        ("+881612345678", nil), ("+2101234567", nil), ("+99", nil), ("+1", "US"),
    ] as [(String, String?)])
    func country(text: String, expected: String?) throws {
        #expect(try #require(E164(Array(text.utf8))).country == expected)
    }

    @Test("possible lengths are advice", arguments: [
        ("+14155550123", true), ("+15550100", false), ("+525512345678", true), ("+5215512345678", false),
        ("+551133334444", true), ("+4915123456789", true), ("+2101234567", false), ("+80012345678", true),
        ("+7", false),
    ])
    func possible(text: String, expected: Bool) throws {
        #expect(try #require(E164(Array(text.utf8))).isPossible == expected)
    }

    @Test("the table agrees with the vector it was made from")
    func table() throws {
        let vector = try Vectors.object("phone_table.json")
        let codes = try #require(vector["calling_codes"] as? [[String: Any]])
        #expect(codes.count == PhoneTable.rows.count)
        for code in codes {
            let digits = Array(try #require(code["cc"] as? String).utf8)
            let lengths = Set(try #require(code["len"] as? [Int]))
            let plan = try #require(PhonePlan(of: digits[...]))
            #expect(plan.codeDigits == digits.count)
            for length in 0...E164.digitsMax - digits.count { #expect(plan.allows(length) == lengths.contains(length)) }
            let hasTrunk = code["trunk"] != nil
            let isGabon = digits == Array("241".utf8)
            #expect((plan.trunk == .none) == (!hasTrunk && !isGabon))
        }
    }

    @Test("the committed table is what the generator writes")
    func generated() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", Vectors.packageRoot.appendingPathComponent("scripts/generate-phone-table.py").path, "--check",
        ]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
