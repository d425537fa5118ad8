// Telegram Bot API: proves webhooks by the secret token and ties decoder, encoder and judge together. One per loop,
// confined to its thread (reference: protocols §2). The bot token is part of the target: targets are never logged.

final class TelegramChannel: Channel {
    let name = ChannelName.telegram
    let bodyMax = Limits.bodyWebhookMax

    private let botID: [UInt8]
    private let secret: SecretBytes
    private let methods: [UInt8]
    private let api: ChannelAPI
    private let clock: any Clock

    /// - Parameters:
    ///   - botToken: `<bot id>:<secret>` as BotFather gave it.
    ///   - secret: the `secret_token` of `setWebhook`; never empty, the settings refuse a channel without it.
    ///   - clock: the time of a pressed button, which Telegram does not tell.
    init(botToken: SecretBytes, secret: SecretBytes, apiURL: HTTPURL, clock: any Clock) {
        precondition(!secret.isEmpty, "the Telegram channel needs its secret token")
        self.secret = secret
        self.clock = clock
        var token: [UInt8] = []
        botToken.withBytes { bytes in
            for index in bytes.indices { token.append(bytes[index]) }
        }
        botID = Array(token.prefix { ASCII.isDigit($0) })
        methods = [UInt8](text: "/bot") + token + [0x2F]
        api = ChannelAPI(url: apiURL, fields: [])
    }

    func carriesProof(_ head: HTTPRequestHead) -> Bool { head.count("X-Telegram-Bot-Api-Secret-Token") == 1 }

    /// `X-Telegram-Bot-Api-Secret-Token` once and exactly.
    func authenticate(_ head: HTTPRequestHead, _ body: [UInt8]) throws(Refusal) {
        let fields = head.count("X-Telegram-Bot-Api-Secret-Token")
        guard fields > 0 else { throw .signatureMissing }
        guard fields == 1, let value = head.field("X-Telegram-Bot-Api-Secret-Token"), secret.equals(value) else {
            throw .signatureInvalid
        }
        try WebhookShape.requireJSON(head)
    }

    func decode(_ head: HTTPRequestHead, _ body: [UInt8]) -> DecodedWebhook { decode(body) }

    /// Everything is in the body.
    func decode(_ body: [UInt8]) -> DecodedWebhook {
        var decoder = TelegramDecoder(botID: botID, now: clock.wall)
        decoder.read(body)
        return decoder.webhook
    }

    let carriesReference = false

    /// Telegram has nothing that carries `reference`.
    func encode(_ reply: Reply, to address: ReplyAddress, reference: [UInt8]) -> [OutboundRequest] {
        guard case .telegramChat(let chat) = address else {
            preconditionFailure("this is no address of Telegram")
        }
        return TelegramEncoder(chat: chat).bodies(of: reply).map { api.post(methods + "sendMessage".utf8, $0) }
    }

    func judge(_ response: OutboundResponse) -> DeliveryVerdict { TelegramJudge.verdict(on: response) }

    /// A chat has one id.
    func alternative(
        for request: OutboundRequest, address: ReplyAddress, after verdict: DeliveryVerdict
    ) -> OutboundRequest? { nil }

    /// Ends the spinner of a pressed button.
    func acknowledgement(of message: InboundMessage) -> OutboundRequest? {
        guard let query = message.callbackQueryID else { return nil }
        var json = JSONWriter()
        json.object { $0.member("callback_query_id", bytes: query) }
        return api.post(methods + "answerCallbackQuery".utf8, json, isRepeatable: true)
    }
}
