// Writes one WhatsApp webhook as Meta does: its envelope, its spelling of JSON, its signature over the raw octets
// (reference: protocols §1.2, §1.4). A value made for one message by WebhookForge.

struct WhatsAppForge {
    let person: SandboxPerson
    let secrets: WebhookSecrets
    let now: WallTime
    let random: [UInt8]

    private static let businessID = "102290129340398"
    private static let displayNumber = "15550783881"

    func webhook(_ content: ForgedContent) -> ForgedWebhook {
        let id = Self.messageID(of: person.showsPhone ? person.phone.digits : person.userID, random: random)
        let body = Self.spelled(envelope(content, id: id).bytes)
        let code = HMACKey(.sha256, key: secrets.whatsAppAppSecret).code(body)
        return ForgedWebhook(
            path: [UInt8](text: "/webhooks/whatsapp"),
            fields: [
                OutboundField(name: "Content-Type", value: [UInt8](text: "application/json")),
                OutboundField(name: "X-Hub-Signature-256", value: [UInt8](text: "sha256=") + Hex.encode(code)),
            ],
            body: body, key: MessageKey(.whatsapp, nativeID: id))
    }

    /// `wamid.` and base64 of a small record with the person's number in it, as real ids have.
    static func messageID(of digits: [UInt8], random: [UInt8]) -> [UInt8] {
        var record: [UInt8] = [0x1C, 0x18, UInt8(truncatingIfNeeded: digits.count)] + digits
        record += [0x15, 0x02, 0x00, 0x12, 0x18, 0x14]
        record += Hex.encode(random.prefix(10)).map { ASCII.isLower($0) ? $0 & 0xDF : $0 } + [0x00]
        return [UInt8](text: "wamid.") + Base64.encode(record, .standard)
    }

    /// Meta writes `/` as `\/` and everything beyond ASCII as `\uXXXX`: whoever signs a parsed and rewritten body
    /// signs something else. `json` must be valid; both can then only stand in strings.
    static func spelled(_ json: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(json.count)
        for scalar in json.text.unicodeScalars {
            if scalar == "/" {
                out += [0x5C, 0x2F]
            } else if scalar.isASCII {
                out.append(UInt8(truncatingIfNeeded: scalar.value))
            } else {
                for unit in String(scalar).utf16 {
                    out += [0x5C, 0x75]
                    for shift in [12, 8, 4, 0] as [UInt16] {
                        out.append(Hex.digit(UInt8(truncatingIfNeeded: unit >> shift & 15)))
                    }
                }
            }
        }
        return out
    }

    // MARK: Envelope

    private func envelope(_ content: ForgedContent, id: [UInt8]) -> JSONWriter {
        var json = JSONWriter(capacity: 1_024)
        json.object { json in
            json.member("object", "whatsapp_business_account")
            Self.only("entry", in: &json) { json in
                json.member("id", Self.businessID)
                Self.only("changes", in: &json) { json in
                    json.member("value") { json in json.object { value(content, id: id, to: &$0) } }
                    json.member("field", "messages")
                }
            }
        }
        return json
    }

    private func value(_ content: ForgedContent, id: [UInt8], to json: inout JSONWriter) {
        json.member("messaging_product", "whatsapp")
        json.member("metadata") { json in
            json.object { json in
                json.member("display_phone_number", Self.displayNumber)
                json.member("phone_number_id", bytes: secrets.phoneNumberID)
            }
        }
        Self.only("contacts", in: &json) { json in
            json.member("profile") { json in json.object { $0.member("name", person.name) } }
            if person.showsPhone { json.member("wa_id", bytes: person.phone.digits) }
            json.member("user_id", bytes: person.userID)
        }
        Self.only("messages", in: &json) { json in
            if person.showsPhone { json.member("from", bytes: person.phone.digits) }
            json.member("from_user_id", bytes: person.userID)
            json.member("id", bytes: id)
            json.member("timestamp", "\(now.inSeconds)")
            message(content, to: &json)
        }
    }

    private func message(_ content: ForgedContent, to json: inout JSONWriter) {
        switch content {
        case .text(let text):
            json.member("type", "text")
            json.member("text") { json in json.object { $0.member("body", bytes: text) } }
        case .button(let id, let title): interactive("button_reply", id, title, to: &json)
        case .listItem(let id, let title): interactive("list_reply", id, title, to: &json)
        case .image(let caption):
            json.member("type", "image")
            json.member("image") { json in
                json.object { json in
                    json.member("id", "\(WebhookForge.number(random))")
                    json.member("mime_type", "image/jpeg")
                    json.member("sha256", bytes: Base64.encode(Digest.sha256(random.span), .standard))
                    if let caption { json.member("caption", bytes: caption) }
                }
            }
        case .contact: contact(to: &json)
        }
    }

    private func interactive(_ type: StaticString, _ id: [UInt8], _ title: [UInt8], to json: inout JSONWriter) {
        json.member("context") { json in
            json.object { json in
                json.member("from", Self.displayNumber)
                json.member("id", bytes: Self.messageID(of: [], random: random.reversed()))
            }
        }
        json.member("type", "interactive")
        json.member("interactive") { json in
            json.object { json in
                json.member("type", "\(type)")
                json.member(type) { json in
                    json.object { json in
                        json.member("id", bytes: id)
                        json.member("title", bytes: title)
                    }
                }
            }
        }
    }

    /// The answer to a contact request.
    private func contact(to json: inout JSONWriter) {
        json.member("type", "contacts")
        json.member("origin", "contact_request")
        Self.only("contacts", in: &json) { json in
            json.member("name") { json in
                json.object { json in
                    json.member("formatted_name", person.name)
                    json.member("first_name", person.name)
                }
            }
            Self.only("phones", in: &json) { json in
                json.member("phone", person.phone.text)
                json.member("wa_id", bytes: person.phone.digits)
                json.member("type", "CELL")
            }
        }
    }

    /// A member that is an array of one object.
    private static func only(_ key: StaticString, in json: inout JSONWriter, _ body: (inout JSONWriter) -> Void) {
        json.member(key) { json in json.array { $0.object(body) } }
    }
}
