import Foundation
import Testing

@testable import LolaCore

@Suite("Telegram: encoding")
struct TelegramEncodeTests {
    private func encode(_ reply: Reply) throws -> [OutboundRequest] {
        try Fixture.telegram().encode(reply, to: .telegramChat(7_012_345_678_901), reference: [0x72])
    }

    private func markup(_ reply: Reply) throws -> String? {
        let root = try Fixture.root(try #require(try encode(reply).last))
        return root["reply_markup"].map { Array($0.raw).text }
    }

    @Test("a text is one sendMessage without parse mode and preview")
    func envelope() throws {
        let request = try #require(try encode(.text([UInt8](text: "*hola* <b>"))).first)
        #expect(request.purpose == .delivery && request.method == .post && !request.isRepeatable)
        #expect(request.origin.authority.text == "api.telegram.org")
        #expect(request.target.text == "/bot\(Fixture.botToken)/sendMessage")
        #expect(request.fields.map { "\($0.name): \($0.value.text)" } == ["Content-Type: application/json"])
        #expect(request.body.text == """
            {"chat_id":7012345678901,"text":"*hola* <b>","link_preview_options":{"is_disabled":true}}
            """)
    }

    @Test("texts are limited in UTF-16 units")
    func long() throws {
        #expect(try encode(.text([])).isEmpty)
        let rockets = [UInt8](text: String(repeating: "🚀", count: 2_049))
        let texts = try encode(.text(rockets)).map { try #require(try Fixture.root($0)["text"]?.text) }
        #expect(texts.map(\.utf16.count) == [4_096, 2])
    }

    @Test("buttons and lists are inline keyboards with one choice a row")
    func choices() throws {
        let choices = [
            Choice(id: [UInt8](text: "yes:01J"), title: [UInt8](text: "Yes"), description: [UInt8](text: "now")),
            Choice(id: [UInt8](text: "no"), title: [UInt8](text: "No")),
        ]
        let expected = """
            {"inline_keyboard":[[{"text":"Yes","callback_data":"yes:01J"}],[{"text":"No","callback_data":"no"}]]}
            """
        #expect(try markup(.buttons(text: [0x78], choices: choices)) == expected)
        let list = Reply.list(text: [UInt8](text: "Which?"), button: [UInt8](text: "Choose"), items: choices)
        #expect(try markup(list) == expected)
        #expect(try Fixture.root(try #require(try encode(list).first))["text"]?.text == "Which?\n\nYes - now")
    }

    @Test("the keyboard stands below the last part of a long text")
    func longChoices() throws {
        let choice = Choice(id: [0x79], title: [UInt8](text: "Yes"))
        let requests = try encode(.buttons(text: [UInt8](repeating: 0x78, count: 5_000), choices: [choice]))
        let roots = try requests.map { try Fixture.root($0) }
        #expect(roots.map { $0["reply_markup"] != nil } == [false, true])
        #expect(roots.compactMap { $0["text"]?.text?.count } == [4_096, 904])
    }

    @Test("choices that Telegram cannot carry unchanged become numbered lines", arguments: [
        (1, 64, true), (1, 65, false), (1, 0, false), (10, 2, true), (11, 2, false), (0, 2, false),
    ])
    func lines(count: Int, idLength: Int, isKeyboard: Bool) throws {
        let choices = (0..<count).map { index in
            let id = [UInt8](repeating: UInt8(0x61 + index), count: idLength)
            return Choice(id: id, title: [UInt8](text: "Option"))
        }
        let request = try #require(try encode(.list(text: [0x78], button: [0x78], items: choices)).last)
        let root = try Fixture.root(request)
        #expect((root["reply_markup"] != nil) == isKeyboard)
        if !isKeyboard && count > 0 { #expect(root["text"]?.text?.hasPrefix("x\n\n1. Option") == true) }
    }

    @Test("a link is a button named after its host, or a line where Telegram takes no button", arguments: [
        ("https://bank.example/w/a", true), ("https://bank.example:8443/w/a", true), ("http://bank.example/w/a", false),
        ("https://localhost/w/a", false), ("ftp://bank.example/", false), ("https://bank.example/ a", false),
    ])
    func link(url: String, isButton: Bool) throws {
        let reply = Reply.link(text: [UInt8](text: "Open it"), url: [UInt8](text: url))
        let root = try Fixture.root(try #require(try encode(reply).last))
        if isButton {
            let button = root["reply_markup"]?["inline_keyboard"]?[0]?[0]
            #expect(button?["url"]?.text == url)
            #expect(button?["text"]?.text?.hasPrefix("bank.example") == true)
            #expect(root["text"]?.text == "Open it")
        } else {
            #expect(root["reply_markup"] == nil)
            #expect(root["text"]?.text == "Open it\n\(url)")
        }
    }

    @Test("a contact request is a keyboard that shares the number")
    func contactRequest() throws {
        let reply = Reply.contactRequest(text: [0x78], button: [UInt8](text: "Share my number"))
        #expect(try markup(reply) == """
            {"keyboard":[[{"text":"Share my number","request_contact":true}]],\
            "one_time_keyboard":true,"resize_keyboard":true}
            """)
    }

    @Test("only a pressed button is acknowledged")
    func acknowledgement() throws {
        let channel = try Fixture.telegram()
        let pressed = channel.decode([UInt8](text: """
            {"update_id":1,"callback_query":{"id":"q1","from":{"id":7},"data":"y",\
            "message":{"chat":{"id":7,"type":"private"},"date":0}}}
            """))
        let press = try #require(pressed.messages.first)
        let request = try #require(channel.acknowledgement(of: press))
        #expect(request.target.text == "/bot\(Fixture.botToken)/answerCallbackQuery")
        #expect(request.body.text == #"{"callback_query_id":"q1"}"#)
        #expect(request.isRepeatable)
        let written = channel.decode([UInt8](text: """
            {"update_id":1,"message":{"from":{"id":7},"chat":{"id":7,"type":"private"},"date":1,"text":"x"}}
            """))
        #expect(channel.acknowledgement(of: try #require(written.messages.first)) == nil)
    }

    @Test("a chat has no other form")
    func alternative() throws {
        let channel = try Fixture.telegram()
        let request = try #require(try encode(.text([0x78])).first)
        let verdict = WhatsAppJudge.undeliverable
        #expect(channel.alternative(for: request, address: .telegramChat(7_012_345_678_901), after: verdict) == nil)
    }
}
