// What the journal tells of itself: figures for health and metrics, and what operators must hear of as a short list
// of events. Values; the journal keeps them under its lock.

/// Something an operator should hear of.
enum JournalEvent: Hashable, Sendable {
    /// The device failed: changes are refused until a new segment stands.
    case abandoned(segment: UInt64, DiskFault, undone: UInt64)
    /// Another try for a new segment failed; told once per outage and fault.
    case stillFailing(DiskFault)
    case reopened(segment: UInt64, after: Interval)
    case compacted(octetsBefore: Int, octetsAfter: Int, took: Interval)
    /// Nothing is lost: the journal goes on being long. Nil when a segment was abandoned meanwhile.
    case compactionFailed(DiskFault?)
}

struct JournalStatus: Sendable {
    /// Operations without a verdict.
    var undecided: UInt64 = 0
    /// Since when the writer has had something that is not durable.
    var undurableSince: Instant?
    /// The last write and sync together that succeeded.
    var lastSync = Interval.zero
    var syncs: UInt64 = 0
    var isOpen = true
    var abandoned: UInt64 = 0
    var segments = 0
    /// On disk beside the snapshot.
    var octets = 0
    /// Keys and values in memory.
    var liveOctets = 0
    var liveRecords = 0
    var isCompacting = false
    var compactions: UInt64 = 0

    /// `ok`, or `refusing` while no segment can be written.
    var word: StaticString { isOpen ? "ok" : "refusing" }

    /// How long the oldest change in the writer's hands has waited.
    func lag(at now: Instant) -> Interval { undurableSince.map { now - $0 } ?? .zero }
}

/// Where compaction stands.
struct JournalCompaction: Sendable {
    var isRunning = false
    /// One that begins from now on is wanted, however short the journal is: something must be gone from the disk.
    var isOwed = false
    /// The one that runs pays a debt: it stays owed when it fails.
    var wasOwed = false
    /// The writer is asked for a new segment.
    var wantsSegment = false
    /// Not tried again before, after a failure.
    var notBefore = Instant(nanoseconds: .min)
}
