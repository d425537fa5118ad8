// The sandbox services answer as the real ones would, and the chats they fill stay bounded.
import Foundation
import Testing

@testable import LolaCore

@Suite("Sandbox of lola dev")
struct SandboxTests {
    // MARK: Identity

    @Test("the identity service knows the cast and nobody else", arguments: [
        ("+15550100", 200, "passed"), ("+15550101", 200, "pending"), ("+15550102", 200, "blocked"),
        ("+15550103", 200, "null"), ("+15550104", 200, "passed"), ("+15550105", 503, "error"),
        ("+34600111222", 200, "null"), ("15550100", 400, "error"), ("", 400, "error"), ("+1x", 400, "error"),
    ])
    func identity(phone: String, status: Int, expected: String) throws {
        let answer = SandboxIdentity.answer([UInt8](text: phone), cast: DevFixtures.cast)
        #expect(answer.status == status)
        let body = try DevFixtures.object(answer.body)
        switch expected {
        case "error": #expect(body["error"] is String)
        case "null": #expect(body["sender"] is NSNull)
        default:
            #expect((body["sender"] as? [String: Any])?["verdict"] as? String == expected)
            let asked = try #require(E164([UInt8](text: phone)))
            let user = try #require(try IdentityAnswer.decode(answer.body, askedFor: asked, candidates: [asked]))
            #expect(user.isBlocked == (expected == "blocked"))
            #expect(user.cards.isEmpty == (expected != "passed"))
        }
    }

    // MARK: Graph API

    private func graph(
        _ body: [String: Any], world: SandboxWorld = SandboxWorld(startedAt: DevFixtures.now),
        token: String? = "Bearer EAAtoken", path: [String] = ["v23.0", "106540352242922", "messages"]
    ) throws -> (status: Int, body: [String: Any]) {
        let fields = token.map { [("Authorization", $0)] } ?? []
        let octets = try DevFixtures.json(body)
        let request = try DevFixtures.request("POST", "/dev/sandbox/graph", fields: fields, body: octets)
        let answer = SandboxGraph(world: world, phoneNumberID: DevFixtures.secrets.phoneNumberID)
            .answer(request, path: path.map { [UInt8](text: $0) }, at: DevFixtures.now, random: DevFixtures.random(1))
        return (answer.status, try DevFixtures.object(answer.body))
    }

    private static func text(_ text: String) -> [String: Any] {
        ["messaging_product": "whatsapp", "to": "15550100", "type": "text", "text": ["body": text]]
    }

    private static func interactive(_ type: String, _ action: [String: Any], text: String = "Choose") -> [String: Any] {
        ["messaging_product": "whatsapp", "recipient": "US.1", "type": "interactive",
         "interactive": ["type": type, "body": ["text": text], "action": action] as [String: Any]]
    }

    private static func buttons(_ titles: [String]) -> [String: Any] {
        ["buttons": titles.map { ["type": "reply", "reply": ["id": "id-" + $0, "title": $0]] as [String: Any] }]
    }

    private static func rows(_ count: Int, title: String = "Row") -> [String: Any] {
        ["button": "Open", "sections": [["rows": (0..<count).map {
            ["id": "\($0)", "title": title, "description": "About \($0)"]
        }]]]
    }

    @Test("a message of the gateway gets a wamid and stands in the chat")
    func graphAccepts() throws {
        let world = SandboxWorld(startedAt: DevFixtures.now)
        let answer = try graph(Self.text("hola"), world: world)
        #expect(answer.status == 200)
        let id = ((answer.body["messages"] as? [[String: Any]])?.first)?["id"] as? String
        #expect(id?.hasPrefix("wamid.") == true)
        let chat = world.transcript(with: .whatsappNumber([UInt8](text: "15550100"))).entries
        #expect(chat.map(\.text.text) == ["hola"])
        #expect(chat.map(\.side) == [.lola])
    }

    @Test("buttons, lists and contact requests become something to press")
    func graphInteractive() throws {
        let world = SandboxWorld(startedAt: DevFixtures.now)
        #expect(try graph(Self.interactive("button", Self.buttons(["Yes", "No"])), world: world).status == 200)
        #expect(try graph(Self.interactive("list", Self.rows(10)), world: world).status == 200)
        let request: [String: Any] = ["name": "request_contact_info"]
        #expect(try graph(Self.interactive("request_contact_info", request), world: world).status == 200)
        let transcript = world.transcript(with: .whatsappUser([UInt8](text: "US.1")))
        #expect(transcript.entries.map(\.buttons.count) == [2, 10, 1])
        #expect(transcript.entries.map(\.kind) == [.buttons, .list, .buttons])
        #expect(transcript.entries[2].buttons[0].press == .contact)
        #expect(transcript.isListed([UInt8](text: "3")))
        #expect(!transcript.isListed([UInt8](text: "id-Yes")))
    }

