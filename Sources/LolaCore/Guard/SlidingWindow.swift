// Exact counts over a sliding window: every counted event with its time, in a ring in the order of time, chained by
// whose it is; whose chains begin is found by open addressing. Pure but for what it holds; kept under a lock.

struct SlidingWindow {
    /// What is known of one key now.
    struct Standing: Hashable, Sendable {
        /// Its events within the window.
        var used = 0
        /// When the oldest of them leaves the window; nil without any.
        var eases: Instant?
    }

    let window: Interval
    /// More events than this are not kept: the oldest goes first, and its window is shortened by that.
    let eventsMax: Int

    private var times: [Int64] = []
    private var keys: [UInt64] = []
    /// The next event of the same key, by its place in the ring.
    private var nexts: [UInt32] = []
    private var oldest = 0
    /// Places in use, events that were taken out included.
    private(set) var count = 0
    private var latest = Int64.min
    private var chains = KeyTable(capacity: 0)

    /// - Parameter eventsMax: 1 to 2^31.
    init(window: Interval, eventsMax: Int) {
        self.window = window
        self.eventsMax = eventsMax
    }

    /// Keys with an event in the window, as of the last question.
    var keyCount: Int { chains.count }
    /// Memory held.
    var octets: Int { times.count * (8 + 8 + 4) + chains.octets }

    /// Lets go of what has left the window.
    mutating func settle(at now: Instant) {
        let limit = max(now.nanoseconds, latest) &- window.nanoseconds
        while count > 0, times[oldest] <= limit { dropOldest() }
        if count == 0, times.count > Self.keptWhenEmpty { reset() }
    }

    /// What is known of a key; call `settle` first.
    func standing(of key: UInt64) -> Standing {
        guard let chain = chains.find(key) else { return Standing() }
        let first = times[Int(chains.firsts[chain])]
        return Standing(used: Int(chains.counts[chain]), eases: Instant(nanoseconds: first) + window)
    }

    /// When the oldest event of all leaves the window.
    var eases: Instant? { count == 0 ? nil : Instant(nanoseconds: times[oldest]) + window }

    /// Counts an event. A time before that of the last event counts as that: loops read the clock one after the other.
    /// - Parameter key: never 0.
    mutating func add(_ key: UInt64, at now: Instant) {
        if count == eventsMax { dropOldest() }
        if count == times.count { grow() }
        latest = max(latest, now.nanoseconds)
        append(key, latest)
    }

    /// Forgets all events of a key.
    mutating func remove(_ key: UInt64) {
        guard let chain = chains.find(key) else { return }
        var place = Int(chains.firsts[chain])
        for _ in 0..<chains.counts[chain] {
            keys[place] = 0
            place = Int(nexts[place])
        }
        chains.remove(at: chain)
    }

    // MARK: The ring

    private static let first = 256
    private static let keptWhenEmpty = 4_096

    private mutating func append(_ key: UInt64, _ time: Int64) {
        var place = oldest + count
        if place >= times.count { place -= times.count }
        times[place] = time
        keys[place] = key
        nexts[place] = UInt32(place)
        count += 1
        let (chain, isNew) = chains.place(for: key)
        if isNew { chains.firsts[chain] = UInt32(place) } else { nexts[Int(chains.lasts[chain])] = UInt32(place) }
        chains.lasts[chain] = UInt32(place)
        chains.counts[chain] += 1
    }

    private mutating func dropOldest() {
        let key = keys[oldest]
        if key != 0, let chain = chains.find(key) {
            if chains.counts[chain] == 1 {
                chains.remove(at: chain)
            } else {
                chains.counts[chain] -= 1
                chains.firsts[chain] = nexts[oldest]
            }
        }
        oldest = oldest + 1 == times.count ? 0 : oldest + 1
        count -= 1
    }

    private mutating func grow() {
        let capacity = min(eventsMax, max(Self.first, times.count * 2))
        let (oldTimes, oldKeys, start, held) = (times, keys, oldest, count)
        reset(capacity)
        for index in 0..<held {
            let place = (start + index) % max(1, oldTimes.count)
            if oldKeys[place] != 0 { append(oldKeys[place], oldTimes[place]) }
        }
    }

    private mutating func reset(_ capacity: Int = 0) {
        times = [Int64](repeating: 0, count: capacity)
        keys = [UInt64](repeating: 0, count: capacity)
        nexts = [UInt32](repeating: 0, count: capacity)
        (oldest, count) = (0, 0)
        // Four places in five taken at most: then a look-up is a few steps. One is always free: there it ends.
        chains = KeyTable(capacity: capacity == 0 ? 0 : capacity + capacity / 4 + 1)
    }
}

/// Keys in open addressing, in the order of their hashes: keys are hashes themselves. A removed key leaves no mark.
private struct KeyTable {
    private var keys: [UInt64]
    var firsts: [UInt32]
    var lasts: [UInt32]
    var counts: [UInt32]
    private(set) var count = 0

    init(capacity: Int) {
        keys = [UInt64](repeating: 0, count: capacity)
        firsts = [UInt32](repeating: 0, count: capacity)
        lasts = firsts
        counts = firsts
    }

    var octets: Int { keys.count * (8 + 4 + 4 + 4) }

    func find(_ key: UInt64) -> Int? {
        guard count > 0 else { return nil }
        var place = home(key)
        while keys[place] != 0 {
            if keys[place] == key { return place }
            place = after(place)
        }
        return nil
    }

    /// Where the key stands; it is put there with a count of 0 when it was not there. There is a free place.
    mutating func place(for key: UInt64) -> (Int, isNew: Bool) {
        var place = home(key)
        while keys[place] != 0 {
            if keys[place] == key { return (place, false) }
            place = after(place)
        }
        keys[place] = key
        counts[place] = 0
        count += 1
        return (place, true)
    }

    /// Moves those back that were pushed on by it.
    mutating func remove(at start: Int) {
        var hole = start
        var place = after(hole)
        while keys[place] != 0 {
            let wanted = home(keys[place])
            let stays = hole <= place ? (hole < wanted && wanted <= place) : (hole < wanted || wanted <= place)
            if !stays {
                keys[hole] = keys[place]
                firsts[hole] = firsts[place]
                lasts[hole] = lasts[place]
                counts[hole] = counts[place]
                hole = place
            }
            place = after(place)
        }
        keys[hole] = 0
        count -= 1
    }

    private func home(_ key: UInt64) -> Int { Int(key.multipliedFullWidth(by: UInt64(keys.count)).high) }
    private func after(_ place: Int) -> Int { place + 1 == keys.count ? 0 : place + 1 }
}
