// Deadlines of one loop: four rings of 64 slots, the finest 8 ms wide, so that setting one costs an append.
// Entries are never cancelled; whoever is told looks whether its deadline still stands (and asks again).

struct TimerWheel {
    private struct Entry {
        let tick: Int64
        let word: UInt64
    }

    /// Width of the finest slot.
    static let resolution = Interval.milliseconds(8)

    private static let ringBits: Int64 = 6
    private static let ringCount = 4

    private var rings = [[[Entry]]](repeating: [[Entry]](repeating: [], count: 64), count: Self.ringCount)
    private var current: Int64
    private(set) var count = 0

    init(startingAt now: Instant) { current = now.nanoseconds / Self.resolution.nanoseconds }

    /// Asks for `word` at or shortly after `deadline`, never before. Deadlines beyond the rings (38 hours) are
    /// asked again.
    mutating func schedule(_ word: UInt64, at deadline: Instant) {
        let wanted = deadline.nanoseconds / Self.resolution.nanoseconds + 1
        place(Entry(tick: max(wanted, current + 1), word: word))
        count += 1
    }

    /// The next instant at which something may be due; nil when nothing is scheduled.
    func nextDeadline() -> Instant? {
        guard count > 0 else { return nil }
        for offset in 1...64 {
            let tick = current + Int64(offset)
            if tick & 63 == 0 || !rings[0][Int(tick & 63)].isEmpty {
                return Instant(nanoseconds: tick * Self.resolution.nanoseconds)
            }
        }
        return Instant(nanoseconds: (current + 64) * Self.resolution.nanoseconds)
    }

    /// Moves to `now` and appends the words that became due, in the order of their ticks.
    mutating func advance(to now: Instant, due: inout [UInt64]) {
        let target = now.nanoseconds / Self.resolution.nanoseconds
        guard count > 0 else {
            current = max(current, target)
            return
        }
        while current < target {
            current += 1
            cascade()
            let slot = Int(current & 63)
            if rings[0][slot].isEmpty { continue }
            let entries = rings[0][slot]
            rings[0][slot] = []
            count -= entries.count
            for entry in entries { due.append(entry.word) }
            if count == 0 {
                current = target
                return
            }
        }
    }

    private mutating func place(_ entry: Entry) {
        let distance = entry.tick - current
        for ring in 0..<Self.ringCount where distance < 1 << (Self.ringBits * Int64(ring + 1)) {
            rings[ring][Int(entry.tick >> (Self.ringBits * Int64(ring)) & 63)].append(entry)
            return
        }
        let last = Self.ringCount - 1
        let farthest = current + (63 << (Self.ringBits * Int64(last)))
        rings[last][Int(farthest >> (Self.ringBits * Int64(last)) & 63)].append(entry)
    }

    /// At the turn of a ring, the next slot of the coarser ring is spread over the finer ones.
    private mutating func cascade() {
        for ring in 1..<Self.ringCount {
            guard current & ((1 << (Self.ringBits * Int64(ring))) - 1) == 0 else { return }
            let slot = Int(current >> (Self.ringBits * Int64(ring)) & 63)
            let entries = rings[ring][slot]
            rings[ring][slot] = []
            for entry in entries {
                if entry.tick <= current {
                    rings[0][Int(current & 63)].append(entry)
                } else {
                    place(entry)
                }
            }
        }
    }
}
