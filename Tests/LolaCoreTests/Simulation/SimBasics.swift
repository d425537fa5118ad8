// The small parts of the simulated world: chance, time, wake-ups, the event queue, the trace. Everything that can
// differ between two runs comes from one seed.
import Synchronization

@testable import LolaCore

/// One stream of chance, shared by reference.
final class SimRandom {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    func word() -> UInt64 { generator.next() }
    /// 0 ..< bound.
    func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    func between(_ low: Int, _ high: Int) -> Int { low + below(high - low + 1) }
    /// True so many times in a thousand.
    func chance(_ perMille: Int) -> Bool { perMille > 0 && below(1_000) < perMille }
    func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
    func fork() -> SimRandom { SimRandom(seed: word()) }
    func milliseconds(_ low: Int, _ high: Int) -> Interval { .microseconds(Int64(between(low * 1_000, high * 1_000))) }

    func shuffle<Element>(_ list: inout [Element]) {
        guard list.count > 1 else { return }
        for index in stride(from: list.count - 1, to: 0, by: -1) { list.swapAt(index, below(index + 1)) }
    }
}

final class SimClock: Clock {
    private(set) var now = Instant(nanoseconds: 5_000_000_000)
    /// 2026-11-20T10:00:00Z at the start; the simulator may step it.
    private var base: Int64 = 1_795_168_800_000

    var wall: WallTime { WallTime(milliseconds: base + now.nanoseconds / 1_000_000) }
    func advance(to later: Instant) { if later > now { now = later } }
    func stepWall(by step: Interval) { base += step.inMilliseconds }
}

final class SimEntropy: Entropy {
    private let random: SimRandom
    init(_ random: SimRandom) { self.random = random }

    func bytes(_ count: Int) -> [UInt8] {
        var out: [UInt8] = []
        var word: UInt64 = 0
        for index in 0..<count {
            if index % 8 == 0 { word = random.word() }
            out.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * (index % 8))))
        }
        return out
    }
}

/// The simulator's eventfd.
final class SimWaker: Waker {
    private let isSet = Atomic<Bool>(false)
    func wake() { isSet.store(true, ordering: .relaxed) }
    var isAwake: Bool { isSet.load(ordering: .relaxed) }
    func clear() { isSet.store(false, ordering: .relaxed) }
}

/// Log lines kept for the checkers.
final class SimLines: LineSink {
    private let kept = Mutex<[[UInt8]]>([])
    var dropped: Int { 0 }
    var all: [[UInt8]] { kept.withLock { $0 } }
    func write(_ line: [UInt8]) { kept.withLock { $0.append(line) } }
}

/// What will happen, ordered by time and then by the order in which it was asked for.
struct SimQueue {
    private struct Entry {
        let at: Instant
        let number: UInt64
        let action: () -> Void
        func isBefore(_ other: Entry) -> Bool { at == other.at ? number < other.number : at < other.at }
    }

    private var heap: [Entry] = []
    private var number: UInt64 = 0

    var next: Instant? { heap.first?.at }

    mutating func add(at: Instant, _ action: @escaping () -> Void) {
        number += 1
        heap.append(Entry(at: at, number: number, action: action))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func take(dueAt now: Instant) -> (() -> Void)? {
        guard let first = heap.first, first.at <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                let left = 2 * parent + 1
                guard left < heap.count else { break }
                let right = left + 1
                let least = right < heap.count && heap[right].isBefore(heap[left]) ? right : left
                guard heap[least].isBefore(heap[parent]) else { break }
                heap.swapAt(parent, least)
                parent = least
            }
        }
        return first.action
    }
}

/// A running hash of everything that happened. Two runs of one seed must end with the same one.
final class SimTrace {
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var count: UInt64 = 0
    let lines: (String) -> Void
    let keepsLines: Bool

    init(_ lines: ((String) -> Void)?) {
        self.lines = lines ?? { _ in }
        keepsLines = lines != nil
    }

    func note(_ at: Instant, _ kind: StaticString, _ values: Int...) {
        count += 1
        mix(UInt64(bitPattern: at.nanoseconds))
        for byte in kind.description.utf8 { mix(UInt64(byte)) }
        for value in values { mix(UInt64(bitPattern: Int64(value))) }
        if keepsLines { lines("\(at.nanoseconds / 1_000) \(kind) \(values)") }
    }

    func text(_ at: Instant, _ kind: StaticString, _ text: String) {
        note(at, kind)
        for byte in text.utf8 { mix(UInt64(byte)) }
        if keepsLines { lines("\(at.nanoseconds / 1_000) \(kind) \(text)") }
    }

    private func mix(_ value: UInt64) { hash = (hash ^ value) &* 0x0000_0100_0000_01B3 }
}
