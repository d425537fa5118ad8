// The questions of the gate that need nothing but what is known already: who may say what to whom, when. Pure
// functions, in the order in which the gate asks; any thread.

/// On what ground a person is written to.
enum ConsentBasis: String, CaseIterable, Sendable {
    case express, transactional
    /// The person wrote to us within a day.
    case inbound
}

enum OutboundRules {
    /// Whether the agent may act, there.
    static func checkAgent(_ account: AgentAccount?, _ channel: AgentChannel?) throws(OutboundRefusal) {
        guard let account else { throw OutboundRefusal(.agentUnknown) }
        guard account.status == .active else { throw OutboundRefusal(.agentInactive) }
        guard let channel else { throw OutboundRefusal(.conversationUnknown) }
        guard account.channels?.contains(channel) ?? true else { throw OutboundRefusal(.channelNotAllowed) }
    }

    /// Nil when the person has not agreed. What was said last counts: who took a consent back is not written to, until
    /// another is given. Marketing needs an express consent.
    static func consent(
        _ purpose: OutboundOrder.Purpose, express: ConsentRecord?, transactional: ConsentRecord?, wasHeard: Bool
    ) -> ConsentBasis? {
        let records = [express, transactional].compactMap { $0 }
        let granted = records.filter { $0.status == .granted }.map(\.at).max()
        let revoked = records.filter { $0.status == .revoked }.map(\.at).max()
        if let revoked, granted.map({ $0 <= revoked }) ?? true { return nil }
        if express?.status == .granted { return .express }
        if purpose == .marketing { return nil }
        if transactional?.status == .granted { return .transactional }
        return wasHeard ? .inbound : nil
    }

    /// Calls only, by the clocks of the number that is called; nobody else's zone counts.
    static func checkHours(
        _ recipient: OutboundRecipient, _ hours: CallingHours?, at now: WallTime
    ) throws(OutboundRefusal) {
        guard recipient.channel == .voice, let hours, let digits = recipient.digits else { return }
        let clock = PhoneClock(digits: digits)
        if clock.isWithin(hours, at: now) { return }
        var refusal = OutboundRefusal(.quietHours)
        refusal.nextAllowedAt = clock.next(hours, from: now)
        throw refusal
    }

    /// A card number that a mail shows although it stands in no piece of its source, cut up by markup: masking has not
    /// found it, and would leave a broken document.
    static func checkCards(_ order: OutboundOrder) throws(OutboundRefusal) {
        guard let html = order.html, CardNumber.mask(HTMLText.everything(html), issuedOnly: true).count > 0
        else { return }
        var refusal = OutboundRefusal(.contentRefused)
        refusal.detail = OutboundRefusal.card
        throw refusal
    }

    /// Everything that a person would read or hear; of a mail its subject and what follows it, in one piece.
    static func checkContent(_ order: OutboundOrder, _ filter: ContentFilter?) throws(OutboundRefusal) {
        guard let filter else { return }
        let subject = order.subject.map { $0 + [ASCII.lineFeed] } ?? []
        for text in [order.text, order.html.map(HTMLText.everything)] {
            guard let text, let category = filter.verdict(subject + text) else { continue }
            var refusal = OutboundRefusal(.contentRefused)
            refusal.detail = category.rawValue
            throw refusal
        }
    }

    /// What is added to the order so that it may go out, and the sentences that tell of it.
    static func complete(_ dispatch: inout OutboundDispatch) -> [String] {
        var warnings: [String] = []
        if dispatch.recipient.channel == .email,
            !MailRules.offersWayOut(text: dispatch.text, html: dispatch.html) {
            dispatch.addsUnsubscribe = true
            warnings.append("The mail has no link to unsubscribe: a List-Unsubscribe header was added.")
        }
        if dispatch.recipient.channel == .email, dispatch.subject == nil {
            warnings.append("The mail has no subject: name one.")
        }
        if dispatch.records, let spoken = announcement(toRecord: dispatch.recipient.digits ?? []) {
            dispatch.announcement = spoken
            warnings.append("The call is recorded where everybody must know: an announcement is said first.")
        }
        return warnings
    }

    /// What is said first in a call that is recorded; nil where nothing must be.
    /// - Parameter digits: of the number that is called, without its plus.
    static func announcement(toRecord digits: [UInt8]) -> [UInt8]? {
        RecordingConsent.rule(digits: digits) == .announced ? announced : nil
    }

    private static let announced = [UInt8](
        text: "This call is recorded. Esta llamada está siendo grabada.")
}
