import Testing

@testable import LolaCore

@Suite("ContactDecoding")
struct ContactDecodingTests {
    private func decode(_ attachments: [MessageAttachment], on channel: ChannelName = .whatsapp) -> [MessageAttachment]
    {
        var sample = channel == .telegram ? TurnSample.telegram() : TurnSample()
        sample.attachments = attachments
        let turn = sample.turn
        #expect(ContactDecoding().process(turn).word == "next")
        return turn.attachments
    }

    private func contact(_ name: String, _ phone: String?, isOwn: Bool = false) -> MessageAttachment {
        .contact(name: [UInt8](text: name), phone: phone.map { [UInt8](text: $0) }, isOwn: isOwn)
    }

    @Test(
        "phones of cards are E.164 or absent",
        arguments: [
            ("+1 (650) 555-1234", "+16505551234"), ("0044 20 7946 0958", "+442079460958"), ("55 1234 5678", nil),
            ("call me", nil), ("", nil), ("+1 650 555 1234 x9", nil),
        ] as [(String, String?)])
    func phones(spelling: String, expected: String?) {
        #expect(decode([contact("Bo", spelling)]) == [contact("Bo", expected)])
    }

    @Test("bare digits are international where the channel writes them so")
    func bareDigits() {
        #expect(decode([contact("Bo", "16505551234")], on: .telegram) == [contact("Bo", "+16505551234")])
        #expect(decode([contact("Bo", "16505551234", isOwn: true)]) == [contact("Bo", "+16505551234", isOwn: true)])
        #expect(decode([contact("Bo", nil)]) == [contact("Bo", nil)])
    }

    @Test(
        "names are visible, short and hold no card number",
        arguments: [
            ("Ana\u{0}\u{1B}[31m\n Ruiz", "Ana[31m Ruiz"), ("\u{202E}Ana\u{2066}", "Ana"), ("  Ana  ", "Ana"),
            ("\u{E0041}Ana\u{FEFF}", "Ana"), ("👨‍👩‍👧 Ruiz", "👨‍👩‍👧 Ruiz"),
            ("Ana 4111111111111111", "Ana ************1111"),
            ("Ana 4111\u{200B}1111\u{200B}1111\u{200B}1111", "Ana ************1111"),
        ])
    func names(given: String, expected: String) {
        #expect(decode([contact(given, nil)]) == [contact(expected, nil)])
    }

    @Test("a long name is cut at a character, not inside one")
    func longName() throws {
        let cleaned = DisplayText.clean([UInt8](text: String(repeating: "ñ", count: 150) + "€"))
        #expect(cleaned.count == 200)
        #expect(cleaned.text == String(repeating: "ñ", count: 100))
        #expect(DisplayText.clean([UInt8](text: "a€"), max: .bytes(3)) == [0x61])
    }

    @Test("octets that are no UTF-8 are left out")
    func illFormed() {
        #expect(DisplayText.clean([0x41, 0xFF, 0xC3, 0x42, 0xE2, 0x82, 0x43, 0xC3]) == [UInt8](text: "ABC"))
        #expect(DisplayText.clean([0xC3, 0xC3, 0xB1]) == [UInt8](text: "ñ"))
    }

    @Test("places stand on the earth or not at all")
    func locations() {
        let good = MessageAttachment.location(latitude: -12.5, longitude: 180, name: [UInt8](text: "Lima\u{7}"))
        let bad = [91, -90.1, .nan, .infinity].map { MessageAttachment.location(latitude: $0, longitude: 0, name: nil) }
        #expect(decode([good] + bad) == [.location(latitude: -12.5, longitude: 180, name: [UInt8](text: "Lima"))])
    }

    @Test("names of files are cleaned, and an agent sees sixteen attachments at most")
    func files() {
        let file = MessageAttachment.file(
            type: .document, mediaType: [UInt8](text: "text/plain\r\n"), fileName: [UInt8](text: "a\u{0}b.pdf"))
        let clean = MessageAttachment.file(
            type: .document, mediaType: [UInt8](text: "text/plain"), fileName: [UInt8](text: "ab.pdf"))
        #expect(decode([file]) == [clean])
        #expect(decode([MessageAttachment](repeating: contact("A", nil), count: 300)).count == Limits.attachmentsMax)
    }
}
