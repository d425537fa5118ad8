// Message records as the admin API shows them (CONTRACT §10): redacted by construction, for the record holds
// nothing of a sender.

enum MessageJSON {
    static func write(_ record: MessageRecord, detailed: Bool, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", record.key.text)
            writer.member("key", record.key.text)
            writer.member("channel", record.channel.rawValue)
            writer.member("conversation", record.conversation)
            writer.member("sender", record.sender)
            writer.member("type", record.type.rawValue)
            writer.member("status", record.status.rawValue)
            writer.member("agent", record.agent?.rawValue)
            writer.member("received_at", bytes: CivilDate(record.receivedAt).rfc3339(milliseconds: true))
            if let finished = record.finishedAt {
                writer.member("finished_at", bytes: CivilDate(finished).rfc3339(milliseconds: true))
            } else {
                writer.member("finished_at", nil as String?)
            }
            writer.member("delivery") { delivery(record.deliveries, to: &$0) }
            if detailed { writer.member("trace") { trace(record.trace, to: &$0) } }
        }
    }

    static func trace(_ steps: [TraceStep], to writer: inout JSONWriter) {
        writer.array { writer in
            for step in steps {
                writer.object { writer in
                    writer.member("stage", step.stage.rawValue)
                    writer.member("verdict", step.verdict.rawValue)
                    writer.member("us", Int(step.took.inMicroseconds))
                    writer.member("detail", step.detail.words)
                }
            }
        }
    }

    /// One word for the whole and a line for each request to the channel.
    private static func delivery(_ deliveries: [MessageRecord.Delivery], to writer: inout JSONWriter) {
        let status: String
        if deliveries.isEmpty {
            status = "none"
        } else if deliveries.contains(where: { $0.status == .failed }) {
            status = "failed"
        } else if deliveries.contains(where: { $0.status == .pending }) {
            status = "pending"
        } else if deliveries.contains(where: { $0.status == .sent }) {
            status = "sent"
        } else {
            status = deliveries.allSatisfy { $0.status == .read } ? "read" : "delivered"
        }
        writer.object { writer in
            writer.member("status", status)
            writer.member("attempts", deliveries.reduce(0) { $0 + $1.attempts })
            writer.member("error", deliveries.last { $0.error != nil }?.error)
            writer.member("replies") { writer in
                writer.array { writer in
                    for item in deliveries {
                        writer.object { writer in
                            writer.member("type", "\(item.kind)")
                            writer.member("status", item.status.rawValue)
                            writer.member("attempts", item.attempts)
                            writer.member("error", item.error)
                        }
                    }
                }
            }
        }
    }
}
