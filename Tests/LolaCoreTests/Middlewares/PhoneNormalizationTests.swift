import Testing

@testable import LolaCore

@Suite("PhoneNormalization")
struct PhoneNormalizationTests {
    private let stage = PhoneNormalization()

    @Test(
        "every spelling is one sender",
        arguments: [
            "+1-555-0100", "15550100", "+15550100", "tel:+1-555-0100", "＋１５５５０１００", "0015550100", "01115550100",
        ])
    func spellings(phone: String) throws {
        let turn = TurnSample(phone: phone).turn
        #expect(stage.process(turn).word == "next")
        #expect(try turn.phone == .sample("+15550100"))
        #expect(try turn.candidates == [.sample("+15550100")])
    }

    @Test("historic forms become candidates in order; the phone stays as it came")
    func candidates() throws {
        let turn = TurnSample(phone: "5215512345678").turn
        #expect(stage.process(turn).word == "next")
        #expect(try turn.phone == .sample("+5215512345678"))
        #expect(try turn.candidates == [.sample("+525512345678"), .sample("+5215512345678")])
        #expect(turn.detail == "normalized_with_alias")
    }

    @Test(
        "where somebody can be reached is the same, whether the stage has read the number or not",
        arguments: [
            "15550100", "5215512345678", "525512345678", "541112345678", "5491112345678", "551187654321",
            "5511987654321", "55119876", "00000", "12345",
        ])
    func addresses(sender: String) {
        for phone in [sender, "15550199", nil] {
            let turn = TurnSample(sender: sender, phone: phone).turn
            _ = stage.process(turn)
            for asked in [turn.phoneSpelling, [UInt8](text: sender), nil] {
                #expect(OptDesk.addresses(turn, phone: asked) == OptDesk.addresses(turn.message, phone: asked))
            }
        }
        let contact = TurnSample(sender: "US.13491208655302741918", isNumberless: true, phone: sender).turn
        _ = stage.process(contact)
        let spelling = [UInt8](text: sender)
        #expect(OptDesk.addresses(contact, phone: spelling) == OptDesk.addresses(contact.message, phone: spelling))
    }

    @Test("a stage has the same name in the settings and in the trace", arguments: MiddlewareName.allCases)
    func names(name: MiddlewareName) {
        #expect(name.stage.rawValue == name.rawValue)
    }

    @Test("what cannot be read leaves the sender unidentified", arguments: ["", "x", "+1555O100", "+15550100 ext. 5"])
    func unreadable(phone: String) {
        let turn = TurnSample(phone: phone).turn
        #expect(stage.process(turn).word == "next")
        #expect(turn.phone == nil && turn.candidates.isEmpty)
        #expect(turn.identity.word == "unknown")
        #expect(!turn.detail.contains("555"))
    }

    @Test("the own contact is kept under channel and user, in E.164")
    func keepsContact() {
        let turn = TurnSample.telegramContact("1-555-0100").turn
        let verdict = stage.process(turn)
        #expect(verdict.storeKey == StoreKey(.contact, turn.senderID))
        #expect(verdict.stored == [UInt8](text: "+15550100 ") + turn.message.senderID)
        let kept = verdict.stored.flatMap { ContactBook.read($0) }
        #expect(kept?.phone.text == "+15550100" && kept?.sender == turn.message.senderID)
        #expect(ContactBook.read([UInt8](text: "+15550100"))?.sender == nil && ContactBook.read([0x20]) == nil)
        #expect(stage.resume(turn, with: .store(.done)).word == "next")
        #expect(turn.detail == "contact_kept")
    }

    @Test("a store that does not keep it changes nothing for this message", arguments: OddAnswer.all)
    func storeFails(odd: OddAnswer) throws {
        let turn = TurnSample.telegramContact("15550100").turn
        _ = stage.process(turn)
        #expect(stage.resume(turn, with: try odd.answer()).word == "next")
        #expect(try turn.phone == .sample("+15550100"))
        #expect(turn.identity.word == "unknown")
        #expect(turn.detail == (odd == .done ? "contact_kept" : "contact_not_kept"))
    }

    @Test("a dry run keeps nothing")
    func dryRun() {
        var sample = TurnSample.telegramContact("15550100")
        sample.isDry = true
        #expect(stage.process(sample.turn).word == "next")
    }

    @Test("what is no own contact, or no number, is not kept")
    func notKept() {
        var foreign = TurnSample()
        foreign.attachments = [.contact(name: [], phone: [UInt8](text: "+15550199"), isOwn: false)]
        #expect(stage.process(foreign.turn).word == "next")
        #expect(stage.process(TurnSample.telegramContact("none").turn).stored == nil)
        var numbered = TurnSample()
        numbered.attachments = [.contact(name: [], phone: [UInt8](text: "+15550100"), isOwn: true)]
        #expect(stage.process(numbered.turn).word == "next")
    }

    @Test("an own contact that is no number ends the older record", arguments: ["none", "", "+1555O100"])
    func forgetsContact(phone: String) throws {
        for (odd, outcome) in [(OddAnswer.done, "contact_forgotten"), (.unavailable, "contact_not_forgotten")] {
            let turn = TurnSample.telegramContact(phone).turn
            let verdict = stage.process(turn)
            #expect(verdict.isErasure)
            #expect(verdict.storeKey == StoreKey(.contact, turn.senderID))
            #expect(stage.resume(turn, with: try odd.answer()).word == "next")
            #expect(turn.phone == nil && turn.identity.word == "unknown")
            #expect(turn.detail.hasSuffix(" \(outcome)"))
        }
        var dry = TurnSample.telegramContact(phone)
        dry.isDry = true
        #expect(stage.process(dry.turn).word == "next")
        // A number that WhatsApp vouches for has no record.
        #expect(stage.process(TurnSample(phone: phone).turn).word == "next")
    }

    @Test("a contact shared once identifies the later messages", arguments: [true, false])
    func laterMessages(isTelegram: Bool) throws {
        let scoped = TurnSample(sender: "US.1349", isNumberless: true, phone: nil)
        let turn = (isTelegram ? TurnSample.telegram() : scoped).turn
        #expect(stage.process(turn).word == "wait")
        #expect(stage.resume(turn, with: .store(.value([UInt8](text: "+15550100")))).word == "next")
        #expect(try turn.phone == .sample("+15550100"))
        #expect(turn.candidates.count == 1)
    }

    @Test("nobody in the book: unidentified, and the book is asked once")
    func nobody() {
        let turn = TurnSample.telegram().turn
        _ = stage.process(turn)
        #expect(stage.resume(turn, with: .store(.value(nil))).word == "next")
        #expect(turn.phone == nil)
        #expect(turn.identity.word == "unknown")
        #expect(turn.detail == "no_phone")
        #expect(stage.process(turn).word == "next")
    }

    @Test("a book that cannot be read is not the same as nobody", arguments: OddAnswer.all)
    func unreadableBook(odd: OddAnswer) throws {
        let turn = TurnSample.telegram().turn
        _ = stage.process(turn)
        #expect(stage.resume(turn, with: try odd.answer()).word == "next")
        #expect(turn.identity.word == "unavailable contact_book_unavailable")
        #expect(LogicRouter.agent(for: turn.identity) == .serviceUnavailable)
    }

    @Test("two users of one channel, and one user of two, have records of their own")
    func keys() {
        var other = TurnSample.telegram()
        other.sender = "1"
        let scoped = TurnSample(sender: "987654321", isNumberless: true, phone: nil)
        let keys = [TurnSample.telegram(), other, scoped].map { ContactBook.key(of: $0.turn) }
        #expect(Set(keys).count == 3)
    }
}
