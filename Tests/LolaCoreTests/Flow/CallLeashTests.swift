// A call on a leash lets go of everybody when it ends: a journey that stayed would be a leak for each message.
import Testing

@testable import LolaCore

@Suite("Leashes of calls")
struct CallLeashTests {
    private final class Witness {}

    private func request(_ port: Int) throws -> OutboundRequest {
        let url = try #require(HTTPURL([UInt8](text: "http://10.0.0.2:\(port)/agent")))
        return OutboundRequest(
            purpose: .agent, method: .post, origin: url.origin, target: url.target, fields: [], body: [0x7B, 0x7D],
            timeout: .seconds(1), responseMax: .kibibytes(4), isRepeatable: true)
    }

    @Test("whoever waited for a call is free when it has ended, well or badly", arguments: [80, 81])
    func released(port: Int) throws {
        let bench = try FlowBench()
        let leash = CallLeash()
        weak var seen: Witness?
        var ended = 0
        do {
            let witness = Witness()
            seen = witness
            bench.client.send(try request(port), leash: leash) { _ in
                _ = witness
                ended += 1
            }
        }
        #expect(seen != nil)
        #expect(bench.rig.run(for: .seconds(5)) { ended == 1 })
        bench.rig.run(for: .milliseconds(1))
        #expect(seen == nil && !leash.isGivenUp)
    }

    @Test("a message that is over leaves nothing behind in the flow")
    func journeys() throws {
        let bench = try FlowBench()
        var seen: [() -> Bool] = []
        for number in 0..<20 {
            let verified = FlowBench.message("m\(number)")
            weak let message = verified.message
            seen.append { message == nil }
            bench.take(verified)
        }
        #expect(bench.settle())
        bench.rig.run(for: .seconds(1))
        #expect(bench.delivered.count == 20 && seen.allSatisfy { $0() })
    }

    @Test("a question whose leash was given up before fails, later, and holds no place among the agent's calls")
    func givenUpBefore() throws {
        let bench = try FlowBench()
        let turn = Turn(FlowBench.message("m1"), senderID: RecordID(high: 1, low: 2), traceID: [])
        let leash = CallLeash()
        leash.giveUp()
        var words: [String] = []
        for _ in 0..<3 {
            bench.flow.parts.agents.ask(.onboarding, turn, state: nil, leash: leash) { result in
                guard case .failure(let failure) = result else { return words.append("asked") }
                words.append("\(failure.word)")
            }
        }
        #expect(words.isEmpty)
        bench.rig.run(for: .milliseconds(1))
        #expect(words == ["withdrawn", "withdrawn", "withdrawn"])
        bench.flow.parts.agents.ask(.onboarding, turn, state: nil, leash: CallLeash()) { _ in words.append("answered") }
        #expect(bench.rig.run(for: .seconds(10)) { words.count == 4 })
    }
}
