// `comms_send_message`: one message to one person, through the outbound gate.

final class SendMessageTool: Tool {
    let facts = ToolFacts(
        .sendMessage, title: "Send a message",
        text: """
            Sends one message to one person by SMS, WhatsApp, Telegram or e-mail. Name channel and to, or the \
            conversation that the person began. E-mail needs a subject and may carry html beside the text. \
            Refused when the agent is switched off or may not use the channel, without consent (marketing needs \
            express consent; an inbound message of the last 24 hours stands for service messages), for people who \
            must not be contacted, for texts that the content filter refuses, and when a limit of actions or spending \
            is used up. A refusal says when to try again; never split or respell a text to get it through.
            """,
        hints: .init(isOpenWorld: true),
        input: [
            ToolFields.agent,
            .init("channel", ToolFields.messageChannels, "Where to send it; with to."),
            .init("to", ToolFields.address, "Phone number (E.164), e-mail address, or Telegram chat id."),
            ToolFields.orderConversation,
            .init("text", ToolFields.text, "What the person reads.", isRequired: true),
            .init("subject", ToolFields.subject, "Of an e-mail, which needs one."),
            .init("html", ToolFields.html, "Of an e-mail: the same in HTML."),
            ToolFields.purpose,
        ],
        output: ToolFields.receipt)

    private let desk: (any OutboundDesk)?

    init(_ desk: (any OutboundDesk)?) { self.desk = desk }

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in try call.submit(try call.order(.message), to: desk) }
    }
}

extension ToolCall {
    /// What is to go out, in the form that the REST surface asks for too.
    func order(_ form: OutboundOrder.Form) throws(ToolFault) -> OutboundOrder {
        let agent = try agent()
        guard let arguments else { throw ToolFault(.argumentsInvalid, "The arguments must be an object.") }
        do throws(OutboundFormFault) { return try OutboundOrder(arguments, of: agent, form) } catch {
            guard case .field(let sentence) = error else { throw ToolFault(.argumentsInvalid, "No order.") }
            throw ToolFault(.argumentsInvalid, sentence)
        }
    }

    /// Gives an order to the gate and tells what became of it.
    func submit(_ order: OutboundOrder, to desk: (any OutboundDesk)?) throws(ToolFault) {
        guard let desk else { throw ToolFault(OutboundRefusal(.channelOff), at: now) }
        let call = self
        desk.submit(order, by: actor) { verdict in
            switch verdict {
            case .accepted(let receipt): call.complete(.done(OutboundJSON.receipt(receipt)))
            case .refused(let refusal): call.fail(ToolFault(refusal, at: call.now))
            }
        }
    }
}
