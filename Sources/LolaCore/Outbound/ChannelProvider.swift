// Sends what agents write through a channel that Lola speaks anyway: the channel encodes and judges, the loop's client
// carries. No retries: the agent learns of a failure and decides. One per channel and loop.

final class ChannelProvider: OutboundProvider {
    let channel: AgentChannel
    private let client: OutboundClient
    private let own: any Channel
    private let ownID: [UInt8]
    private let signals: any ContactSignals

    /// - Parameters:
    ///   - signals: told of people who have opted out at the provider.
    ///   - ownID: our number or address there, from which it is sent.
    ///   - use: what of the channel it is for, where that is not its texts.
    init(
        _ client: OutboundClient, _ own: any Channel, ownID: [UInt8], signals: any ContactSignals,
        for use: AgentChannel? = nil
    ) {
        self.signals = signals
        self.client = client
        self.own = own
        self.ownID = ownID
        channel = use ?? own.name.agentChannel
    }

    func send(_ dispatch: OutboundDispatch, _ completion: @escaping (ProviderOutcome) -> Void) {
        guard let address = replyTo(dispatch.recipient) else {
            return completion(.refused(word: "address_unknown"))
        }
        let order = AgentMessage(text: dispatch.text, form: Self.form(dispatch))
        let requests = own.encode(order, to: address, reference: dispatch.reference)
        guard !requests.isEmpty else { return completion(.refused(word: "empty")) }
        Sending(client, own, address, signals, completion).next(requests[...])
    }

    /// Where the channel sends it: to the address that a conversation came from, else to the one that was named.
    private func replyTo(_ recipient: OutboundRecipient) -> ReplyAddress? {
        if let conversation = recipient.conversation {
            return conversation.channel == own.name ? conversation.replyTo : nil
        }
        switch (own.name, recipient.address) {
        case (.whatsapp, .phone(let number)): return .whatsappNumber(number.digits)
        case (.whatsapp, .whatsappUser(let id)): return .whatsappUser(id)
        case (.telegram, .telegram(let chat)): return .telegramChat(chat)
        case (.twilioSMS, .phone(let number)): return .sms(own: ownID, sender: number.bytes)
        case (.twilioWhatsApp, .phone(let number)): return .twilioWhatsApp(own: ownID, sender: number.bytes)
        case (.resend, .email(let address)):
            return .mail(MailThread(own: ownID, sender: address, subject: [], messageID: nil))
        default: return nil
        }
    }

    private static func form(_ dispatch: OutboundDispatch) -> AgentMessage.Form {
        switch dispatch.recipient.channel {
        case .voice: .call(announcement: dispatch.announcement, isRecorded: dispatch.records)
        case .email:
            .mail(subject: dispatch.subject ?? [], html: dispatch.html, addsUnsubscribe: dispatch.addsUnsubscribe)
        case .sms, .whatsapp, .telegram: .text
        }
    }

    /// The parts of one message, one after the other.
    private final class Sending {
        private let client: OutboundClient
        private let channel: any Channel
        private let address: ReplyAddress
        private let signals: any ContactSignals
        private let completion: (ProviderOutcome) -> Void
        private var firstID: [UInt8] = []
        private var sent = 0

        init(
            _ client: OutboundClient, _ channel: any Channel, _ address: ReplyAddress, _ signals: any ContactSignals,
            _ completion: @escaping (ProviderOutcome) -> Void
        ) {
            self.signals = signals
            self.client = client
            self.channel = channel
            self.address = address
            self.completion = completion
        }

        func next(_ requests: ArraySlice<OutboundRequest>, isAlternative: Bool = false) {
            guard let request = requests.first else { return completion(.taken(id: firstID, .sent, price: nil)) }
            client.send(request) { [self] outcome in
                switch outcome {
                case .failure(let fault): end(Self.hasArrived(fault), "\(fault.word)")
                case .success(let response):
                    let verdict = channel.judge(response)
                    switch verdict {
                    case .accepted(let id):
                        if sent == 0 { firstID = id }
                        sent += 1
                        next(requests.dropFirst())
                    case .unclear(let word): end(.unknown(word: ""), "\(word)")
                    case .retry(let word, let after): end(.unavailable(word: "", after: after), "\(word)")
                    case .alarm(let word): end(.unavailable(word: ""), "\(word)")
                    case .final(let word):
                        let other = isAlternative
                            ? nil : channel.alternative(for: request, address: address, after: verdict)
                        guard let other else { return refused(verdict, "\(word)") }
                        next([other] + requests.dropFirst(), isAlternative: true)
                    }
                }
            }
        }

        /// Whoever has opted out at the provider is on our list before the agent hears of the refusal.
        private func refused(_ verdict: DeliveryVerdict, _ word: String) {
            guard let signal = channel.signal(of: verdict, to: address) else {
                return end(.refused(word: ""), word)
            }
            signals.note([signal]) { [self] _ in end(.refused(word: ""), word) }
        }

        /// What went out before the part that failed cannot be taken back.
        private func end(_ outcome: ProviderOutcome, _ word: String) {
            if sent > 0 { return completion(.taken(id: firstID, .failed, price: nil)) }
            switch outcome {
            case .refused: completion(.refused(word: word))
            case .unknown: completion(.unknown(word: word))
            case .unavailable(_, let after): completion(.unavailable(word: word, after: after))
            case .taken: completion(.unavailable(word: word))
            }
        }

        /// Whether the request may have reached the provider although no answer came.
        private static func hasArrived(_ fault: OutboundFault) -> ProviderOutcome {
            switch fault {
            case .resolve, .connect, .tls, .breakerOpen, .busy: .unavailable(word: "")
            case .timeout, .closed, .malformed, .tooLarge: .unknown(word: "")
            }
        }
    }
}
