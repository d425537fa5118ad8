// WhatsApp Cloud API: proves Meta's webhooks, answers its handshake, and ties decoder, encoder and judge together.
// One per loop, confined to its thread (reference: protocols §1).

final class WhatsAppChannel: Channel {
    let name = ChannelName.whatsapp
    let bodyMax = Limits.bodyWhatsAppMax

    private let phoneNumberID: [UInt8]
    private let messagesPath: [UInt8]
    private let key: HMACKey
    private let previousKey: HMACKey?
    private let verifyToken: SecretBytes
    private let api: ChannelAPI

    /// - Parameters:
    ///   - phoneNumberID: our own number at Meta; parts of a webhook for another number are put aside.
    ///   - appSecret: never empty; the settings refuse a channel without its secret.
    ///   - previousAppSecret: still accepted while the secret is being changed.
    ///   - verifyToken: what Meta repeats in the handshake; an empty one never matches.
    ///   - apiURL: with the version, `https://graph.facebook.com/v23.0`.
    init(
        phoneNumberID: [UInt8], token: SecretBytes, appSecret: SecretBytes, previousAppSecret: SecretBytes?,
        verifyToken: SecretBytes, apiURL: HTTPURL
    ) {
        precondition(!appSecret.isEmpty, "the WhatsApp channel needs its app secret")
        self.phoneNumberID = phoneNumberID
        messagesPath = [0x2F] + phoneNumberID + [UInt8](text: "/messages")
        self.verifyToken = verifyToken
        key = HMACKey(.sha256, key: appSecret)
        previousKey = previousAppSecret.flatMap { $0.isEmpty ? nil : HMACKey(.sha256, key: $0) }
        var bearer = [UInt8](text: "Bearer ")
        token.withBytes { secret in
            for index in secret.indices { bearer.append(secret[index]) }
        }
        api = ChannelAPI(url: apiURL, fields: [OutboundField(name: "Authorization", value: bearer)])
    }

    // MARK: Proof

    func carriesProof(_ head: HTTPRequestHead) -> Bool { (try? Self.digits(head)) != nil }

    /// `X-Hub-Signature-256` once, `sha256=` and 64 lower-case digits, over the raw octets (CONTRACT §11). Both
    /// secrets are always tried, so the time does not tell which one is in use.
    func authenticate(_ head: HTTPRequestHead, _ body: [UInt8]) throws(Refusal) {
        let code = try Self.code(head)
        let isCurrent = key.verify(body, code: code)
        let isPrevious = previousKey?.verify(body, code: code) ?? false
        guard isCurrent || isPrevious else { throw .signatureInvalid }
        try WebhookShape.requireJSON(head)
    }

    private static func code(_ head: HTTPRequestHead) throws(Refusal) -> [UInt8] {
        guard let code = Hex.decode(try digits(head)) else { throw .signatureInvalid }
        return code
    }

    /// The 64 digits of the signature, lower-case.
    private static func digits(_ head: HTTPRequestHead) throws(Refusal) -> ArraySlice<UInt8> {
        guard let value = head.only("X-Hub-Signature-256"), value.count == 7 + 64, value.prefix(7).equals("sha256="),
            Hex.isLower(value.dropFirst(7))
        else { throw head.count("X-Hub-Signature-256") > 0 ? .signatureInvalid : .signatureMissing }
        return value.dropFirst(7)
    }

    /// The answer to Meta's `GET`: the challenge, to be sent as `text/plain` (CONTRACT §4). Meta's challenges are
    /// digits; any other one is the value that a form decoder reads, `+` a space and `%2B` a plus sign, as web
    /// frameworks hand it to those who echo it.
    ///
    /// - Throws: `.challengeInvalid` when mode, token or challenge is missing, repeated or wrong.
    func handshake(_ query: FormFields) throws(Refusal) -> [UInt8] {
        let modes = query.all("hub.mode")
        let tokens = query.all("hub.verify_token")
        let challenges = query.all("hub.challenge")
        guard modes.count == 1, tokens.count == 1, challenges.count == 1 else { throw .challengeInvalid }
        let isKnown = verifyToken.equals(tokens[0]) && !verifyToken.isEmpty
        guard isKnown, modes[0].elementsEqual("subscribe".utf8) else { throw .challengeInvalid }
        let challenge = challenges[0]
        guard (1...Limits.challengeMax.bytes).contains(challenge.count), !challenge.contains(where: ASCII.isControl)
        else { throw .challengeInvalid }
        return challenge
    }

    // MARK: Messages

    func decode(_ head: HTTPRequestHead, _ body: [UInt8]) -> DecodedWebhook { decode(body) }

    /// Everything is in the body.
    func decode(_ body: [UInt8]) -> DecodedWebhook {
        var decoder = WhatsAppDecoder(phoneNumberID: phoneNumberID)
        decoder.read(body)
        return decoder.webhook
    }

    let carriesReference = true

    func encode(_ reply: Reply, to address: ReplyAddress, reference: [UInt8]) -> [OutboundRequest] {
        WhatsAppEncoder(address: address, reference: reference).bodies(of: reply).map { post($0) }
    }

    func judge(_ response: OutboundResponse) -> DeliveryVerdict { WhatsAppJudge.verdict(on: response) }

    /// Mexico, Argentina and Brazil have two forms of a mobile number, and an account keeps the one it began with
    /// (protocols §1.6). Only after 131026, and only when the request still has the form of the address: the second
    /// form is the last.
    func alternative(
        for request: OutboundRequest, address: ReplyAddress, after verdict: DeliveryVerdict
    ) -> OutboundRequest? {
        guard verdict == WhatsAppJudge.undeliverable, case .whatsappNumber(let digits) = address,
            let number = E164(digits: digits),
            let other = PhoneNormalizer.candidates(for: number).first(where: { $0 != number }),
            let document = try? JSONDocument.parse(request.body), document.root["to"]?.textBytes == digits
        else { return nil }
        var json = JSONWriter(capacity: request.body.count + 1)
        json.object { json in
            for (key, value) in document.root.members {
                json.key(bytes: key)
                if key.elementsEqual("to".utf8) {
                    json.string(bytes: other.digits)
                } else {
                    json.raw(value.raw)
                }
            }
        }
        return post(json)
    }

    /// Nothing: the contract names no read receipt, and an operator did not ask for one.
    func acknowledgement(of message: InboundMessage) -> OutboundRequest? { nil }

    /// Messages have no idempotency key at Meta, so they are not repeatable.
    private func post(_ json: JSONWriter) -> OutboundRequest {
        api.post(messagesPath, json)
    }
}
