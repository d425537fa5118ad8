// Writes replies as mails through Resend's API (reference: protocols §4): text and html, an answer in its thread.
// Choices become numbered lines. Equal replies give equal requests, for their idempotency key stands for them. A
// channel's value.

struct ResendEncoder {
    let api: ChannelAPI
    /// As the settings have it: `Lola <lola@bank.example>`.
    let from: [UInt8]

    /// One mail for each reply; none for an empty text.
    func requests(for reply: Reply, to address: ReplyAddress, reference: [UInt8]) -> [OutboundRequest] {
        guard case .mail(let thread) = address else { preconditionFailure("this is no address of a mail") }
        let (text, link) = Self.content(of: reply)
        guard text.contains(where: { $0 > ASCII.space }) || link != nil else { return [] }
        var json = JSONWriter(capacity: 1_024 + text.count * 2)
        json.object { json in
            json.member("from", bytes: from)
            json.member("to") { json in json.array { $0.string(bytes: thread.sender) } }
            json.member("reply_to") { json in json.array { $0.string(bytes: thread.own) } }
            json.member("subject", bytes: MailText.answer(to: thread.subject))
            json.member(
                "text", bytes: link.map { text.isEmpty ? $0 : text + [ASCII.lineFeed, ASCII.lineFeed] + $0 } ?? text)
            json.member("html", bytes: Self.html(text, link))
            json.member("headers") { json in json.object { headers(thread, &$0) } }
        }
        let key = OutboundField(name: "Idempotency-Key", value: [UInt8](text: "lola-") + reference)
        return [api.post([UInt8](text: "/emails"), json, more: [key], isRepeatable: true)]
    }

    /// A mail that an agent begins.
    func mail(
        _ text: [UInt8], to recipient: [UInt8], subject: [UInt8], html: [UInt8]?, addsUnsubscribe: Bool,
        own: [UInt8], reference: [UInt8]
    ) -> OutboundRequest {
        var json = JSONWriter(capacity: 1_024 + text.count * 2 + (html?.count ?? 0))
        json.object { json in
            json.member("from", bytes: from)
            json.member("to") { json in json.array { $0.string(bytes: recipient) } }
            json.member("subject", bytes: subject)
            json.member("text", bytes: text)
            json.member("html", bytes: html ?? Self.html(text, nil))
            json.member("headers") { json in
                json.object { json in
                    json.member("Auto-Submitted", "auto-generated")
                    if addsUnsubscribe { json.member("List-Unsubscribe", bytes: Self.unsubscribe(own)) }
                }
            }
        }
        let key = OutboundField(name: "Idempotency-Key", value: [UInt8](text: "lola-") + reference)
        return api.post([UInt8](text: "/emails"), json, more: [key], isRepeatable: true)
    }

    /// A mail of one word to our own address: RFC 2369.
    private static func unsubscribe(_ own: [UInt8]) -> [UInt8] {
        let address = Percent.encode(own.prefix { $0 != 0x40 }) + own.drop { $0 != 0x40 }
        return [UInt8](text: "<mailto:") + address + [UInt8](text: "?subject=unsubscribe>")
    }

    /// The thread, who wrote (no person: RFC 3834), and the way out: an answer of one word to the same address.
    private func headers(_ thread: MailThread, _ json: inout JSONWriter) {
        if let id = thread.messageID {
            json.member("In-Reply-To", bytes: id)
            json.member("References", bytes: id)
        }
        json.member("Auto-Submitted", "auto-replied")
        json.member("List-Unsubscribe", bytes: Self.unsubscribe(thread.own))
    }

    private static func content(of reply: Reply) -> (text: [UInt8], link: [UInt8]?) {
        switch reply {
        case .text(let text), .contactRequest(let text, _): (text, nil)
        case .buttons(let text, let choices): (ChannelText.numbered(text, choices), nil)
        case .list(let text, _, let items): (ChannelText.numbered(text, items), nil)
        case .link(let text, let url): (text, url)
        }
    }

    /// Paragraphs and lines of the text, nothing else; a link only when it is one of the web.
    private static func html(_ text: [UInt8], _ link: [UInt8]?) -> [UInt8] {
        var xml = XMLWriter()
        xml.element("html") { xml in
            xml.element("body") { xml in
                for line in text.split(separator: ASCII.lineFeed, omittingEmptySubsequences: false) {
                    if line.allSatisfy({ $0 <= ASCII.space }) { continue }
                    xml.element("p") { $0.text(Array(line)) }
                }
                guard let link else { return }
                xml.element("p") { xml in
                    guard HTTPURL(link) != nil else { return xml.text(link) }
                    xml.element("a", [("href", link)]) { $0.text(link) }
                }
            }
        }
        return xml.bytes
    }
}