    @Test("what Meta refuses is refused with its code, and the chat stays empty")
    func graphRefuses() throws {
        let long = String(repeating: "é", count: 4_097)
        let cases: [([String: Any], Int)] = [
            ([:], 100), (["messaging_product": "sms"], 100), (Self.text(""), 100), (Self.text(long), 100),
            (Self.text("x").merging(["to": "nobody"]) { $1 }, 100),
            (Self.text("x").filter { $0.key != "to" }, 100), (Self.text("x").merging(["type": "dance"]) { $1 }, 100),
            (Self.interactive("button", Self.buttons([])), 100),
            (Self.interactive("button", Self.buttons(["1", "2", "3", "4"])), 100),
            (Self.interactive("button", Self.buttons(["same", "same"])), 100),
            (Self.interactive("button", Self.buttons([String(repeating: "a", count: 21)])), 100),
            (Self.interactive("button", Self.buttons(["a"]), text: String(repeating: "a", count: 1_025)), 100),
            (Self.interactive("list", Self.rows(11)), 100), (Self.interactive("list", Self.rows(0)), 100),
            (Self.interactive("list", Self.rows(1, title: String(repeating: "a", count: 25))), 100),
            (Self.interactive("dance", [:]), 100),
        ]
        let world = SandboxWorld(startedAt: DevFixtures.now)
        for (body, code) in cases {
            let answer = try graph(body, world: world)
            #expect(answer.status == 400, "\(body)")
            #expect((answer.body["error"] as? [String: Any])?["code"] as? Int == code)
        }
        #expect(world.transcript(with: .whatsappNumber([UInt8](text: "15550100"))).entries.isEmpty)
        #expect(world.transcript(with: .whatsappUser([UInt8](text: "US.1"))).entries.isEmpty)
    }

    @Test("no bearer is 401, another path is 404, another number is 400", arguments: [
        (nil, "v23.0", "106540352242922", 401), ("Basic x", "v23.0", "106540352242922", 401),
        ("Bearer ", "v23.0", "106540352242922", 401), ("Bearer x", "23.0", "106540352242922", 404),
        ("Bearer x", "v23", "106540352242922", 404), ("Bearer x", "v23.0", "1", 400),
    ] as [(String?, String, String, Int)])
    func graphPaths(token: String?, version: String, number: String, status: Int) throws {
        #expect(try graph(Self.text("x"), token: token, path: [version, number, "messages"]).status == status)
    }

    // MARK: Bot API

