// Erasures and what is in hand: messages that rest, wait for a turn with an agent or are with a provider go no further.
import Testing

@testable import LolaCore

@Suite("Erasure in hand")
struct ErasureInHandTests {
    /// Withdraws a sender's messages as an erasure does, and has the flow look.
    private func withdraw(_ bench: FlowBench, _ messages: [VerifiedMessage]) {
        for message in messages {
            bench.records(.withdraw(StoreKey(.inbound, bench.names(message).messageID)))
        }
        bench.flow.lookForWithdrawn()
    }

    @Test("a message in hand and those behind it go no further: the agent hears of them no more")
    func inHand() throws {
        let bench = try FlowBench()
        bench.agent.script = { [bench] call in
            bench.asked.append(call.request)
            call.answer(503)
        }
        let mine = ["a", "b", "c"].map { FlowBench.message($0) }
        for message in mine { bench.take(message) }
        bench.take(FlowBench.message("other", from: "15550199"))
        #expect(bench.rig.run(for: .seconds(2)) { bench.asked.count >= 2 })
        withdraw(bench, mine)
        bench.rig.run(for: .seconds(1))
        let asked = bench.asked.filter { $0.body.text.contains("15550100") }.count
        #expect(bench.settle() && bench.flow.activeCount == 0)
        #expect(bench.asked.filter { $0.body.text.contains("15550100") }.count == asked && asked > 0)
        #expect(bench.journal.lines.contains("finished erased"))
        for message in mine { #expect(bench.rooms(of: message).isEmpty) }
        #expect(bench.delivered.isEmpty || !bench.delivered.contains("answer"))
    }

    @Test("an agent that answers after the erasure is not listened to: nothing is kept and nothing sent")
    func lateAnswer() throws {
        let bench = try FlowBench()
        let message = FlowBench.message("a")
        bench.agent.script = { [self, bench] call in
            withdraw(bench, [message])
            call.answer(200, body: #"{"replies":[{"type":"text","text":"answer"}],"state":{"a":1}}"#)
        }
        bench.take(message)
        #expect(bench.settle())
        #expect(bench.delivered.isEmpty && bench.rooms(of: message).isEmpty)
        #expect(bench.records(.get(StoreKey(.state, bench.names(message).conversationID))) == .value(nil))
    }

    @Test("a message of another is left alone by a look")
    func untouched() throws {
        let bench = try FlowBench()
        bench.take(FlowBench.message("a"))
        bench.flow.lookForWithdrawn()
        #expect(bench.settle() && bench.delivered == ["answer"] && bench.record("a")?.status == .done)
    }

    @Test("a question that waits behind others to a hung agent is never asked, and is gone at once")
    func queuedForAgent() throws {
        let bench = try FlowBench()
        var open: [SimCall] = []
        bench.agent.script = { [bench] call in
            bench.asked.append(call.request)
            open.append(call)
        }
        for sender in ["15550198", "15550199"] { bench.take(FlowBench.message("of \(sender)", from: sender)) }
        #expect(bench.rig.run(for: .seconds(1)) { bench.asked.count == 2 })
        let mine = FlowBench.message("mine")
        bench.take(mine)
        bench.take(FlowBench.message("last", from: "15550197"))
        bench.rig.run(for: .milliseconds(100))
        withdraw(bench, [mine])
        bench.rig.run(for: .milliseconds(100))
        #expect(bench.record("mine")?.status == .erased && bench.backlog.count == 3)
        bench.agent.script = { [bench] call in
            bench.asked.append(call.request)
            call.answer(200, body: "{}")
        }
        for call in open { call.answer(200, body: "{}") }
        #expect(bench.settle())
        #expect(bench.asked.count == 3 && !bench.asked.contains { $0.body.text.contains("15550100") })
        #expect(bench.record("last")?.status == .done)
    }

    @Test("a reply that its provider puts off is not sent again after the erasure")
    func putOffReply() throws {
        let bench = try FlowBench()
        let message = FlowBench.message("a")
        bench.provider.script = { [self, bench] call in
            bench.delivered.append(call.request.text)
            withdraw(bench, [message])
            bench.rig.loop.after(.milliseconds(50)) { call.answer(503) }
        }
        bench.take(message)
        #expect(bench.settle())
        bench.rig.run(for: .minutes(2))
        #expect(bench.delivered == ["answer"] && bench.record("a")?.status == .erased)
        #expect(!bench.rooms(of: message).contains(.dead))
    }

    @Test("a call that is taken back before it has a connection never goes out")
    func takenBack() throws {
        let rig = LoopRig()
        let client = OutboundClient(rig.loop, tls: nil) { IPAddress(text: $0) }
        let server = SimServer(rig.network, "agent", at: Endpoint(address: IPAddress([10, 0, 0, 2]), port: 80))
        var seen = 0
        server.script = { call in
            seen += 1
            call.answer(200)
        }
        let request = OutboundRequest(
            purpose: .agent, method: .get,
            origin: Origin(isTLS: false, host: [UInt8](text: "10.0.0.2"), port: 80), target: [0x2F], fields: [],
            body: [], timeout: .seconds(5), responseMax: .kibibytes(1), isRepeatable: true)
        let leash = CallLeash()
        var outcomes: [String] = []
        func note(_ outcome: OutboundOutcome) {
            switch outcome {
            case .success(let response): outcomes.append("\(response.status)")
            case .failure(let fault): outcomes.append(fault.rawValue)
            }
        }
        client.send(request, leash: leash, note)
        leash.giveUp()
        leash.giveUp()
        #expect(outcomes == ["closed"] && leash.isGivenUp)
        client.send(request, leash: leash, note)
        #expect(outcomes.count == 1, "never before send returns")
        rig.run(for: .seconds(10)) { outcomes.count == 2 }
        rig.run(for: .seconds(10))
        #expect(outcomes == ["closed", "closed"] && seen == 0 && client.openBreakers == 0)
        client.send(request, note)
        rig.run(for: .seconds(10)) { outcomes.count == 3 }
        #expect(outcomes.last == "200" && seen == 1)
    }
}
