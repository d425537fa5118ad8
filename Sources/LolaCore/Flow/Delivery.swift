// Carries the replies of one message to its channel, one request after the other, with retries; what one request
// needs is decided by the channel's own reading of the provider's answer. What the channel has accepted is on disk
// before the next request goes out. Lives on the conversation's loop.

final class Delivery {
    /// How the whole delivery ended.
    enum Outcome: Sendable {
        case delivered
        /// The provider refused for good; nothing further of this message was sent.
        case refused(word: String, sent: Int)
        /// Retries are used up.
        case exhausted(word: String, sent: Int)
    }

    private struct Item {
        let record: Int
        var request: OutboundRequest
        /// What a receipt of this request carries; nil when other requests carry the same.
        let reference: [UInt8]?
        var attempts = 0
        var triedAlternative = false
    }

    private let parts: FlowParts
    private let ledger: MessageLedger
    private let channel: any Channel
    private let message: InboundMessage
    private let leash: CallLeash
    private var items: [Item] = []
    private var sent = 0
    private let completion: (Outcome) -> Void

    init(
        _ parts: FlowParts, _ ledger: MessageLedger, channel: any Channel, message: InboundMessage, leash: CallLeash,
        completion: @escaping (Outcome) -> Void
    ) {
        self.parts = parts
        self.ledger = ledger
        self.channel = channel
        self.message = message
        self.leash = leash
        self.completion = completion
    }

    private var loop: Loop { parts.loop }

    /// Sends the replies in order. `reference` prefixes the ids that providers may carry back. `after` is nil for a
    /// fresh answer; else so many requests were accepted before a crash, and the next one is in doubt.
    func start(_ replies: [Reply], reference: [UInt8], after: Int?) {
        var deliveries: [MessageRecord.Delivery] = []
        let known = parts.log.find(ledger.id)?.deliveries.count ?? 0
        sent = after ?? 0
        for (ordinal, reply) in replies.enumerated() {
            var id: [UInt8] = []
            id.reserveCapacity(reference.count + 4)
            id += reference
            id.append(0x2E)
            ASCII.append(ordinal, to: &id)
            for (part, request) in channel.encode(reply, to: message.replyTo, reference: id).enumerated() {
                let isSent = deliveries.count < sent
                if !isSent {
                    let own = part == 0 && channel.carriesReference ? id : nil
                    items.append(Item(record: known + deliveries.count, request: request, reference: own))
                }
                deliveries.append(
                    .init(kind: reply.word, status: isSent ? .sent : .pending, attempts: 0, error: nil))
            }
        }
        parts.log.update(ledger.id) { record in
            if record.deliveries.isEmpty { record.deliveries = deliveries } else { record.deliveries += deliveries }
        }
        items.reverse()
        if after != nil { doubt() } else { next() }
    }

    /// The next request may be with the channel already: a receipt says so, or its time passes.
    private func doubt() {
        guard let reference = items.last?.reference else { return next() }
        // All of it is on disk: a drain does not wait for a receipt.
        ledger.rests(true)
        let timer = loop.after(Limits.doubtWait) { [self] in
            parts.doubts.close(reference)
            ledger.rests(false)
            ledger.step { ledger.unlessErased(next) }
        }
        parts.doubts.open(reference) { [self] isTaken in
            loop.cancel(timer)
            ledger.rests(false)
            ledger.step { judged(isTaken ? .accepted(providerID: []) : .final(word: "undeliverable")) }
        }
    }

    private func next() {
        guard let item = items.last else { return completion(.delivered) }
        loop.counters.add(.deliveries)
        items[items.count - 1].attempts += 1
        parts.client.send(item.request, leash: leash) { [self] outcome in
            ledger.stepUnlessErased {
                switch outcome {
                case .success(let response): judged(channel.judge(response))
                case .failure(let fault): judged(.retry(word: fault.word, after: nil))
                }
            }
        }
    }

    private func judged(_ verdict: DeliveryVerdict) {
        guard var item = items.popLast() else { return }
        switch verdict {
        case .accepted(let providerID): accepted(item, providerID)
        // To send it again would perhaps be to send it twice.
        case .unclear: accepted(item, [])
        case .retry(let word, let after):
            guard let delay = parts.retry.delay(afterAttempt: item.attempts, named: after, entropy: loop.entropy)
            else {
                loop.counters.add(.deliveriesFailed)
                note(item, .failed, word)
                return completion(.exhausted(word: "\(word)", sent: sent))
            }
            loop.counters.add(.deliveriesRetried)
            note(item, .pending, word)
            items.append(item)
            ledger.rest(delay) { [self] in next() }
        case .final(let word), .alarm(let word):
            let other = item.triedAlternative ? nil
                : channel.alternative(for: item.request, address: message.replyTo, after: verdict)
            if let other {
                item.triedAlternative = true
                item.request = other
                note(item, .pending, word)
                items.append(item)
                return next()
            }
            loop.counters.add(.deliveriesFailed)
            note(item, .failed, word)
            if let signal = channel.signal(of: verdict, to: message.replyTo) {
                // The refusal itself says it again with the next attempt: nobody waits for this one.
                parts.signals.note([signal]) { _ in }
            }
            completion(.refused(word: "\(word)", sent: sent))
        }
    }

    private func accepted(_ item: Item, _ providerID: [UInt8]) {
        note(item, .sent, nil)
        if !providerID.isEmpty {
            let place = MessageLog.DeliveryPlace(record: ledger.id, index: item.record)
            parts.log.sent(providerID, by: message.channel, as: place)
        }
        sent += 1
        // The last one is recorded by the end of the message itself.
        if items.isEmpty { return completion(.delivered) }
        ledger.mark(sent: sent) { [self] in next() }
    }

    private func note(_ item: Item, _ status: MessageRecord.Delivery.Status, _ word: StaticString?) {
        parts.log.update(ledger.id) { record in
            guard item.record < record.deliveries.count else { return }
            record.deliveries[item.record].status = status
            record.deliveries[item.record].attempts = item.attempts
            record.deliveries[item.record].error = word.map { "\($0)" }
        }
    }
}
