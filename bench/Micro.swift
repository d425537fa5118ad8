// In-process figures: one request head, one webhook body, one pass through the middleware chain without waiting.
// Built by bench/micro together with the sources of LolaCore; never part of the product.

@main
enum Micro {
    /// `Micro NAME COUNT` runs one piece so often and prints the nanoseconds of one; `Micro fill FOLDER COUNT` makes a
    /// journal with so many ids; `Micro streams` is a server of event streams.
    static func main() throws {
        let words = CommandLine.arguments
        if words.count == 4, words[1] == "fill", let count = Int(words[3]) { return try Fill.run(words[2], count) }
        if words.count == 2, words[1] == "streams" { return try Streams.run() }
        guard words.count == 3, let piece = pieces[words[1]], let count = Int(words[2]) else { return }
        let work = piece()
        for _ in 0..<(count / 10) { work() }
        let clock = LinuxClock()
        let start = clock.now
        for _ in 0..<count { work() }
        print(words[1], Double((clock.now - start).nanoseconds) / Double(count))
    }

    private static let pieces: [String: @Sendable () -> () -> Void] = ["head": head, "json": json, "chain": chain]

    private static func head() -> () -> Void {
        let bytes = [UInt8](text: """
            POST /webhooks/whatsapp HTTP/1.1\r
            Host: gateway.bank.example\r
            User-Agent: facebookexternalua\r
            Accept: */*\r
            Accept-Encoding: deflate, gzip\r
            Content-Type: application/json\r
            Content-Length: 0\r
            X-Hub-Signature: sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709\r
            X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17\r
            X-Forwarded-For: 173.252.127.1\r
            X-Forwarded-Proto: https\r
            X-Request-Id: 0d2a7b5e9c3f4a61\r
            Connection: keep-alive\r
            \r

            """)
        return {
            var parser = HTTPRequestParser()
            guard case .head = parser.next(bytes.span).step else { preconditionFailure("not a head") }
        }
    }

    private static let webhook = [UInt8](text: """
        {"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":{\
        "messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881",\
        "phone_number_id":"106540352242922"},"contacts":[{"profile":{"name":"Sheena Nelson"},"wa_id":"16505551234",\
        "user_id":"US.13491208655302741918"}],"messages":[{"from":"16505551234",\
        "from_user_id":"US.13491208655302741918","id":"wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=",\
        "timestamp":"1749416383","type":"text","text":{"body":"Does it come in another color?"}}]},\
        "field":"messages"}]}]}
        """)

    /// Parsed, and the values read that a message is made of.
    private static func json() -> () -> Void {
        let body = webhook
        return {
            guard let root = try? JSONDocument.parse(body).root,
                root["object"]?.isText("whatsapp_business_account") == true,
                let change = root["entry"]?[0]?["changes"]?[0], change["field"]?.isText("messages") == true,
                let value = change["value"], value["metadata"]?["phone_number_id"]?.textBytes != nil,
                let message = value["messages"]?[0], message["from"]?.textBytes != nil,
                message["id"]?.textBytes != nil, message["timestamp"]?.textBytes != nil,
                message["type"]?.isText("text") == true, message["text"]?["body"]?.textBytes != nil,
                value["contacts"]?[0]?["wa_id"]?.textBytes != nil
            else { preconditionFailure("not the webhook") }
        }
    }

    /// The five stages and the router for a sender nobody has to be asked about.
    private static func chain() -> () -> Void {
        let clock = LinuxClock()
        let sender = [UInt8](text: "US.13491208655302741918")
        let message = InboundMessage(
            channel: .whatsapp, nativeID: [UInt8](text: "wamid.A"),
            conversation: ConversationKey(.whatsapp, own: [UInt8](text: "106540352242922"), sender: sender),
            replyTo: .whatsappNumber([UInt8](text: "16505551234")), senderID: sender,
            phone: [UInt8](text: "16505551234"), language: nil, type: .text, text: [UInt8](text: "hola"),
            startPayload: nil, choiceID: nil, attachments: [], at: clock.wall, callbackQueryID: nil)
        // Everything but the identity look-up, which would wait.
        let pipeline = Pipeline(
            [ChannelAccess(allowlists: [:]), CommandsAuth(isActive: true, allowed: ["/info"]), PhoneNormalization(),
                ContactDecoding()], clock: clock)
        let verified = WebhookGate.imagined(message, at: clock.wall)
        return {
            var position = Pipeline.Position()
            let turn = Turn(verified, senderID: RecordID(high: 1, low: 2))
            guard case .agent = pipeline.run(turn, &position) else { preconditionFailure("not routed") }
        }
    }
}
