// Tickets in the store: one open ticket of a kind, closed once, whatever happens at the same moment.
import Testing

@testable import LolaCore

@Suite("Tickets: made one at a time, closed once")
struct TicketBookTests {
    private static let other = ConversationKey(bytes: [UInt8](text: "whatsapp:1065:15550101"))

    private static func event(_ ticket: Ticket, _ outcome: CallbackEvent.Outcome = .success) -> CallbackEvent {
        CallbackEvent(
            ticket: ticket.id, operation: ticket.operation, outcome: outcome, result: [UInt8](text: #"{"a":1}"#))
    }

    @Test("a ticket is found by its id and by its link, and by nothing else")
    func found() throws {
        let bench = try TicketBench()
        let ticket = try bench.create()
        guard case .ticket(let same) = try bench.wait({ bench.book.find(link: ticket.link, $0) }) else {
            Issue.record("not found")
            return
        }
        #expect(same == ticket && ticket.link.count == 24 && ticket.status == .open)
        let cut = [UInt8](ticket.link.dropLast())
        for link in [[UInt8](), cut, ticket.link + [0x41], ticket.link.map(ASCII.lowercased)] {
            guard case .nothing = try bench.wait({ bench.book.find(link: link, $0) }) else {
                Issue.record("\(link.text)")
                continue
            }
        }
        #expect(try bench.create("card").link != ticket.link)
    }

    @Test("a record comes back the same; damage gives a fault")
    func codec() throws {
        let ticket = try TicketBench().create()
        #expect(try Ticket(StoreRecord(id: ticket.id, value: ticket.bytes)) == ticket)
        let closed = ticket.closed(as: .failed)
        #expect(closed.seal.pem.isEmpty && closed.seal.x == ticket.seal.x)
        #expect(try Ticket(StoreRecord(id: ticket.id, value: closed.bytes)) == closed)
        RecordDamage.check(ticket.bytes) { bytes throws(RecordFault) in
            try Ticket(StoreRecord(id: ticket.id, value: bytes)).bytes
        }
    }

    @Test("a new ticket revokes the open one of the same operation and conversation, and no other")
    func replaced() throws {
        let bench = try TicketBench()
        let (first, card) = (try bench.create(), try bench.create("card"))
        let stranger = try bench.create(in: Self.other)
        let second = try bench.create()
        #expect(try bench.status(first) == .expired)
        #expect(try bench.status(second) == .open)
        #expect(try bench.status(card) == .open)
        #expect(try bench.status(stranger) == .open)
        #expect(bench.audit.lines.filter { $0 == "ticket.revoked agent:a ok" }.count == 1)
        #expect(bench.rig.counters.value(.ticketsMade) == 4)
        #expect(try bench.wait { bench.book.redeem(first, Self.event(first), $0) } == .lost)
        #expect(bench.events.isEmpty)
    }

    @Test("many at once leave one that is open", arguments: [2, 8, 24])
    func together(_ count: Int) throws {
        let bench = try TicketBench()
        var made: [Ticket] = []
        var ended = 0
        for _ in 0..<count {
            bench.book.create(TicketBench.order()) { result in
                ended += 1
                if case .success(let plan) = result { made.append(plan.ticket) }
            }
        }
        bench.rig.run(for: .seconds(20)) { ended == count }
        #expect(made.count == count)
        let open = try made.filter { try bench.status($0) == .open }
        #expect(open.count == 1)
        #expect(try bench.wait { bench.book.newest(TicketBench.conversation, open[0].operation, $0) } == open.first?.id)
    }

    @Test("of many redemptions, revocations and new tickets at once one takes effect", arguments: [2, 16, 256])
    func races(_ count: Int) throws {
        let bench = try TicketBench()
        let ticket = try bench.create()
        var outcomes: [TicketBook.Closing] = []
        for number in 0..<count {
            let outcome: CallbackEvent.Outcome = number % 2 == 0 ? .success : .failure
            bench.book.redeem(ticket, Self.event(ticket, outcome)) { outcomes.append($0) }
        }
        bench.book.revoke(ticket, by: "agent:a") { outcomes.append($0) }
        bench.rig.run(for: .seconds(20)) { outcomes.count == count + 1 }
        #expect(outcomes.count { $0 == .closed } == 1 && outcomes.count { $0 == .lost } == count)
        #expect(bench.events.count == 1 && bench.queued.count == 1)
        #expect(try bench.status(ticket) == .succeeded)
    }

    @Test("redemption keeps the event, closes the ticket and forgets its key in one operation")
    func redeemed() throws {
        let bench = try TicketBench()
        let ticket = try bench.create()
        #expect(try bench.wait { bench.book.redeem(ticket, Self.event(ticket, .failure), $0) } == .closed)
        let entry = try #require(bench.queued.first)
        let message = try WebhookGate.restored(entry).message
        #expect(message.key.text == "callback:\(ticket.id.hex.text)" && message.event == Self.event(ticket, .failure))
        #expect(message.conversation == TicketBench.conversation && message.phone == [UInt8](text: "15550100"))
        #expect(bench.events.map(\.message) == [message])
        guard case .ticket(let closed) = try bench.wait({ bench.book.find(ticket.id, $0) }) else { return }
        #expect(closed.status == .failed && closed.seal.pem.isEmpty)
    }

    @Test("an answer that is lost is no second effect")
    func lostAnswer() throws {
        let bench = try TicketBench()
        let ticket = try bench.create()
        bench.store.failures = 1
        #expect(try bench.wait { bench.book.redeem(ticket, Self.event(ticket), $0) } == .unavailable)
        #expect(try bench.wait { bench.book.redeem(ticket, Self.event(ticket), $0) } == .lost)
        #expect(bench.queued.count == 1)
    }

    @Test("the next process finds what the last one closed")
    func restart() throws {
        let records = MemoryTable()
        let bench = try TicketBench(records: records)
        let (used, open) = (try bench.create(), try bench.create("card"))
        #expect(try bench.wait { bench.book.redeem(used, Self.event(used), $0) } == .closed)
        let next = try TicketBench(records: records)
        #expect(try next.status(used) == .succeeded)
        #expect(try next.status(open) == .open)
        #expect(try next.wait { next.book.redeem(used, Self.event(used), $0) } == .lost)
        #expect(try next.wait { next.book.redeem(open, Self.event(open), $0) } == .closed)
    }

    @Test("a ticket runs out, is known for a day, and is closed for longer")
    func expiry() throws {
        let bench = try TicketBench()
        var order = TicketBench.order()
        order.life = .minutes(10)
        let ticket = try bench.create(order: order)
        #expect(ticket.expires - ticket.created == .minutes(10))
        bench.rig.run(for: .minutes(9)) { false }
        #expect(try bench.status(ticket) == .open)
        bench.rig.run(for: .minutes(2)) { false }
        #expect(try bench.status(ticket) == .expired)
        bench.rig.run(for: Limits.ticketRetention) { false }
        #expect(try bench.status(ticket) == nil)
        #expect(try bench.create().id != ticket.id)
    }

    @Test("no order lives longer than a callback may")
    func life() throws {
        let bench = try TicketBench()
        var order = TicketBench.order()
        order.life = .hours(40)
        let ticket = try bench.create(order: order)
        #expect(ticket.expires - ticket.created == .hours(2))
    }

    @Test("after a loss of the store nothing of before is open")
    func epoch() throws {
        let bench = try TicketBench()
        let ticket = try bench.create()
        bench.store.epoch = [2]
        #expect(try bench.status(ticket) == .expired)
        let fresh = try bench.create()
        #expect(try bench.status(fresh) == .open)
        #expect(try bench.status(ticket) == .expired)
        bench.store.epoch = nil
        #expect(throws: Refusal.storeUnavailable) { _ = try bench.create() }
    }

    @Test("a store that is away makes nothing", arguments: [1, 2, 3])
    func away(_ failures: Int) throws {
        let bench = try TicketBench()
        _ = try bench.create()
        bench.store.failures = failures
        #expect(throws: Refusal.storeUnavailable) { _ = try bench.create() }
    }
}
