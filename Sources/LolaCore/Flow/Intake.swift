// From a webhook request to accepted messages: proof, claim and queue of each message in one operation that is
// durable, its record, what must hold at once, the 200, and hand-over to the owner loop. Lives on the loop
// that took the request.

final class Intake {
    /// A webhook whose proof held, and who waits for the answer.
    private struct Arrival {
        let proven: ProvenWebhook
        let requestID: [UInt8]
        let answer: (HTTPResponse) -> Void
    }

    /// The messages of a webhook that the store has not told of yet.
    private final class Unfinished {
        private var open: Int
        private var isComplete = true
        private let completion: (_ isComplete: Bool) -> Void

        init(_ open: Int, _ completion: @escaping (_ isComplete: Bool) -> Void) {
            self.open = open
            self.completion = completion
        }

        func ended(_ isKept: Bool) {
            isComplete = isComplete && isKept
            open -= 1
            if open == 0 { completion(isComplete) }
        }
    }

    typealias ReceiptKeeper = (DeliveryReceipt, ChannelName, @escaping (_ isKept: Bool) -> Void) -> Void

    private let store: any Store
    private let directory: LoopDirectory
    /// This loop's place in the directory, and its own way to take a message without a mailbox.
    private let number: Int
    private let take: (AcceptedMessage) -> Void
    private let log: MessageLog
    private let backlog: Backlog
    private let pseudonyms: Pseudonyms
    private let doubts: DoubtCount
    private let loop: Loop
    /// Told of each accepted message before it goes on; only the console of `lola dev` listens.
    private let onAccepted: ((VerifiedMessage) -> Void)?
    /// Told of each receipt and whose it is; answers whether what it says is kept.
    private let onReceipt: ReceiptKeeper?
    private let signals: any ContactSignals
    /// The steps of a webhook after its proof, each taken together by what arrived in a step of a round.
    private var decoding: WorkBatch<Arrival>?
    private var keeping: WorkBatch<(Arrival, VerifiedWebhook)>?

    init(
        _ loop: Loop, store: any Store, directory: LoopDirectory, number: Int, log: MessageLog, backlog: Backlog,
        pseudonyms: Pseudonyms, doubts: DoubtCount, signals: any ContactSignals,
        onAccepted: ((VerifiedMessage) -> Void)? = nil,
        onReceipt: ReceiptKeeper? = nil,
        take: @escaping (AcceptedMessage) -> Void
    ) {
        self.onAccepted = onAccepted
        self.onReceipt = onReceipt
        self.signals = signals
        self.loop = loop
        self.store = store
        self.directory = directory
        self.log = log
        self.backlog = backlog
        self.pseudonyms = pseudonyms
        self.doubts = doubts
        self.number = number
        self.take = take
        decoding = WorkBatch(loop) { [self] in decode($0) }
        keeping = WorkBatch(loop) { [self] in keep($0, $1) }
    }

    /// Answers exactly once: what the channel calls accepted when everything in the body is kept or known, 503 when
    /// it could not be kept, the refusal's status otherwise.
    /// - Returns: why the request was refused as it stands; nil when its proof held and its messages are being kept.
    func receive(
        _ request: HTTPRequest, from channel: any Channel, _ answer: @escaping (HTTPResponse) -> Void
    ) -> Refusal? {
        do throws(Refusal) {
            let proven = try WebhookGate.prove(channel, head: request.head, body: request.body)
            decoding?.add(Arrival(proven: proven, requestID: request.requestID, answer: answer))
            return nil
        } catch {
            loop.counters.add(.webhooksRefused)
            answer(.refusal(error, requestID: request.requestID))
            return error
        }
    }

    private func decode(_ arrival: Arrival) {
        keeping?.add((arrival, WebhookGate.admit(arrival.proven, at: loop.wall)))
    }

    private func keep(_ arrival: Arrival, _ webhook: VerifiedWebhook) {
        // Only what would have to be kept is turned away: a receipt costs nothing and need not come again.
        guard !webhook.messages.contains(where: { backlog.isFull($0.message.conversation.lane) }) else {
            loop.counters.add(.webhooksRefused)
            return arrival.answer(.refusal(.backlogFull, requestID: arrival.requestID))
        }
        let channel = arrival.proven.channel
        loop.counters.add(.webhookQuarantined, webhook.quarantined.count)
        loop.counters.add(.webhookIgnored, webhook.ignored)
        loop.counters.add(.webhookReceipts, webhook.receipts.count)
        receipts(webhook.receipts, of: channel.name)
        let accepted = webhook.answer ?? channel.accepted
        let answer = acceptance(accepted, requestID: arrival.requestID, arrival.answer)
        let aside = webhook.quarantined.first.map { putAside($0, arrival.proven.body, of: channel.name) }
        if aside == nil, webhook.receipts.isEmpty, webhook.signals.isEmpty { return accept(webhook.messages, answer) }
        keep(webhook.receipts, of: channel.name) { [self] areReceiptsKept in
            let end = { [self] (isKept: Bool) in accept(webhook.messages) { answer($0 && areReceiptsKept && isKept) } }
            if aside == nil, webhook.signals.isEmpty { return end(true) }
            signals.note(webhook.signals) { [self] areSignalsKept in
                guard let aside else { return end(areSignalsKept) }
                store.submit(aside) { end($0 == .done && areSignalsKept) }
            }
        }
    }

