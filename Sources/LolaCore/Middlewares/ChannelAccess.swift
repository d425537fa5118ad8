// The allowlist of a deployment (product document 000): outside it nobody gets an answer, not even a refusal.
// One instance per loop; called by the pipeline, by default as its first stage.

final class ChannelAccess: Middleware {
    let name = MiddlewareName.channelAccess
    private let allowlists: [ChannelName: Set<E164>]

    /// - Parameter allowlists: senders by channel. An empty or missing list lets everybody pass.
    init(allowlists: [ChannelName: Set<E164>]) {
        self.allowlists = allowlists.filter { !$0.value.isEmpty }
    }

    func process(_ turn: Turn) -> Verdict {
        guard allowlists[turn.message.channel] != nil else { return .next }
        if let question = ContactBook.question(for: turn) { return .wait(question) }
        return decide(turn)
    }

    /// The book is asked only without a spelling, and told to forget only with one. A book that cannot be read
    /// proves nothing, so the sender stays outside.
    func resume(_ turn: Turn, with answer: EffectAnswer) -> Verdict {
        if turn.phoneSpelling != nil {
            return refuse(turn, (objection(to: turn) ?? "") + " " + ContactBook.forgetting(answer))
        }
        if ContactBook.note(answer, in: turn) == .unreadable { return refuse(turn, "contact_book_unavailable") }
        return decide(turn)
    }

    /// Whoever shares an own contact that does not pass is not let in by an older one either.
    private func decide(_ turn: Turn) -> Verdict {
        guard let reason = objection(to: turn) else { return .next }
        if let erasure = ContactBook.erasure(by: turn) { return .wait(erasure) }
        return refuse(turn, reason)
    }

    private func objection(to turn: Turn) -> String? {
        guard let list = allowlists[turn.message.channel] else { return nil }
        guard let spelling = turn.phoneSpelling else { return "no_phone" }
        guard let phone = try? PhoneNormalizer.normalize(spelling, .international) else { return "phone_unreadable" }
        let isListed = list.contains(phone) || PhoneNormalizer.candidates(for: phone).contains(where: list.contains)
        return isListed ? nil : "not_listed"
    }

    private func refuse(_ turn: Turn, _ reason: String) -> Verdict {
        turn.detail = reason
        return .stop(.senderNotAllowed, reply: nil)
    }
}
