import Testing

@testable import LolaCore

@Suite("ChannelAccess")
struct ChannelAccessTests {
    private func access(_ numbers: String..., channel: ChannelName = .whatsapp) throws -> ChannelAccess {
        ChannelAccess(allowlists: [channel: Set(try numbers.map { try E164.sample($0) })])
    }

    @Test("without a list everybody passes, without a question")
    func emptyLists() {
        for allowlists in [[:], [.whatsapp: []]] as [[ChannelName: Set<E164>]] {
            let stage = ChannelAccess(allowlists: allowlists)
            #expect(stage.process(TurnSample().turn).word == "next")
            #expect(stage.process(TurnSample.telegram().turn).word == "next")
        }
    }

    @Test("a list of one channel does not close the other")
    func listsAreByChannel() throws {
        #expect(try access("+15550199").process(TurnSample.telegram().turn).word == "next")
    }

    @Test(
        "a listed sender passes in every spelling of the number",
        arguments: ["15550100", "+15550100", "+1-555-0100", "tel:+1-555-0100", "００15550100"])
    func spellings(phone: String) throws {
        let turn = TurnSample(phone: phone).turn
        #expect(try access("+15550100").process(turn).word == "next")
        #expect(turn.phone == nil)
    }

    @Test(
        "the historic forms of a number are the same sender",
        arguments: [
            ("5215512345678", "+525512345678"), ("525512345678", "+5215512345678"),
            ("541112345678", "+5491112345678"), ("5491112345678", "+541112345678"),
            ("551187654321", "+5511987654321"), ("5511987654321", "+551187654321"),
        ])
    func aliases(phone: String, listed: String) throws {
        #expect(try access(listed).process(TurnSample(phone: phone).turn).word == "next")
    }

    @Test(
        "everybody else is stopped without a reply",
        arguments: [
            ("15550101", "not_listed"), ("not a number", "phone_unreadable"), ("+1 555 0100 x5", "phone_unreadable"),
            ("", "phone_unreadable"),
        ])
    func strangers(phone: String, detail: String) throws {
        let turn = TurnSample(phone: phone).turn
        let verdict = try access("+15550100").process(turn)
        #expect(verdict.refusal == .senderNotAllowed)
        #expect(verdict.reply == nil)
        #expect(turn.detail == detail)
    }

    @Test("a sender without a number: the contact book decides")
    func contactBook() throws {
        let stage = try access("+15550100", channel: .telegram)
        for (record, passes) in [("+15550100", true), ("+15550101", false)] {
            let turn = TurnSample.telegram().turn
            let verdict = stage.process(turn)
            #expect(verdict.storeKey == StoreKey(.contact, turn.senderID))
            let resumed = stage.resume(turn, with: .store(.value([UInt8](text: record))))
            #expect((resumed.word == "next") == passes)
            #expect(turn.askedContactBook)
        }
    }

    @Test("a sender without a number and without a record is stopped, whatever is written")
    func unknownNumberless() throws {
        let stage = try access("+15550100", channel: .telegram)
        for sample in [TurnSample.telegram(), .telegram(text: nil, type: .start), .telegram(text: "/info")] {
            let turn = sample.turn
            _ = stage.process(turn)
            let verdict = stage.resume(turn, with: .store(.value(nil)))
            #expect(verdict.refusal == .senderNotAllowed)
            #expect(turn.detail == "no_phone")
        }
    }

    @Test("sharing the own contact passes by its number, at once")
    func sharing() throws {
        let stage = try access("+15550100", channel: .telegram)
        #expect(stage.process(TurnSample.telegramContact("15550100").turn).word == "next")
        let outside = TurnSample.telegramContact("15550101").turn
        _ = stage.process(outside)
        #expect(stage.resume(outside, with: .store(.done)).refusal == .senderNotAllowed)
    }

    @Test(
        "a newer own contact that does not pass ends the older record, and the sender is stopped",
        arguments: [("15550101", "not_listed"), ("n/a", "phone_unreadable"), ("", "phone_unreadable")])
    func forgetting(phone: String, detail: String) throws {
        let stage = try access("+15550100", channel: .telegram)
        for (answer, outcome) in [
            (StoreAnswer.done, "contact_forgotten"), (.unavailable, "contact_not_forgotten"),
            (.value([UInt8](text: "+15550100")), "contact_not_forgotten"),
        ] {
            let turn = TurnSample.telegramContact(phone).turn
            let verdict = stage.process(turn)
            #expect(verdict.isErasure)
            #expect(verdict.storeKey == StoreKey(.contact, turn.senderID))
            let stopped = stage.resume(turn, with: .store(answer))
            #expect(stopped.refusal == .senderNotAllowed && stopped.reply == nil)
            #expect(turn.detail == "\(detail) \(outcome)")
        }
    }

    @Test("nothing is forgotten for a listed contact, a number of WhatsApp, or in a dry run")
    func notForgotten() throws {
        let telegram = try access("+15550100", channel: .telegram)
        #expect(telegram.process(TurnSample.telegramContact("15550100").turn).word == "next")
        #expect(try access("+15550199").process(TurnSample().turn).word == "stop")
        var dry = TurnSample.telegramContact("15550101")
        dry.isDry = true
        #expect(telegram.process(dry.turn).word == "stop")
    }

    @Test("the contact of somebody else proves nothing")
    func foreignContact() throws {
        var sample = TurnSample.telegram(text: nil, type: .contact)
        sample.attachments = [.contact(name: [], phone: [UInt8](text: "+15550100"), isOwn: false)]
        let turn = sample.turn
        let stage = try access("+15550100", channel: .telegram)
        #expect(stage.process(turn).word == "wait")
        #expect(stage.resume(turn, with: .store(.value(nil))).refusal == .senderNotAllowed)
    }

    @Test("whatever the store answers instead of a record keeps the sender outside", arguments: OddAnswer.all)
    func oddAnswers(odd: OddAnswer) throws {
        let stage = try access("+15550100", channel: .telegram)
        let turn = TurnSample.telegram().turn
        _ = stage.process(turn)
        let verdict = stage.resume(turn, with: try odd.answer())
        #expect(verdict.refusal == .senderNotAllowed)
        #expect(verdict.reply == nil)
        #expect(turn.detail == "contact_book_unavailable")
    }
}
