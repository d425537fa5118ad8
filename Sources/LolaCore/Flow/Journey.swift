// One message from the head of its conversation to its end: runs the chain, asks the agent, sends the replies.
// Holds itself through the completions it waits for; every path leads to `end` exactly once.

final class Journey {
    let turn: Turn
    private let names: MessageNames
    private let parts: FlowParts
    private let completion: (Journey) -> Void
    private var position = Pipeline.Position()
    private var agent: AgentName?
    private var agentAttempts = 0
    private var agentStarted: Instant?
    private var isNoticeOnly = false
    private var refusal: Refusal?

    init(_ accepted: AcceptedMessage, _ parts: FlowParts, completion: @escaping (Journey) -> Void) {
        turn = Turn(accepted.verified, senderID: accepted.names.senderID, traceID: accepted.names.reference)
        names = accepted.names
        self.parts = parts
        self.completion = completion
    }

    private var loop: Loop { parts.loop }
    private var message: InboundMessage { turn.message }
    private var channel: (any Channel)? { parts.channels[message.channel] }

    func start() {
        if let courtesy = channel?.acknowledgement(of: message) { parts.client.send(courtesy) { _ in } }
        advance(nil)
    }

    // MARK: Pipeline

    private func advance(_ answer: EffectAnswer?) {
        switch parts.pipeline.run(turn, &position, answer: answer) {
        case .waiting(.http(let request)):
            loop.counters.add(.identityCalls)
            parts.client.send(request) { [self] outcome in
                if case .failure = outcome { loop.counters.add(.identityFailures) }
                advance(.http(outcome))
            }
        case .waiting(.store(let operation)):
            parts.store.submit(operation) { [self] result in advance(.store(result)) }
        case .stopped(let refusal, let reply):
            self.refusal = refusal
            guard let reply else { return end(.stopped) }
            deliver([reply], thenEnd: .stopped)
        case .agent(let name):
            agent = name
            loop.counters.add(Self.counter(name))
            if message.type.isFile {
                // Lola answers by itself; no agent is asked, so none stands in the record.
                agent = nil
                turn.record("notice", "text_only", took: .zero)
                return deliver([parts.agents.fileNotice(turn)], thenEnd: .done)
            }
            askAgent()
        }
    }

    // MARK: Agent

    private var stateKey: StoreKey { StoreKey(.state, names.conversationID) }

    /// One attempt: the conversation's state, then the agent.
    private func askAgent() {
        agentAttempts += 1
        agentStarted = loop.clock.now
        parts.store.submit(.get(stateKey)) { [self] answer in
            switch answer {
            case .value(let state): call(with: state)
            case .page, .done, .claimed, .sum, .fenced, .unavailable:
                failed(.retry(word: "store_unavailable", after: nil))
            }
        }
    }

    private func call(with state: [UInt8]?) {
        guard let agent else { return }
        loop.counters.add(.agentCalls)
        parts.agents.ask(agent, turn, state: state) { [self] result in
            switch result {
            case .success(let answer): answered(answer)
            case .failure(let failure): failed(failure)
            }
        }
    }

    private func answered(_ answer: AgentAnswer) {
        turn.detail = "attempt \(agentAttempts), \(answer.replies.count) replies"
        if answer.refusedTicket != nil { turn.detail += ", ticket refused" }
        turn.record("agent", answer.isDeferred ? "deferred" : "answered", took: sinceAsked)
        guard let changed = answer.state else { return send(answer) }
        let operation: StoreOperation = changed.isEmpty ? .remove(stateKey) : .put(stateKey, changed, expires: nil)
        parts.store.submit(operation) { [self] _ in send(answer) }
    }

    private func send(_ answer: AgentAnswer) {
        if answer.replies.isEmpty { return end(answer.isDeferred ? .deferred : .done) }
        deliver(answer.replies, thenEnd: answer.isDeferred ? .deferred : .done)
    }

    private func failed(_ failure: AgentFailure) {
        loop.counters.add(.agentFailures)
        turn.detail = "attempt \(agentAttempts), \(failure.word)"
        turn.record("agent", "failed", took: sinceAsked)
        saveTrace()
        var wait: Interval?
        if case .retry(_, let named) = failure {
            wait = parts.retry.delay(afterAttempt: agentAttempts, named: named, entropy: loop.entropy)
        }
        if let wait {
            loop.after(wait) { self.askAgent() }
        } else {
            isNoticeOnly = true
            parts.journal.deadLetter(turn, names, word: failure.word)
            deliver([parts.agents.failureNotice(turn)], thenEnd: .deadLetter)
        }
    }

    private var sinceAsked: Interval { agentStarted.map { loop.clock.now - $0 } ?? .zero }

    // MARK: Replies

    private func deliver(_ replies: [Reply], thenEnd status: MessageRecord.Status) {
        saveTrace()
        guard let channel else { return end(.deadLetter) }
        let started = loop.clock.now
        let delivery = Delivery(
            loop, client: parts.client, channel: channel, schedule: parts.retry, message: message, log: parts.log
        ) { [self] outcome in
            let took = loop.clock.now - started
            switch outcome {
            case .delivered:
                turn.detail = "\(replies.count) replies"
                turn.record("delivery", "sent", took: took)
                end(status)
            case .refused(let word), .exhausted(let word):
                turn.detail = word
                turn.record("delivery", "failed", took: took)
                if !isNoticeOnly { parts.journal.deadLetter(turn, names, word: word) }
                end(.deadLetter)
            }
        }
        delivery.start(replies, reference: names.reference)
    }

    // MARK: Record

    private func saveTrace() {
        let (trace, agent) = (turn.trace, agent)
        parts.log.update(message.key) { record in
            record.trace = trace
            record.agent = agent
        }
    }

    private func end(_ status: MessageRecord.Status) {
        let (trace, agent, finished) = (turn.trace, agent, loop.clock.wall)
        parts.log.update(message.key) { record in
            record.trace = trace
            record.agent = agent
            record.status = status
            record.finishedAt = finished
        }
        loop.counters.add(Self.counter(status))
        parts.journal.finished(turn, names, status, agent, refusal)
        completion(self)
    }

    /// One outcome for each message.
    private static func counter(_ status: MessageRecord.Status) -> Counter {
        switch status {
        case .stopped: .messagesStopped
        case .deadLetter: .messagesDead
        case .accepted, .deferred, .done: .messagesDone
        }
    }

    private static func counter(_ name: AgentName) -> Counter {
        switch name {
        case .onboarding: .routedOnboarding
        case .senderHome: .routedSenderHome
        case .blocked: .routedBlocked
        case .pendingCIP: .routedPendingCIP
        case .serviceUnavailable: .routedServiceUnavailable
        }
    }
}
