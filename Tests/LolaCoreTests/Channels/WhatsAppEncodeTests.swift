import Foundation
import Testing

@testable import LolaCore

@Suite("WhatsApp: encoding")
struct WhatsAppEncodeTests {
    private let number = ReplyAddress.whatsappNumber([UInt8](text: "5215512345678"))

    private func encode(_ reply: Reply, to address: ReplyAddress? = nil, reference: String = "outbox-17") throws
        -> [OutboundRequest]
    {
        try Fixture.whatsapp().encode(reply, to: address ?? number, reference: [UInt8](text: reference))
    }

    private func choices(_ count: Int, id: String = "id") -> [Choice] {
        (0..<count).map { Choice(id: [UInt8](text: "\(id)\($0)"), title: [UInt8](text: "Option \($0)")) }
    }

    private func text(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x78, count: count) }

    @Test("a text is one request to Meta with the token, the reference and no preview")
    func envelope() throws {
        let request = try #require(try encode(.text([UInt8](text: "hola \"ñ\""))).first)
        #expect(request.purpose == .delivery && request.method == .post && !request.isRepeatable)
        #expect(request.origin == Origin(isTLS: true, host: [UInt8](text: "graph.facebook.com"), port: 443))
        #expect(request.target.text == "/v23.0/106540352242922/messages")
        let fields = request.fields.map { "\($0.name): \($0.value.text)" }
        #expect(fields == ["Authorization: Bearer EAAtoken", "Content-Type: application/json"])
        #expect(request.timeout == .seconds(10))
        #expect(request.body.text == """
            {"messaging_product":"whatsapp","recipient_type":"individual","to":"5215512345678","type":"text",\
            "text":{"body":"hola \\"ñ\\"","preview_url":false},"biz_opaque_callback_data":"outbox-17"}
            """)
    }

    @Test("a base URL with a final slash gives the same target")
    func base() throws {
        let channel = try Fixture.whatsapp(api: "http://127.0.0.1:9/v1/")
        let request = channel.encode(.text([0x78]), to: number, reference: []).first
        #expect(request?.target.text == "/v1/106540352242922/messages")
        #expect(request?.origin.authority.text == "127.0.0.1:9")
    }

    @Test("a sender without a number is a recipient, not a to")
    func recipient() throws {
        let user = ReplyAddress.whatsappUser([UInt8](text: "US.1349"))
        let root = try Fixture.root(try #require(try encode(.text([0x78]), to: user).first))
        #expect(root["recipient"]?.text == "US.1349" && root["to"] == nil)
    }

    @Test("a reference longer than 512 octets is left out")
    func reference() throws {
        for (count, isThere) in [(0, false), (1, true), (512, true), (513, false)] {
            let reference = String(repeating: "r", count: count)
            let root = try Fixture.root(try #require(try encode(.text([0x78]), reference: reference).first))
            #expect((root["biz_opaque_callback_data"] != nil) == isThere, "\(count)")
        }
    }

    @Test("a text of more than 4096 characters is several messages, an empty one none")
    func long() throws {
        #expect(try encode(.text([])).isEmpty)
        #expect(try encode(.text(text(4_096))).count == 1)
        let requests = try encode(.text(text(4_097)))
        let bodies = try requests.map { try Fixture.root($0)["text"]?["body"]?.textBytes?.count }
        #expect(bodies == [4_096, 1])
        // Characters, not octets and not UTF-16 units.
        let rockets = [UInt8](text: String(repeating: "🚀", count: 4_096))
        #expect(try encode(.text(rockets)).count == 1)
    }

    @Test("buttons are an interactive message with ids and titles")
    func buttons() throws {
        let reply = Reply.buttons(text: [UInt8](text: "Sure?"), choices: [
            Choice(id: [UInt8](text: "yes:01J"), title: [UInt8](text: "Yes")),
            Choice(id: [UInt8](text: "no"), title: [UInt8](text: "No, I would like to think about it")),
        ])
        let root = try Fixture.root(try #require(try encode(reply).first))
        #expect(root["type"]?.text == "interactive")
        #expect(root["interactive"].map { Array($0.raw).text } == """
            {"type":"button","body":{"text":"Sure?"},"action":{"buttons":[\
            {"type":"reply","reply":{"id":"yes:01J","title":"Yes"}},\
            {"type":"reply","reply":{"id":"no","title":"No, I would like to…"}}]}}
            """)
    }

    @Test("a list has one button and a row for each item")
    func list() throws {
        let items = [
            Choice(id: [UInt8](text: "a"), title: text(30), description: text(80)),
            Choice(id: [UInt8](text: "b"), title: [UInt8](text: "B")),
        ]
        let button = [UInt8](text: "Choose one of the options")
        let reply = Reply.list(text: [UInt8](text: "Which?"), button: button, items: items)
        let action = try Fixture.root(try #require(try encode(reply).first))["interactive"]?["action"]
        #expect(action?["button"]?.text == "Choose one of the o…")
        let rows = action?["sections"]?[0]?["rows"]
        #expect(rows?.count == 2)
        #expect(rows?[0]?["title"]?.text?.count == 24)
        #expect(rows?[0]?["description"]?.text?.count == 72)
        #expect(rows?[1]?["title"]?.text == "B" && rows?[1]?["description"] == nil)
    }

    @Test("text that is too long to stand above choices goes first as plain messages")
    func longBody() throws {
        let requests = try encode(.buttons(text: text(6_000), choices: choices(2)))
        let roots = try requests.map { try Fixture.root($0) }
        #expect(roots.map { $0["type"]?.text } == ["text", "text", "interactive"])
        let first = roots.dropLast().compactMap { $0["text"]?["body"]?.textBytes?.count }
        let last = roots.last?["interactive"]?["body"]?["text"]?.textBytes?.count ?? 0
        #expect(first.allSatisfy { $0 <= 4_096 } && last <= 1_024 && last > 0)
        #expect(first.reduce(last, +) == 6_000)
        let exact = try encode(.buttons(text: text(1_024), choices: choices(2)))
        #expect(exact.count == 1)
        let empty = try Fixture.root(try #require(try encode(.buttons(text: [], choices: choices(2))).first))
        #expect(empty["interactive"]?["body"]?["text"]?.text == "…")
    }

    @Test("choices that WhatsApp cannot carry unchanged become numbered lines")
    func lines() throws {
        let tooLong = String(repeating: "i", count: 256)
        let replies: [Reply] = [
            .buttons(text: [0x78], choices: choices(4)),
            .buttons(text: [0x78], choices: choices(2, id: tooLong)),
            .buttons(text: [0x78], choices: choices(1) + choices(1)),
            .buttons(text: [0x78], choices: [Choice(id: [], title: [0x78])]),
            .list(text: [0x78], button: [0x78], items: choices(11)),
            .list(text: [0x78], button: [0x78], items: choices(1, id: String(repeating: "i", count: 200))),
        ]
        for reply in replies {
            let root = try Fixture.root(try #require(try encode(reply).first))
            #expect(root["type"]?.text == "text")
            #expect(root["text"]?["body"]?.text?.hasPrefix("x\n\n1. ") == true)
        }
        let fits: [Reply] = [
            .buttons(text: [0x78], choices: choices(3)), .list(text: [0x78], button: [0x78], items: choices(10)),
            .buttons(text: [0x78], choices: choices(1, id: String(tooLong.dropLast()))),
        ]
        for reply in fits {
            #expect(try Fixture.root(try #require(try encode(reply).first))["type"]?.text == "interactive")
        }
    }

    @Test("a link stands on its own line and is never cut")
    func link() throws {
        let url = [UInt8](text: "https://bank.test/w/abc")
        let short = try encode(.link(text: [UInt8](text: "Open it:"), url: url))
        #expect(try short.map { try Fixture.root($0)["text"]?["body"]?.text } == ["Open it:\nhttps://bank.test/w/abc"])
        #expect(try Fixture.root(short[0])["text"]?["preview_url"]?.bool == false)
        for count in [4_060, 4_069, 4_070, 4_090, 4_096, 5_000] {
            let bodies = try encode(.link(text: text(count), url: url)).map {
                try #require(try Fixture.root($0)["text"]?["body"]?.textBytes)
            }
            #expect(bodies.allSatisfy { $0.count <= 4_096 })
            #expect(bodies.last?.text.hasSuffix("\nhttps://bank.test/w/abc") == true, "\(count)")
            #expect(bodies.joined().count(where: { $0 == 0x78 }) == count)
        }
        #expect(try encode(.link(text: [], url: url)).map { try Fixture.root($0)["text"]?["body"]?.text } == [url.text])
    }

    @Test("a contact request asks for the sender's number")
    func contactRequest() throws {
        let root = try Fixture.root(
            try #require(try encode(.contactRequest(text: [UInt8](text: "Who?"), button: [0x78])).first))
        #expect(root["interactive"].map { Array($0.raw).text } == """
            {"type":"request_contact_info","body":{"text":"Who?"},"action":{"name":"request_contact_info"}}
            """)
    }

    @Test("WhatsApp is sent nothing but replies")
    func acknowledgement() throws {
        let channel = try Fixture.whatsapp()
        let webhook = channel.decode(
            Fixture.whatsappBody(#"[{"from":"15550100","id":"wamid.A","timestamp":"1","type":"text"}]"#))
        #expect(channel.acknowledgement(of: try #require(webhook.messages.first)) == nil)
    }

    @Test("after 131026 the other historic form of the number is tried once", arguments: [
        ("5215512345678", "525512345678"), ("525512345678", "5215512345678"), ("5491123456789", "541123456789"),
        ("541123456789", "5491123456789"), ("554188887777", "5541988887777"), ("5541988887777", "554188887777"),
        ("551133334444", nil), ("15550100", nil), ("390612345678", nil),
    ] as [(String, String?)])
    func alternative(number: String, other: String?) throws {
        let channel = try Fixture.whatsapp()
        let address = ReplyAddress.whatsappNumber([UInt8](text: number))
        let reply = Reply.buttons(text: [UInt8](text: "a\nb"), choices: choices(1))
        let request = try #require(channel.encode(reply, to: address, reference: [0x72]).first)
        let second = channel.alternative(for: request, address: address, after: WhatsAppJudge.undeliverable)
        #expect(try second.flatMap { try Fixture.root($0)["to"]?.text } == other)
        if let other, let second {
            #expect(second.body.text == request.body.text.replacingOccurrences(of: number, with: other))
            #expect(second.target == request.target)
            #expect(second.fields.map(\.value) == request.fields.map(\.value))
            #expect(channel.alternative(for: second, address: address, after: WhatsAppJudge.undeliverable) == nil)
        }
        let verdict = DeliveryVerdict.final(word: "request_refused")
        #expect(channel.alternative(for: request, address: address, after: verdict) == nil)
    }

    @Test("there is no other form of a business-scoped id")
    func alternativeOfUser() throws {
        let channel = try Fixture.whatsapp()
        let address = ReplyAddress.whatsappUser([UInt8](text: "MX.5215512345678"))
        let request = try #require(channel.encode(.text([0x78]), to: address, reference: []).first)
        #expect(channel.alternative(for: request, address: address, after: WhatsAppJudge.undeliverable) == nil)
    }
}
