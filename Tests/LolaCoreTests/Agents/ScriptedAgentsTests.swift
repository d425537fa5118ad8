import Testing

@testable import LolaCore

/// A chat with the built-in agents: each line sees the state that the one before left.
struct ScriptedChat {
    private let agents = ScriptedAgents()
    let agent: AgentName
    let identity: Identity
    var state: [UInt8]?

    init(_ agent: AgentName, _ identity: Identity) {
        self.agent = agent
        self.identity = identity
    }

    mutating func send(_ sample: TurnSample) -> [Reply] {
        let turn = sample.turn
        _ = PhoneNormalization().process(turn)
        _ = CommandsAuth(isActive: true, allowed: ["/info", "/new", "/payers"]).process(turn)
        _ = ContactDecoding().process(turn)
        turn.identity = identity
        let answer = agents.answer(agent, turn, state: state)
        if let changed = answer.state { state = changed.isEmpty ? nil : changed }
        return answer.replies
    }

    mutating func say(_ text: String) -> [Reply] { send(TurnSample(text: text)) }

    mutating func press(_ id: String) -> [Reply] {
        var sample = TurnSample(type: .button, text: "title")
        sample.choice = id
        return send(sample)
    }
}

extension Reply {
    var body: String {
        switch self {
        case .text(let text), .buttons(let text, _), .list(let text, _, _), .link(let text, _),
            .contactRequest(let text, _):
            text.text
        }
    }

    var choiceIDs: [String] {
        switch self {
        case .buttons(_, let choices), .list(_, _, let choices): choices.map(\.id.text)
        case .text, .link, .contactRequest: []
        }
    }
}

@Suite("ScriptedAgents")
struct ScriptedAgentsTests {
    private func home(_ country: String = "US") throws -> ScriptedChat {
        ScriptedChat(.senderHome, .known(try .sample(country: country)))
    }

    @Test("a payment in Spanish up to the secure link, and nothing is executed")
    func spanishWalk() throws {
        var chat = try home()
        let greeting = try #require(chat.say("hola").first)
        #expect(greeting.body.contains("¡Hola Ana!") && greeting.body.contains("Visa ending 1234"))
        #expect(greeting.choiceIDs == ["send", "payees", "help"])
        #expect(chat.press("send").map(\.body) == ["¿Cuánto quieres enviar, en dólares? Por ejemplo: 100"])
        #expect(chat.say("mucho").first?.body.hasPrefix("No entendí el monto") == true)
        #expect(chat.say("1000000").first?.body.contains("entre 1.00 USD y 5000.00 USD") == true)
        #expect(chat.say("$1,250.5").map(\.body) == ["¿Para quién es? Escribe el nombre o comparte el contacto."])
        let summary = try #require(chat.say("María José").first)
        #expect(summary.body.contains("Envías: 1250.50 USD\nPara: María José\nPagas con: Visa ending 1234"))
        #expect(summary.choiceIDs == ["confirm", "modify", "cancel"])
        let end = try #require(chat.press("confirm").first)
        #expect(end.body.contains("enlace seguro") && end.body.contains("no se ha movido dinero"))
        #expect(chat.press("confirm").first?.body.contains("¡Hola Ana!") == true)
    }

    @Test("the same in English, changed once and cancelled")
    func englishWalk() throws {
        var chat = try home()
        #expect(chat.say("hello").first?.body.contains("Hello Ana!") == true)
        #expect(chat.say("send money please").first?.body.hasPrefix("How much") == true)
        #expect(chat.say("100").first?.body.hasPrefix("Who is it for?") == true)
        var contact = TurnSample(type: .contact, text: nil)
        contact.attachments = [.contact(name: [UInt8](text: "Bo"), phone: [UInt8](text: "+16505551234"), isOwn: false)]
        #expect(chat.send(contact).first?.body.contains("You send: 100.00 USD\nTo: Bo") == true)
        #expect(chat.say("what?").first?.body.contains("Please check") == true)
        #expect(chat.press("modify").first?.body.hasPrefix("How much") == true)
        #expect(chat.say("75.50 usd").first?.body.hasPrefix("Who is it for?") == true)
        #expect(chat.say("Bo").first?.body.contains("75.50 USD") == true)
        #expect(chat.say("no").first?.body == "Cancelled, nothing was sent. Anything else?")
        #expect(chat.say("ok").first?.body.contains("Hello Ana!") == true)
    }

