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

    /// A book that cannot be read proves nothing, so the sender stays outside.
    func resume(_ turn: Turn, with answer: EffectAnswer) -> Verdict {
        if ContactBook.note(answer, in: turn) == .unreadable { return refuse(turn, "contact_book_unavailable") }
        return decide(turn)
    }

    private func decide(_ turn: Turn) -> Verdict {
        guard let list = allowlists[turn.message.channel] else { return .next }
        guard let spelling = turn.phoneSpelling else { return refuse(turn, "no_phone") }
        guard let phone = try? PhoneNormalizer.normalize(spelling, .international) else {
            return refuse(turn, "phone_unreadable")
        }
        guard list.contains(phone) || PhoneNormalizer.candidates(for: phone).contains(where: list.contains) else {
            return refuse(turn, "not_listed")
        }
        return .next
    }

    private func refuse(_ turn: Turn, _ reason: String) -> Verdict {
        turn.detail = reason
        return .stop(.senderNotAllowed, reply: nil)
    }
}
