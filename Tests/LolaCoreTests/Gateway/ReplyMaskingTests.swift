import Testing

@testable import LolaCore

@Suite("Card numbers in replies")
struct ReplyMaskingTests {
    private let card = [UInt8](text: "no. 4111-1111-1111-1111")
    private let hidden = [UInt8](text: "no. ****-****-****-1111")

    @Test("every text that people read is masked; ids and addresses stay")
    func kinds() {
        let url = [UInt8](text: "https://bank.test/p/4111111111111111")
        let choice = Choice(id: card, title: card, description: card)
        let plain = Choice(id: card, title: card)
        let masked = Choice(id: card, title: hidden, description: hidden)
        let rows: [(Reply, Reply, Int)] = [
            (.text(card), .text(hidden), 1),
            (
                .buttons(text: card, choices: [plain]),
                .buttons(text: hidden, choices: [Choice(id: card, title: hidden)]), 2
            ),
            (
                .list(text: card, button: card, items: [choice, choice]),
                .list(text: hidden, button: hidden, items: [masked, masked]), 6
            ),
            (.link(text: card, url: url), .link(text: hidden, url: url), 1),
            (.contactRequest(text: card, button: card), .contactRequest(text: hidden, button: hidden), 2),
        ]
        for (reply, expected, count) in rows {
            let result = reply.withoutCards()
            #expect(result.reply == expected)
            #expect(result.count == count)
            #expect(expected.withoutCards() == (expected, 0))
        }
    }

    @Test("a reply without card numbers stays as it is, account numbers and phones too", arguments: [
        "Hola Ana", "CLABE 002010077777777771", "+52 55 1234 5678", "Visa ending 1234", "folio 1354 1001 4004 955",
    ])
    func others(text: String) {
        #expect(Reply.text([UInt8](text: text)).withoutCards() == (.text([UInt8](text: text)), 0))
    }
}
