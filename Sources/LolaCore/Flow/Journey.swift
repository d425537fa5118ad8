// One message from the head of its conversation to its end: runs the chain, asks the agent, records the answer, sends
// the replies, and takes the message out of the store. Each step after the first is idempotent by the message's key,
// so that a crash anywhere repeats it or goes on behind it. Holds itself through the completions it waits for; every
// path leads to `leave` exactly once.

final class Journey {
    private(set) var turn: Turn
    private var accepted: AcceptedMessage
    private let parts: FlowParts
    private let ledger: MessageLedger
    private let completion: () -> Void
    private var position = Pipeline.Position()
    private var agent: AgentName?
    private var agentAttempts = 0
    private var agentStarted: Instant?
    private var refusal: Refusal?
    /// Calls of the message; that of the courtesy goes out beside them, where a channel has one.
    private let leash = CallLeash()
    private var courtesyLeash: CallLeash?

    /// - Parameters:
    ///   - resting: told when the message begins and ends to wait for a time to come.
    ///   - completion: called once, when the next message of the conversation may begin.
    init(
        _ accepted: AcceptedMessage, _ parts: FlowParts, resting: @escaping (Bool) -> Void,
        completion: @escaping () -> Void
    ) {
        self.accepted = accepted
        self.parts = parts
        self.completion = completion
        turn = Turn(accepted.verified, senderID: accepted.names.senderID, traceID: accepted.names.reference)
        ledger = MessageLedger(accepted, parts, resting: resting)
    }

    var messageID: RecordID { names.messageID }
    private var loop: Loop { parts.loop }
    private var names: MessageNames { accepted.names }
    private var message: InboundMessage { turn.message }
    private var channel: (any Channel)? { parts.channels[message.channel] }

    func start() {
        ledger.onFenced = { [self] in handedOver() }
        guard accepted.mayBeRepeated else { return ledger.step(begin) }
        ledger.readOutbox { [self] found in
            switch found {
            case .nothing: begin()
            case .record(let outbox, let sent): resume(outbox, after: sent)
            case .unreadable: giveUp("outbox_unreadable", replies: [])
            }
        }
    }

    private func begin() {
        if let courtesy = channel?.acknowledgement(of: message) {
            courtesyLeash = CallLeash()
            parts.client.send(courtesy, leash: courtesyLeash) { _ in }
        }
        if message.answeredKeyword != nil { return stop(.answeredByProvider) }
        guard message.contentID != nil else { return enter() }
        fetch()
    }

    // MARK: Words about writing at all

    /// Before every check: whoever writes it, and whatever else would become of the message.
    private func enter() {
        guard let word = OptDesk.word(in: message) else { return spread() }
        findPerson { [self] addresses in opted(word, addresses) }
    }

    /// The number that somebody who has said STOP shares is on the list before anybody uses it.
    private func spread() {
        guard ContactBook.sharesOwnContact(message) else { return advance(nil) }
        parts.opt.spread(OptDesk.addresses(message, phone: message.phone)) { [self] isKept in
            let again = { [self] in ledger.rest(Limits.storeRetry) { [self] in spread() } }
            ledger.stepUnlessErased { isKept ? advance(nil) : again() }
        }
    }

    private func opted(_ word: OptWord, _ addresses: [PersonAddress]) {
        let again = { [self] in ledger.rest(Limits.storeRetry) { [self] in opted(word, addresses) } }
        switch word {
        case .help: confirm(word)
        case .stop:
            parts.opt.stop(addresses) { [self] isKept in
                ledger.stepUnlessErased { isKept ? confirm(word) : again() }
            }
        case .start:
            parts.opt.start(addresses, provesSender: message.channel != .resend) { [self] outcome in
                ledger.stepUnlessErased {
                    if outcome == .uncertain { return again() }
                    // Who never stopped means something else by it.
                    let isMeant = outcome == .removed || outcome == .nothing && accepted.mayBeRepeated
                    isMeant ? confirm(word) : advance(nil)
                }
            }
        }
    }

