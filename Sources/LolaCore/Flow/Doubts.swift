// Deliveries of which nobody knows whether the channel took them: the process ended between the request and the
// record. A receipt that carries their reference settles it. One per loop; how many there are is known to all loops.
import Synchronization

/// How many deliveries of the process are in doubt: receipts are passed on only then.
final class DoubtCount: Sendable {
    private let open = Atomic<Int>(0)

    var isEmpty: Bool { open.load(ordering: .relaxed) == 0 }
    func add(_ change: Int) { open.wrappingAdd(change, ordering: .relaxed) }
}

final class Doubts {
    private let count: DoubtCount
    private var open: [[UInt8]: (Bool) -> Void] = [:]

    init(_ count: DoubtCount) { self.count = count }

    /// `settle` is called at most once: true when the channel has it, false when it has failed there.
    func open(_ reference: [UInt8], _ settle: @escaping (_ isTaken: Bool) -> Void) {
        if open.updateValue(settle, forKey: reference) == nil { count.add(1) }
    }

    /// No receipt came in time.
    func close(_ reference: [UInt8]) {
        if open.removeValue(forKey: reference) != nil { count.add(-1) }
    }

    func receipt(_ reference: [UInt8], isTaken: Bool) {
        guard let settle = open.removeValue(forKey: reference) else { return }
        count.add(-1)
        settle(isTaken)
    }
}
