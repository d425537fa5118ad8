import Testing

@testable import LolaCore

@Suite("Verified messages")
struct VerifiedMessageTests {
    @Test("card numbers are masked in every free text: typed, in a start link, in names of cards, places and files")
    func masking() {
        let card = "4111 1111 1111 1111"
        var sample = TurnSample(text: card)
        sample.start = "4111111111111111"
        sample.attachments = [
            .contact(name: [UInt8](text: card), phone: [UInt8](text: "+15550100"), isOwn: false),
            .location(latitude: 1, longitude: 2, name: [UInt8](text: card)),
            .file(type: .document, mediaType: nil, fileName: [UInt8](text: "4111-1111-1111-1111.pdf")),
        ]
        let verified = WebhookGate.imagined(sample.message, at: WallTime(seconds: 0))
        #expect(verified.maskedCards == 5)
        #expect(verified.message.text?.text == "**** **** **** 1111")
        #expect(verified.message.startPayload?.text == "************1111")
        for attachment in verified.message.attachments {
            switch attachment {
            case .contact(let name, let phone, _):
                #expect(!CardNumber.contains(name) && phone?.text == "+15550100")
            case .location(_, _, let name): #expect(name.map { !CardNumber.contains($0) } == true)
            case .file(_, _, let name): #expect(name?.text == "****-****-****-1111.pdf")
            }
        }
    }

    @Test(
        "cards typed with unusual separators are masked",
        arguments: [
            "4111/1111/1111/1111", "4111_1111_1111_1111", "4111,1111,1111,1111", "4111|1111|1111|1111",
            "4111:1111:1111:1111", "4111~1111~1111~1111", "4111·1111·1111·1111", "(4111)(1111)(1111)(1111)",
        ])
    func oddSeparators(text: String) {
        let result = CardNumber.mask([UInt8](text: text))
        #expect(result.count == 1)
        #expect(result.masked.filter { ASCII.isDigit($0) } == [UInt8](text: "1111"))
    }

    @Test(
        "dates and paths that only pass the check digit are left alone",
        arguments: ["12/05/2026 - 15/06/2021", "2026/11/21 10:30:15,123"])
    func datesStay(text: String) {
        #expect(CardNumber.mask([UInt8](text: text)).count == 0)
    }
}