    private func confirm(_ word: OptWord) {
        refusal = .optWord
        turn.detail = word.rawValue
        turn.record(.opt, .answered, took: .zero)
        let language = OptDesk.isSpanish(message) ? ScriptLanguage.spanish : ScriptLanguage.of(turn)
        record([OptDesk.reply(to: word, language)], thenEnd: .stopped, with: [], isNotice: true)
    }

    /// Where the sender can be reached, with the number of a contact that was shared.
    private func findPerson(_ body: @escaping ([PersonAddress]) -> Void) {
        if let phone = turn.phoneSpelling { return body(OptDesk.addresses(turn, phone: phone)) }
        guard !turn.askedContactBook else { return body(OptDesk.addresses(turn, phone: nil)) }
        ledger.read(ContactBook.key(of: turn)) { [self] record in
            let phone = record.flatMap { ContactBook.read($0)?.phone.bytes }
            body(OptDesk.addresses(turn, phone: phone))
        }
    }

    // MARK: Content

    private func fetch() {
        guard let channel, let request = channel.missingContent(of: message) else {
            return giveUp("channel_off", stage: .agent, replies: [])
        }
        let started = loop.clock.now
        ContentFetch(accepted, channel, parts, ledger, leash: leash) { [self] outcome in
            let took = loop.clock.now - started
            switch outcome {
            case .complete(let verified):
                accepted = AcceptedMessage(
                    verified: verified, names: names, mayBeRepeated: accepted.mayBeRepeated)
                turn = Turn(verified, senderID: names.senderID, traceID: names.reference)
                turn.record(.content, .fetched, took: took)
                enter()
            case .automatic:
                turn.record(.content, .automatic, took: took)
                stop(.automaticMessage)
            case .failed(let word, let attempts):
                turn.detail = "attempt \(attempts), \(word)"
                turn.record(.content, .failed, took: took)
                giveUp(word, stage: .agent, replies: [])
            }
        }.start(request)
    }

    /// Ends without an answer.
    private func stop(_ refusal: Refusal) {
        self.refusal = refusal
        answer(with: [], thenEnd: .stopped)
    }

    // MARK: Pipeline

    private func advance(_ answer: EffectAnswer?) {
        switch parts.pipeline.run(turn, &position, answer: answer) {
        case .waiting(.http(let request)):
            loop.counters.add(.identityCalls)
            parts.client.send(request, leash: leash) { [self] outcome in
                ledger.stepUnlessErased {
                    if case .failure = outcome { loop.counters.add(.identityFailures) }
                    advance(.http(outcome))
                }
            }
        case .waiting(.store(let operation)):
            parts.store.submit(operation) { [self] result in
                ledger.stepUnlessErased { advance(.store(result)) }
            }
        case .stopped(let refusal, let reply):
            self.refusal = refusal
            if refusal == .senderNotAllowed {
                parts.audit.note(AuditEvent(
                    action: .senderRefused, actor: "gateway", subject: names.sender, outcome: refusal.rawValue,
                    facts: [("channel", message.channel.rawValue)]))
            }
            self.answer(with: reply.map { [$0] } ?? [], thenEnd: .stopped, isNotice: true)
        case .agent(let name):
            agent = name
            loop.counters.add(Self.counter(name))
            if message.type.isFile {
                // Lola answers by itself; no agent is asked, so none stands in the record.
                agent = nil
                turn.record(.notice, .textOnly, took: .zero)
                return self.answer(with: [parts.agents.fileNotice(turn)], thenEnd: .done, isNotice: true)
            }
            guard let post = parts.post else { return askAgent() }
            post.deliver(turn, names, routed: name, ledger) { [self] in askAgent() }
        }
    }

    // MARK: Agent

    private var stateKey: StoreKey { StoreKey(.state, names.conversationID) }

