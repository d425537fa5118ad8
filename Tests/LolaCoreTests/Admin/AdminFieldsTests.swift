// What operators send: a member that is wrong is named with what it must be, and what was sent is not sent back.
import Testing

@testable import LolaCore

@Suite("Fields of the admin surface")
struct AdminFieldsTests {
    private static func fields(_ body: String) throws -> AdminFields {
        let request = try TicketBench.request("POST", body)
        return try AdminFields(request, "text", "word", "words", "number", "per_day", "spend_per_day")
    }

    private func detail(_ body: String, _ read: (AdminFields) throws(AdminFault) -> Void) throws -> String? {
        let fields = try Self.fields(body)
        do throws(AdminFault) {
            try read(fields)
            return nil
        } catch {
            #expect(error.refusal == .fieldInvalid)
            let root = try JSONDocument.parse(error.response([UInt8](text: "r")).body).root
            #expect(root["code"]?.text == "invalid_field" && root["status"]?.integer == 400)
            return root["detail"]?.text
        }
    }

    @Test("a text is named with what is wrong about it", arguments: [
        ("{}", "text is required"), (#"{"text":null}"#, "text must be a string"),
        (#"{"text":""}"#, "text must not be empty"),
        (#"{"text":"12345678901"}"#, "text is longer than 10 octets"),
        (#"{"text":"a\u0000"}"#, "text must not contain characters that do not show, nor begin or end with a space"),
        (#"{"text":" a"}"#, "text must not contain characters that do not show, nor begin or end with a space"),
        (#"{"text":"a b"}"#, nil),
    ] as [(String, String?)])
    func texts(_ row: (body: String, detail: String?)) throws {
        let said = try detail(row.body) { (fields) throws(AdminFault) in
            _ = try fields.required("text", max: .bytes(10))
        }
        #expect(said == row.detail)
    }

    @Test("words are named with those that there are")
    func words() throws {
        let kinds = "express, transactional"
        for (body, wanted) in [
            (#"{"word":"x"}"#, "word must be one of \(kinds)"), (#"{"word":1}"#, "word must be one of \(kinds)"),
            ("{}", "word is required"), (#"{"word":"express"}"#, nil),
        ] as [(String, String?)] {
            let said = try detail(body) { (fields) throws(AdminFault) in
                _ = try fields.requiredWord("word", ConsentRecord.Kind.self)
            }
            #expect(said == wanted, "\(body)")
        }
        for (body, isRight) in [
            (#"{"words":[]}"#, false), (#"{"words":"express"}"#, false), (#"{"words":["x"]}"#, false),
            (#"{"words":["express","express"]}"#, false), (#"{"words":["transactional","express"]}"#, true),
            ("{}", true),
        ] {
            let said = try detail(body) { (fields) throws(AdminFault) in
                _ = try fields.words("words", ConsentRecord.Kind.self)
            }
            let wanted = "words must be a list of at least one, each once, of \(kinds)"
            #expect(said == (isRight ? nil : wanted), "\(body)")
        }
    }

    @Test("numbers and limits are named with their range")
    func numbers() throws {
        let number = try detail(#"{"number":8}"#) { (fields) throws(AdminFault) in
            _ = try fields.integer("number", 1...7)
        }
        #expect(number == "number must be a whole number from 1 to 7")
        for text in ["-1", "1.5", #""3""#, "true"] {
            let said = try detail(#"{"per_day":\#(text)}"#) { (fields) throws(AdminFault) in
                _ = try fields.limit(.perDay)
            }
            #expect(said == "per_day must be null or a whole number from 0 to \(Limits.agentLimitMax)", "\(text)")
        }
        for text in ["-1", "1.005", #""3""#, "1e3"] {
            let said = try detail(#"{"spend_per_day":\#(text)}"#) { (fields) throws(AdminFault) in
                _ = try fields.limit(.spendPerDay)
            }
            #expect(said?.hasPrefix("spend_per_day must be null or a number of dollars from 0 to ") == true, "\(text)")
        }
        let fields = try Self.fields(#"{"per_day":5,"spend_per_day":null}"#)
        func kept(_ member: AgentLimits.Member) throws -> String {
            guard let named = try fields.limit(member) else { return "not named" }
            return named.map { "\($0)" } ?? "taken away"
        }
        #expect(try kept(.perDay) == "5")
        #expect(try kept(.spendPerDay) == "taken away")
        #expect(try kept(.perHour) == "not named")
    }

    @Test("a body with other members, or that is no object, is refused as a whole", arguments: [
        "[]", "", #"{"other":1}"#,
    ])
    func bodies(_ body: String) throws {
        let request = try TicketBench.request("POST", body)
        #expect(throws: AdminFault(.bodyInvalid)) { try AdminFields(request, "text") }
    }
}
