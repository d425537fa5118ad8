// STOP, START and HELP on their way through the flow, and replies to somebody who has stopped.
import Testing

@testable import LolaCore

@Suite("Words about being written to")
struct OptDeskTests {
    private static let person = PersonAddress([UInt8](text: "+15550100"))

    private func say(_ bench: FlowBench, _ id: String, _ text: String) -> Bool {
        bench.take(FlowBench.message(id, text: text))
        return bench.settle()
    }

    private func isStopped(_ bench: FlowBench) throws -> Bool {
        let address = try #require(Self.person)
        let key = StoreKey(.suppression, bench.suppressions.id(address))
        if case .value(.some) = bench.records(.get(key)) { return true }
        return false
    }

    @Test("a stop is kept and confirmed once, no agent is asked, and nothing more is sent")
    func stop() throws {
        let bench = try FlowBench()
        #expect(say(bench, "1", " Stop! "))
        #expect(try isStopped(bench) && bench.asked.isEmpty && bench.delivered.count == 1)
        #expect(bench.delivered[0].contains("START"))
        #expect(bench.journal.lines == ["finished stopped opt_word"])
        #expect(bench.audit.events.contains { $0.action == .suppressionChanged && $0.actor == "sender" })
        #expect(say(bench, "2", "hola"))
        #expect(bench.asked.count == 1 && bench.delivered.count == 1)
        #expect(bench.record("2")?.trace.last.map(\.saying) == "delivery do_not_contact")
    }

    @Test("a start takes everything off and is confirmed; of who never stopped it is a message like any other")
    func start() throws {
        let bench = try FlowBench()
        #expect(say(bench, "1", "start"))
        #expect(bench.asked.count == 1 && bench.delivered == ["answer"])
        #expect(say(bench, "2", "BAJA") && say(bench, "3", "alta"))
        #expect(bench.delivered[1].contains("ALTA") && bench.delivered[2].contains("BAJA"))
        #expect(try !isStopped(bench) && bench.asked.count == 1)
        #expect(say(bench, "4", "hola"))
        #expect(bench.asked.count == 2 && bench.delivered.last == "answer")
    }

    @Test("help is answered by Lola and changes nothing")
    func help() throws {
        let bench = try FlowBench()
        #expect(say(bench, "1", "AYUDA"))
        #expect(bench.asked.isEmpty && bench.delivered.count == 1 && bench.delivered[0].contains("BAJA"))
        #expect(try !isStopped(bench))
    }

    @Test("a command is a command, and a question is a question", arguments: ["/stop", " /help", "/ start", "info?"])
    func noWord(_ text: String) throws {
        let bench = try FlowBench()
        #expect(say(bench, "1", text))
        #expect(bench.asked.count == 1 && bench.delivered == ["answer"])
    }

    @Test("a store that is away at any step delays the word, and neither loses nor doubles it", arguments: 1...6)
    func awayStore(_ failures: Int) throws {
        let bench = try FlowBench()
        bench.store.failures = failures
        #expect(say(bench, "1", "stop"))
        #expect(try isStopped(bench) && bench.delivered.count == 1 && bench.asked.isEmpty)
    }

    @Test("a message found again after a crash stops again and confirms")
    func repeated() throws {
        let bench = try FlowBench()
        bench.take(FlowBench.message("1", text: "stop"), mayBeRepeated: true)
        #expect(bench.settle())
        #expect(try isStopped(bench) && bench.delivered.count == 1)
    }

    @Test("the stop counts before its turn has come")
    func atOnce() throws {
        let bench = try FlowBench()
        let desk = OptDesk(bench.suppressions, bench.rig.loop.counters)
        var heard = 0
        desk.heard(FlowBench.message("2", from: "15550101", text: "stop that noise now").message) { heard += 1 }
        #expect(heard == 1)
        desk.heard(FlowBench.message("1", text: "STOP").message) { heard += 1 }
        #expect(heard == 1)
        bench.rig.run(for: .seconds(1)) { heard == 2 }
        #expect(try heard == 2 && isStopped(bench))
        let other = try #require(PersonAddress([UInt8](text: "+15550101")))
        #expect(bench.records(.get(StoreKey(.suppression, bench.suppressions.id(other)))) == .value(nil))
    }

    @Test("what providers say of an address is kept in the same list")
    func signals() throws {
        let bench = try FlowBench()
        let desk = OptDesk(bench.suppressions, bench.rig.loop.counters)
        func note(_ kind: ContactSignal.Kind, _ address: String) -> Bool? {
            var answer: Bool?
            desk.note([ContactSignal(kind: kind, channel: .twilioSMS, address: [UInt8](text: address))]) { answer = $0 }
            bench.rig.run(for: .seconds(1)) { answer != nil }
            return answer
        }
        for kind in [ContactSignal.Kind.optedOut, .bounced, .complained] {
            #expect(note(kind, "+15550100") == true)
            #expect(try isStopped(bench))
            #expect(note(.optedIn, "+15550100") == true)
            #expect(try !isStopped(bench))
        }
        #expect(note(.optedOut, "12345") == true)
        bench.store.isAway = true
        #expect(note(.optedOut, "+15550100") == false)
    }