    /// One attempt: the conversation's state, then the agent.
    private func askAgent() {
        ledger.read(stateKey) { [self] state in
            guard let agent else { return }
            // Asked by one gateway only, or a later message would reach the agent before this one.
            switch parts.store.standing(of: names.messageID) {
            case .ours: break
            case .unsure: return ledger.rest(Limits.storeRetry) { [self] in askAgent() }
            case .lost: return handedOver()
            }
            agentAttempts += 1
            agentStarted = loop.clock.now
            loop.counters.add(.agentCalls)
            parts.agents.ask(agent, turn, state: state, leash: leash) { [self] result in
                ledger.stepUnlessErased {
                    switch result {
                    case .success(let answer): answered(answer)
                    case .failure(let failure): failed(failure)
                    }
                }
            }
        }
    }

    private func answered(_ answer: AgentAnswer) {
        loop.counters.add(.cardsMasked, answer.maskedCards)
        var detail = TraceStep.Detail.attempt(Int32(agentAttempts), replies: Int32(answer.replies.count))
        if let wish = answer.ticket {
            detail = .text("\(detail.words), ticket \(parts.tickets == nil ? "refused" : wish.word)")
        }
        turn.record(.agent, answer.isDeferred ? .deferred : .answered, took: sinceAsked, detail)
        var changes: [StoreOperation] = []
        if let state = answer.state {
            changes.append(
                state.isEmpty ? .remove(stateKey) : .put(stateKey, state, expires: Limits.agentStateRetention))
        }
        let status: MessageRecord.Status = answer.isDeferred ? .deferred : .done
        guard let wish = answer.ticket, let tickets = parts.tickets else {
            return self.answer(with: answer.replies, thenEnd: status, with: changes)
        }
        unlessStopped { [self] isStopped in
            if isStopped { return finish(status, with: changes) }
            saveTrace()
            let desk = TicketDesk(tickets, ledger, message.conversation, asker: agent)
            desk.answer(with: answer.replies, wish, thenEnd: status, with: changes) { [self] outbox in
                deliver(outbox, after: nil)
            }
        }
    }

    private func failed(_ failure: AgentFailure) {
        loop.counters.add(.agentFailures)
        turn.detail = "attempt \(agentAttempts), \(failure.word)"
        turn.record(.agent, .failed, took: sinceAsked)
        saveTrace()
        var wait: Interval?
        if case .retry(_, let named) = failure {
            wait = parts.retry.delay(afterAttempt: agentAttempts, named: named, entropy: loop.entropy)
        }
        if let wait { return ledger.rest(wait) { [self] in askAgent() } }
        let letter = DeadLetter(
            accepted, stage: .agent, word: failure.word, at: loop.wall, attempts: agentAttempts, replies: [], sent: 0)
        parts.journal.deadLetter(turn, names, word: failure.word)
        answer(
            with: [parts.agents.failureNotice(turn)], thenEnd: .deadLetter, with: [letter.operation], isNotice: true)
    }

    private var sinceAsked: Interval { agentStarted.map { loop.clock.now - $0 } ?? .zero }

    // MARK: Replies

    /// Writes the answer down, with what else must change at the same moment, and only then sends it.
    private func answer(
        with replies: [Reply], thenEnd status: MessageRecord.Status, with changes: [StoreOperation] = [],
        isNotice: Bool = false
    ) {
        // Without a reply the end of the message saves it.
        if replies.isEmpty { return finish(status, with: changes) }
        unlessStopped { [self] isStopped in
            if isStopped { return finish(status, with: changes) }
            record(replies, thenEnd: status, with: changes, isNotice: isNotice)
        }
    }

    /// Nothing is sent to who has said STOP (CONTRACT §11); nothing either while nobody can know.
    private func unlessStopped(_ body: @escaping (_ isStopped: Bool) -> Void) {
        findPerson { [self] addresses in
            parts.opt.isStopped(addresses) { [self] isStopped in
                ledger.stepUnlessErased {
                    guard let isStopped else {
                        return ledger.rest(Limits.storeRetry) { [self] in unlessStopped(body) }
                    }
                    if isStopped { turn.record(.delivery, .doNotContact, took: .zero) }
                    body(isStopped)
                }
            }
        }
    }

