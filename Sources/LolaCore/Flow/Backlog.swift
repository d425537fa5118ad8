// How many accepted messages are not done yet, in the whole process. Above the limit webhooks answer 503, so
// that the channel keeps what we could not.
import Synchronization

final class Backlog: Sendable {
    private let waiting = Atomic<Int>(0)

    var count: Int { waiting.load(ordering: .relaxed) }
    var isFull: Bool { count >= Limits.backlogMax }

    func entered() { waiting.wrappingAdd(1, ordering: .relaxed) }
    func left() { waiting.wrappingSubtract(1, ordering: .relaxed) }
}
