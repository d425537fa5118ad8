// Writes one `email.received` as Resend sends it, signed (reference: protocols §4). The webhook has no text, so the
// id of the mail carries it to the sandbox API, which the gateway asks. A value made for one message by WebhookForge.

struct ResendForge {
    let person: SandboxPerson
    let secrets: ResendSecrets
    let now: WallTime
    let random: [UInt8]

    func webhook(_ content: ForgedContent) -> ForgedWebhook {
        let id = [UInt8](text: "msg_") + Hex.encode(random)
        let at = CivilDate(now).rfc3339(milliseconds: true)
        var json = JSONWriter(capacity: 1_024)
        json.object { json in
            json.member("type", "email.received")
            json.member("created_at", bytes: at)
            json.member("data") { json in
                json.object { json in
                    json.member("email_id", bytes: MailCapsule.id(of: Self.text(content, person), random))
                    json.member("created_at", bytes: at)
                    json.member("from", bytes: [UInt8](text: "\(person.name) <") + person.mail + [0x3E])
                    json.member("to") { json in json.array { $0.string(bytes: secrets.own) } }
                    json.member("received_for") { json in json.array { $0.string(bytes: secrets.own) } }
                    json.member("cc") { $0.array { _ in } }
                    json.member("bcc") { $0.array { _ in } }
                    json.member("message_id", bytes: [0x3C] + Hex.encode(random) + [UInt8](text: "@lola.example>"))
                    json.member("subject", "A question")
                    json.member("attachments") { json in json.array { attachment(content, to: &$0) } }
                }
            }
        }
        var seconds: [UInt8] = []
        ASCII.append(Int(now.inSeconds), to: &seconds)
        let signature = SvixProof(secrets: [secrets.webhookSecret]).signature(id: id, time: seconds, body: json.bytes)
        return ForgedWebhook(
            path: [UInt8](text: "/webhooks/resend"),
            fields: [
                OutboundField(name: "Content-Type", value: [UInt8](text: "application/json")),
                OutboundField(name: "svix-id", value: id), OutboundField(name: "svix-timestamp", value: seconds),
                OutboundField(name: "svix-signature", value: signature),
            ],
            body: json.bytes, key: MessageKey(.resend, nativeID: id))
    }

    /// A mail has no buttons: who presses one in the console writes its title.
    private static func text(_ content: ForgedContent, _ person: SandboxPerson) -> [UInt8] {
        switch content {
        case .text(let text): text
        case .button(_, let title), .listItem(_, let title): title
        case .image(let caption): caption ?? []
        case .contact: person.phone.bytes
        }
    }

    private func attachment(_ content: ForgedContent, to json: inout JSONWriter) {
        guard case .image = content else { return }
        json.object { json in
            json.member("id", bytes: Hex.encode(random))
            json.member("filename", "picture.jpg")
            json.member("content_type", "image/jpeg")
        }
    }
}

/// The text of a sandbox mail, inside of the id under which it is fetched.
enum MailCapsule {
    /// What fits into an id.
    static let textMax = ByteCount.bytes(700)

    static func id(of text: [UInt8], _ random: [UInt8]) -> [UInt8] {
        var end = min(text.count, textMax.bytes)
        while end > 0 && end < text.count && text[end] & 0xC0 == 0x80 { end -= 1 }
        return Hex.encode(random.prefix(4)) + [0x5F] + Base64.encode(text[..<end])
    }

    /// Nil for an id that is not of this form.
    static func text(of id: [UInt8]) -> [UInt8]? {
        guard id.count >= 9, id[8] == 0x5F, Hex.decode(id[..<8]) != nil else { return nil }
        return Base64.decode(id[9...])
    }
}
