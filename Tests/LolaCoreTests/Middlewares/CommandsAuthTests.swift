import Testing

@testable import LolaCore

@Suite("CommandsAuth")
struct CommandsAuthTests {
    private let stage = CommandsAuth(isActive: true, allowed: ["/info", "/new", "/Payers"])

    @Test(
        "an allowed command goes on, with its arguments",
        arguments: [
            ("/info", "/info", ""), ("/INFO", "/info", ""),
            ("/new  start over ", "/new", "start over "), ("/payers\nMX", "/payers", "MX"), ("/payers", "/payers", ""),
        ])
    func allowed(text: String, name: String, arguments: String) {
        let turn = TurnSample(text: text).turn
        #expect(stage.process(turn).word == "next")
        #expect(turn.command?.name == [UInt8](text: name))
        #expect(turn.command?.arguments == [UInt8](text: arguments))
        #expect(turn.message.text == [UInt8](text: text))
    }

    @Test(
        "every other command is refused in these words",
        arguments: [
            "/reset all", "/set k v", "/state", "/", "//info", "/@bot", "/infos", "/inf", "/info/new", "/start",
            "/info\u{A0}x", "/phone +15550100", "/ɪnfo",
        ])
    func refused(text: String) {
        let turn = TurnSample(text: text).turn
        let verdict = stage.process(turn)
        #expect(verdict.refusal == .commandNotAllowed)
        #expect(verdict.reply == .text([UInt8](text: "Command not allowed")))
        #expect(turn.command == nil)
    }

    @Test("what follows an @ belongs to the name, except on Telegram, where it names the bot")
    func botNames() {
        let telegram = TurnSample.telegram(text: "/info@our_bot").turn
        #expect(stage.process(telegram).word == "next")
        #expect(telegram.command?.name == [UInt8](text: "/info"))
        #expect(stage.process(TurnSample(text: "/info@our_bot").turn).refusal == .commandNotAllowed)
    }

    @Test("switched off, every command is refused, the allowed ones too", arguments: ["/info", "/reset", "/"])
    func disabled(text: String) {
        let verdict = CommandsAuth(isActive: false, allowed: ["/info"]).process(TurnSample(text: text).turn)
        #expect(verdict.refusal == .commandsDisabled)
        #expect(verdict.reply == .text([UInt8](text: "Commands are disabled")))
    }

    @Test("what does not begin with a slash is no command", arguments: ["hola", " /info", "", "info /new", "／info"])
    func texts(text: String) {
        for isActive in [true, false] {
            let turn = TurnSample(text: text).turn
            #expect(CommandsAuth(isActive: isActive, allowed: []).process(turn).word == "next")
            #expect(turn.command == nil)
        }
    }

    @Test("the beginning of a Telegram chat is no command, even if its text looks like one")
    func start() {
        for text in ["/start abc", "", nil] {
            let turn = TurnSample.telegram(text: text, type: .start).turn
            #expect(CommandsAuth(isActive: false, allowed: []).process(turn).word == "next")
            #expect(turn.command == nil)
        }
    }

    @Test("the caption of a file and the title of a button are held to the same rule")
    func otherTypes() {
        for type in [MessageType.image, .button, .list] {
            var sample = TurnSample(text: "/reset")
            sample.type = type
            #expect(stage.process(sample.turn).refusal == .commandNotAllowed)
        }
    }
}
