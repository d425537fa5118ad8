// E-mail by Resend: proves its webhooks, fetches what they leave out, and ties decoder, encoder and judge together.
// One per loop, confined to its thread (reference: protocols §4). Who wrote a mail is not known: `From` can be
// anybody.

final class ResendChannel: Channel {
    let name = ChannelName.resend
    let bodyMax = Limits.bodyWebhookMax

    private let proof: SvixProof
    private let api: ChannelAPI
    private let encoder: ResendEncoder
    private let fromAddress: [UInt8]
    private let clock: any Clock

    /// - Parameters:
    ///   - secrets: octets of the signing secrets, the current one first; never empty.
    ///   - from: the address that mail comes from, with or without a name.
    init(apiKey: SecretBytes, secrets: [SecretBytes], from: [UInt8], apiURL: HTTPURL, clock: any Clock) {
        proof = SvixProof(secrets: secrets)
        var bearer = [UInt8](text: "Bearer ")
        apiKey.withBytes { bearer.append(copying: $0) }
        api = ChannelAPI(url: apiURL, fields: [OutboundField(name: "Authorization", value: bearer)])
        encoder = ResendEncoder(api: api, from: from)
        fromAddress = MailText.address(from) ?? from
        self.clock = clock
    }

    // MARK: Proof

    func carriesProof(_ head: HTTPRequestHead) -> Bool { (try? SvixProof.shown(head)) != nil }

    func authenticate(_ head: HTTPRequestHead, _ body: [UInt8]) throws(Refusal) {
        try proof.check(head, body, at: clock.wall)
        try WebhookShape.requireJSON(head)
    }

    // MARK: Messages

    func decode(_ head: HTTPRequestHead, _ body: [UInt8]) -> DecodedWebhook {
        let id = (try? SvixProof.shown(head))?.id ?? []
        var decoder = ResendDecoder(eventID: Array(id), from: fromAddress, now: clock.wall)
        decoder.read(body)
        return decoder.webhook
    }

    func missingContent(of message: InboundMessage) -> OutboundRequest? {
        guard let id = message.contentID else { return nil }
        let path = [UInt8](text: "/emails/receiving/") + Percent.encode(id)
        return api.get(path, responseMax: Limits.mailResponseMax)
    }

    func completed(_ message: InboundMessage, with response: OutboundResponse) -> ContentVerdict {
        ResendContent.verdict(message, response)
    }

    /// The idempotency key makes a second mail impossible; no receipt is waited for.
    let carriesReference = false

    func encode(_ reply: Reply, to address: ReplyAddress, reference: [UInt8]) -> [OutboundRequest] {
        encoder.requests(for: reply, to: address, reference: reference)
    }

    func encode(_ order: AgentMessage, to address: ReplyAddress, reference: [UInt8]) -> [OutboundRequest] {
        guard case .mail(let subject, let html, let addsUnsubscribe) = order.form, case .mail(let thread) = address
        else {
            return encode(.text(order.text), to: address, reference: reference)
        }
        return [
            encoder.mail(
                order.text, to: thread.sender, subject: subject, html: html, addsUnsubscribe: addsUnsubscribe,
                own: thread.own, reference: reference),
        ]
    }

    func judge(_ response: OutboundResponse) -> DeliveryVerdict { ResendJudge.verdict(on: response) }

    /// A mail address has one form.
    func alternative(
        for request: OutboundRequest, address: ReplyAddress, after verdict: DeliveryVerdict
    ) -> OutboundRequest? { nil }

    func acknowledgement(of message: InboundMessage) -> OutboundRequest? { nil }
}