    @Test("a payment can be left at every step", arguments: ["cancel", "cancelar", "no"])
    func cancel(word: String) throws {
        for steps in [["send"], ["send", "100"], ["send", "100", "Bo"]] {
            var chat = try home()
            for step in steps { _ = chat.say(step) }
            #expect(chat.say(word).first?.choiceIDs == ["send", "payees", "help"])
            #expect(ScriptState.read(chat.state)?.step == .home)
        }
    }

    @Test("commands: account, ways to be paid, a fresh beginning")
    func commands() throws {
        var chat = try home("MX")
        #expect(chat.say("/info").first?.body.contains("Número terminado en 0100") == true)
        let payers = try #require(chat.say("/payers").first)
        #expect(payers.choiceIDs == ["payer_bank", "payer_cash", "payer_wallet"])
        #expect(chat.press("payer_cash").first?.body.hasPrefix("¿Cuánto") == true)
        #expect(ScriptState.read(chat.state)?.step == .amount)
        #expect(chat.say("/new").first?.body.contains("¡Hola Ana!") == true)
        #expect(ScriptState.read(chat.state)?.step == .home)
    }

    @Test("payees and help come from the menu")
    func menu() throws {
        var chat = try home()
        #expect(chat.press("payees").first?.body.contains("no saved payees") == true)
        #expect(chat.say("ayuda").first?.body.contains("enviar dinero") == true)
    }

    @Test("an old confirm button pays nothing")
    func staleConfirm() throws {
        var chat = try home()
        _ = chat.say("send")
        #expect(chat.press("confirm").first?.choiceIDs == ["send", "payees", "help"])
        #expect(chat.press("unknown-button").first?.choiceIDs == ["send", "payees", "help"])
    }

    @Test("onboarding without a number asks for the contact, with one offers what to know")
    func onboarding() {
        var telegram = ScriptedChat(.onboarding, .unknown)
        var sample = TurnSample.telegram(text: "", type: .start)
        sample.language = "es"
        let replies = telegram.send(sample)
        #expect(replies.map { "\($0.word)" } == ["text", "contact_request"])
        #expect(replies[0].body.contains("soy Lola"))
        var shared = TurnSample.telegramContact("15550100")
        shared.language = "es"
        #expect(telegram.send(shared).first?.body.hasPrefix("¡Gracias!") == true)

        var whatsapp = ScriptedChat(.onboarding, .unknown)
        #expect(whatsapp.say("hi").last?.choiceIDs == ["how", "needs"])
        #expect(whatsapp.press("how").first?.body.contains("three steps") == true)
        #expect(whatsapp.press("needs").first?.body.contains("identity document") == true)
        var scoped = ScriptedChat(.onboarding, .unknown)
        let asked = scoped.send(TurnSample(sender: "US.1349", isNumberless: true, phone: nil, text: "hi"))
        #expect(asked.last?.word.description == "contact_request")
    }

    @Test("who gets a link to the identity check is not told that there is nothing to do")
    func pendingWithLink() throws {
        let plain = ScriptTexts.pending(.english, "", hasLink: false).text
        let linked = ScriptTexts.pending(.english, "", hasLink: true).text
        #expect(plain.contains("nothing else you need to do") && !linked.contains("nothing else"))
        #expect(!ScriptTexts.pending(.spanish, "", hasLink: true).text.contains("no tienes que hacer nada"))
    }