    private func telegram(
        _ method: String, _ body: [String: Any], world: SandboxWorld = SandboxWorld(startedAt: DevFixtures.now),
        token: String = "7000000001:AAtoken"
    ) throws -> [String: Any] {
        let request = try DevFixtures.request("POST", "/dev/sandbox/telegram", body: try DevFixtures.json(body))
        let api = SandboxTelegram(
            world: world, botToken: DevFixtures.botToken, botID: DevFixtures.secrets.telegramBotID)
        let path = ["bot" + token, method].map { [UInt8](text: $0) }
        let answer = api.answer(request, path: path, at: DevFixtures.now)
        let object = try DevFixtures.object(answer.body)
        #expect((object["ok"] as? Bool) == (answer.status == 200))
        if answer.status != 200 { #expect(object["error_code"] as? Int == answer.status) }
        return object
    }

    @Test("sendMessage answers with the message and fills the chat")
    func telegramSends() throws {
        let world = SandboxWorld(startedAt: DevFixtures.now)
        let inline: [String: Any] = ["inline_keyboard": [
            [["text": "Yes", "callback_data": "yes"]], [["text": "Site", "url": "https://example.com/"]],
        ]]
        let keyboard: [String: Any] = ["keyboard": [[["text": "Share", "request_contact": true] as [String: Any]]]]
        for markup in [inline, keyboard] {
            let answer = try telegram(
                "sendMessage", ["chat_id": 42, "text": "hola", "reply_markup": markup], world: world)
            #expect((answer["result"] as? [String: Any])?["message_id"] is Int)
        }
        #expect(try telegram("answerCallbackQuery", ["callback_query_id": "1"])["result"] as? Bool == true)
        let presses = world.transcript(with: .telegramChat(42)).entries.flatMap { $0.buttons.map(\.press) }
        let link = SandboxButton.Press.link(url: [UInt8](text: "https://example.com/"))
        #expect(presses == [.choice(id: [UInt8](text: "yes")), link, .contact])
    }

    @Test("what Telegram refuses is refused")
    func telegramRefuses() throws {
        let cases: [(String, [String: Any], Int)] = [
            ("sendMessage", ["text": "x"], 400), ("sendMessage", ["chat_id": 0, "text": "x"], 400),
            ("sendMessage", ["chat_id": 1, "text": ""], 400),
            ("sendMessage", ["chat_id": 1, "text": String(repeating: "👋", count: 2_049)], 400),
            ("sendMessage", ["chat_id": 1, "text": "x", "reply_markup": ["inline_keyboard": [[["text": "x"]]]]], 400),
            ("sendMessage", ["chat_id": 1, "text": "x", "reply_markup": ["inline_keyboard": [[
                ["text": "x", "callback_data": String(repeating: "x", count: 65)],
            ]]]], 400),
            ("answerCallbackQuery", [:], 400), ("sendDance", [:], 404),
        ]
        for (method, body, code) in cases {
            #expect(try telegram(method, body)["error_code"] as? Int == code, "\(method) \(body)")
        }
        let request = ["chat_id": 1, "text": "x"] as [String: Any]
        #expect(try telegram("sendMessage", request, token: "7000000001:BBtoken")["error_code"] as? Int == 401)
    }

    // MARK: Chats

    private func said(_ number: Int) -> SandboxEntry {
        SandboxEntry(
            kind: .text, text: [UInt8](text: "card 4111 1111 1111 1111"),
            key: MessageKey(.whatsapp, nativeID: [UInt8](text: "\(number)")), state: .sending, at: DevFixtures.now)
    }

    @Test("a chat keeps its newest messages, each once, with card numbers masked")
    func transcriptBounds() throws {
        let world = SandboxWorld(startedAt: DevFixtures.now)
        let address = ReplyAddress.telegramChat(1)
        for number in 0..<(Limits.sandboxEntriesMax + 5) {
            world.record(said(number), with: address)
            world.record(said(number), with: address)
        }
        let entries = world.transcript(with: address).entries
        #expect(entries.count == Limits.sandboxEntriesMax)
        #expect(entries.first?.key?.text == "whatsapp:5")
        #expect(Set(entries.map(\.number)).count == entries.count)
        #expect(entries.allSatisfy { !$0.text.text.contains("4111") })
        let before = world.transcript(with: address).revision
        world.mark(MessageKey(bytes: [UInt8](text: "whatsapp:9")), .accepted, with: address)
        let after = world.transcript(with: address).revision
        #expect(after > before)
        world.mark(MessageKey(bytes: [UInt8](text: "whatsapp:9")), .accepted, with: address)
        #expect(world.transcript(with: address).revision == after)
    }

    @Test("the chat that was quiet for longest makes room")
    func chatBounds() {
        let world = SandboxWorld(startedAt: DevFixtures.now)
        for chat in 1...Limits.sandboxChatsMax { world.record(said(1), with: .telegramChat(Int64(chat))) }
        world.record(said(2), with: .telegramChat(1))
        world.record(said(1), with: .telegramChat(0))
        #expect(world.transcript(with: .telegramChat(1)).entries.count == 2)
        #expect(world.transcript(with: .telegramChat(2)).entries.isEmpty)
        #expect(world.transcript(with: .telegramChat(3)).entries.count == 1)
        #expect(world.transcript(with: .telegramChat(0)).entries.count == 1)
    }

    @Test("who wrote from outside the cast is a guest under the number, the cast is not")
    func guests() throws {
        let world = SandboxWorld(startedAt: DevFixtures.now)
        for id in ["+34600111222", "+34600111333", "passed", "no-phone"] {
            let person = try #require(world.cast.person([UInt8](text: id)))
            for channel in ChannelName.allCases { world.record(said(1), with: person.address(on: channel)) }
        }
        #expect(world.guests.map(\.id) == ["+34600111222", "+34600111333"])
    }

    @Test("a contact is shared once")
    func contactOnce() {
        let world = SandboxWorld(startedAt: DevFixtures.now)
        #expect(world.sharesContact(with: .telegramChat(1)))
        #expect(!world.sharesContact(with: .telegramChat(1)))
        #expect(world.sharesContact(with: .telegramChat(2)))
    }
}
