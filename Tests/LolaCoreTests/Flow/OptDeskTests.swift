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
        #expect(bench.record("2")?.trace.last.map { "\($0.stage) \($0.verdict)" } == "delivery do_not_contact")
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
        desk.heard(FlowBench.message("1", text: "STOP").message)
        desk.heard(FlowBench.message("2", from: "15550101", text: "stop that noise now").message)
        bench.rig.run(for: .seconds(1)) { (try? isStopped(bench)) == true }
        #expect(try isStopped(bench))
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
        func word(_ text: String?, subject: String) -> OptWord? {
            let thread = MailThread(
                own: [UInt8](text: "lola@bank.example"), sender: [UInt8](text: "ann@example.net"),
                subject: [UInt8](text: subject), messageID: nil)
            let message = InboundMessage(
                channel: .resend, nativeID: [0x31],
                conversation: ConversationKey(.resend, own: thread.own, sender: thread.sender),
                replyTo: .mail(thread), senderID: thread.sender, phone: nil, language: nil, type: .text,
                text: text.map { [UInt8](text: $0) }, startPayload: nil, choiceID: nil, attachments: [],
                at: WallTime(milliseconds: 0), callbackQueryID: nil)
            #expect(OptDesk.addresses(message, phone: nil).map(\.kind) == [.email])
            return OptDesk.word(in: message)
        }
        #expect(word("Unsubscribe", subject: "Re: your card") == .stop)
        #expect(word(nil, subject: "unsubscribe") == .stop)
        #expect(word("\n", subject: "unsubscribe") == .stop)
        #expect(word("How are you?", subject: "unsubscribe") == nil)
        #expect(word(nil, subject: "start") == nil)
    }
}
