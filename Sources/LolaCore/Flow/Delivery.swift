// Carries the replies of one message to its channel, one request after the other, with retries; what one request
// needs is decided by the channel's own reading of the provider's answer. Lives on the conversation's loop.

final class Delivery {
    /// How the whole delivery ended.
    enum Outcome: Sendable {
        case delivered
        /// The provider refused for good; nothing further of this message was sent.
        case refused(word: String)
        /// Retries are used up.
        case exhausted(word: String)
    }

    private struct Item {
        let record: Int
        var request: OutboundRequest
        var attempts = 0
        var triedAlternative = false
    }

    private let loop: Loop
    private let client: OutboundClient
    private let channel: any Channel
    private let schedule: RetrySchedule
    private let message: InboundMessage
    private let log: MessageLog
    private var items: [Item] = []
    private let completion: (Outcome) -> Void

    init(
        _ loop: Loop, client: OutboundClient, channel: any Channel, schedule: RetrySchedule, message: InboundMessage,
        log: MessageLog, completion: @escaping (Outcome) -> Void
    ) {
        self.loop = loop
        self.client = client
        self.channel = channel
        self.schedule = schedule
        self.message = message
        self.log = log
        self.completion = completion
    }

    /// Sends the replies in order. `reference` prefixes the ids that providers may carry back.
    func start(_ replies: [Reply], reference: [UInt8]) {
        var deliveries: [MessageRecord.Delivery] = []
        let known = log.find(message.key)?.deliveries.count ?? 0
        for (ordinal, reply) in replies.enumerated() {
            var id = reference + [0x2E]
            ASCII.append(ordinal, to: &id)
            for request in channel.encode(reply, to: message.replyTo, reference: id) {
                items.append(Item(record: known + deliveries.count, request: request))
                deliveries.append(.init(kind: reply.word, status: .pending, attempts: 0, error: nil))
            }
        }
        log.update(message.key) { $0.deliveries.append(contentsOf: deliveries) }
        items.reverse()
        next()
    }

    private func next() {
        guard let item = items.last else { return completion(.delivered) }
        loop.counters.add(.deliveries)
        items[items.count - 1].attempts += 1
        client.send(item.request) { [self] outcome in
            switch outcome {
            case .success(let response): judged(channel.judge(response))
            case .failure(let fault): judged(.retry(word: fault.word, after: nil))
            }
        }
    }

    private func judged(_ verdict: DeliveryVerdict) {
        guard var item = items.popLast() else { return }
        switch verdict {
        case .accepted:
            note(item, .sent, nil)
            next()
        case .retry(let word, let after):
            guard let delay = schedule.delay(afterAttempt: item.attempts, named: after, entropy: loop.entropy) else {
                loop.counters.add(.deliveriesFailed)
                note(item, .failed, word)
                return completion(.exhausted(word: "\(word)"))
            }
            loop.counters.add(.deliveriesRetried)
            note(item, .pending, word)
            items.append(item)
            loop.after(delay) { self.next() }
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
            completion(.refused(word: "\(word)"))
        }
    }

    private func note(_ item: Item, _ status: MessageRecord.Delivery.Status, _ word: StaticString?) {
        log.update(message.key) { record in
            guard item.record < record.deliveries.count else { return }
            record.deliveries[item.record].status = status
            record.deliveries[item.record].attempts = item.attempts
            record.deliveries[item.record].error = word.map { "\($0)" }
        }
    }
}
