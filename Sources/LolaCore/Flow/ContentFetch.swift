// Asks a channel's provider for what the webhook left out of a message, before anything else is done with it. The
// message stands in its queue meanwhile: a crash asks again. Retries like an agent. Made by a journey, lives until
// its completion.

final class ContentFetch {
    enum Outcome {
        case complete(VerifiedMessage)
        /// Nobody wrote it: no answer.
        case automatic
        case failed(word: String, attempts: Int)
    }

    private let accepted: AcceptedMessage
    private let channel: any Channel
    private let parts: FlowParts
    private let ledger: MessageLedger
    private let leash: CallLeash
    private let completion: (Outcome) -> Void
    private var attempts = 0

    init(
        _ accepted: AcceptedMessage, _ channel: any Channel, _ parts: FlowParts, _ ledger: MessageLedger,
        leash: CallLeash,
        completion: @escaping (Outcome) -> Void
    ) {
        self.accepted = accepted
        self.channel = channel
        self.parts = parts
        self.ledger = ledger
        self.leash = leash
        self.completion = completion
    }

    func start(_ request: OutboundRequest) {
        attempts += 1
        parts.client.send(request, leash: leash) { [self] outcome in
            ledger.step {
                switch outcome {
                case .success(let response): judged(channel.completed(accepted.message, with: response), request)
                // The same mail will be as large at the next attempt.
                case .failure(.tooLarge): judged(.final(word: "content_too_large"), request)
                case .failure(let fault): judged(.retry(word: fault.word, after: nil), request)
                }
            }
        }
    }

    private func judged(_ verdict: ContentVerdict, _ request: OutboundRequest) {
        switch verdict {
        case .complete(let message):
            let verified = WebhookGate.completed(accepted.verified, with: message)
            parts.loop.counters.add(.cardsMasked, verified.maskedCards)
            completion(.complete(verified))
        case .automatic: completion(.automatic)
        case .final(let word): completion(.failed(word: "\(word)", attempts: attempts))
        case .retry(let word, let after):
            guard let delay = parts.retry.delay(afterAttempt: attempts, named: after, entropy: parts.loop.entropy)
            else { return completion(.failed(word: "\(word)", attempts: attempts)) }
            ledger.rest(delay) { [self] in start(request) }
        }
    }
}
