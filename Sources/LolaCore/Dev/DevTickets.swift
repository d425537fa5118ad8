// Tickets as the console of `lola dev` shows them: the newest of each operation in a chat, with its link, for whoever
// sits at this machine is both the sender and the operator. Used by DevConsole, on its loop.

enum DevTickets {
    /// `body` gets the tickets in the order of the operations.
    static func collect(_ book: TicketBook, of conversation: ConversationKey, _ body: @escaping ([Ticket]) -> Void) {
        collect(book, conversation, TicketOperations.builtIn.names[...], [], body)
    }

    private static func collect(
        _ book: TicketBook, _ conversation: ConversationKey, _ rest: ArraySlice<[UInt8]>, _ found: [Ticket],
        _ body: @escaping ([Ticket]) -> Void
    ) {
        guard let operation = rest.first else { return body(found) }
        let next: ([Ticket]) -> Void = { collect(book, conversation, rest.dropFirst(), $0, body) }
        book.newest(conversation, operation) { id in
            guard let id else { return next(found) }
            book.find(id) { answer in
                if case .ticket(let ticket) = answer { next(found + [ticket]) } else { next(found) }
            }
        }
    }

    static func answer(_ tickets: [Ticket], _ book: TicketBook) -> HTTPResponse {
        var writer = JSONWriter(capacity: 1_024)
        writer.object { writer in
            writer.member("items") { writer in
                writer.array { writer in
                    for ticket in tickets {
                        writer.object { writer in
                            writer.member("ticket_id", bytes: ticket.id.hex)
                            writer.member("operation", bytes: ticket.operation)
                            writer.member("status", "\(book.status(ticket).word)")
                            writer.member("link", bytes: book.link(ticket))
                            writer.member("expires_at", bytes: CivilDate(ticket.expires).rfc3339())
                        }
                    }
                }
            }
        }
        return .json(200, writer.bytes)
    }

    /// What the chat shows of a callback: `cip success`.
    static func words(_ event: CallbackEvent) -> [UInt8] {
        event.operation + [0x20] + [UInt8](text: "\(event.outcome.word)")
    }
}