    @Test("a mail says it in its text, or in the subject that the link of List-Unsubscribe makes")
    func mail() {
        func word(_ text: String?, subject: String) -> OptWord? { Self.word(text, subject: subject) }
        #expect(word("Unsubscribe", subject: "Re: your card") == .stop)
        #expect(word(nil, subject: "unsubscribe") == .stop)
        #expect(word("\n", subject: "unsubscribe") == .stop)
        #expect(word("How are you?", subject: "unsubscribe") == nil)
        #expect(word(nil, subject: "start") == nil)
    }

    private static func word(_ text: String?, subject: String, isComplete: Bool = true) -> OptWord? {
        let thread = MailThread(
            own: [UInt8](text: "lola@bank.example"), sender: [UInt8](text: "ann@example.net"),
            subject: [UInt8](text: subject), messageID: nil)
        let message = InboundMessage(
            channel: .resend, nativeID: [0x31],
            conversation: ConversationKey(.resend, own: thread.own, sender: thread.sender),
            replyTo: .mail(thread), senderID: thread.sender, phone: nil, language: nil, type: .text,
            text: text.map { [UInt8](text: $0) }, startPayload: nil, choiceID: nil, attachments: [],
            at: WallTime(milliseconds: 0), callbackQueryID: nil, contentID: isComplete ? nil : [0x31])
        #expect(OptDesk.addresses(message, phone: nil).map(\.kind) == [.email])
        return OptDesk.word(in: message)
    }

