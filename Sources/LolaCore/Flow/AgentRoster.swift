// The five agents of this loop, each scripted or over HTTP, and the bulkhead before each HTTP agent: one hung
// agent may hold its own share of calls, never everybody's.

final class AgentRoster {
    private final class Bulkhead {
        var inFlight = 0
        var waiting = FIFO<Question>()
    }

    /// What one conversation asks an agent over HTTP, while it waits for its turn too.
    private final class Question: CallHolder {
        let agent: HTTPAgent
        let name: AgentName
        let turn: Turn
        let state: [UInt8]?
        let leash: CallLeash
        let completion: (Result<AgentAnswer, AgentFailure>) -> Void

        init(
            _ agent: HTTPAgent, _ name: AgentName, _ turn: Turn, _ state: [UInt8]?, _ leash: CallLeash,
            _ completion: @escaping (Result<AgentAnswer, AgentFailure>) -> Void
        ) {
            self.agent = agent
            self.name = name
            self.turn = turn
            self.state = state
            self.leash = leash
            self.completion = completion
        }

        func givenUp() { completion(.failure(.retry(word: "withdrawn", after: nil))) }
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
        let question = Question(agent, name, turn, state, leash, completion)
        if leash.isGivenUp { return loop.soon { question.givenUp() } }
        let bulkhead = bulkheads[name] ?? Bulkhead()
        bulkheads[name] = bulkhead
        if bulkhead.inFlight < inFlightMax {
            bulkhead.inFlight += 1
            put(question)
        } else {
            leash.bind(question)
            bulkhead.waiting.append(question)
        }
    }

    /// It is the question's turn.
    private func put(_ question: Question) {
        // It has failed already.
        if question.leash.isGivenUp { return loop.soon { [self] in leave(question.name) } }
        question.leash.loosen()
        let request: OutboundRequest
        do throws(CryptoFault) {
            request = try question.agent.request(question.turn, state: question.state, at: loop.wall)
        } catch {
            return loop.soon { [self] in
                leave(question.name)
                question.completion(.failure(.retry(word: "not_signed", after: nil)))
            }
        }
        client.send(request, leash: question.leash) { [self] outcome in
            leave(question.name)
            question.completion(question.agent.read(outcome))
        }
    }

    func fileNotice(_ turn: Turn) -> Reply { scripted.fileNotice(turn) }
    func failureNotice(_ turn: Turn) -> Reply { scripted.failureNotice(turn) }

    private func leave(_ name: AgentName) {
        guard let bulkhead = bulkheads[name] else { return }
        if let next = bulkhead.waiting.popFirst() {
            put(next)
        } else {
            bulkhead.inFlight -= 1
        }
    }
}
