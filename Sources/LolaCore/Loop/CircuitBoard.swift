// Which origins the loops' clients have given up on for now: each loop has breakers of its own, this is what all of
// them together know. Told by OutboundClient when a breaker changes, read by health.
import Synchronization

final class CircuitBoard: Sendable {
    struct Open: Sendable {
        /// Loops whose breaker is open.
        let loops: Int
        /// When the first of them opened.
        let since: WallTime
    }

    private let open = Mutex<[Origin: Open]>([:])

    func changed(_ origin: Origin, isOpen: Bool, at now: WallTime) {
        open.withLock { open in
            let loops = (open[origin]?.loops ?? 0) + (isOpen ? 1 : -1)
            open[origin] = loops > 0 ? Open(loops: loops, since: open[origin]?.since ?? now) : nil
        }
    }

    /// Nil while every loop calls the origin.
    func state(of origin: Origin) -> Open? { open.withLock { $0[origin] } }
}
