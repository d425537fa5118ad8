// Mails that come in: events, the content that is fetched, and answers in their thread.
import Foundation
import Testing

@testable import LolaCore

@Suite("Resend: mails")
struct ResendTests {
    private func decode(_ body: [UInt8]) throws -> DecodedWebhook {
        let head = try Fixture.head(try Fixture.svix(body, id: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"))
        return try Fixture.resend().decode(head, body)
    }

    private func received(_ more: String = "", from: String = "Ann <ann@example.net>") throws -> DecodedWebhook {
        let name = String(decoding: try JSONSerialization.data(withJSONObject: [from]), as: UTF8.self)
        return try decode(
            [UInt8](
                text: """
                    {"type":"email.received","data":{"email_id":"e-1","from":\(name.dropFirst().dropLast()),\
                    "to":["lola@bank.example"],"message_id":"<1@mail.example.net>","subject":"Re: hello"\(more)}}
                    """))
    }

    @Test("every event of the vectors gives what it says")
    func vectors() throws {
        for row in try Fixture.cases("resend_events.json") {
            let name = try #require(row["name"] as? String)
            let expected = try #require(row["expect"] as? [String: Any])
            let webhook = try decode(try Fixture.json(try #require(row["payload"])))
            if expected["kind"] as? String == "status" {
                let word = expected["status"] as? String
                let receipt = try #require(webhook.receipts.first)
                #expect(receipt.providerID.text == "e1" && webhook.messages.isEmpty, "\(name)")
                #expect(
                    receipt.state == (word == "delivered" || word == "complained" ? .delivered : .failed), "\(name)")
                let kind: ContactSignal.Kind? = word == "bounced" ? .bounced : word == "complained" ? .complained : nil
                let address = ContactSignal(kind: kind ?? .optedIn, channel: .resend, address: [UInt8](text: "b@y"))
                #expect(webhook.signals == (kind == nil ? [] : [address]), "\(name)")
                continue
            }
            if expected.isEmpty {
                #expect(webhook.ignored == 1 && webhook.quarantined.isEmpty && webhook.messages.isEmpty, "\(name)")
                continue
            }
            if expected["from_addr"] is NSNull {
                #expect(webhook.messages.isEmpty && webhook.quarantined == [.wrongShape], "\(name)")
                continue
            }
            let message = try #require(webhook.messages.first)
            #expect(message.key.text == "resend:msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "\(name)")
            #expect(message.contentID?.text == "56761188-7520-42d8-8898-ff6fc54ce618", "\(name)")
            if let from = expected["from_addr"] as? String { #expect(message.senderID.text == from, "\(name)") }
            if let count = expected["attachments"] as? Int { #expect(message.attachments.count == count, "\(name)") }
        }
    }

    @Test("a mail names nobody: no phone, whoever its From says it is")
    func fromIsAHint() throws {
        let message = try #require(try received(from: "\"+1 555 0100\" <15550100@example.net>").messages.first)
        #expect(message.phone == nil)
        #expect(message.conversation.text == "resend:lola@bank.example:15550100@example.net")
        let verified = WebhookGate.imagined(message, at: message.at)
        let turn = Turn(verified, senderID: RecordID(digest: [UInt8](repeating: 1, count: 32)))
        // Normalisation finds nobody, and asks no contact book.
        if case .next = PhoneNormalization().process(turn) { #expect(turn.phone == nil) } else { Issue.record("waits") }
        #expect(LogicRouter.agent(for: turn.identity) == .onboarding)
    }

    @Test(
        "one address, or none",
        arguments: [
            ("ann@example.net", "ann@example.net"), ("Ann@EXAMPLE.net", "Ann@example.net"), ("<a@b>", "a@b"),
            ("\"boss@corp.example\" <evil@example.net>", "evil@example.net"),
            ("\"x <y@z>\" <evil@example.net>", "evil@example.net"), ("\"a\\\" <q@r>, \" <s@t>", "s@t"),
            (" ann@example.net ", "ann@example.net"), ("a+b_c.d@x-y.example", "a+b_c.d@x-y.example"),
            ("a@b, c@d", nil), ("A <a@b>, B <c@d>", nil), ("a@b <c@d> <e@f>", nil), ("<a@b> <c@d>", nil),
            ("group:a@b;", nil),
            ("a@b>", nil), ("<a@b", nil), ("a b@c", nil), ("\"a b\"@c", nil), ("a@b@c", nil), ("@b", nil), ("a@", nil),
            ("a@b\r\nBcc: c@d", nil), ("a@b\u{0}", nil), ("é@b", nil), ("a@é", nil), ("a:b@c", nil), ("", nil),
            ("A <a@b>\r\nBcc: <c@d>", nil), ("a@.b", nil), ("a@b.", nil),
            (String(repeating: "a", count: 300) + "@b", nil),
        ] as [(String, String?)])
    func addresses(field: String, expected: String?) {
        #expect(MailText.address([UInt8](text: field))?.text == expected)
    }

    @Test("our own mails, mail servers and ids that are no path are not answered")
    func loops() throws {
        for from in ["Lola <lola@bank.example>", "MAILER-DAEMON@example.net", "postmaster@example.net"] {
            let webhook = try received(from: from)
            #expect(webhook.messages.isEmpty && webhook.ignored == 1)
        }
        for id in ["../keys", "a/b", "", "é", String(repeating: "a", count: 2_000)] {
            let body = try Fixture.json([
                "type": "email.received",
                "data": [
                    "email_id": id, "from": "a@b.example", "to": ["lola@bank.example"], "subject": "s",
                ],
            ])
            #expect(try decode(body).quarantined == [.wrongShape])
        }
        #expect(try decode([UInt8](text: "{")).quarantined == [.notJSON])
        #expect(try decode([UInt8](text: #"{"type":1}"#)).quarantined == [.wrongShape])
    }

    @Test("a bounce that may pass is no reason never to write again")
    func transient() throws {
        let body = try Fixture.json([
            "type": "email.bounced",
            "data": [
                "email_id": "e1", "to": ["b@y"], "bounce": ["type": "Transient"],
            ],
        ])
        let webhook = try decode(body)
        #expect(webhook.signals.isEmpty && webhook.receipts.count == 1)
    }

    // MARK: Content

    private func completed(_ json: [String: Any], status: Int = 200, more: String = "") throws -> ContentVerdict {
        let message = try #require(try received(more).messages.first)
        return try Fixture.resend().completed(message, with: try Fixture.response(status, try Fixture.json(json).text))
    }

    private func text(_ verdict: ContentVerdict) -> String? {
        guard case .complete(let message) = verdict else { return nil }
        #expect(message.contentID == nil && message.phone == nil)
        return message.text?.text
    }

    @Test("the request for a mail's content is for this mail, with our key")
    func request() throws {
        let message = try #require(try received().messages.first)
        let request = try #require(try Fixture.resend().missingContent(of: message))
        #expect(
            request.target.text == "/emails/receiving/e-1" && request.isRepeatable && "\(request.method.word)" == "GET")
        #expect(request.fields.contains { "\($0.name)" == "Authorization" && $0.value.text == "Bearer re_key" })
        #expect(try Fixture.resend().missingContent(of: TurnSample(channel: .resend).message) == nil)
    }

    @Test("the text, else what stands in the html, else the subject")
    func texts() throws {
        #expect(text(try completed(["text": " hola\r\nLola \n", "html": "<p>x</p>"])) == "hola\nLola")
        let html =
            "<html><head><title>t</title><style>p{}</style></head><body><p>Hola &amp; <b>adi&oacute;s</b></p></body>"
        #expect(text(try completed(["text": NSNull(), "html": html])) == "Hola & adiós")
        #expect(text(try completed(["text": "", "html": NSNull()])) == "Re: hello")
        let file = #","attachments":[{"id":"1","content_type":"application/pdf"}]"#
        let verdict = try completed(["text": ""], more: file)
        var whole: InboundMessage?
        if case .complete(let message) = verdict { whole = message }
        #expect(whole?.type == .document && whole?.text == nil && whole?.attachments.count == 1)
        let long = String(repeating: "ñ", count: 20_000)
        let cut = try #require(text(try completed(["text": long])))
        #expect(cut.utf8.count <= Limits.mailTextMax.bytes + 3 && cut.hasSuffix("ñ…"))
    }

    @Test(
        "automatic answers, lists and bulk are not answered",
        arguments: [
            (["Auto-Submitted": "auto-replied"], true), (["auto-submitted": "auto-generated; x=1"], true),
            (["Auto-Submitted": "no"], false), (["Precedence": "bulk"], true), (["List-Id": "<l.example>"], true),
            (["X-Autoreply": "yes"], true), (["Subject": "auto-replied"], false), ([:], false),
        ] as [([String: String], Bool)])
    func automatic(headers: [String: String], isAutomatic: Bool) throws {
        let verdict = try completed(["text": "x", "headers": headers])
        if case .automatic = verdict { #expect(isAutomatic) } else { #expect(!isAutomatic && text(verdict) == "x") }
    }

    @Test(
        "what is not there yet is asked for again, what is refused is not",
        arguments: [
            (404, "retry"), (500, "retry"), (429, "retry"), (401, "final"), (403, "final"), (422, "final"),
            (200, "retry"),
        ])
    func failures(status: Int, expected: String) throws {
        let message = try #require(try received().messages.first)
        let verdict = try Fixture.resend().completed(message, with: try Fixture.response(status, "not json"))
        switch verdict {
        case .retry: #expect(expected == "retry")
        case .final: #expect(expected == "final")
        case .complete, .automatic: Issue.record("\(status) is no content")
        }
    }

    // MARK: Sending

    private func mail(
        _ reply: Reply, subject: String = "Re: hello", messageID: String? = "<1@mail.example.net>"
    ) throws -> [String: Any]? {
        let thread = MailThread(
            own: [UInt8](text: "agent+c1@in.example.org"), sender: [UInt8](text: "ann@example.net"),
            subject: [UInt8](text: subject), messageID: messageID.map { [UInt8](text: $0) })
        let requests = try Fixture.resend().encode(reply, to: .mail(thread), reference: [UInt8](text: "ab12.0"))
        guard let request = requests.first else { return nil }
        #expect(requests.count == 1 && request.target.text == "/emails" && request.isRepeatable)
        #expect(request.fields.contains { "\($0.name)" == "Idempotency-Key" && $0.value.text == "lola-ab12.0" })
        return try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
    }

    @Test("a mail that an agent begins: its own html or paragraphs, the way out where it has none")
    func begun() throws {
        let address = ReplyAddress.mail(
            MailThread(
                own: [UInt8](text: "lola@bank.example"), sender: [UInt8](text: "ann@example.net"), subject: [],
                messageID: nil))
        func mail(_ html: String?, _ addsUnsubscribe: Bool) throws -> [String: Any] {
            let form = AgentMessage.Form.mail(
                subject: [UInt8](text: "Your card"), html: html.map { [UInt8](text: $0) },
                addsUnsubscribe: addsUnsubscribe)
            let order = AgentMessage(text: [UInt8](text: "It is <here>"), form: form)
            let reference = [UInt8](text: "r.9")
            let requests = try Fixture.resend().encode(order, to: address, reference: reference)
            let request = try #require(requests.count == 1 ? requests[0] : nil)
            let key = request.fields.first { "\($0.name)" == "Idempotency-Key" }
            #expect(key?.value.text == "lola-r.9")
            return try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
        }
        let plain = try mail(nil, true)
        #expect(plain["subject"] as? String == "Your card" && plain["to"] as? [String] == ["ann@example.net"])
        #expect(plain["text"] as? String == "It is <here>")
        #expect(plain["html"] as? String == "<html><body><p>It is &lt;here&gt;</p></body></html>")
        #expect(
            plain["headers"] as? [String: String] == [
                "Auto-Submitted": "auto-generated",
                "List-Unsubscribe": "<mailto:lola@bank.example?subject=unsubscribe>",
            ])
        let own = try mail("<p>x</p>", false)
        #expect(own["html"] as? String == "<p>x</p>")
        #expect(own["headers"] as? [String: String] == ["Auto-Submitted": "auto-generated"])
    }

    @Test("an answer stays in its thread, as text and html, with a way out")
    func answer() throws {
        let mail = try #require(try mail(.text([UInt8](text: "Hola <Ann> & \"co\"\n\nAdiós"))))
        #expect(mail["from"] as? String == "Lola <lola@bank.example>" && mail["to"] as? [String] == ["ann@example.net"])
        #expect(
            mail["reply_to"] as? [String] == ["agent+c1@in.example.org"] && mail["subject"] as? String == "Re: hello")
        #expect(mail["text"] as? String == "Hola <Ann> & \"co\"\n\nAdiós")
        #expect(
            mail["html"] as? String
                == "<html><body><p>Hola &lt;Ann&gt; &amp; &quot;co&quot;</p><p>Adiós</p></body></html>")
        #expect(
            mail["headers"] as? [String: String] == [
                "In-Reply-To": "<1@mail.example.net>", "References": "<1@mail.example.net>",
                "Auto-Submitted": "auto-replied",
                "List-Unsubscribe": "<mailto:agent%2Bc1@in.example.org?subject=unsubscribe>",
            ])
    }

    @Test("choices are numbered lines, a link is a link only when it is one of the web")
    func shapes() throws {
        let choices = [
            Choice(id: [0x61], title: [UInt8](text: "Send")), Choice(id: [0x62], title: [UInt8](text: "Stop")),
        ]
        let buttons = try mail(.buttons(text: [UInt8](text: "What?"), choices: choices))
        #expect(buttons?["text"] as? String == "What?\n\n1. Send\n2. Stop")
        let link = try mail(.link(text: [UInt8](text: "Open"), url: [UInt8](text: "https://b.example/w/1?a=1&b=2")))
        #expect(link?["text"] as? String == "Open\n\nhttps://b.example/w/1?a=1&b=2")
        #expect((link?["html"] as? String)?.contains(#"<a href="https://b.example/w/1?a=1&amp;b=2">"#) == true)
        let script = try mail(.link(text: [0x78], url: [UInt8](text: "javascript:alert(1)\"")))
        #expect((script?["html"] as? String)?.contains("href") == false)
        #expect(try mail(.text([UInt8](text: " \n"))) == nil)
    }

    @Test(
        "nothing of a stranger's mail becomes a header of ours",
        arguments: [
            ("a\r\nBcc: x@y", "Re: a  Bcc: x@y"), ("a\u{0}b", "Re: a b"), ("", "Re: your message"),
            ("\r\n", "Re: your message"),
            ("RE: x", "RE: x"), ("re:re: x", "re:re: x"), ("Report", "Re: Report"),
            (String(repeating: "é", count: 300), "Re: " + String(repeating: "é", count: 199) + "…"),
        ])
    func headerInjection(subject: String, expected: String) throws {
        #expect(try mail(.text([0x78]), subject: subject)?["subject"] as? String == expected)
    }

    @Test(
        "a message id that is none is not repeated",
        arguments: [
            "<a@b>\r\nBcc: x@y", "a@b", "<a b>", "<>", "<a>b>", "<é@b>", "<a@b>, <c@d>",
            "<" + String(repeating: "a", count: 600) + ">",
        ])
    func messageIDs(id: String) { #expect(MailText.messageID([UInt8](text: id)) == nil) }

    @Test(
        "answers of Resend are judged by status and name",
        arguments: [
            (200, "", DeliveryVerdict.accepted(providerID: [UInt8](text: "e1"))),
            (202, "", .accepted(providerID: [UInt8](text: "e1"))),
            (401, "missing_api_key", .alarm(word: "token_invalid")),
            (403, "invalid_api_key", .alarm(word: "token_invalid")),
            (403, "validation_error", .alarm(word: "sender_invalid")),
            (409, "concurrent_idempotent_requests", .retry(word: "provider_unavailable", after: .seconds(7))),
            (409, "invalid_idempotent_request", .accepted(providerID: [])),
            (422, "validation_error", .final(word: "request_refused")),
            (429, "rate_limit_exceeded", .retry(word: "rate_limited", after: .seconds(7))),
            (429, "daily_quota_exceeded", .alarm(word: "quota_exceeded")),
            (500, "", .retry(word: "provider_unavailable", after: .seconds(7))),
            (404, "", .final(word: "request_refused")),
        ])
    func judge(status: Int, name: String, expected: DeliveryVerdict) throws {
        let body = #"{"id":"e1","statusCode":\#(status),"name":"\#(name)","message":"m"}"#
        #expect(
            try Fixture.resend().judge(try Fixture.response(status, body, fields: [("Retry-After", "7")])) == expected)
    }
}
