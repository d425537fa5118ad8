import Testing

@testable import LolaCore

@Suite("Forms and queries") struct FormFieldsTests {
    @Test("pairs come out in order, decoded once", arguments: [
        ("", []), ("a=b", ["a", "b"]), ("a=b&c=d", ["a", "b", "c", "d"]), ("a", ["a", ""]), ("a=", ["a", ""]),
        ("=b", ["", "b"]), ("=", ["", ""]), ("&&a=b&", ["a", "b"]), ("a=b=c", ["a", "b=c"]),
        ("a+b=c+d", ["a b", "c d"]),
        ("a=%2B%26%3D", ["a", "+&="]), ("a=%2541", ["a", "%41"]), ("hub.mode=subscribe", ["hub.mode", "subscribe"]),
        ("From=whatsapp%3A%2B15550100", ["From", "whatsapp:+15550100"]), ("a=%00", ["a", "\u{0}"]),
        ("a=1&a=2", ["a", "1", "a", "2"]), ("a=\u{E9}", ["a", "\u{E9}"]), ("a=b;c=d", ["a", "b;c=d"]),
    ] as [(String, [String])])
    func accepted(_ text: String, _ flat: [String]) throws {
        let fields = try FormFields(octets(text)[...])
        #expect(fields.pairs.flatMap { [$0.name, $0.value] } == flat.map { octets($0) })
    }

    @Test("broken percent coding and raw control octets are refused", arguments: [
        "a=%", "a=%4", "a=%zz", "%=b", "a=b%", "a=b\r\n", "a=\u{0}", "a\u{7F}=b", "a=b\n&c=d",
    ])
    func refused(_ text: String) {
        #expect(throws: HTTPFault.badForm) { try FormFields(octets(text)[...]) }
    }

    @Test("values are found by exact name")
    func lookup() throws {
        let fields = try FormFields(octets("a=1&b=2&A=3&a=4&%61=5")[...])
        #expect(fields.first("a") == octets("1"))
        #expect(fields.all("a") == [octets("1"), octets("4"), octets("5")])
        #expect(fields.first("A") == octets("3"))
        #expect(fields.first("c") == nil && fields.all("c").isEmpty)
    }

    @Test("a thousand pairs are read, one more is refused")
    func bounded() throws {
        let most = String(repeating: "a=b&", count: Limits.formPairsMax)
        #expect(try FormFields(octets(most)[...]).pairs.count == Limits.formPairsMax)
        #expect(throws: HTTPFault.tooManyPairs) { try FormFields(octets(most + "a=b")[...]) }
    }

    @Test("encoding any octets and reading them back gives the same octets")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let octets = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let cut = Int.random(in: 1...16, using: &generator)
            let (name, value) = (Array(octets[..<cut]), Array(octets[cut...]))
            let text = Percent.encode(name) + [0x3D] + Percent.encode(value)
            #expect(try FormFields(text[...]).pairs == [FormField(name: name, value: value)])
        }
    }
}
