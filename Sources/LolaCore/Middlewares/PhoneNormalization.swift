// Every spelling of the sender's phone to one E.164 form, so that nobody has two identities (product document 001).
// A phone that is missing or unreadable leaves the sender unidentified: never more rights, only fewer. Keeps the
// contact book. One instance per loop; called by the pipeline.

final class PhoneNormalization: Middleware {
    let name = MiddlewareName.phoneNormalization

    func process(_ turn: Turn) -> Verdict {
        if let question = ContactBook.question(for: turn) { return .wait(question) }
        normalize(turn)
        let change = turn.phone.map { ContactBook.entry($0, from: turn) } ?? ContactBook.erasure(by: turn)
        return change.map { .wait($0) } ?? .next
    }

    /// The book is asked only without a spelling, written only with a phone, and told to forget only with a spelling
    /// that is no phone: the turn tells the answers apart.
    func resume(_ turn: Turn, with answer: EffectAnswer) -> Verdict {
        if turn.phone != nil {
            turn.detail = if case .store(.done) = answer { "contact_kept" } else { "contact_not_kept" }
            return .next
        }
        if turn.phoneSpelling != nil {
            turn.detail += " " + ContactBook.forgetting(answer)
            return .next
        }
        if ContactBook.note(answer, in: turn) == .unreadable {
            // Whether this sender is known cannot be told: not the same as nobody.
            turn.identity = .unavailable(word: "contact_book_unavailable")
            turn.detail = "contact_book_unavailable"
            return .next
        }
        normalize(turn)
        return .next
    }

    private func normalize(_ turn: Turn) {
        guard let spelling = turn.phoneSpelling else {
            turn.detail = "no_phone"
            return
        }
        do throws(PhoneFault) {
            let phone = try PhoneNormalizer.normalize(spelling, .international)
            turn.phone = phone
            turn.candidates = PhoneNormalizer.candidates(for: phone)
            turn.detail = turn.candidates.count == 1 ? "normalized" : "normalized_with_alias"
        } catch {
            turn.detail = error.rawValue
        }
    }
}
