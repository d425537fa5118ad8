// The world outside the gateway under `lola dev`: the cast and every chat as the people in it see it. Shared by all
// loops, behind a lock; bounded, the chat that was quiet for longest goes first.
import Synchronization

final class SandboxWorld: Sendable {
    private struct State {
        var transcripts: [ReplyAddress: SandboxTranscript] = [:]
        /// Whose identity check came back with success.
        var verified: Set<E164> = []
        /// Grows with every change; begins at the time of the start, so that a page left open over a restart sees
        /// that everything it knows is gone.
        var revision: Int64

        /// Changes the chat, which is made when it is new.
        mutating func change(_ address: ReplyAddress, _ body: (inout SandboxTranscript, Int64) -> Void) {
            revision += 1
            if transcripts[address] == nil, transcripts.count >= Limits.sandboxChatsMax,
                let quietest = transcripts.min(by: { $0.value.revision < $1.value.revision })?.key
            {
                transcripts[quietest] = nil
            }
            var transcript = transcripts[address] ?? SandboxTranscript(revision: revision)
            transcript.revision = revision
            body(&transcript, revision)
            transcripts[address] = transcript
        }
    }

    let cast: SandboxCast
    private let state: Mutex<State>
    private let start: Int64

    init(startedAt: WallTime) {
        cast = SandboxCast(startedAt: startedAt)
        start = max(0, startedAt.milliseconds)
        state = Mutex(State(revision: max(0, startedAt.milliseconds)))
    }

    /// Adds to a chat; a message that is already there is not added again. Returns the revision after it.
    @discardableResult
    func record(_ entry: SandboxEntry, with place: ReplyAddress) -> Int64 {
        let address = place.sandboxChat
        return state.withLock { state in
            let isKnown = entry.key.map { state.transcripts[address]?.contains($0) ?? false } ?? false
            if !isKnown { state.change(address) { $0.append(entry, number: $1) } }
            return state.revision
        }
    }

    /// How far a message of a person has come.
    func mark(_ key: MessageKey, _ mark: SandboxEntry.State, with place: ReplyAddress) {
        let address = place.sandboxChat
        state.withLock { state in
            guard var transcript = state.transcripts[address], transcript.mark(key, mark) else { return }
            state.revision += 1
            transcript.revision = state.revision
            state.transcripts[address] = transcript
        }
    }

    /// A chat, empty when nothing was said in it.
    func transcript(with address: ReplyAddress) -> SandboxTranscript {
        state.withLock { $0.transcripts[address.sandboxChat] } ?? SandboxTranscript(revision: start)
    }

    /// Notes that the contact is shared; true for the first time.
    func sharesContact(with place: ReplyAddress) -> Bool {
        let address = place.sandboxChat
        return state.withLock { state in
            if state.transcripts[address]?.hasSharedContact ?? false { return false }
            state.change(address) { transcript, _ in transcript.hasSharedContact = true }
            return true
        }
    }

    /// Notes that the identity check of whoever is at the address has come back with success.
    func verify(_ address: ReplyAddress) {
        guard let person = person(at: address) else { return }
        // As many as there may be chats: whoever is beyond that stays as they were.
        state.withLock { if $0.verified.count < Limits.sandboxChatsMax { $0.verified.insert(person.phone) } }
    }

    func isVerified(_ person: SandboxPerson) -> Bool { state.withLock { $0.verified.contains(person.phone) } }

    private func person(at address: ReplyAddress) -> SandboxPerson? {
        let chat = address.sandboxChat
        let known = cast.people.first { person in
            ChannelName.allCases.contains { person.address(on: $0) == chat }
        }
        if let known { return known }
        switch address {
        case .whatsappNumber(let digits): return E164(digits: digits).map { SandboxPerson(phone: $0) }
        case .telegramChat(let chat): return E164(digits: [UInt8](text: "\(chat)")).map { SandboxPerson(phone: $0) }
        case .sms(_, let sender), .twilioWhatsApp(_, let sender):
            return E164(sender).map { SandboxPerson(phone: $0) }
        // A mail address proves nobody's identity.
        case .whatsappUser, .mail: return nil
        }
    }

    /// People outside the cast who have a chat, ordered by number.
    var guests: [SandboxPerson] {
        var numbers: Set<E164> = []
        for address in state.withLock({ Array($0.transcripts.keys) }) {
            switch address {
            case .whatsappNumber(let digits): if let phone = E164(digits: digits) { numbers.insert(phone) }
            case .telegramChat(let chat):
                if let phone = E164(digits: [UInt8](text: "\(chat)")) { numbers.insert(phone) }
            case .sms(_, let sender), .twilioWhatsApp(_, let sender):
                if let phone = E164(sender) { numbers.insert(phone) }
            case .whatsappUser, .mail: break
            }
        }
        for person in cast.people {
            numbers.remove(person.phone)
            if let hidden = E164(digits: [UInt8](text: "\(person.telegramID)")) { numbers.remove(hidden) }
        }
        return numbers.map { SandboxPerson(phone: $0) }.sorted { $0.id < $1.id }
    }
}
