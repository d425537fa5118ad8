// Writes replies as requests of Twilio's Messages API, and calls as requests of its Calls API (reference: protocols
// §3). Choices become numbered lines: SMS has none, and WhatsApp's need templates made beforehand. A value of the
// channel.

struct TwilioEncoder {
    let api: ChannelAPI
    /// `/2010-04-01/Accounts/<SID>`.
    let account: [UInt8]
    /// Where statuses are sent to. It has no query of its own.
    let statusURL: [UInt8]

    /// UTF-16 units: never fewer than Twilio's characters.
    private static let unit = TextUnit.utf16

    /// - Parameter order: the reference that receipts of the first part bring back; empty for a reply. Those of further
    ///   parts say nothing of the order.
    func requests(for reply: Reply, to address: ReplyAddress, order: [UInt8] = []) -> [OutboundRequest] {
        let (from, recipient) = Self.ends(of: address)
        return Self.texts(of: reply).enumerated().map { part, text in
            var form = FormWriter()
            form.pair("To", recipient)
            form.pair("From", from)
            form.pair("Body", text)
            form.pair("StatusCallback", part == 0 ? callback(naming: order) : statusURL)
            return post("/Messages.json", form)
        }
    }

    /// A call that hears the script and ends.
    func call(
        from own: [UInt8], to number: [UInt8], _ script: CallScript, isRecorded: Bool, order: [UInt8] = []
    ) -> OutboundRequest {
        var form = FormWriter()
        form.pair("To", number)
        form.pair("From", own)
        form.pair("Twiml", TwiML.call(script))
        if isRecorded { form.pair("Record", [UInt8](text: "true")) }
        form.pair("StatusCallback", callback(naming: order))
        return post("/Calls.json", form)
    }

    /// A status may be faster than the answer that tells the id: then it is the address that says whose it is.
    private func callback(naming order: [UInt8]) -> [UInt8] {
        order.isEmpty ? statusURL : statusURL + [UInt8](text: "?order=") + Percent.encode(order)
    }

    private static func texts(of reply: Reply) -> [[UInt8]] {
        switch reply {
        case .text(let text), .contactRequest(let text, _): pieces(text)
        case .buttons(let text, let choices): pieces(ChannelText.numbered(text, choices))
        case .list(let text, _, let items): pieces(ChannelText.numbered(text, items))
        case .link(let text, let url): ChannelText.linked(text, url, max: Limits.twilioTextMax, unit)
        }
    }

    private static func pieces(_ text: [UInt8]) -> [[UInt8]] {
        ChannelText.pieces(text, max: Limits.twilioTextMax, unit)
    }

    /// From the number that was written to: for the person it is one chat.
    private static func ends(of address: ReplyAddress) -> (from: [UInt8], to: [UInt8]) {
        let prefix = [UInt8](text: "whatsapp:")
        switch address {
        case .sms(let own, let sender): return (own, sender)
        case .twilioWhatsApp(let own, let sender): return (prefix + own, prefix + sender)
        case .whatsappNumber, .whatsappUser, .telegramChat, .mail: preconditionFailure("this is no address of Twilio")
        }
    }

    private func post(_ path: StaticString, _ form: FormWriter) -> OutboundRequest {
        api.post(account + path.description.utf8, form: form)
    }
}

/// What Twilio is told in answers and calls.
enum TwiML {
    /// Nothing is to be done. Never plain text: Twilio would send it to the person.
    static let nothing = response { _ in }

    static func call(_ script: CallScript) -> [UInt8] {
        var xml = XMLWriter()
        xml.element("Response") { xml in
            for text in [script.announcement, script.text].compactMap({ $0 }) {
                xml.element("Say", [("language", script.language)]) { $0.text(text) }
            }
            xml.element("Hangup")
        }
        return xml.bytes
    }

    /// Whether Twilio takes the script with a call.
    static func fits(_ script: CallScript) -> Bool {
        // UTF-16 units: never fewer than Twilio's characters.
        ChannelText.count(call(script), .utf16) <= Limits.twilioScriptMax
    }

    /// What somebody hears who calls a number that nobody answers by voice.
    static let unanswered = CallScript(
        text: [UInt8](text: "This number answers messages only. Please send us a text message. Goodbye."))

    static func response(_ content: (inout XMLWriter) -> Void) -> HTTPResponse {
        var xml = XMLWriter()
        xml.element("Response") { content(&$0) }
        return answer(xml.bytes)
    }

    static func answer(_ xml: [UInt8]) -> HTTPResponse { HTTPResponse(status: 200, contentType: "text/xml", body: xml) }
}
