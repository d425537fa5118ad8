// Tickets and sessions as JSON (CONTRACT §4, §7, §8). Pure functions; used by the API, the widgets and the
// administration.

enum TicketJSON {
    /// A ticket as an agent sees it; with its first session when it has just been made.
    static func ticket(
        _ ticket: Ticket, status: Ticket.Status, link: [UInt8], session: WidgetSession? = nil
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 2_048)
        writer.object { object in
            terms(ticket, to: &object)
            object.member("conversation", bytes: ticket.conversation.bytes)
            object.member("status", "\(status.word)")
            object.member("link", bytes: link)
            object.member("created_at", bytes: CivilDate(ticket.created).rfc3339())
            object.member("expires_at", bytes: CivilDate(ticket.expires).rfc3339())
            if let session { rights(ticket, session, to: &object) }
        }
        return writer.bytes
    }

    /// What a widget gets.
    static func session(_ ticket: Ticket, _ session: WidgetSession) -> [UInt8] {
        var writer = JSONWriter(capacity: 2_048)
        writer.object { object in
            terms(ticket, to: &object)
            rights(ticket, session, to: &object)
            object.member("expires_at", bytes: CivilDate(session.expires).rfc3339())
        }
        return writer.bytes
    }

    /// A ticket as an operator sees it: no link, and the conversation under its pseudonym.
    static func item(_ ticket: Ticket, status: Ticket.Status, conversation: String, to writer: inout JSONWriter) {
        writer.object { object in
            object.member("id", bytes: ticket.id.hex)
            terms(ticket, to: &object)
            object.member("conversation", conversation)
            object.member("agent", ticket.agent?.text)
            object.member("status", "\(status.word)")
            object.member("created_at", bytes: CivilDate(ticket.created).rfc3339())
            object.member("expires_at", bytes: CivilDate(ticket.expires).rfc3339())
        }
    }

    private static func terms(_ ticket: Ticket, to object: inout JSONWriter) {
        object.member("ticket_id", bytes: ticket.id.hex)
        object.member("operation", bytes: ticket.operation)
        object.member("actions") { list in
            list.array { for action in ticket.terms.actions { $0.string(bytes: action) } }
        }
    }

    private static func rights(_ ticket: Ticket, _ session: WidgetSession, to object: inout JSONWriter) {
        object.member("session_token", bytes: session.token)
        object.member("callbacks") { callbacks in
            callbacks.object { urls in
                urls.member("success", bytes: session.success)
                urls.member("failure", bytes: session.failure)
            }
        }
        object.member("seal_key") { $0.raw(SealKey.jwk(x: ticket.seal.x, y: ticket.seal.y)) }
    }
}
