// Tells the open streams of an agent that a person has written to it: the message itself, as a log message of MCP,
// which every client takes. It waits in the mailbox all the same, until it is acknowledged.

enum MailboxNotice {
    static let level = MCPLogLevel.info

    /// Called on the loop that put the message into the mailbox; the streams may be on others.
    static func tell(_ sessions: MCPSessions, _ agent: AgentID, _ message: MailboxMessage) {
        sessions.tell(agent, MCPEvents.message(octets(message)), at: level, for: .getWaitingMessages)
    }

    static func octets(_ message: MailboxMessage) -> [UInt8] {
        RPC.notification("notifications/message") { params in
            params.member("level", level.rawValue)
            params.member("logger", word: "lola.mailbox")
            params.member("data") { $0.object { MailboxResults.write(message, to: &$0) } }
        }
    }
}
