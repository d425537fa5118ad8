// The five agents of this loop, each scripted or over HTTP, and the bulkhead before each HTTP agent: one hung
// agent may hold its own share of calls, never everybody's.

final class AgentRoster {
    private final class Bulkhead {
        var inFlight = 0
        var waiting = FIFO<() -> Void>()
    }

    private let loop: Loop
    private let client: OutboundClient
    private let http: [AgentName: HTTPAgent]
    private let scripted: ScriptedAgents
    private let inFlightMax: Int
    private var bulkheads: [AgentName: Bulkhead] = [:]

    /// `inFlightMax` is this loop's share of `Limits.agentInFlightMax`.
    init(
        _ loop: Loop, client: OutboundClient, http: [AgentName: HTTPAgent], scripted: ScriptedAgents, inFlightMax: Int
    ) {
        self.loop = loop
        self.client = client
        self.http = http
        self.scripted = scripted
        self.inFlightMax = inFlightMax
    }

    /// Asks once; `completion` runs on this loop, never before `ask` returns. A question that is taken back by its
    /// leash fails, and goes out no more.
    func ask(
        _ name: AgentName, _ turn: Turn, state: [UInt8]?, leash: CallLeash,
        _ completion: @escaping (Result<AgentAnswer, AgentFailure>) -> Void
    ) {
        guard let agent = http[name] else {
            let answer = scripted.answer(name, turn, state: state)
            return loop.soon { completion(.success(answer)) }
        }
        leash.whenGivenUp = { completion(.failure(.retry(word: "withdrawn", after: nil))) }
        enter(name) { [self] in
            // It has failed already.
            if leash.isGivenUp { return loop.soon { [self] in leave(name) } }
            let request: OutboundRequest
            do throws(CryptoFault) {
                request = try agent.request(turn, state: state, at: loop.wall)
            } catch {
                return loop.soon { [self] in
                    leave(name)
                    completion(.failure(.retry(word: "not_signed", after: nil)))
                }
            }
            client.send(request, leash: leash) { [self] outcome in
                leave(name)
                completion(agent.read(outcome))
            }
        }
    }

    func fileNotice(_ turn: Turn) -> Reply { scripted.fileNotice(turn) }
    func failureNotice(_ turn: Turn) -> Reply { scripted.failureNotice(turn) }

    private func enter(_ name: AgentName, _ call: @escaping () -> Void) {
        let bulkhead = bulkheads[name] ?? Bulkhead()
        bulkheads[name] = bulkhead
        if bulkhead.inFlight < inFlightMax {
            bulkhead.inFlight += 1
            call()
        } else {
            bulkhead.waiting.append(call)
        }
    }

    private func leave(_ name: AgentName) {
        guard let bulkhead = bulkheads[name] else { return }
        if let next = bulkhead.waiting.popFirst() {
            next()
        } else {
            bulkhead.inFlight -= 1
        }
    }
}