    @Test("a mail says it in its first paragraph, whatever telephones, signatures and answers put below", arguments: [
        "STOP\n\nSent from my iPhone", "Stop\nSent from my iPhone", "STOP\n-- \nAnn", "STOP\n\nAnn Example\nAcme",
        "STOP\n\nOn Mon, 1 Jun 2026 at 10:00 Lola <lola@bank.example> wrote:\n> hi",
        "STOP\nOn Mon, 1 Jun 2026 at 10:00 Lola\n<lola@bank.example> wrote:\n> hi\n>\n> there", "BAJA\n> hola",
        "> hi\n\nunsubscribe\n", "STOP\n\n________________________________\nFrom: Lola\nSubject: hi",
        "\u{A0}\nSTOP\u{A0}\n\nEnviado desde mi iPhone",
    ])
    func mailParagraph(_ text: String) { #expect(Self.word(text, subject: "Re: your card") == .stop, "\(text)") }

    @Test("a sentence in a mail is no word, nor is one that somebody else has written", arguments: [
        "stop\nthe transfer of yesterday", "Hello\n\nSTOP", "Hello\n\nOn 1 Jun 2026 Ann wrote:\n> STOP",
        "On 1 Jun 2026 Ann wrote:\n> STOP", "help\n\nI cannot pay", "start\n\nwith the first one", "/stop",
        "Sent from my iPhone\n\nSTOP",
    ])
    func mailSentence(_ text: String) { #expect(Self.word(text, subject: "Re: your card") == nil, "\(text)") }

    @Test("an empty mail says it in its subject, answered, forwarded or marked", arguments: [
        "Re: unsubscribe", "[EXTERNAL] unsubscribe", "RE: Fwd: [EXTERNAL]  Stop", "AW (2): unsubscribe", "RV: baja",
    ])
    func mailSubject(_ subject: String) {
        #expect(Self.word(nil, subject: subject) == .stop)
        #expect(Self.word(subject, subject: subject) == .stop, "the channel gives the subject for the text")
        #expect(Self.word("Sent from my iPhone", subject: subject) == .stop)
        #expect(Self.word("> hi", subject: subject) == .stop)
        #expect(Self.word("How are you?", subject: subject) == nil)
        #expect(Self.word(nil, subject: subject, isComplete: false) == nil, "the text may say something else")
    }

    @Test("START and HELP stand under a mail's signature as well; other subjects say nothing")
    func mailOthers() {
        #expect(Self.word("START\n\nSent from my iPhone", subject: "Re: hi") == .start)
        #expect(Self.word("Ayuda\n\n> hola", subject: "Re: hi") == .help)
        #expect(Self.word(nil, subject: "unsubscribe", isComplete: false) == .stop)
        for subject in ["Re: unsubscribe me", "Note: unsubscribe", "[unsubscribe]", "Re:", "[", ""] {
            #expect(Self.word(nil, subject: subject) == nil, "\(subject)")
        }
    }

    @Test("a stop beside a file is heard, any other words beside one go nowhere", arguments: [
        MessageType.image, .video, .audio, .voice, .sticker, .document,
    ])
    func besideFile(_ type: MessageType) throws {
        let bench = try FlowBench()
        bench.take(FlowBench.message("1", type: type, text: "look"))
        #expect(bench.settle())
        #expect(try !isStopped(bench) && bench.asked.isEmpty && bench.delivered.count == 1)
        bench.take(FlowBench.message("2", type: type, text: "STOP"))
        #expect(bench.settle())
        #expect(try isStopped(bench) && bench.asked.isEmpty && bench.delivered.count == 2)
        #expect(bench.delivered[1].contains("START"))
    }

    // MARK: Numbers that are shared

    private static func card(_ phone: String) -> VerifiedMessage {
        WebhookGate.imagined(
            InboundMessage(
                channel: .whatsapp, nativeID: [0x39],
                conversation: ConversationKey(.whatsapp, own: [0x31], sender: [UInt8](text: "US.77")),
                replyTo: .whatsappUser([UInt8](text: "US.77")), senderID: [UInt8](text: "US.77"),
                phone: [UInt8](text: phone), language: nil, type: .contact, text: nil, startPayload: nil,
                choiceID: nil, attachments: [.contact(name: [], phone: [UInt8](text: phone), isOwn: true)],
                at: WallTime(milliseconds: 0), callbackQueryID: nil),
            at: WallTime(milliseconds: 0))
    }

    private func entry(_ bench: FlowBench, _ address: PersonAddress) throws -> SuppressionEntry? {
        let id = bench.suppressions.id(address)
        guard case .value(let value?) = bench.records(.get(StoreKey(.suppression, id))) else { return nil }
        return try SuppressionEntry(StoreRecord(id: id, value: value))
    }

    private func enter(_ bench: FlowBench, _ address: PersonAddress, _ reason: String?) {
        let entry = SuppressionEntry(
            id: bench.suppressions.id(address), address, reason: reason, at: WallTime(milliseconds: 0))
        bench.records(.put(StoreKey(.suppression, entry.id), entry.bytes, expires: nil))
    }

    @Test("the number that who has stopped shares is on the list before it is used, also when the store was away",
        arguments: 0...3)
    func sharedNumber(_ failures: Int) throws {
        let bench = try FlowBench()
        let own = try #require(PersonAddress([UInt8](text: "whatsapp:US.77")))
        let number = try #require(Self.person)
        enter(bench, own, "stop")
        var wasListed = false
        bench.stage.verdicts = { [self] _ in
            wasListed = (try? entry(bench, number)) != nil
            return .next
        }
        bench.store.failures = failures
        bench.take(Self.card("+15550100"))
        #expect(bench.settle())
        #expect(try entry(bench, number)?.reason == "stop" && wasListed && bench.delivered.isEmpty)
        #expect(bench.audit.events.contains { $0.action == .suppressionChanged && $0.actor == "sender" })
    }

    @Test("the number of who has not stopped is on no list")
    func sharedFreely() throws {
        let bench = try FlowBench()
        bench.take(Self.card("+15550100"))
        #expect(bench.settle())
        #expect(try !isStopped(bench) && bench.delivered == ["answer"])
    }

    // MARK: What operators have entered

    @Test("a start by mail leaves what an operator has entered; of a proven sender it takes all off", arguments: [
        ("stop", true), ("opted_out", true), ("complained", true), ("bounced", false), ("court order", false),
        (nil, false),
    ] as [(String?, Bool)])
    func operatorsEntry(_ row: (reason: String?, isOff: Bool)) throws {
        let bench = try FlowBench()
        let desk = OptDesk(bench.suppressions, bench.rig.loop.counters)
        let address = try #require(PersonAddress([UInt8](text: "ann@example.net")))
        func start(provesSender: Bool) -> OptDesk.Restart? {
            var answer: OptDesk.Restart?
            desk.start([address], provesSender: provesSender) { answer = $0 }
            bench.rig.run(for: .seconds(1)) { answer != nil }
            return answer
        }
        #expect(start(provesSender: false) == .nothing)
        enter(bench, address, row.reason)
        #expect(start(provesSender: false) == (row.isOff ? .removed : .stays))
        #expect(try (entry(bench, address) == nil) == row.isOff)
        enter(bench, address, row.reason)
        #expect(start(provesSender: true) == .removed)
        #expect(try entry(bench, address) == nil)
        bench.store.isAway = true
        #expect(start(provesSender: false) == .uncertain)
    }
}