    private func record(
        _ replies: [Reply], thenEnd status: MessageRecord.Status, with changes: [StoreOperation], isNotice: Bool
    ) {
        saveTrace()
        let outbox = OutboxRecord(status: status, agent: agent, isNotice: isNotice, replies: replies)
        ledger.record(outbox, with: changes) { [self] in deliver(outbox, after: nil) }
    }

    /// After a crash: the answer stands, its first `sent` requests are with the channel, the next one may be.
    private func resume(_ outbox: OutboxRecord, after sent: Int) {
        agent = outbox.agent
        turn.detail = "\(sent) sent before"
        turn.record(.outbox, .resumed, took: .zero)
        deliver(outbox, after: sent)
    }

    private func deliver(_ outbox: OutboxRecord, after sent: Int?) {
        guard let channel else { return giveUp("channel_off", replies: outbox.replies, sent: sent ?? 0) }
        let started = loop.clock.now
        let delivery = Delivery(parts, ledger, channel: channel, message: message, leash: leash) { [self] outcome in
            let took = loop.clock.now - started
            switch outcome {
            case .delivered:
                turn.record(.delivery, .sent, took: took, .replies(Int32(outbox.replies.count)))
                finish(outbox.status)
            case .refused(let word, let sent), .exhausted(let word, let sent):
                turn.detail = word
                turn.record(.delivery, .failed, took: took)
                if outbox.isNotice { return finish(.deadLetter) }
                giveUp(word, replies: outbox.replies, sent: sent)
            }
        }
        delivery.start(outbox.replies, reference: names.reference, after: sent)
    }

    /// What no retry can mend.
    private func giveUp(
        _ word: String, stage: DeadLetter.Stage = .delivery, replies: [Reply], sent: Int = 0
    ) {
        let letter = DeadLetter(
            accepted, stage: stage, word: word, at: loop.wall, attempts: agentAttempts, replies: replies,
            sent: sent)
        parts.journal.deadLetter(turn, names, word: word)
        finish(.deadLetter, with: [letter.operation])
    }

    // MARK: Record

    private func saveTrace(_ further: (inout MessageRecord) -> Void = { _ in }) {
        let (steps, agent) = (turn.takeTrace(), agent)
        parts.log.update(names.messageID) { record in
            record.add(steps)
            record.agent = agent
            further(&record)
        }
    }

    /// Takes the message out of the store; what else must change does so at the same moment.
    private func finish(_ status: MessageRecord.Status, with changes: [StoreOperation] = []) {
        ledger.finish(with: changes) { [self] in leave(status) }
    }

    /// Another gateway has the conversation now and goes on with the message, or its sender has been erased.
    private func handedOver() {
        turn.record(.store, ledger.isErased ? .erased : .handedOver, took: .zero)
        leave(ledger.isErased ? .erased : .handedOver)
    }

    /// Nothing further is done with the message; the store has forgotten it. What waits to go out does not.
    func erase() {
        ledger.erase()
        leash.giveUp()
        courtesyLeash?.giveUp()
    }

    private func leave(_ status: MessageRecord.Status) {
        let finished = loop.clock.wall
        saveTrace { record in
            record.status = status
            record.finishedAt = finished
        }
        if let counter = Self.counter(status) { loop.counters.add(counter) }
        parts.journal.finished(turn, names, status, agent, refusal)
        ledger.onFenced = {}
        leash.loosen()
        completion()
    }

    /// One outcome for each message, at the gateway that ends it.
    private static func counter(_ status: MessageRecord.Status) -> Counter? {
        switch status {
        case .stopped: .messagesStopped
        case .deadLetter: .messagesDead
        case .deferred, .done: .messagesDone
        case .accepted, .handedOver, .erased: nil
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
