// Answers of the outbound gate as JSON (CONTRACT §8, §9): money in dollars, times in RFC 3339. Pure.

enum OutboundJSON {
    /// `{"key","status","channel","warnings","remaining"}`.
    static func receipt(_ receipt: OutboundReceipt) -> [UInt8] {
        var writer = JSONWriter(capacity: 384)
        writer.object { writer in
            writer.member("key", bytes: receipt.key)
            writer.member("status", receipt.status.rawValue)
            writer.member("channel", receipt.channel.rawValue)
            writer.member("warnings") { writer in
                writer.array { writer in for warning in receipt.warnings { writer.string(warning) } }
            }
            writer.member("remaining") { remaining(receipt.remaining, &$0) }
        }
        return writer.bytes
    }

    /// What is left of each limit that holds, by its word.
    static func remaining(_ remaining: [AgentLimits.Member: Int], _ writer: inout JSONWriter) {
        writer.object { writer in
            for member in AgentLimits.Member.allCases {
                guard let left = remaining[member] else { continue }
                writer.key(bytes: [UInt8](text: member.rawValue))
                amount(left, of: member, &writer)
            }
        }
    }

    static func entry(_ entry: OutboundLedger.Entry) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            writer.member("key", bytes: entry.record.key)
            writer.member("agentId", entry.record.agent.text)
            writer.member("channel", entry.record.channel.rawValue)
            writer.member("purpose", entry.record.purpose.rawValue)
            writer.member("status", entry.status.rawValue)
            writer.member("created_at", CivilDate(entry.record.at).rfc3339().text)
            writer.member("updated_at", CivilDate(entry.changed).rfc3339().text)
        }
        return writer.bytes
    }

    /// The members of a refusal beside its code, as tools and REST give them.
    static func members(_ refusal: OutboundRefusal, _ writer: inout JSONWriter, at now: WallTime) {
        if let member = refusal.limitType {
            writer.member("limitType", member.rawValue)
            if let current = refusal.current {
                writer.key("current")
                amount(current, of: member, &writer)
            }
            if let max = refusal.max {
                writer.key("max")
                amount(max, of: member, &writer)
            }
        }
        if let seconds = refusal.retryAfterSeconds(at: now) { writer.member("retryAfterSeconds", seconds) }
        if let time = refusal.resetsAt { writer.member("resetsAt", CivilDate(time).rfc3339().text) }
        if let time = refusal.nextAllowedAt { writer.member("nextAllowedAt", CivilDate(time).rfc3339().text) }
    }

    static func problem(_ refusal: OutboundRefusal, requestID: [UInt8], at now: WallTime) -> HTTPResponse {
        let sentence = refusal.sentence(at: now)
        var response = HTTPResponse.problem(
            refusal.code.status, code: refusal.code.rawValue, requestID: requestID
        ) { writer in
            writer.member("detail", sentence)
            members(refusal, &writer, at: now)
        }
        if [429, 503].contains(response.status), let seconds = refusal.retryAfterSeconds(at: now) {
            response.fields.append(ResponseField(name: "Retry-After", value: [UInt8](text: "\(seconds)")))
        }
        return response
    }

    private static func amount(_ value: Int, of member: AgentLimits.Member, _ writer: inout JSONWriter) {
        if member.isMoney { writer.raw([UInt8](text: Dollars.text(cents: value))) } else { writer.integer(value) }
    }
}

extension OutboundRefusal.Code {
    /// 403 is a rule, 429 a limit, 422 the provider's word, 503 nobody's fault.
    var status: Int {
        switch self {
        case .agentUnknown, .agentInactive, .channelNotAllowed, .channelOff, .conversationUnknown, .consentRequired,
            .doNotContact, .quietHours, .contentRefused:
            403
        case .rateLimited, .spendLimited: 429
        case .providerRefused: 422
        case .providerUnavailable, .unavailable: 503
        }
    }
}
