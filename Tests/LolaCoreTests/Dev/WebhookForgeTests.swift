// The forge makes what Meta and Telegram make: the channels accept it, and one wrong octet is one too many.
import Foundation
import Testing

@testable import LolaCore

@Suite("Webhook forge")
struct WebhookForgeTests {
    private func whatsApp(_ secret: SecretBytes = DevFixtures.secrets.whatsAppAppSecret) throws -> WhatsAppChannel {
        WhatsAppChannel(
            phoneNumberID: DevFixtures.secrets.phoneNumberID, token: SecretBytes([1]), appSecret: secret,
            previousAppSecret: nil, verifyToken: SecretBytes([1]),
            apiURL: try #require(HTTPURL([UInt8](text: "http://127.0.0.1:1/v23.0"))))
    }

    private func telegram() throws -> TelegramChannel {
        TelegramChannel(
            botToken: DevFixtures.botToken, secret: DevFixtures.secrets.telegramSecret,
            apiURL: try #require(HTTPURL([UInt8](text: "http://127.0.0.1:1"))), clock: LinuxClock())
    }

    private func twilio(_ key: TwilioSharedKey? = nil) throws -> TwilioChannel {
        let own = DevFixtures.twilio
        return TwilioChannel(
            .twilioSMS,
            .init(
                sid: own.accountSID, authTokens: [own.authToken], sharedKey: key, publicURL: own.publicURL,
                apiURL: try #require(HTTPURL([UInt8](text: "http://127.0.0.1:1")))),
            clock: StillClock())
    }

    private func resend() throws -> ResendChannel {
        ResendChannel(
            apiKey: DevFixtures.resend.apiKey, secrets: [DevFixtures.resend.webhookSecret],
            from: [UInt8](text: "Lola <lola@bank.example>"),
            apiURL: try #require(HTTPURL([UInt8](text: "http://127.0.0.1:1"))), clock: StillClock())
    }

    private func channel(of webhook: ForgedWebhook) throws -> any Channel {
        switch webhook.path.text {
        case "/webhooks/whatsapp": try whatsApp()
        case "/webhooks/telegram": try telegram()
        case "/webhooks/resend": try resend()
        default: try twilio()
        }
    }

    /// A mail with its text, as the sandbox API would have given it.
    private func completed(_ message: InboundMessage) -> InboundMessage {
        guard let id = message.contentID, let text = MailCapsule.text(of: id) else { return message }
        return InboundMessage(
            message, text: text, startPayload: nil, attachments: message.attachments, replyTo: message.replyTo,
            contentID: nil)
    }

    private func decoded(_ webhook: ForgedWebhook) throws -> InboundMessage {
        let request = try DevFixtures.request(webhook)
        let channel = try channel(of: webhook)
        let proven = try WebhookGate.prove(channel, head: request.head, body: request.body)
        let result = WebhookGate.admit(proven, at: DevFixtures.now)
        #expect(result.quarantined.isEmpty && result.ignored == 0)
        let message = try #require(result.messages.first).message
        #expect(message.key == webhook.key)
        return completed(message)
    }

    private func forged(
        _ content: ForgedContent, _ channel: ChannelName, _ person: String, seed: UInt8 = 1
    ) throws -> ForgedWebhook {
        WebhookForge.make(
            content, on: channel, from: try DevFixtures.person(person), secrets: DevFixtures.secrets,
            at: DevFixtures.now, random: DevFixtures.random(seed))
    }

    @Test("every trigger type passes the proof of its channel and becomes the message it says", arguments: [
        (TriggerType.whatsAppText, MessageType.text, "hola"), (.whatsAppButton, .button, "Send money"),
        (.whatsAppImage, .image, ""), (.telegramText, .text, "hola"), (.telegramContact, .contact, ""),
        (.twilioSMS, .text, "hola"), (.resendMail, .text, "hola"),
    ])
    func triggers(type: TriggerType, expected: MessageType, text: String) throws {
        let person = try DevFixtures.person("+15550100")
        let webhook = WebhookForge.trigger(
            type, from: person, text: nil, secrets: DevFixtures.secrets, at: DevFixtures.now,
            random: DevFixtures.random(3))
        let message = try decoded(webhook)
        #expect(message.type == expected)
        #expect((message.text ?? []).text == text)
        #expect(message.replyTo.sandboxChat == person.address(on: type.channel))
        #expect(message.at == DevFixtures.now)
        let isNumbered = type != .telegramText && type != .resendMail
        #expect((message.phone != nil) == isNumbered)
    }

    @Test("a number given to trigger is told, also of the one who hides it in the console")
    func triggerShowsNumber() throws {
        let webhook = WebhookForge.trigger(
            .whatsAppText, from: try DevFixtures.person("no-phone"), text: nil, secrets: DevFixtures.secrets,
            at: DevFixtures.now, random: DevFixtures.random(3))
        #expect(try decoded(webhook).phone?.text == "15550104")
    }

    @Test("what is written arrives unchanged, whatever it is", arguments: [
        "hola", "/info", "¿Qué tal? 👋🏽 https://example.com/a/b",
        "\"quoted\\ \u{2028} \u{1F1F2}\u{1F1FD} </script>",
    ])
    func texts(text: String) throws {
        for channel in ChannelName.allCases {
            let message = try decoded(try forged(.text([UInt8](text: text)), channel, "passed"))
            #expect(message.text?.text == text)
        }
    }

    @Test("presses carry their id and title")
    func presses() throws {
        let (id, title) = ([UInt8](text: "payer_bank"), [UInt8](text: "Depósito"))
        let list = try decoded(try forged(.listItem(id: id, title: title), .whatsapp, "passed"))
        let query = try decoded(try forged(.button(id: id, title: title), .telegram, "passed"))
        #expect(list.type == .list && query.type == .button)
        #expect(list.choiceID == id && query.choiceID == id)
        #expect(list.text == title && query.text == title)
        #expect(query.callbackQueryID != nil)
    }

    @Test("who hides the number gives none until the contact is shared")
    func withoutPhone() throws {
        for channel in [ChannelName.whatsapp, .telegram] {
            let before = try decoded(try forged(.text([0x61]), channel, "no-phone"))
            #expect(before.phone == nil)
            let shared = try decoded(try forged(.contact, channel, "no-phone"))
            #expect(try PhoneNormalizer.normalize(try #require(shared.phone), .international).text == "+15550104")
            #expect(shared.senderID == before.senderID)
        }
    }

    @Test("the signature is an HMAC over the octets as they are spelled, and over nothing else")
    func signature() throws {
        let webhook = try forged(.text([UInt8](text: "ñ/")), .whatsapp, "passed")
        #expect(webhook.body.allSatisfy { $0 < 0x80 })
        #expect(webhook.body.text.contains(#"\u00f1\/"#))
        let header = try #require(webhook.fields.first { "\($0.name)" == "X-Hub-Signature-256" }).value
        let code = HMACKey(.sha256, key: DevFixtures.secrets.whatsAppAppSecret).code(webhook.body)
        #expect(header == [UInt8](text: "sha256=") + Hex.encode(code))
        var body = webhook.body
        body[body.count - 2] ^= 1
        let request = try DevFixtures.request(webhook)
        #expect(throws: Refusal.signatureInvalid) { try self.whatsApp().authenticate(request.head, body) }
        #expect(throws: Refusal.signatureInvalid) {
            try self.whatsApp(SecretBytes([UInt8](text: "another"))).authenticate(request.head, webhook.body)
        }
    }

    @Test("a press on WhatsApp by Twilio is a press, by SMS and mail it is the title")
    func twilioPresses() throws {
        let (id, title) = ([UInt8](text: "payer_bank"), [UInt8](text: "Depósito"))
        let press = try decoded(try forged(.button(id: id, title: title), .twilioWhatsApp, "passed"))
        let item = try decoded(try forged(.listItem(id: id, title: title), .twilioWhatsApp, "passed"))
        #expect(press.type == .button && item.type == .list && press.choiceID == id && item.choiceID == id)
        for channel in [ChannelName.twilioSMS, .resend] {
            let typed = try decoded(try forged(.button(id: id, title: title), channel, "passed"))
            #expect(typed.type == .text && typed.text == title && typed.choiceID == nil)
        }
    }

    @Test("with a shared key the forge signs as Twilio's newer scheme does")
    func sharedKey() throws {
        let key = TwilioSharedKey(id: [UInt8](text: "KY1"), secret: SecretBytes([UInt8](text: "0123456789abcdef")))
        let own = DevFixtures.twilio
        let secrets = TwilioSecrets(
            accountSID: own.accountSID, authToken: own.authToken, sharedKey: key, from: own.from,
            publicURL: own.publicURL)
        let webhook = TwilioForge(
            channel: .twilioSMS, person: try DevFixtures.person("passed"), secrets: secrets,
            random: DevFixtures.random(1)
        ).webhook(.text([0x61]))
        let request = try DevFixtures.request(webhook)
        try twilio(key).authenticate(request.head, request.body)
        #expect(throws: Refusal.signatureInvalid) { try self.twilio().authenticate(request.head, request.body) }
    }

    @Test("the id of a sandbox mail carries its text, whole characters of it")
    func capsule() throws {
        for text in ["", "hola", String(repeating: "ñ", count: 2_000)] {
            let id = MailCapsule.id(of: [UInt8](text: text), DevFixtures.random(1))
            let back = try #require(MailCapsule.text(of: id))
            #expect(text.hasPrefix(back.text) && back.count <= MailCapsule.textMax.bytes && id.count <= 1_024)
            #expect(text.utf8.count > 700 || back.text == text)
        }
        #expect(MailCapsule.text(of: [UInt8](text: "56761188-7520-42d8-8898-ff6fc54ce618")) == nil)
    }

    @Test("equal random octets give equal webhooks, others give other keys")
    func determinism() throws {
        for channel in ChannelName.allCases {
            let one = try forged(.text([0x61]), channel, "passed", seed: 1)
            #expect(try forged(.text([0x61]), channel, "passed", seed: 1).body == one.body)
            #expect(try forged(.text([0x61]), channel, "passed", seed: 2).key != one.key)
        }
    }

    @Test("the JSON spelling of Meta means the same document")
    func spelling() throws {
        var json = JSONWriter()
        json.object { $0.member("text", "a/b ñ 👋 \u{0}\u{7F}\"\\") }
        let spelled = WhatsAppForge.spelled(json.bytes)
        let text = try DevFixtures.object(spelled)["text"] as? String
        #expect(text == "a/b ñ 👋 \u{0}\u{7F}\"\\")
    }
}