    /// What was proven and not understood: a retry would not mend it, so an operator hears that it was there and why.
    /// The places are few, and the newest takes the place of an older one: no provider fills the store with it.
    private func putAside(_ reason: QuarantineReason, _ octets: [UInt8], of channel: ChannelName) -> StoreOperation {
        let place = pseudonyms.id(octets).high % UInt64(Limits.quarantinedWebhooksMax)
        let id = pseudonyms.id([UInt8](text: "webhook put aside \(place)"))
        return QuarantinedEntry(reason, of: channel, at: loop.wall, octets: octets.count).operation(id)
    }

    /// What receipts say of orders of agents, durably.
    private func keep(
        _ receipts: [DeliveryReceipt], of channel: ChannelName, _ completion: @escaping (_ areKept: Bool) -> Void
    ) {
        guard let onReceipt, !receipts.isEmpty else { return completion(true) }
        var (open, areKept) = (receipts.count, true)
        for receipt in receipts {
            onReceipt(receipt, channel) { isKept in
                areKept = areKept && isKept
                open -= 1
                if open == 0 { completion(areKept) }
            }
        }
    }

    /// The end of a webhook whose proof held: 200 in the provider's words, or 503.
    private func acceptance(
        _ accepted: HTTPResponse, requestID: [UInt8], _ answer: @escaping (HTTPResponse) -> Void
    ) -> (Bool) -> Void {
        { [self] isComplete in
            loop.counters.add(isComplete ? .webhooksAccepted : .webhooksRefused)
            answer(isComplete ? accepted : .refusal(.storeUnavailable, requestID: requestID))
        }
    }

    private func accept(_ messages: [VerifiedMessage], _ completion: @escaping (_ isComplete: Bool) -> Void) {
        if messages.isEmpty { return completion(true) }
        let unfinished = Unfinished(messages.count, completion)
        for verified in messages {
            let names = pseudonyms.names(verified.message)
            store.submit(acceptance(verified, names)) { [self] result in
                switch result {
                case .claimed(true): return accepted(verified, names) { unfinished.ended(true) }
                case .claimed(false):
                    loop.counters.add(.webhookDuplicates)
                    unfinished.ended(true)
                case .value, .done, .page, .sum, .reserved, .exceeded, .fenced, .unavailable: unfinished.ended(false)
                }
            }
        }
    }

    /// Claim and queue at one moment: nobody can take the id without the message being kept. Who wrote was heard.
    private func acceptance(_ verified: VerifiedMessage, _ names: MessageNames) -> StoreOperation {
        let message = verified.message
        var changes: [StoreOperation] = [
            .claim(StoreKey(.seen, names.messageID), expires: Self.retention(message.channel)),
            .append(QueueEntry(
                key: StoreKey(.inbound, names.messageID), lane: message.conversation.lane,
                value: MessageCodec.encode(verified))),
            .mark(StoreKey(.heard, names.senderID), expires: Limits.heardRetention),
        ]
        switch message.channel {
        case .whatsapp, .telegram: break
        case .twilioSMS, .twilioWhatsApp, .resend:
            // The settings name one of our numbers and addresses there; we may have more.
            guard let parts = ConversationParts(message.conversation) else { break }
            changes.append(.mark(StoreKey(.heard, pseudonyms.end(parts)), expires: Limits.ownEndRetention))
        }
        return .batch(changes)
    }

    /// - Parameter ended: called when what the message says of being written to holds.
    private func accepted(_ verified: VerifiedMessage, _ names: MessageNames, _ ended: @escaping () -> Void) {
        loop.counters.add(.webhookMessages)
        loop.counters.add(.cardsMasked, verified.maskedCards)
        onAccepted?(verified)
        // The queue gives it to whichever gateway owns the lane.
        if store.returnsEntries { return signals.heard(verified.message, ended) }
        let accepted = AcceptedMessage(verified: verified, names: names, mayBeRepeated: false)
        backlog.entered(accepted.lane)
        // Before this delivery is acknowledged: who is told that the message is taken may ask for its record.
        log.insert(MessageRecord(accepted))
        signals.heard(verified.message, ended)
        let owner = directory.owner(of: accepted.lane)
        if owner == number { take(accepted) } else { directory.mailboxes[owner].post(.message(accepted)) }
    }

    /// The record of the delivery goes on. A receipt also matters to a delivery that is in doubt; its loop is not
    /// known, so all are told.
    private func receipts(_ receipts: [DeliveryReceipt], of channel: ChannelName) {
        for receipt in receipts where receipt.call == nil { log.receipt(receipt, of: channel) }
        if doubts.isEmpty { return }
        for receipt in receipts {
            guard let reference = receipt.reference else { continue }
            directory.postAll(.receipt(reference, isTaken: receipt.state != .failed))
        }
    }

    /// How long a provider may deliver the same message again (reference: reliability B9).
    private static func retention(_ channel: ChannelName) -> Interval {
        switch channel {
        case .whatsapp: Limits.seenWhatsApp
        case .telegram: Limits.seenTelegram
        case .twilioSMS, .twilioWhatsApp: Limits.seenTwilio
        case .resend: Limits.seenResend
        }
    }
}
