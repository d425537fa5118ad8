import Testing

@testable import LolaCore

@Suite("AgentAnswerReader")
struct AgentAnswerTests {
    private func read(_ body: String) throws(AgentAnswerFault) -> AgentAnswer {
        try AgentAnswerReader.read([UInt8](text: body))
    }

    private func reply(_ json: String) throws(AgentAnswerFault) -> AgentAnswer { try read(#"{"replies":[\#(json)]}"#) }

    private func octets(_ text: String) -> [UInt8] { [UInt8](text: text) }

    @Test("nothing to say", arguments: ["", " \n", "{}", #"{"replies":[]}"#, #"{"replies":null}"#, #"{"other":[1]}"#])
    func nothing(body: String) throws {
        #expect(try read(body) == AgentAnswer())
    }

    @Test("every kind of reply, in order")
    func replies() throws {
        let answer = try read(
            #"""
            {"replies":[{"type":"text","text":"hola\n"},
            {"type":"buttons","text":"?","buttons":[{"id":"a","title":"A"},{"id":"b","title":"B","x":1}]},
            {"type":"list","text":"?","button":"open","items":[{"id":"1","title":"One","description":"first"},
            {"id":"2","title":"Two","description":null},{"id":"3","title":"Three","description":""}]},
            {"type":"link","text":"here","url":"https://bank.test/w/x?y=1#lola=z"},
            {"type":"contact_request","text":"who?","button":"me"}]}
            """#)
        #expect(
            answer.replies == [
                .text(octets("hola\n")),
                .buttons(
                    text: octets("?"),
                    choices: [
                        Choice(id: octets("a"), title: octets("A")), Choice(id: octets("b"), title: octets("B")),
                    ]),
                .list(
                    text: octets("?"), button: octets("open"),
                    items: [
                        Choice(id: octets("1"), title: octets("One"), description: octets("first")),
                        Choice(id: octets("2"), title: octets("Two")), Choice(id: octets("3"), title: octets("Three")),
                    ]),
                .link(text: octets("here"), url: octets("https://bank.test/w/x?y=1#lola=z")),
                .contactRequest(text: octets("who?"), button: octets("me")),
            ])
        #expect(answer.state == nil && !answer.isDeferred && answer.ticket == nil)
    }

    @Test("card numbers do not go back to the sender, and are counted; state and choice ids stay")
    func cards() throws {
        let answer = try read(
            #"""
            {"replies":[{"type":"text","text":"Your card 4111 1111 1111 1111"},
            {"type":"buttons","text":"?","buttons":[{"id":"4111111111111111","title":"5555555555554444"}]}],
            "state":{"n":"4111111111111111"}}
            """#)
        #expect(
            answer.replies == [
                .text(octets("Your card **** **** **** 1111")),
                .buttons(
                    text: octets("?"),
                    choices: [Choice(id: octets("4111111111111111"), title: octets("************4444"))]),
            ])
        #expect(answer.maskedCards == 2)
        #expect(answer.state == octets(#"{"n":"4111111111111111"}"#))
    }

    @Test("state: absent leaves it, null forgets it, an object replaces it")
    func state() throws {
        #expect(try read(#"{"replies":[]}"#).state == nil)
        #expect(try read(#"{"state":null}"#).state == [])
        #expect(try read(#"{"state":{"a":[1, 2]}}"#).state == octets(#"{"a":[1, 2]}"#))
        #expect(try read(#"{"state":{}}"#).state == octets("{}"))
    }

    @Test("state may have 16 KiB, not one octet more")
    func stateSize() throws {
        func body(_ count: Int) -> String { #"{"state":{"a":""# + String(repeating: "x", count: count - 8) + #""}}"# }
        #expect(try read(body(16_384)).state?.count == 16_384)
        #expect(throws: AgentAnswerFault.stateTooLarge) { try read(body(16_385)) }
    }

    @Test("counts and sizes at their limits pass, one more does not")
    func limits() throws {
        let text = #"{"type":"text","text":"x"}"#
        func list(_ count: Int, _ json: (Int) -> String) -> String { (0..<count).map(json).joined(separator: ",") }
        #expect(try reply(list(10) { _ in text }).replies.count == 10)
        #expect(throws: AgentAnswerFault.replyCount) { try reply(list(11) { _ in text }) }

        func long(_ count: Int) -> String { #"{"type":"text","text":"\#(String(repeating: "x", count: count))"}"# }
        #expect(try reply(long(65_536)).replies.count == 1)
        #expect(throws: AgentAnswerFault.text) { try reply(long(65_537)) }

        func buttons(_ count: Int) -> String {
            #"{"type":"buttons","text":"?","buttons":[\#(list(count) { #"{"id":"\#($0)","title":"T"}"# })]}"#
        }
        #expect(try reply(buttons(3)).replies.count == 1)
        #expect(throws: AgentAnswerFault.choices) { try reply(buttons(4)) }

        func items(_ count: Int) -> String {
            #"{"type":"list","text":"?","button":"b","items":[\#(list(count) { #"{"id":"\#($0)","title":"T"}"# })]}"#
        }
        #expect(try reply(items(10)).replies.count == 1)
        #expect(throws: AgentAnswerFault.choices) { try reply(items(11)) }
    }

    @Test("an operation of the bank's own needs its actions; one that is not configured is refused")
    func ownOperation() throws {
        let own = TicketOperations(own: [[UInt8](text: "proof_of_address")])
        let json = #"{"ticket":{"operation":"proof_of_address","actions":["proof_of_address:upload"]}}"#
        let answer = try AgentAnswerReader.read([UInt8](text: json), operations: own)
        #expect(answer.ticket?.operation.text == "proof_of_address")
        #expect(answer.ticket?.actions.map(\.text) == ["proof_of_address:upload"])
        #expect(throws: AgentAnswerFault.ticket) { try read(json) }
        let bare = [UInt8](text: #"{"ticket":{"operation":"proof_of_address"}}"#)
        #expect(throws: AgentAnswerFault.ticket) { try AgentAnswerReader.read(bare, operations: own) }
    }

    @Test("a ticket wish is kept with its actions and its words, the link comes where it belongs")
    func ticket() throws {
        let json = #"{"operation":"cip","actions":["cip:scan-id"],"reply":"Open {link}"}"#
        let answer = try read(#"{"replies":[{"type":"text","text":"ok"}],"ticket":\#(json)}"#)
        let wish = try #require(answer.ticket)
        #expect(wish.operation == octets("cip") && wish.actions == [octets("cip:scan-id")])
        #expect(wish.text(link: octets("L")) == octets("Open L"))
        #expect(answer.replies == [.text(octets("ok"))])
        #expect(try read(#"{"ticket":null}"#).ticket == nil)
        let bare = try #require(try read(#"{"ticket":{"operation":"card"}}"#).ticket)
        #expect(bare.actions == [octets("card:authorize")] && bare.text(link: octets("L")) == octets("L"))
        let plain = try #require(try read(#"{"ticket":{"operation":"card","reply":"Look:"}}"#).ticket)
        #expect(plain.text(link: octets("L")) == octets("Look: L"))
    }

    @Test("everything else is refused whole, for the reason given", arguments: AgentAnswerBodies.all)
    func refused(body: String, fault: AgentAnswerFault) {
        #expect(throws: fault) { try read(body) }
    }

    @Test("the table of refusals is long enough and names every reason")
    func table() {
        #expect(AgentAnswerBodies.all.count >= 60)
        let named = Set(AgentAnswerBodies.all.map(\.1)).union([.stateTooLarge, .replyCount])
        #expect(named == Set(AgentAnswerFault.allCases))
    }

    @Test("no octets of any kind make it trap")
    func noise() {
        let template = octets(
            #"{"replies":[{"type":"list","text":"?","button":"b","items":[{"id":"1","title":"T"}]},"#
                + #"{"type":"link","text":"x","url":"https://a.b/c"}],"state":{"a":1},"#
                + #""ticket":{"operation":"cip"}}"#
        )
        var random = SeededGenerator(seed: 9)
        for _ in 0..<5_000 {
            var body = template
            body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            if let answer = try? AgentAnswerReader.read(body) { #expect(answer.replies.count <= 2) }
        }
        for count in 1..<template.count {
            #expect(throws: AgentAnswerFault.notJSON) { try AgentAnswerReader.read(Array(template[..<count])) }
        }
    }
}

/// Bodies of an agent's 200 that are refused, and why.
enum AgentAnswerBodies {
    static let all: [(String, AgentAnswerFault)] =
        ["{", "hello", "<p>", "{}{}", #"{"replies":[],}"#, #"{"replies":[],"replies":[]}"#, #"{"a":"\ud800"}"#]
        .map { ($0, .notJSON) }
        + ["[]", "null", "1", #""x""#, "true", #"[{"replies":[]}]"#].map { ($0, .notAnObject) }
        + [
            #"{"replies":{}}"#, #"{"replies":"x"}"#, #"{"replies":1}"#, #"{"replies":true}"#, #"{"replies":[null]}"#,
            #"{"replies":["x"]}"#, #"{"replies":[[]]}"#, #"{"replies":[{}]}"#, #"{"replies":[{"text":"x"}]}"#,
        ].map { ($0, .replies) }
        + ["1", "null", #""""#, #""Text""#, #""image""#, #""template""#, "[]"]
        .map { (#"{"replies":[{"type":\#($0),"text":"x"}]}"#, .replyType) }
        + [#""text":1"#, #""text":null"#, #""text":"""#, #""text":" \n""#, #""text":["x"]"#, #""body":"x""#]
        .flatMap { text in
            ["text", "buttons", "list", "link", "contact_request"].map {
                (#"{"replies":[{"type":"\#($0)",\#(text)}]}"#, AgentAnswerFault.text)
            }
        }
        + [
            #""x":1"#, #""buttons":null"#, #""buttons":[]"#, #""buttons":{}"#, #""buttons":["a"]"#, #""buttons":[{}]"#,
            #""buttons":[{"id":"a"}]"#, #""buttons":[{"title":"a"}]"#, #""buttons":[{"id":1,"title":"a"}]"#,
            #""buttons":[{"id":"","title":"a"}]"#, #""buttons":[{"id":"a","title":""}]"#,
            #""buttons":[{"id":"a","title":" "}]"#, #""buttons":[{"id":"a","title":null}]"#,
            #""buttons":[{"id":"a","title":"A"},{"id":"a","title":"B"}]"#,
            #""buttons":[{"id":"\#(String(repeating: "i", count: 257))","title":"A"}]"#,
            #""buttons":[{"id":"a","title":"\#(String(repeating: "t", count: 257))"}]"#,
        ].map { (#"{"replies":[{"type":"buttons","text":"?",\#($0)}]}"#, .choices) }
        + [
            #""items":[{"id":"1","title":"T"}]"#, #""button":"b""#, #""button":"b","items":[]"#,
            #""button":"","items":[{"id":"1","title":"T"}]"#, #""button":1,"items":[{"id":"1","title":"T"}]"#,
            #""button":"b","items":[{"id":"1","title":"T","description":1}]"#,
            #""button":"b","items":[{"id":"1","title":"T","description":"\#(String(repeating: "d", count: 513))"}]"#,
            #""button":"b","items":[{"id":"1","title":"T"},{"id":"1","title":"U"}]"#,
        ].map { (#"{"replies":[{"type":"list","text":"?",\#($0)}]}"#, .choices) }
        + [(#"{"replies":[{"type":"contact_request","text":"?"}]}"#, .choices)]
        + [
            "null", "1", #""""#, #""/w/x""#, #""//bank.test/x""#, #""bank.test""#, #""javascript:alert(1)""#,
            #""ftp://bank.test/""#, #""tel:+15550100""#, #""https://""#, #""https:///x""#, #""https://u:p@bank.test/""#,
            #""https://bank.test/a b""#, #""https://bank.test/\u0000""#, #""https://bank.test/\n""#,
            #""https://bank.test:0/""#, #""https://bank.test:99999/""#, #""https://bank.test/#a#b""#,
            #""https://bank.test/# ""#, #"" https://bank.test/""#, #""https://bänk.test/""#,
            #""https://bank.test\\@x/""#,
            #""https://bank.test/\#(String(repeating: "x", count: 2_048))""#,
        ].map { (#"{"replies":[{"type":"link","text":"x","url":\#($0)}]}"#, .url) }
        + ["[]", "1", #""x""#, "true"].map { (#"{"state":\#($0)}"#, .state) }
        + [
            "true", #""cip""#, "[]", "{}", #"{"operation":1}"#, #"{"operation":""}"#, #"{"operation":"CIP"}"#,
            #"{"operation":"cip scan"}"#, #"{"operation":"\#(String(repeating: "o", count: 33))"}"#,
        ].map { (#"{"ticket":\#($0)}"#, .ticket) }
}
