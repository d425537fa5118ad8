// Twilio: proves its webhooks over our public URL, and ties decoder, encoder and judge together. One instance for SMS
// and one for WhatsApp by Twilio on each loop, confined to its thread; either reads whatever Twilio sends (protocols
// §3).

final class TwilioChannel: Channel {
    /// What Twilio is reached by and proven with.
    struct Account {
        let sid: [UInt8]
        /// The current one, then the previous one during a rotation. Never empty.
        let authTokens: [SecretBytes]
        let sharedKey: TwilioSharedKey?
        /// Our public URL, on which signatures are built.
        let publicURL: [UInt8]
        let apiURL: HTTPURL
    }

    let name: ChannelName
    let bodyMax = Limits.bodyTwilioMax

    private let proof: TwilioProof
    private let encoder: TwilioEncoder
    private let clock: any Clock

    init(_ name: ChannelName, _ account: Account, clock: any Clock) {
        precondition(name == .twilioSMS || name == .twilioWhatsApp, "no channel of Twilio")
        self.name = name
        self.clock = clock
        proof = TwilioProof(
            publicURL: account.publicURL, authTokens: account.authTokens, sharedKey: account.sharedKey)
        var credentials = account.sid + [0x3A]
        account.authTokens[0].withBytes { credentials.append(copying: $0) }
        let authorization = [UInt8](text: "Basic ") + Base64.encode(credentials, .standard)
        let base = account.publicURL.last == 0x2F ? Array(account.publicURL.dropLast()) : account.publicURL
        encoder = TwilioEncoder(
            api: ChannelAPI(
                url: account.apiURL, fields: [OutboundField(name: "Authorization", value: authorization)]),
            account: [UInt8](text: "/2010-04-01/Accounts/") + Percent.encode(account.sid),
            statusURL: base + [UInt8](text: "/webhooks/twilio/status"))
    }

    // MARK: Proof

    func carriesProof(_ head: HTTPRequestHead) -> Bool { proof.isShown(head) }

    func authenticate(_ head: HTTPRequestHead, _ body: [UInt8]) throws(Refusal) {
        try proof.check(head, body)
        try WebhookShape.requireFormOrJSON(head)
    }

    // MARK: Messages

    /// A status shares its id with a message of ours and is no message: nothing of it is claimed, and none is lost
    /// because another one came before.
    func decode(_ head: HTTPRequestHead, _ body: [UInt8]) -> DecodedWebhook {
        var webhook = DecodedWebhook()
        // The form was read once already: it stands in the proof. Events in JSON are none that Lola subscribes to.
        guard WebhookShape.isMedia(head, "application/x-www-form-urlencoded"), let form = try? FormFields(body[...])
        else {
            webhook.quarantined.append(.wrongShape)
            return webhook
        }
        var decoder = TwilioDecoder(form, order: Self.order(head), now: clock.wall)
        decoder.read()
        webhook = decoder.webhook
        // Calls of agents bring their script with them: who asks here has called us.
        if decoder.isCall, head.bytes[head.path.asRange].equals("/webhooks/twilio/voice") {
            webhook.answer = TwiML.answer(TwiML.call(TwiML.unanswered))
        }
        return webhook
    }

    /// What the encoder wrote into the address of a status; nil for anything else. The signature covers it.
    private static func order(_ head: HTTPRequestHead) -> [UInt8]? {
        guard let range = head.query, let query = try? FormFields(head.bytes[range.asRange]) else { return nil }
        let named = query.all("order")
        guard named.count == 1, DeliveryReference.isWellFormed(named[0]) else { return nil }
        return named[0]
    }

    var accepted: HTTPResponse { TwiML.nothing }

    let carriesReference = false

    /// Replies are found by Twilio's id alone.
    func encode(_ reply: Reply, to address: ReplyAddress, reference: [UInt8]) -> [OutboundRequest] {
        encoder.requests(for: reply, to: address)
    }

    func encode(_ order: AgentMessage, to address: ReplyAddress, reference: [UInt8]) -> [OutboundRequest] {
        guard case .call(let announcement, let isRecorded) = order.form, case .sms(let own, let number) = address else {
            return encoder.requests(for: .text(order.text), to: address, order: reference)
        }
        let script = CallScript(announcement: announcement, text: order.text)
        return [encoder.call(from: own, to: number, script, isRecorded: isRecorded, order: reference)]
    }

    func judge(_ response: OutboundResponse) -> DeliveryVerdict { TwilioJudge.verdict(on: response) }

    /// Twilio knows the forms of a number itself.
    func alternative(
        for request: OutboundRequest, address: ReplyAddress, after verdict: DeliveryVerdict
    ) -> OutboundRequest? { nil }

    func acknowledgement(of message: InboundMessage) -> OutboundRequest? { nil }

    func signal(of verdict: DeliveryVerdict, to address: ReplyAddress) -> ContactSignal? {
        guard verdict == TwilioJudge.refusedByStop else { return nil }
        switch address {
        case .sms(_, let sender): return ContactSignal(kind: .optedOut, channel: .twilioSMS, address: sender)
        case .twilioWhatsApp(_, let sender):
            return ContactSignal(kind: .optedOut, channel: .twilioWhatsApp, address: sender)
        case .whatsappNumber, .whatsappUser, .telegramChat, .mail: return nil
        }
    }
}
