// `lola_get_ticket`: how a ticket stands.

final class GetTicketTool: Tool {
    let facts = ToolFacts(
        .getTicket, title: "Get a ticket",
        text: """
            Tells how a ticket of this agent stands: open, succeeded, failed or expired. A ticket of another agent is \
            not found. The result of the widget comes to the agent as an event, not here. Changes nothing.
            """,
        hints: .init(isReadOnly: true, isIdempotent: true),
        input: [
            ToolFields.agent,
            .init("ticketId", .text(min: 32, max: 32), "ticket_id of lola_create_ticket.", isRequired: true),
        ],
        output: TicketFields.shown)

    private let tickets: TicketAPI

    init(_ tickets: TicketAPI) { self.tickets = tickets }

    func carryOut(_ call: ToolCall) {
        guard let id = call.text("ticketId").flatMap({ RecordID(hex: $0) }) else {
            return call.fail(ToolFault(.notFound, "ticketId is 32 lower-case hex digits."))
        }
        tickets.show(id, call.caller) { result in
            switch result {
            case .success(let json): call.complete(.done(json))
            case .failure(let refusal): call.fail(ToolFault(refusal))
            }
        }
    }
}
