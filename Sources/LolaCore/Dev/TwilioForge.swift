// Writes one webhook as Twilio sends it, signed over the gateway's public URL (reference: protocols §3). A value made
// for one message by WebhookForge.

struct TwilioForge {
    let channel: ChannelName
    let person: SandboxPerson
    let secrets: TwilioSecrets
    let random: [UInt8]

    func webhook(_ content: ForgedContent) -> ForgedWebhook {
        let isWhatsApp = channel == .twilioWhatsApp
        let prefix = [UInt8](text: isWhatsApp ? "whatsapp:" : "")
        let id = [UInt8](text: "SM") + Hex.encode(random)
        var form = FormWriter()
        form.pair("MessageSid", id)
        form.pair("SmsMessageSid", id)
        form.pair("SmsSid", id)
        form.pair("AccountSid", secrets.accountSID)
        form.pair("SmsStatus", [UInt8](text: "received"))
        form.pair("From", prefix + person.phone.bytes)
        form.pair("To", prefix + secrets.from)
        if isWhatsApp {
            form.pair("WaId", person.phone.digits)
            form.pair("ProfileName", [UInt8](text: person.name))
        }
        write(content, to: &form, isWhatsApp: isWhatsApp)
        form.pair("NumSegments", [UInt8](text: "1"))
        form.pair("ApiVersion", [UInt8](text: "2010-04-01"))
        let path = [UInt8](text: isWhatsApp ? "/webhooks/twilio/whatsapp" : "/webhooks/twilio/sms")
        return ForgedWebhook(
            path: path, fields: fields(form.bytes, path), body: form.bytes, key: MessageKey(channel, nativeID: id))
    }

    /// A press is a press on WhatsApp only; by SMS the person types the title. A contact comes as a card.
    private func write(_ content: ForgedContent, to form: inout FormWriter, isWhatsApp: Bool) {
        var media: StaticString?
        switch content {
        case .text(let text): form.pair("Body", text)
        case .button(let id, let title):
            form.pair("Body", title)
            if isWhatsApp {
                form.pair("ButtonText", title)
                form.pair("ButtonPayload", id)
            }
        case .listItem(let id, let title):
            form.pair("Body", title)
            if isWhatsApp {
                form.pair("ListTitle", title)
                form.pair("ListId", id)
            }
        case .image(let caption):
            form.pair("Body", caption ?? [])
            media = "image/jpeg"
        case .contact:
            form.pair("Body", [])
            media = "text/vcard"
        }
        form.pair("NumMedia", [UInt8](text: media == nil ? "0" : "1"))
        guard let media else { return }
        form.pair("MediaContentType0", [UInt8](text: media.description))
        form.pair("MediaUrl0", [UInt8](text: "https://api.twilio.com/sandbox/media"))
    }

    private func fields(_ body: [UInt8], _ path: [UInt8]) -> [OutboundField] {
        let proof = TwilioProof(
            publicURL: secrets.publicURL, authTokens: [secrets.authToken], sharedKey: secrets.sharedKey)
        let base = secrets.publicURL.last == 0x2F ? Array(secrets.publicURL.dropLast()) : secrets.publicURL
        let pairs = (try? FormFields(body[...]))?.pairs ?? []
        let code = Base64.encode(proof.code(of: base + path, pairs), .standard)
        var fields = [
            OutboundField(
                name: "Content-Type", value: [UInt8](text: "application/x-www-form-urlencoded; charset=UTF-8")),
            OutboundField(name: "X-Twilio-Signature", value: code),
        ]
        if let key = secrets.sharedKey {
            let value = [UInt8](text: "key=") + key.id + [UInt8](text: ",algorithm=HMAC_SHA256")
            fields.append(OutboundField(name: "X-Twilio-Webhooks-Signature-Settings", value: value))
        }
        return fields
    }
}
