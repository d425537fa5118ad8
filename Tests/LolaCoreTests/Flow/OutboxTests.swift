// What stands in the store while a message is on its way, and what a second process makes of it.
import Testing

@testable import LolaCore

@Suite("Outbox")
struct OutboxTests {
    private static let message = FlowBench.message("m")

    /// A bench whose store holds the answer of an earlier process, `sent` requests of which the channel accepted.
    private static func resumed(_ texts: [String], sent: Int?) throws -> FlowBench {
        let bench = try FlowBench()
        let id = bench.names(message).messageID
        let outbox = OutboxRecord(
            status: .done, agent: .senderHome, isNotice: false, replies: texts.map { .text([UInt8](text: $0)) })
        bench.records(.put(StoreKey(.outbox, id), outbox.bytes, expires: nil))
        if let sent { bench.records(.put(StoreKey(.progress, id), [UInt8](text: "\(sent)"), expires: nil)) }
        return bench
    }

    @Test("an answer is on record before it is sent, each accepted request before the next, and nothing is left")
    func recorded() throws {
        let bench = try FlowBench()
        var seen: [[StoreRoom]] = []
        bench.agent.script = { call in
            seen.append(bench.rooms(of: Self.message))
            call.answer(200, body: #"{"replies":[{"type":"text","text":"a|b"},{"type":"text","text":"c"}]}"#)
        }
        bench.provider.script = { call in
            seen.append(bench.rooms(of: Self.message))
            call.answer(200, body: "id")
        }
        bench.take(Self.message)
        #expect(bench.settle())
        #expect(seen == [
            [.inbound], [.inbound, .outbox], [.inbound, .outbox, .progress], [.inbound, .outbox, .progress],
        ])
        #expect(bench.rooms(of: Self.message).isEmpty)
    }

    @Test("after a crash the recorded answer is sent on: no second question, nothing twice", arguments: [
        (nil, ["a", "b", "c"]), (0, ["a", "b", "c"]), (1, ["b", "c"]), (2, ["c"]), (3, []),
    ] as [(Int?, [String])])
    func resumes(_ row: (sent: Int?, rest: [String])) throws {
        let bench = try Self.resumed(["a|b", "c"], sent: row.sent)
        bench.take(Self.message, mayBeRepeated: true)
        #expect(bench.settle())
        #expect(bench.asked.isEmpty && bench.delivered == row.rest)
        let record = bench.record("m")
        #expect(record?.status == .done && record?.agent == .senderHome)
        #expect(record?.deliveries.map(\.status) == [.sent, .sent, .sent])
        #expect(bench.rooms(of: Self.message).isEmpty)
    }

    @Test("a repeated message without an answer is asked for like a fresh one")
    func repeated() throws {
        let bench = try FlowBench()
        bench.take(Self.message, mayBeRepeated: true)
        #expect(bench.settle())
        #expect(bench.asked.count == 1 && bench.delivered == ["answer"])
    }

    @Test("a message that comes to its end is suspected no more")
    func acquitted() throws {
        let bench = try FlowBench()
        let suspect = Suspect(bench.names(Self.message).messageID)
        bench.records(suspect.record(crashes: 2))
        #expect(suspect.crashes(bench.records(suspect.question)) == 2)
        bench.take(Self.message, mayBeRepeated: true)
        #expect(bench.settle() && suspect.crashes(bench.records(suspect.question)) == 0)
    }

    @Test("an answer that cannot be read is a dead letter, never a second question")
    func unreadable() throws {
        let bench = try FlowBench()
        bench.records(.put(StoreKey(.outbox, bench.names(Self.message).messageID), [9, 9], expires: nil))
        bench.take(Self.message, mayBeRepeated: true)
        #expect(bench.settle())
        #expect(bench.asked.isEmpty && bench.delivered.isEmpty && bench.record("m")?.status == .deadLetter)
        #expect(bench.rooms(of: Self.message) == [.dead])
    }

    @Test("in doubt, a receipt says that the channel has it: it is not sent again")
    func receiptSettles() throws {
        let bench = try Self.resumed(["a", "b"], sent: nil)
        bench.channel.carriesReference = true
        bench.take(Self.message, mayBeRepeated: true)
        bench.rig.run(for: .seconds(3))
        #expect(bench.delivered.isEmpty)
        bench.doubts.receipt(bench.channel.references[1], isTaken: true)
        bench.rig.run(for: .seconds(3))
        #expect(bench.delivered.isEmpty, "a receipt of another request settles nothing")
        bench.doubts.receipt(bench.channel.references[0], isTaken: true)
        #expect(bench.settle())
        #expect(bench.delivered == ["b"] && bench.record("m")?.status == .done)
        #expect(bench.rig.loop.actionCount == 0)
    }

    @Test("in doubt, a receipt of a failure ends the delivery")
    func receiptFails() throws {
        let bench = try Self.resumed(["a", "b"], sent: nil)
        bench.channel.carriesReference = true
        bench.take(Self.message, mayBeRepeated: true)
        bench.rig.run(for: .seconds(1))
        bench.doubts.receipt(bench.channel.references[0], isTaken: false)
        #expect(bench.settle())
        #expect(bench.delivered == ["other a", "b"], "the other form of the number is tried")
    }

    @Test("in doubt without a receipt it is sent after ten seconds, with the same reference")
    func noReceipt() throws {
        let bench = try Self.resumed(["a", "b"], sent: 1)
        bench.channel.carriesReference = true
        let started = bench.rig.clock.now
        bench.take(Self.message, mayBeRepeated: true)
        bench.rig.run(for: Limits.doubtWait - .seconds(1))
        #expect(bench.delivered.isEmpty)
        #expect(bench.backlog.count == 1 && bench.backlog.busyCount == 0, "a drain does not wait for a receipt")
        #expect(bench.settle())
        #expect(bench.delivered == ["b"] && bench.rig.clock.now - started >= Limits.doubtWait)
        let reference = bench.names(Self.message).reference.text
        #expect(bench.channel.references.map(\.text) == ["\(reference).0", "\(reference).1"])
    }

    @Test("a message that is another's is let go at once: nothing is sent, nothing is changed")
    func fenced() throws {
        let bench = try FlowBench()
        bench.agent.script = { call in
            bench.records(.remove(StoreKey(.inbound, bench.names(Self.message).messageID)))
            call.answer(200, body: #"{"replies":[{"type":"text","text":"late"}],"state":{"n":1}}"#)
        }
        bench.take(Self.message)
        #expect(bench.settle())
        #expect(bench.delivered.isEmpty && bench.record("m")?.status == .handedOver)
        let state = StoreKey(.state, bench.names(Self.message).conversationID)
        #expect(bench.records(.get(state)) == .value(nil) && bench.rooms(of: Self.message).isEmpty)
        #expect(bench.rig.counters.value(.messagesDone) == 0)
    }

    @Test("an entry that the queue gives twice is handled once")
    func twice() throws {
        let bench = try FlowBench()
        bench.take(Self.message)
        bench.take(Self.message, mayBeRepeated: true)
        #expect(bench.settle() && bench.asked.count == 1 && bench.delivered == ["answer"])
    }

    @Test("an entry that comes again while its message waits for a retry leaves the record as it is")
    func again() throws {
        let bench = try FlowBench()
        bench.agent.script = { $0.answer(503) }
        bench.take(Self.message)
        bench.rig.run(for: .milliseconds(500))
        let before = bench.record("m")?.trace.count ?? 0
        #expect(before > 0)
        bench.take(Self.message, mayBeRepeated: true)
        #expect(bench.settle())
        let steps = bench.record("m")?.trace.map(\.saying) ?? []
        #expect(steps.first == "commands_auth next" && steps.count { $0 == "agent failed" } > 1)
    }

    @Test("a message that waits for a retry needs nobody, nor do those behind it")
    func resting() throws {
        let bench = try FlowBench()
        bench.agent.script = { $0.answer(503) }
        for id in ["a", "b", "c"] { bench.take(FlowBench.message(id)) }
        bench.rig.run(for: .milliseconds(500))
        #expect(bench.backlog.count == 3 && bench.backlog.busyCount == 0)
        bench.take(FlowBench.message("d"))
        #expect(bench.backlog.count == 4 && bench.backlog.busyCount == 0)
        bench.take(FlowBench.message("e", from: "15550101"))
        #expect(bench.backlog.busyCount == 1)
        #expect(bench.settle() && bench.backlog.busyCount == 0)
    }

    @Test("a dead letter holds the message and what was not sent; its replay goes on with the same key", arguments: [
        DeadLetter.Stage.agent, .delivery,
    ])
    func replay(_ stage: DeadLetter.Stage) throws {
        let bench = try FlowBench()
        let id = bench.names(Self.message).messageID
        if stage == .agent {
            bench.agent.script = { $0.answer(400) }
        } else {
            bench.agent.script = { $0.answer(200, body: #"{"replies":[{"type":"text","text":"a|b|c"}]}"#) }
            bench.statuses = [200, 400]
        }
        bench.take(Self.message)
        #expect(bench.settle() && bench.rooms(of: Self.message) == [.dead])
        guard case .page(let page) = bench.records(.list(.dead, after: nil, limit: 10)), page.count == 1 else {
            Issue.record("no dead letter")
            return
        }
        let letter = try DeadLetter(page[0])
        #expect(letter.stage == stage && letter.id == id && letter.sent == (stage == .agent ? 0 : 1))
        #expect(letter.verified.message.key == Self.message.message.key && letter.bytes == page[0].value)
        #expect(bench.records(letter.replay) == .done && bench.records(letter.replay) == .done)
        bench.delivered = []
        bench.asked = []
        bench.statuses = [200]
        bench.agent.script = { call in
            bench.asked.append(call.request)
            call.answer(200, body: #"{"replies":[{"type":"text","text":"now"}]}"#)
        }
        bench.take(letter.verified, mayBeRepeated: true)
        #expect(bench.settle())
        #expect(bench.asked.map { $0.field("idempotency-key") } == (stage == .agent ? ["whatsapp:m"] : []))
        #expect(bench.delivered == (stage == .agent ? ["now"] : ["b", "c"]))
        #expect(bench.rooms(of: Self.message).isEmpty)
    }

    @Test("records at rest: every cut and every flipped octet is a fault or a value, never a trap")
    func octets() throws {
        let bench = try FlowBench()
        let accepted = AcceptedMessage(verified: Self.message, names: bench.names(Self.message), mayBeRepeated: false)
        let letter = DeadLetter(
            accepted, stage: .delivery, word: "w", at: WallTime(seconds: 1), attempts: 2, replies: [.text([0x61])],
            sent: 1)
        let aside = QuarantinedEntry(reason: .crashed, at: WallTime(seconds: 1), value: [1, 2, 3])
        guard case .put(_, let asideBytes, _) = aside.operation(letter.id) else { return }
        let outbox = OutboxRecord(status: .done, agent: nil, isNotice: true, replies: [.text([0x61])])
        #expect(try OutboxRecord(outbox.bytes) == outbox && QuarantinedEntry(asideBytes).value == [1, 2, 3])
        var faults = 0
        for whole in [letter.bytes, asideBytes, outbox.bytes] {
            for place in whole.indices {
                var flipped = whole
                flipped[place] ^= 0x55
                for bytes in [Array(whole[..<place]), flipped] {
                    if (try? DeadLetter(StoreRecord(id: letter.id, value: bytes))) == nil { faults += 1 }
                    if (try? QuarantinedEntry(bytes)) == nil { faults += 1 }
                    if (try? OutboxRecord(bytes)) == nil { faults += 1 }
                }
            }
        }
        #expect(faults > 500)
    }
}
