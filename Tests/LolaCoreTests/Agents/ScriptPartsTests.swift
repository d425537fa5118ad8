import Testing

@testable import LolaCore

@Suite("Script parts")
struct ScriptPartsTests {
    @Test(
        "amounts as people write them",
        arguments: [
            ("100", 10_000), ("$100", 10_000), ("100 usd", 10_000), ("75.5", 7_550), ("75,50", 7_550),
            ("1,250", 125_000),
            ("1.250,50 USD", 125_050), ("$1,250.50", 125_050), ("1,234,567.89", 123_456_789), ("0.5", 50),
            ("100.", 10_000),
            ("quiero enviar 20 dólares", 2_000), ("007", 700), ("999999999", 99_999_999_900), ("500, please", 50_000),
        ])
    func amounts(text: String, cents: Int) {
        #expect(ScriptAmount([UInt8](text: text))?.cents == cents)
    }

    @Test(
        "what is no single amount",
        arguments: [
            "", "cien", "100 200", "1.2.3", "1,23,456", "12345678901", "99999999999999999999999", "..", "-", "1,2345",
            ".5", "1.2345", "1,250.505,1", "1,250,50", "1234,567", "1.250,505.1", "１００",
        ])
    func noAmounts(text: String) {
        #expect(ScriptAmount([UInt8](text: text)) == nil)
    }

    @Test("amounts are written with two decimals")
    func amountText() {
        #expect(
            [0, 5, 50, 10_000, 125_050].map { ScriptAmount(cents: $0).text } == [
                "0.00 USD", "0.05 USD", "0.50 USD", "100.00 USD", "1250.50 USD",
            ])
    }

    @Test(
        "the language: hint, then country, then words, then what was spoken before",
        arguments: [
            ("es", "US", "hello", nil, ScriptLanguage.spanish), ("es-mx", "US", nil, nil, .spanish),
            ("en", "MX", "hola", nil, .english), ("pt-br", "MX", "hello", nil, .spanish),
            (nil, "MX", "hello", nil, .spanish),
            (nil, "US", "hola", nil, .spanish), (nil, "US", "HOLA!!", nil, .spanish),
            (nil, "US", "¿Cómo?", nil, .spanish),
            (nil, "US", "hello, hola", .spanish, .english), (nil, "US", "100", .spanish, .spanish),
            (nil, "US", "100", nil, .english), (nil, "DE", "hallo", nil, .english), (nil, "", nil, nil, .english),
        ] as [(String?, String, String?, ScriptLanguage?, ScriptLanguage)])
    func language(
        hint: String?, country: String, text: String?, before: ScriptLanguage?, expected: ScriptLanguage
    ) throws {
        let turn = TurnSample(language: hint, text: text).turn
        turn.identity = .known(try .sample(country: country))
        #expect(ScriptLanguage.of(turn, spokenBefore: before) == expected)
    }

    @Test("without an identity the country of the number decides")
    func countryOfNumber() {
        for (phone, expected) in [
            ("+525512345678", ScriptLanguage.spanish), ("+34600000000", .spanish), ("+442079460958", .english),
        ] {
            let turn = TurnSample(phone: phone, text: nil).turn
            _ = PhoneNormalization().process(turn)
            #expect(ScriptLanguage.of(turn) == expected)
        }
    }

    @Test("words are folded and bounded")
    func words() {
        #expect(ScriptWords.of([UInt8](text: "¡Sí, ENVÍO  Ñandú-güero 100!")) == ["si", "envio", "nandu", "guero"])
        #expect(ScriptWords.of([0xFF, 0x61, 0xC3, 0x62]) == ["ab"])
        #expect(ScriptWords.of([UInt8](repeating: 0x61, count: 100_000)).map(\.count) == [512])
    }

    @Test("a state that is damaged begins afresh, one of another agent is left alone")
    func states() throws {
        #expect(ScriptState.read(nil) == ScriptState())
        for damaged in ["", "{", "\u{0}", #"{"lola_script":1"#] {
            #expect(ScriptState.read([UInt8](text: damaged)) == ScriptState())
        }
        for foreign in ["{}", "[]", "null", #"{"step":"amount"}"#, #"{"lola_script":2}"#, #"{"lola_script":"1"}"#] {
            #expect(ScriptState.read([UInt8](text: foreign)) == nil)
            let turn = TurnSample(text: "send").turn
            turn.identity = .known(try .sample())
            let answer = ScriptedAgents().answer(.senderHome, turn, state: [UInt8](text: foreign))
            #expect(answer.state == nil && !answer.replies.isEmpty)
        }
        for odd in [
            #""step":"confirm""#, #""step":"recipient""#, #""step":"x""#,
            #""step":"confirm","cents":1.5,"recipient":"B""#,
        ] {
            #expect(ScriptState.read([UInt8](text: #"{"lola_script":1,\#(odd)}"#))?.step == .home)
        }
        let whole = ScriptState(
            language: .spanish, step: .confirm, amount: ScriptAmount(cents: 100), recipient: [UInt8](text: "Bo"))
        #expect(ScriptState.read(whole.bytes) == whole)
    }

    @Test("an unchanged state is not written again")
    func unchanged() throws {
        let turn = TurnSample(text: "hola").turn
        turn.identity = .known(try .sample())
        let first = ScriptedAgents().answer(.senderHome, turn, state: nil)
        let state = try #require(first.state)
        #expect(ScriptedAgents().answer(.senderHome, turn, state: state).state == nil)
    }
}
