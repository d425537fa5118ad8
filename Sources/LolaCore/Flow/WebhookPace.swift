// How fast webhooks of one address are checked (CONTRACT §11): at once, until many of them were refused; then no
// faster than a pace, each at most a second late. A value without clock or I/O; one per loop, kept by WebhookDoor.

struct WebhookPace {
    enum Verdict: Equatable, Sendable {
        case now
        /// The check comes after this time; a place is taken until `started`.
        case later(Interval)
        /// All places are taken.
        case full
    }

    /// What is known of an address of which something was refused.
    private struct Slot {
        let block: AddressBlock
        /// Refusals of the running window and of the one before it.
        var windowStart: Instant
        var refusals = 1
        var refusalsBefore = 0
        /// When the pace allows the next check, and when the last one that had to wait begins: nobody overtakes it.
        var nextCheck: Instant
        var lastCheck: Instant
        /// Neighbours in the order of the last refusal; -1 at an end.
        var older = -1
        var newer = -1
    }

    private let blocksMax: Int
    private let waitingMax: Int
    private let octetsMax: ByteCount
    private var slots: [Slot] = []
    private var places: [AddressBlock: Int] = [:]
    private var oldest = -1
    private var newest = -1
    /// Requests that wait for their check, and octets of their bodies.
    private(set) var waiting = 0
    private(set) var waitingOctets = 0

    init(
        blocksMax: Int = Limits.webhookPaceBlocksMax, waitingMax: Int = Limits.webhookPaceWaitingMax,
        octetsMax: ByteCount = Limits.webhookPaceOctetsMax
    ) {
        self.blocksMax = blocksMax
        self.waitingMax = waitingMax
        self.octetsMax = octetsMax
    }

    /// Addresses that are remembered.
    var blockCount: Int { slots.count }

    /// A request is complete and shows something that may be a proof. `octets` is the size of its body.
    mutating func arrived(from block: AddressBlock, octets: Int, at now: Instant) -> Verdict {
        guard let place = places[block] else { return .now }
        var start = max(now, slots[place].lastCheck)
        if isFlooding(place, at: now) {
            start = max(start, slots[place].nextCheck)
            let next = start + Limits.webhookPaceInterval
            // What the pace cannot take within the longest delay is only delayed: a message is never lost for it.
            slots[place].nextCheck = min(next, now + Limits.webhookPaceDelayMax)
        }
        guard start > now else { return .now }
        guard waiting < waitingMax, octets <= octetsMax.bytes - waitingOctets else { return .full }
        slots[place].lastCheck = start
        waiting += 1
        waitingOctets += octets
        return .later(start - now)
    }

    /// The wait of a request is over: its place is free again.
    mutating func started(octets: Int) {
        waiting -= 1
        waitingOctets -= octets
    }

    /// A proof was missing or wrong.
    mutating func refused(_ block: AddressBlock, at now: Instant) {
        if let place = places[block] {
            roll(place, at: now)
            slots[place].refusals += 1
            unlink(place)
            link(place)
            return
        }
        let slot = Slot(block: block, windowStart: now, nextCheck: now, lastCheck: now)
        let place: Int
        if slots.count < blocksMax {
            place = slots.count
            slots.append(slot)
        } else {
            place = oldest
            unlink(place)
            places[slots[place].block] = nil
            slots[place] = slot
        }
        places[block] = place
        link(place)
    }

    /// A proof was right: the check counts for nothing, so that a provider is not slowed by its neighbours for long.
    mutating func proven(_ block: AddressBlock, at now: Instant) {
        guard let place = places[block], slots[place].nextCheck > now else { return }
        slots[place].nextCheck = slots[place].nextCheck + (.zero - Limits.webhookPaceInterval)
    }

    // MARK: Counting

    /// Refusals of the last window: those of the running one and, of the one before it, the part that still counts.
    private mutating func isFlooding(_ place: Int, at now: Instant) -> Bool {
        roll(place, at: now)
        let window = Limits.webhookPaceWindow.inMilliseconds
        let left = max(0, window - (now - slots[place].windowStart).inMilliseconds)
        let before = Int64(slots[place].refusalsBefore) * left / window
        return Int64(slots[place].refusals) + before > Int64(Limits.webhookPaceRefusalsMax)
    }

    private mutating func roll(_ place: Int, at now: Instant) {
        let (window, age) = (Limits.webhookPaceWindow, now - slots[place].windowStart)
        if age < window { return }
        let isNext = age < window * 2
        slots[place].refusalsBefore = isNext ? slots[place].refusals : 0
        slots[place].refusals = 0
        slots[place].windowStart = isNext ? slots[place].windowStart + window : now
    }

    // MARK: Order of the last refusals

    private mutating func link(_ place: Int) {
        slots[place].older = newest
        slots[place].newer = -1
        if newest >= 0 { slots[newest].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        let (older, newer) = (slots[place].older, slots[place].newer)
        if older >= 0 { slots[older].newer = newer } else { oldest = newer }
        if newer >= 0 { slots[newer].older = older } else { newest = older }
    }
}
