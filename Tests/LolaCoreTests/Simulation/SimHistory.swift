// What the checkers know about messages when one process ends and another begins: what was in the queue then, what is
// in it now, and whether that can be so.

@testable import LolaCore

final class SimHistory {
    private let story: SimCase
    private let identity: SimIdentityService
    /// What the dead process saw in its queue, and what it had written an end of.
    private var held: Set<RecordID> = []
    private var finishing: Set<RecordID> = []
    /// What the process before had found in the store.
    private var kept: Set<RecordID> = []

    init(_ story: SimCase, _ identity: SimIdentityService) {
        self.story = story
        self.identity = identity
    }

    func ended(_ process: SimProcess) {
        held = process.held
        finishing = process.finishing
        kept = Set(process.recovered)
        for sender in story.senders { sender.verdicts = [] }
        identity.forget()
        SimChecks(story).disk()
    }

    /// Nothing acknowledged is lost, nothing that ended comes back.
    func started(_ process: SimProcess) {
        if process.origin != .found {
            story.violated("process \(process.generation) has another index key")
        }
        for damage in process.report.damages {
            story.violated("the journal is damaged: \(damage.kind.rawValue) in \(damage.file)")
        }
        for post in story.posts where post.sentAt != .max {
            let id = process.id(of: post)
            let isBack = process.recovered.contains(id)
            if story.hasEnded(post) {
                if isBack { story.violated("\(post.key) had ended and came back") }
            } else if post.acceptedAt != .max, !isBack {
                let wasEnding = !held.contains(id) || finishing.contains(id)
                if wasEnding { post.hasEndedUnseen = true } else { story.violated("\(post.key) was lost") }
            } else if !isBack, kept.contains(id), !held.contains(id) || finishing.contains(id) {
                // Kept, handled, and acknowledged only when its channel sends it again.
                post.hasEndedUnseen = true
            }
        }
    }
}
