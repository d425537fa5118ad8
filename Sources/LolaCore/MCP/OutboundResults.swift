// What the outbound gate says, as a tool tells it: a receipt with what is left, or a refusal that a model can act on.
// Pure functions.

enum OutboundResults {
    static func write(_ receipt: OutboundReceipt, to object: inout JSONWriter) {
        object.member("key", bytes: receipt.key)
        object.member("channel", receipt.channel.rawValue)
        object.member("status", receipt.status.rawValue)
        object.member("warnings") { $0.words(receipt.warnings) }
        object.member("remaining") { writer in
            writer.object { writer in
                for member in AgentLimits.Member.allCases {
                    if let left = receipt.remaining[member] { writer.limit(member, max(0, left)) }
                }
            }
        }
    }

    /// `{error, code, limitType?, current?, max?, retryAfterSeconds?, resetsAt?, nextAllowedAt?}`.
    static func fault(_ refusal: OutboundRefusal, at now: WallTime) -> ToolFault {
        var writer = JSONWriter(capacity: 384)
        writer.object { writer in
            writer.member("error", text(refusal))
            writer.member("code", refusal.code.rawValue)
            if let limit = refusal.limitType { writer.member("limitType", limit.rawValue) }
            if let current = refusal.current {
                writer.member("current") { $0.quantity(refusal.limitType, current) }
            }
            if let max = refusal.max { writer.member("max") { $0.quantity(refusal.limitType, max) } }
            if let until = refusal.nextAllowedAt ?? refusal.resetsAt {
                writer.member("retryAfterSeconds", Int(Swift.max(1, (until - now).inSecondsRoundedUp)))
            }
            if let at = refusal.resetsAt { writer.member("resetsAt", bytes: CivilDate(at).rfc3339()) }
            if let at = refusal.nextAllowedAt { writer.member("nextAllowedAt", bytes: CivilDate(at).rfc3339()) }
        }
        return ToolFault(json: writer.bytes)
    }

    private static func text(_ refusal: OutboundRefusal) -> String {
        switch refusal.code {
        case .agentUnknown: "There is no agent of that id."
        case .agentInactive: "The agent is switched off: nothing goes out in its name."
        case .channelNotAllowed: "The agent may not use this channel."
        case .channelOff: "The gateway has no provider for this channel."
        case .conversationUnknown: "There is no such conversation on a channel of this gateway."
        case .consentRequired:
            "The person has not agreed to this. Ask for consent on another way and record it; do not send it anyway."
        case .doNotContact: "The person must not be contacted, on any channel. Do not try again."
        case .quietHours: "It is too early or too late where the person is. Try again at nextAllowedAt."
        case .contentRefused: "The content filter refuses the text. Write it differently; do not spell it around."
        case .rateLimited: "The limit \(refusal.limitType?.rawValue ?? "of actions") is used up. Wait until resetsAt."
        case .spendLimited: "The limit \(refusal.limitType?.rawValue ?? "of spending") would be passed. Wait until resetsAt."
        case .providerRefused: "The provider refuses this message for good."
        case .providerUnavailable: "The provider cannot be reached. Nothing was sent. Try again in a while."
        case .unavailable: "The gateway cannot do this now. Nothing was sent. Try again in a while."
        }
    }
}
