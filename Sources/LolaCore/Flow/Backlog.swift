// How many accepted messages are not done yet, in the whole process, in all and by lane. Above the limits webhooks
// answer 503, so that the channel keeps what we could not. Messages that rest (behind a retry that is due later)
// are on disk and need nobody: a drain does not wait for them.
import Synchronization

final class Backlog: Sendable {
    private final class Cell: Sendable {
        let value = Atomic<Int>(0)
    }

    private let waiting = Atomic<Int>(0)
    private let resting = Atomic<Int>(0)
    /// Entries of the queue of which is not known yet whether they are messages to handle.
    private let arriving = Atomic<Int>(0)
    private let lanes = (0..<Lane.count).map { _ in Cell() }

    var count: Int { waiting.load(ordering: .relaxed) }
    /// Messages that somebody works on now.
    var busyCount: Int { count - resting.load(ordering: .relaxed) + arriving.load(ordering: .relaxed) }
    /// Nothing further can be kept.
    var isFull: Bool { count >= Limits.backlogMax }

    /// One conversation must not take everybody's place: a lane has an eighth of all.
    func isFull(_ lane: Lane) -> Bool {
        isFull || lanes[Int(lane.number)].value.load(ordering: .relaxed) >= Limits.backlogLaneMax
    }

    func entered(_ lane: Lane) {
        waiting.wrappingAdd(1, ordering: .relaxed)
        lanes[Int(lane.number)].value.wrappingAdd(1, ordering: .relaxed)
    }

    func left(_ lane: Lane) {
        waiting.wrappingSubtract(1, ordering: .relaxed)
        lanes[Int(lane.number)].value.wrappingSubtract(1, ordering: .relaxed)
    }

    func arrives() { arriving.wrappingAdd(1, ordering: .relaxed) }
    func arrived() { arriving.wrappingSubtract(1, ordering: .relaxed) }

    func rest(_ count: Int) { resting.wrappingAdd(count, ordering: .relaxed) }
    func wake(_ count: Int) { resting.wrappingSubtract(count, ordering: .relaxed) }
}
