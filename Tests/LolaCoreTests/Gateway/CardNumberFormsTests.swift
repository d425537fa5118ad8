// Card numbers behind a plus sign, before a date, between unusual marks; and the everyday numbers that must stay.
import Testing

@testable import LolaCore

@Suite("Card numbers: forms")
struct CardNumberFormsTests {
    private func mask(_ text: String) -> String { CardNumber.mask([UInt8](text: text)).masked.text }

    @Test("behind a plus sign a card number that can be no phone number is masked", arguments: [
        ("+378282246310005", "+***********0005"), ("+371449635398431", "+***********8431"),
        ("+341111111111111", "+***********1111"), ("+38520000023237", "+**********3237"),
        ("+36227206271667", "+**********1667"), ("+4222222222222", "+*********2222"),
        ("\u{FF0B}378282246310005", "\u{FF0B}***********0005"), ("+3782 822463 10005", "+**** ****** *0005"),
        ("+4222-2222-2222-2", "+****-****-*222-2"), ("+4111 1111 1111 1111", "+**** **** **** 1111"),
        ("+378282246310005 12/26", "+***********0005 **/**"),
    ])
    func plus(text: String, expected: String) {
        #expect(mask(text) == expected)
    }

    @Test("a possible phone number with its plus sign stays, a card number or not", arguments: [
        "+30569309025904", "+5215512345678", "+5491123456789", "+4915112345678", "+44 (0)20 7946 0958",
        "+44 0 7911 123456", "+62 812 3456 78901", "+1 202 555 0123", "+8613912345678", "+43 664 1234567890",
        "+1 202 555 0123 12/26", "+525512345678+390612345678",
    ])
    func phones(text: String) {
        #expect(mask(text) == text)
    }

    @Test("every phone number that its plan allows stays behind a plus sign")
    func possiblePhones() throws {
        var generator = SeededGenerator(seed: 21)
        var seen = 0
        for _ in 0..<60_000 {
            let digits = (0..<Int.random(in: 13...15, using: &generator)).map { index in
                UInt8.random(in: (index == 0 ? 0x31 : 0x30)...0x39, using: &generator)
            }
            guard let phone = try? PhoneNormalizer.normalize([0x2B] + digits, .international), phone.isPossible else {
                continue
            }
            seen += 1
            #expect(!CardNumber.contains([0x2B] + digits))
        }
        #expect(seen > 500)
    }

    @Test("a date or a code behind a card number does not hide it", arguments: [
        ("4222222222222 12/26", "*********2222 **/**"), ("4222222222222 12/2026", "*********2222 **/****"),
        ("4222222222222 12-26 123", "*********2222 **-** ***"), ("4222222222222/12/26", "*********2222/**/**"),
        ("4222222222222 123", "*********2222 ***"), ("4222222222222\n12/26", "*********2222\n**/**"),
        ("4222 2222 2222 2 12/26", "**** **** *222 2 **/**"), ("4222 222 222 222 01 27", "**** *** **2 222 ** **"),
        ("12/26 4222222222222", "**/** *********2222"), ("135410014004955 12/26", "***********4955 **/**"),
        ("135410014004955 09/2031 1234", "***********4955 **/**** ****"),
        ("1354 100140 04955 12/26", "**** ****** *4955 **/**"),
        ("378282246310005 exp 12/26", "***********0005 exp 12/26"),
        ("135410014004955, ok?", "***********4955, ok?"), ("4222222222222: mine", "*********2222: mine"),
    ])
    func expiry(text: String, expected: String) {
        #expect(mask(text) == expected)
    }

    @Test("unusual marks between the groups do not hide a card number", arguments: [
        "*", "_", "/", "\\", "|", ":", ";", ",", "~", "^", "=", "&", "'", "\"", "`", "!", "?", "<", ">", "{", "}", "#",
        "$", "%", "@", "+", "·", "•", "\u{2044}", "\u{2215}", "\u{FF0A}", "\u{FF0C}", "\u{FF1B}", "\u{FF3F}",
        "\u{FF5C}", "\u{FF1A}", "* *", " * ", " / ", "**",
    ])
    func marks(mark: String) {
        // What people write in pairs or one by one counts too, but where it could be dates.
        let single = "4111111111111111".map { String($0) }.joined(separator: mark)
        #expect(CardNumber.contains([UInt8](text: single)))
        for groups in [["4111", "1111", "1111", "1111"], ["3782", "822463", "10005"], ["3852", "000002", "3237"]] {
            let result = CardNumber.mask([UInt8](text: groups.joined(separator: mark)))
            let last = groups.joined().suffix(4)
            #expect(result.count == 1)
            #expect(result.masked.filter { ASCII.isDigit($0) } == [UInt8](text: String(last)))
        }
    }

    @Test("marks that say what a number is, or stand in rows, do not join numbers", arguments: [
        "#4111 #1111 #1111 #1111", "$4111 $1111 $1111 $1111", "4111% 1111% 1111% 1111%", "4111***1111***1111***1111",
        "41111111+ 11111111", "Visa ****4111, Visa ****1111, ****1111 ****1111", "4111x1111x1111x1111",
        "4,111.11; 1,111.11; 1,111.11", "41/11/1111/1111/1111",
    ])
    func apart(text: String) {
        #expect(mask(text) == text)
    }

    @Test("amounts, dates, clocks, references and lists stay", arguments: [
        "$4,500.00 / $5,200.00 / $6,011.00", "4.500,00 + 5.200,00 = 9.700,00", "USD 4111.11, 1111.11, 11.11",
        "2026-11-20 10:30:15.123", "20/11/2026 10:30 - 21/11/2026 11:45", "2019/2020/2021/2022", "12/26", "01/2027 123",
        "order 20261120-000123", "pedido #4111-11, #4111-12", "ref 4111 1111 1111", "10:30:15 11:45:59 12:00:01",
        "1700000000000 12:26", "lat 19.4326077, lon -99.1332080", "192.168.100.100:8080", "4111/1111",
        "1*2*3*4*5*6*7*8",
        "550e8400-e29b-41d4-a716-446655440000", "IBAN ES91 2100 0418 4502 0005 1332",
    ])
    func everyday(text: String) {
        #expect(mask(text) == text)
    }

    @Test("dates and amounts in rows are masked hardly ever")
    func rows() {
        var generator = SeededGenerator(seed: 22)
        var hits = 0
        func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        for _ in 0..<10_000 {
            let dates = (0..<3).map { _ in "\(number(10...28))/\(number(10...12))/\(number(2020...2030))" }
            let amounts = (0..<4).map { _ in "\(number(1...9)),\(number(100...999)).\(number(10...99))" }
            for text in [dates.joined(separator: " - "), amounts.joined(separator: "; ")]
            where CardNumber.contains([UInt8](text: text)) { hits += 1 }
        }
        #expect(hits < 200, "\(hits) of 20000")
    }

    @Test("of the bank's own texts only numbers of a card network are taken", arguments: [
        ("4111 1111 1111 1111", 1), ("4222222222222", 1), ("378282246310005", 1), ("135410014004955", 0),
        ("135410014004955 12/26", 0), ("CLABE 002010077777777771", 0), ("referencia 00000000000018", 0),
    ])
    func issued(text: String, count: Int) {
        let result = CardNumber.mask([UInt8](text: text), issuedOnly: true)
        #expect(result.count == count)
        #expect((result.masked == [UInt8](text: text)) == (count == 0))
    }
}
