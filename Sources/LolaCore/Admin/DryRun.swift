// `POST /admin/api/dry-run/route` (CONTRACT §10): the middleware chain for a made-up message, without any effect
// but the identity look-up. Runs on the loop that took the request.

final class DryRun {
    struct Question {
        let channel: ChannelName
        let from: [UInt8]
        let text: [UInt8]?

        /// Nil unless the body is `{"channel","from","text"}` of the right types.
        init?(_ body: [UInt8]) {
            guard let document = try? JSONDocument.parse(body), document.root.kind == .object else { return nil }
            let root = document.root
            guard let name = root["channel"]?.text, let channel = ChannelName(rawValue: name) else { return nil }
            guard let from = root["from"]?.textBytes, !from.isEmpty, from.count <= Limits.phoneTextMax.bytes else {
                return nil
            }
            if let text = root["text"], text.kind != .string, !text.isNull { return nil }
            for (key, _) in root.members where !["channel", "from", "text"].contains(key.text) { return nil }
            self.channel = channel
            self.from = from
            text = root["text"]?.textBytes
        }
    }

    private let turn: Turn
    private let pipeline: Pipeline
    private let client: OutboundClient
    private let store: any Store
    private let completion: ([UInt8]) -> Void
    private var position = Pipeline.Position()

    init(
        _ question: Question, at now: WallTime, pseudonyms: Pseudonyms, pipeline: Pipeline, client: OutboundClient,
        store: any Store, completion: @escaping ([UInt8]) -> Void
    ) {
        let message = Self.message(question, at: now)
        turn = Turn(WebhookGate.imagined(message, at: now), senderID: pseudonyms.sender(of: message), isDry: true)
        self.pipeline = pipeline
        self.client = client
        self.store = store
        self.completion = completion
    }

    func start() { advance(nil) }

    private func advance(_ answer: EffectAnswer?) {
        switch pipeline.run(turn, &position, answer: answer) {
        case .waiting(.http(let request)): client.send(request) { [self] in advance(.http($0)) }
        case .waiting(.store(let operation)): store.submit(operation) { [self] in advance(.store($0)) }
        case .stopped: completion(render(agent: nil, stoppedBy: turn.trace.last.map { $0.stage.rawValue }))
        case .agent(let name): completion(render(agent: name, stoppedBy: nil))
        }
    }

    private func render(agent: AgentName?, stoppedBy: String?) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.object { writer in
            writer.member("phone", turn.phone?.text)
            writer.member("candidates") { writer in
                writer.array { writer in for candidate in turn.candidates { writer.string(candidate.text) } }
            }
            writer.member("agent", agent?.rawValue)
            writer.member("stopped_by", stoppedBy)
            writer.member("trace") { MessageJSON.trace(turn.trace, to: &$0) }
        }
        return writer.bytes
    }

    /// A sender of WhatsApp and Twilio is a number unless it is something else (`US.…`, a short code); one of Telegram
    /// and of mail has none.
    private static func message(_ question: Question, at now: WallTime) -> InboundMessage {
        let from = question.from
        let isScoped = from.count > 3 && from[2] == 0x2E && ASCII.isLetter(from[0])
        let own = [UInt8](text: "dry-run")
        var phone: [UInt8]?
        let address: ReplyAddress
        switch question.channel {
        case .whatsapp:
            address = isScoped ? .whatsappUser(from) : .whatsappNumber(from)
            phone = isScoped ? nil : from
        case .telegram: address = .telegramChat(Int64(ASCII.decimal(from) ?? 0))
        case .twilioSMS:
            address = .sms(own: own, sender: from)
            phone = E164(from) == nil ? nil : from
        case .twilioWhatsApp:
            address = .twilioWhatsApp(own: own, sender: from)
            phone = E164(from) == nil ? nil : from
        case .resend: address = .mail(MailThread(own: own, sender: from, subject: [], messageID: nil))
        }
        return InboundMessage(
            channel: question.channel, nativeID: own,
            conversation: ConversationKey(question.channel, own: own, sender: from), replyTo: address, senderID: from,
            phone: phone, language: nil, type: .text, text: question.text ?? [], startPayload: nil, choiceID: nil,
            attachments: [], at: now, callbackQueryID: nil)
    }
}
