// The ways of a message: stopped, answered, deferred, tried again, given up. Each ends exactly once.
import Testing

@testable import LolaCore

@Suite("Journey")
struct JourneyTests {
    private static func finished(_ bench: FlowBench) -> [String] {
        bench.journal.lines.filter { $0.hasPrefix("finished") }
    }

    @Test("an answer goes to the sender and the record says how")
    func answered() throws {
        let bench = try FlowBench()
        bench.channel.courtesy = true
        bench.take(FlowBench.message("m"))
        #expect(bench.settle())
        #expect(bench.delivered.contains("answer") && bench.delivered.contains("seen"))
        let record = bench.record("m")
        #expect(record?.status == .done && record?.agent == .onboarding && record?.finishedAt != nil)
        #expect(record?.trace.map(\.saying) == [
            "commands_auth next", "router route", "agent answered", "delivery sent",
        ])
        #expect(Self.finished(bench) == ["finished done"])
    }

    @Test("every call of a message carries its trace, each its own span; another message has another trace")
    func traces() throws {
        let bench = try FlowBench()
        bench.agent.script = { [bench] call in
            bench.asked.append(call.request)
            call.answer(503)
        }
        bench.take(FlowBench.message("m"))
        #expect(bench.settle())
        bench.take(FlowBench.message("n"))
        #expect(bench.settle())
        let parts = bench.asked.compactMap { $0.field("traceparent")?.split(separator: "-").map(String.init) }
        #expect(parts.count == 6 && Set(parts.map { $0[2] }).count == 6)
        #expect(Set(parts.prefix(3).map { $0[1] }).count == 1 && Set(parts.suffix(3).map { $0[1] }).count == 1)
        let names = bench.names(FlowBench.message("m"))
        #expect(parts[0][1] == names.reference.text && parts[0][1] != parts[5][1])
    }

    @Test("a stop ends it, with or without a word")
    func stopped() throws {
        for reply in [nil, Reply.text([UInt8](text: "no"))] {
            let bench = try FlowBench()
            bench.stage.verdicts = { _ in .stop(.commandNotAllowed, reply: reply) }
            bench.take(FlowBench.message("m"))
            #expect(bench.settle())
            #expect(bench.delivered == (reply == nil ? [] : ["no"]) && bench.asked.isEmpty)
            #expect(bench.record("m")?.status == .stopped)
            #expect(bench.journal.lines == ["finished stopped command_not_allowed"])
        }
    }

    @Test("a stage that waits is resumed with the answer of its own kind")
    func waits() throws {
        let bench = try FlowBench()
        bench.stage.verdicts = { _ in .wait(.store(.get(StoreKey(.contact, RecordID(high: 0, low: 1))))) }
        bench.take(FlowBench.message("m"))
        #expect(bench.settle())
        guard case .store(.value(nil))? = bench.stage.answers.first else {
            Issue.record("\(bench.stage.answers)")
            return
        }
        #expect(bench.stage.answers.count == 1 && bench.record("m")?.status == .done)
    }

    @Test("a file is answered with a notice and no agent")
    func file() throws {
        let bench = try FlowBench()
        bench.take(FlowBench.message("m", type: .image, text: nil))
        #expect(bench.settle())
        #expect(bench.asked.isEmpty && bench.delivered.count == 1 && bench.record("m")?.status == .done)
    }

    @Test("202 defers, an empty 200 is an end without words", arguments: [
        (202, MessageRecord.Status.deferred), (200, .done),
    ])
    func silent(_ row: (status: Int, end: MessageRecord.Status)) throws {
        let bench = try FlowBench()
        bench.agent.script = { $0.answer(row.status) }
        bench.take(FlowBench.message("m"))
        #expect(bench.settle())
        #expect(bench.delivered.isEmpty && bench.record("m")?.status == row.end)
    }

    @Test("a failing agent is asked again with the same key and the same body, then answers")
    func retried() throws {
        let bench = try FlowBench()
        var count = 0
        bench.agent.script = { call in
            bench.asked.append(call.request)
            count += 1
            count < 3 ? call.answer(503) : call.answer(200, body: #"{"replies":[{"type":"text","text":"at last"}]}"#)
        }
        bench.take(FlowBench.message("m"))
        #expect(bench.settle())
        #expect(bench.asked.count == 3 && Set(bench.asked.map(\.text)).count == 1)
        #expect(Set(bench.asked.map { $0.field("idempotency-key") }) == ["whatsapp:m"])
        #expect(Set(bench.asked.map { $0.field("authorization") }).count == 3)
        #expect(bench.delivered == ["at last"] && bench.record("m")?.status == .done)
    }

    @Test("an agent that cannot be had: one dead letter, one notice, one end", arguments: [
        "500", "400", "gone", "nonsense",
    ])
    func given(_ way: String) throws {
        let bench = try FlowBench()
        bench.agent.script = { call in
            bench.asked.append(call.request)
            call.answer(way == "500" ? 500 : way == "400" ? 400 : 200, body: way == "nonsense" ? "[1" : "{}")
        }
        if way == "gone" { bench.agent.admission = { .refuse } }
        bench.take(FlowBench.message("m"))
        #expect(bench.settle())
        #expect(bench.asked.count == (way == "500" ? 3 : way == "gone" ? 0 : 1))
        #expect(bench.delivered.count == 1 && bench.record("m")?.status == .deadLetter)
        #expect(bench.journal.lines.count { $0.hasPrefix("dead") } == 1)
        #expect(Self.finished(bench) == ["finished dead_letter"])
    }

    @Test("a reply that nobody takes is one dead letter and no second notice")
    func undelivered() throws {
        let bench = try FlowBench()
        bench.statuses = [400]
        bench.take(FlowBench.message("m"))
        #expect(bench.settle())
        #expect(bench.delivered == ["answer"] && bench.record("m")?.status == .deadLetter)
        #expect(bench.journal.lines == ["dead request_refused", "finished dead_letter"])
    }

    @Test("a store that does not answer costs time, never the message", arguments: [1, 2, 7, 100])
    func storeAway(_ failures: Int) throws {
        let bench = try FlowBench()
        bench.store.failures = failures
        bench.take(FlowBench.message("m"))
        #expect(bench.settle())
        #expect(bench.record("m")?.status == .done && bench.delivered == ["answer"] && bench.asked.count == 1)
        #expect(bench.rig.counters.value(.storeUnavailable) == failures)
        #expect(bench.rooms(of: FlowBench.message("m")).isEmpty)
    }

    @Test("state comes back with the next message, and an empty one is forgotten")
    func state() throws {
        let bench = try FlowBench()
        var states: [String] = []
        bench.agent.script = { call in
            let text = call.request.text
            states.append(text.contains(#""state":{"n":1}"#) ? "one" : text.contains(#""state":null"#) ? "none" : text)
            call.answer(200, body: ["{\"state\":{\"n\":1}}", "{}", "{\"state\":null}", "{}"][states.count - 1])
        }
        for id in ["a", "b", "c", "d"] { bench.take(FlowBench.message(id)) }
        #expect(bench.settle())
        #expect(states == ["none", "one", "one", "none"])
    }

    @Test("messages of a conversation wait for each other, conversations do not")
    func order() throws {
        let bench = try FlowBench()
        var running: [String: Int] = [:]
        var most = 0
        var asked: [String] = []
        bench.agent.script = { call in
            let key = call.request.field("idempotency-key") ?? ""
            let person = String(key.dropFirst(9).prefix(1))
            running[person, default: 0] += 1
            #expect(running[person] == 1)
            most = max(most, running.values.reduce(0, +))
            asked.append(String(key.dropFirst(9)))
            call.answer(200, after: .milliseconds(50)) { running[person, default: 0] -= 1 }
        }
        for number in 0..<5 {
            for person in ["a", "b", "c"] { bench.take(FlowBench.message("\(person)\(number)", from: person)) }
        }
        #expect(bench.settle())
        for person in ["a", "b", "c"] {
            #expect(asked.filter { $0.hasPrefix(person) } == (0..<5).map { "\(person)\($0)" })
        }
        // Three conversations, two places at the agent.
        #expect(most == 2 && bench.rig.loop.actionCount == 0)
    }

    @Test("a thousand quick messages of one conversation do not grow the stack")
    func longQueue() throws {
        let bench = try FlowBench()
        bench.stage.verdicts = { _ in .stop(.senderNotAllowed, reply: nil) }
        for number in 0..<1_000 { bench.take(FlowBench.message("m\(number)")) }
        #expect(bench.settle() && Self.finished(bench).count == 1_000)
    }
}
