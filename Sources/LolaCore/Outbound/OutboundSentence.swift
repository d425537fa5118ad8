// What a refusal says to an agent in words: what is wrong and what it can do about it. Pure, any thread.

extension OutboundRefusal {
    /// One or two sentences; nothing in them tells of the person.
    func sentence(at now: WallTime) -> String {
        switch code {
        case .agentUnknown: "The agent is not known here. An operator must register it."
        case .agentInactive: "The agent is switched off. An operator can switch it on."
        case .channelNotAllowed: "The agent may not use this channel. Use another, or ask an operator."
        case .channelOff: "This gateway has no provider for the channel."
        case .conversationUnknown: "The conversation or address is none that this gateway can reach."
        case .consentRequired:
            """
            The person has not agreed to this. Service messages need a message of theirs within 24 hours or a recorded \
            consent; marketing needs an express consent.
            """
        case .doNotContact: "The person has asked not to be contacted. Do not try other channels."
        case .quietHours: "It is outside the hours in which the person may be called. \(Self.from(nextAllowedAt))"
        case .contentRefused where detail == Self.card:
            "The html shows a card number that markup cuts up. Take it out: card data is for the card widget only."
        case .contentRefused: "The content filter refused the text (\(detail ?? "listed")). Write it in other words."
        case .rateLimited, .spendLimited:
            "Rate limit exceeded: \(limitType?.rawValue ?? "limit") (\(figures)). \(Self.resets(resetsAt))"
        case .providerRefused:
            "The provider refused the message (\(detail ?? "refused")). Sending it again will not help."
        case .providerUnavailable: "The provider cannot be reached (\(detail ?? "unavailable")). Try again later."
        case .unavailable: "The gateway cannot check or record this now. Nothing was sent; try again in a few seconds."
        }
    }

    /// `10/10`, money in dollars.
    private var figures: String {
        guard let current, let max, let limitType else { return "" }
        if !limitType.isMoney { return "\(current)/\(max)" }
        return Dollars.text(cents: current) + "/" + Dollars.text(cents: max) + " USD"
    }

    /// Seconds until the same order may pass, at least one: what the provider named, or what is left of the limit's
    /// window. Nil when waiting does not help.
    func retryAfterSeconds(at now: WallTime) -> Int? {
        switch code {
        case .unavailable: return 5
        case .providerUnavailable: return retryAfter.map { Swift.max(1, Int($0.inSecondsRoundedUp)) } ?? 5
        default: break
        }
        guard let time = resetsAt ?? nextAllowedAt else { return nil }
        return Swift.max(1, Int((time - now).inSecondsRoundedUp))
    }

    private static func resets(_ time: WallTime?) -> String {
        time.map { "Resets at \(CivilDate($0).rfc3339().text)." }
            ?? "Waiting does not help: the order is above the limit."
    }

    private static func from(_ time: WallTime?) -> String {
        time.map { "Allowed from \(CivilDate($0).rfc3339().text)." }
            ?? "There is no hour that suits all its time zones."
    }
}

/// Amounts of dollars as JSON numbers and in sentences.
enum Dollars {
    /// `10`, `10.50` or `-0.05`: a settlement may leave less than nothing used.
    static func text(cents: Int) -> String {
        let (whole, rest) = cents.magnitude.quotientAndRemainder(dividingBy: 100)
        let sign = cents < 0 ? "-" : ""
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest / 10)\(rest % 10)"
    }
}
