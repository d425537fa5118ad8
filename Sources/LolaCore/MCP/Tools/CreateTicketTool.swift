// `lola_create_ticket`: a link that a person opens to be verified or to authorise a card.

final class CreateTicketTool: Tool {
    let facts = ToolFacts(
        .createTicket, title: "Create a ticket",
        text: """
            Makes a ticket for a person's conversation and gives the link of its widget, where the person is \
            identified (cip) or authorises a card (card) outside of the chat. Send the link to the person. A new \
            ticket of the same operation and conversation revokes the open one. Refused for conversations of other \
            channels than this gateway's. Never ask for card numbers in chat: that is what this is for.
            """,
        hints: .init(isDestructive: true), input: [ToolFields.agent] + TicketFields.order,
        output: TicketFields.created)

    private let tickets: TicketAPI

    init(_ tickets: TicketAPI) { self.tickets = tickets }

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in
            let agent = try call.agent()
            guard let arguments = call.arguments else { throw ToolFault(.argumentsInvalid, "arguments are missing.") }
            tickets.create(arguments, call.caller, as: agent, besides: ["agentId"]) { result in
                switch result {
                case .success(let json): call.complete(.done(json))
                case .failure(let fault):
                    call.fail(fault.detail.map { ToolFault(.argumentsInvalid, $0) } ?? ToolFault(fault.refusal))
                }
            }
        }
    }
}