    @Test("pending, blocked and unavailable say one thing only, in both languages")
    func others() throws {
        let table: [(AgentName, Identity, String, String)] = [
            (
                .pendingCIP, .known(try .sample(verdict: .pending)), "verifying your identity",
                "verificando tu identidad"
            ),
            (.blocked, .known(try .sample(isBlocked: true)), "account is blocked", "cuenta está bloqueada"),
            (.serviceUnavailable, .unavailable(word: "timeout"), "cannot check your account", "consultar tu cuenta"),
        ]
        for (agent, identity, english, spanish) in table {
            for text in ["send money", "confirm", "/info", "hello", "100"] {
                var chat = ScriptedChat(agent, identity)
                let replies = chat.say(text)
                #expect(replies.count == 1 && replies[0].body.contains(english), "\(text)")
                #expect(replies.allSatisfy { $0.choiceIDs.isEmpty })
            }
            var chat = ScriptedChat(agent, identity)
            #expect(chat.say("hola").first?.body.contains(spanish) == true)
        }
    }

    @Test("a payment under way does not survive a block")
    func stateLeaves() throws {
        var chat = try home()
        for step in ["send", "100", "Bo"] { _ = chat.say(step) }
        var blocked = ScriptedChat(.blocked, .known(try .sample(isBlocked: true)))
        blocked.state = chat.state
        _ = blocked.say("confirm")
        #expect(ScriptState.read(blocked.state)?.step == .home)
        chat.state = blocked.state
        #expect(chat.press("confirm").first?.choiceIDs == ["send", "payees", "help"])
    }

    @Test("a reaction is met with silence, by every agent", arguments: AgentName.allCases)
    func reaction(agent: AgentName) {
        var chat = ScriptedChat(agent, .unknown)
        #expect(chat.send(TurnSample(type: .reaction, text: "👍")).isEmpty)
        #expect(chat.state == nil)
    }

    @Test("files and what is not understood get one gentle text")
    func otherTypes() throws {
        for type in [MessageType.image, .video, .audio, .voice, .sticker, .document] {
            var chat = try home()
            #expect(
                chat.send(TurnSample(type: type, text: nil)).map(\.body) == [
                    "I can only read text messages for now. Please write to me what you need."
                ])
        }
        for type in [MessageType.unsupported, .order, .flow] {
            var chat = try home("MX")
            #expect(chat.send(TurnSample(type: type, text: nil)).first?.body.hasPrefix("No puedo leer") == true)
        }
    }

    @Test("notices are texts in the sender's language")
    func notices() {
        let agents = ScriptedAgents()
        let spanish = TurnSample(text: "hola").turn
        let english = TurnSample(text: nil).turn
        #expect(agents.fileNotice(spanish).body.hasPrefix("Por ahora"))
        #expect(agents.fileNotice(english).body.hasPrefix("I can only"))
        #expect(agents.failureNotice(spanish).body.hasPrefix("Lo siento"))
        #expect(agents.failureNotice(english).body.hasPrefix("Sorry"))
    }

    @Test("every agent answers every type of message in both languages within the channels' limits")
    func everything() throws {
        let identities: [Identity] = [.unknown, .known(try .sample()), .unavailable(word: "timeout")]
        let types: [MessageType] = [
            .text, .button, .list, .contact, .location, .image, .video, .audio, .voice, .sticker, .document, .reaction,
            .order, .flow, .start, .unsupported,
        ]
        let choices: [String?] = [nil, "junk"] + ScriptIntent.allCases.map(\.rawValue)
        for agent in AgentName.allCases {
            for identity in identities {
                for language in ["es", "en"] {
                    for type in types {
                        for choice in choices {
                            var chat = ScriptedChat(agent, identity)
                            var sample = TurnSample(language: language, type: type, text: nil)
                            sample.choice = choice
                            let replies = chat.send(sample)
                            #expect(replies.isEmpty == (type == .reaction))
                            for reply in replies { check(reply) }
                        }
                    }
                }
            }
        }
    }

    private func check(_ reply: Reply) {
        #expect(!reply.body.isEmpty && reply.body.count <= 1_024)
        switch reply {
        case .buttons(_, let choices):
            #expect((1...3).contains(choices.count) && choices.allSatisfy { $0.title.text.count <= 20 })
        case .list(_, let button, let items):
            #expect((1...10).contains(items.count) && items.allSatisfy { $0.title.text.count <= 24 })
            #expect(button.text.count <= 20)
        case .contactRequest(_, let button): #expect(button.text.count <= 20)
        case .text, .link: break
        }
    }
}
