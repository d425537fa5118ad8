import Testing

@testable import LolaCore

@Suite("IdentityAnswer")
struct IdentityAnswerTests {
    private func decode(_ body: String, phone: String = "+15550100") throws(IdentityFault) -> ContextUser? {
        guard let asked = E164([UInt8](text: phone)) else { throw .malformed }
        return try IdentityAnswer.decode(
            [UInt8](text: body), askedFor: asked, candidates: PhoneNormalizer.candidates(for: asked))
    }

    private func sender(_ members: String) -> String { #"{"sender":{"id":"u-1","verdict":"passed",\#(members)}}"# }

    @Test("every field of a full answer arrives")
    func full() throws {
        let user = try #require(
            try decode(
                #"""
                {"request":1,"sender":{"id":"u-1","name":"Ana Ruiz","phone":"+1-555-0100","country":"mx",
                "verdict":"pending","is_blocked":true,"cards":["Visa ending 1234"],"score":7,
                "payment_methods":[{"type":"card","display":"Visa ending 1234","token":"tok_1"},
                {"type":"bank","display":"Banco ····99"}]}}
                """#))
        #expect(user.id == [UInt8](text: "u-1") && user.name == [UInt8](text: "Ana Ruiz"))
        #expect(user.phone.text == "+15550100" && user.country == [UInt8](text: "MX"))
        #expect(user.verdict == .pending && user.isBlocked)
        #expect(user.cards == [[UInt8](text: "Visa ending 1234")])
        #expect(user.paymentMethods.map(\.type.text) == ["card", "bank"])
        #expect(user.paymentMethods.map(\.display.text) == ["Visa ending 1234", "Banco ····99"])
    }

    @Test("the least answer is enough")
    func least() throws {
        for body in [
            #"{"sender":{"id":42,"verdict":"passed"}}"#,
            #"{"sender":{"id":42,"verdict":"passed","name":null,"phone":null,"country":null,"#
                + #""is_blocked":null,"cards":null,"payment_methods":null}}"#,
        ] {
            let user = try #require(try decode(body))
            #expect(user.id == [UInt8](text: "42") && user.name.isEmpty && !user.isBlocked)
            #expect(user.country == [UInt8](text: "US") && user.cards.isEmpty && user.paymentMethods.isEmpty)
        }
    }

    @Test("null is nobody")
    func nobody() throws {
        #expect(try decode(#"{"sender":null}"#) == nil)
        #expect(try decode(#" {"sender" : null , "note":"x"} "#) == nil)
    }

    @Test(
        "an unknown verdict is pending, whatever its spelling",
        arguments: ["approved", "PASSED", "Passed", " passed", "passed ", "blocked!", "review", "true", "pässed"])
    func unknownVerdicts(word: String) throws {
        #expect(try decode(#"{"sender":{"id":"u","verdict":"\#(word)"}}"#)?.verdict == .pending)
    }

    @Test("any historic form of the asked number may stand in the answer")
    func ownPhone() throws {
        for phone in ["5215512345678", "+525512345678", "+52 1 55 1234 5678"] {
            let user = try decode(sender(#""phone":"\#(phone)""#), phone: "+525512345678")
            #expect(user?.phone.text == "+525512345678")
        }
    }

    @Test(
        "the number of somebody else is somebody else's data",
        arguments: ["+15550101", "15550199", "+5215512345678", "+525512345678", "+4415550100"])
    func otherPhone(phone: String) {
        #expect(throws: IdentityFault.otherPhone) { try decode(sender(#""phone":"\#(phone)""#)) }
    }

    @Test(
        "card numbers are cut to their last four digits wherever they stand",
        arguments: [
            "4111111111111111", "Visa 4111 1111 1111 1111", "Visa 4111-1111-1111-1111 exp", "5500005555555559",
            "Visa 4111\\u200b1111\\u200b1111\\u200b1111", "378282246310005",
        ])
    func cards(text: String) throws {
        let user = try #require(
            try decode(
                sender(
                    #""name":"\#(text)","cards":["\#(text)"],"#
                        + #""payment_methods":[{"type":"\#(text)","display":"\#(text)"}]"#)))
        let texts = [user.name] + user.cards + user.paymentMethods.flatMap { [$0.type, $0.display] }
        #expect(texts.count == 4)
        for text in texts {
            #expect(!CardNumber.contains(text))
            #expect(text.filter(ASCII.isDigit).count == 4)
        }
    }

    @Test("texts are cut at a character, lists at their limit, ids never")
    func caps() throws {
        let long = String(repeating: "ñ", count: 500)
        let many = Array(repeating: #""Visa ending 1""#, count: 500).joined(separator: ",")
        let user = try #require(try decode(sender(#""name":"\#(long)","cards":[\#(many)]"#)))
        #expect(user.name.count == Limits.displayTextMax.bytes)
        #expect(user.cards.count == Limits.displayItemsMax)
        let id = String(repeating: "i", count: Limits.identityIDMax.bytes)
        #expect(try decode(#"{"sender":{"id":"\#(id)","verdict":"passed"}}"#)?.id.count == 128)
        #expect(throws: IdentityFault.malformed) {
            try decode(#"{"sender":{"id":"\#(id)i","verdict":"passed"}}"#)
        }
    }

    @Test("control and direction characters do not reach an agent")
    func controls() throws {
        let user = try decode(sender(#""name":"Ana\u0000\u001b\n\u202e Ruiz","cards":["\u2066Visa\u0007"]"#))
        #expect(user?.name == [UInt8](text: "Ana Ruiz"))
        #expect(user?.cards == [[UInt8](text: "Visa")])
    }

    @Test("a country that is no two letters is the country of the number", arguments: ["", "MEX", "m", "1A", "Perú"])
    func countries(country: String) throws {
        #expect(try decode(sender(#""country":"\#(country)""#), phone: "+51912345678")?.country == [UInt8](text: "PE"))
    }

    @Test("what is no strict JSON is refused", arguments: IdentityBodies.notJSON)
    func notJSON(body: String) {
        #expect(throws: IdentityFault.notJSON) { try decode(body) }
    }

    @Test("every other shape is refused, and no user comes of it", arguments: IdentityBodies.malformed)
    func malformed(body: String) {
        #expect(throws: IdentityFault.malformed) { try decode(body) }
    }

    @Test("an answer that is cut anywhere is refused")
    func cut() throws {
        let body = [UInt8](text: sender(#""name":"Ana","cards":["Visa ending 1234"]"#))
        let phone = try E164.sample("+15550100")
        for count in 0..<body.count {
            #expect(throws: IdentityFault.notJSON) {
                try IdentityAnswer.decode(Array(body[..<count]), askedFor: phone, candidates: [phone])
            }
        }
    }

    @Test("no octets of any kind make it trap or find a user by chance")
    func noise() throws {
        let phone = try E164.sample("+15550100")
        let template = [UInt8](text: sender(#""name":"Ana","is_blocked":true,"phone":"+15550100""#))
        var random = SeededGenerator(seed: 5)
        for _ in 0..<5_000 {
            var body = template
            body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            let user = try? IdentityAnswer.decode(body, askedFor: phone, candidates: [phone])
            if let user = user ?? nil { #expect(user.phone == phone && !user.id.isEmpty) }
        }
    }

    @Test("every fault has a word of its own")
    func words() {
        #expect(IdentityFault.allCases.map { "\($0.word)" } == IdentityFault.allCases.map(\.rawValue))
        #expect(OutboundFault.allCases.map { "\($0.word)" } == OutboundFault.allCases.map(\.rawValue))
    }
}

/// Bodies of a 200 that cannot be used.
enum IdentityBodies {
    static let notJSON = [
        "", " ", "null,", "{", "{}x", "<html>", #"{"sender":}"#, #"{"sender":null,}"#, #"{"sender":null"#,
        #"{'sender':null}"#, #"{sender:null}"#, "\u{FEFF}{\"sender\":null}", #"{"sender":null,"sender":null}"#,
        #"{"sender":{"id":"a","verdict":"blocked","verdict":"passed"}}"#,
        #"{"sender":{"id":"a","verdict":"blocked","verd\u0069ct":"passed"}}"#,
        #"{"sender":{"id":"a","is_blocked":true,"is_blocked":false,"verdict":"passed"}}"#,
        #"{"sender":{"id":"\ud800","verdict":"passed"}}"#, #"{"sender":{"id":NaN,"verdict":"passed"}}"#,
        #"{"sender":{"id":01,"verdict":"passed"}}"#, #"{"sender":{"id":"a","verdict":"passed"}} {}"#,
        "// x\n{\"sender\":null}", #"{"sender":Null}"#, #"{"sender":None}"#,
        String(repeating: "[", count: 100), String(repeating: #"{"sender":"#, count: 70),
    ]

    static let malformed =
        [
            "null", "true", "1", #""sender""#, "[]", "{}", #"[{"sender":null}]"#, #"{"Sender":null}"#,
            #"{"user":null}"#,
            #"{"sender":false}"#, #"{"sender":0}"#, #"{"sender":""}"#, #"{"sender":[]}"#, #"{"sender":"unknown"}"#,
            #"{"sender":{}}"#, #"{"sender":[{"id":"a","verdict":"passed"}]}"#, #"{"sender":{"sender":null}}"#,
            #"{"sender":{"verdict":"passed"}}"#, #"{"sender":{"id":"a"}}"#,
            #"{"sender":{"ID":"a","verdict":"passed"}}"#,
        ]
        + [
            #""""#, "null", "true", "1.5", "1e3", "[]", "{}", #""a\u0000b""#, #""\n""#, #"" a""#,
            "99999999999999999999",
        ]
        .map { #"{"sender":{"id":\#($0),"verdict":"passed"}}"# }
        + [#""""#, "null", "true", "1", "[]", "{}", #"["passed"]"#].map { #"{"sender":{"id":"a","verdict":\#($0)}}"# }
        + [
            #""name":1"#, #""name":true"#, #""name":[]"#, #""name":{"first":"Ana"}"#,
            #""country":1"#, #""country":["MX"]"#, #""country":false"#,
            #""is_blocked":"false""#, #""is_blocked":0"#, #""is_blocked":1"#, #""is_blocked":[]"#, #""is_blocked":"""#,
            #""phone":15550100"#, #""phone":"""#, #""phone":"none""#, #""phone":[]"#, #""phone":"+1555010x""#,
            #""phone":"+15550100;ext=5""#, #""phone":true"#,
            #""cards":"Visa""#, #""cards":{}"#, #""cards":[1]"#, #""cards":[null]"#, #""cards":[{"display":"Visa"}]"#,
            #""cards":["Visa",["x"]]"#, #""cards":true"#,
            #""payment_methods":"card""#, #""payment_methods":{}"#, #""payment_methods":["card"]"#,
            #""payment_methods":[null]"#, #""payment_methods":[{}]"#, #""payment_methods":[{"type":"card"}]"#,
            #""payment_methods":[{"display":"Visa"}]"#, #""payment_methods":[{"type":1,"display":"Visa"}]"#,
            #""payment_methods":[{"type":"card","display":null}]"#, #""payment_methods":[[]]"#,
        ].map { #"{"sender":{"id":"a","verdict":"passed",\#($0)}}"# }
}
