// The limits of the store: the table, the journal on disk, and Redis.

extension Limits {
    // MARK: Store

    /// Claims kept at a time; more is refused rather than forgotten. At most 64 octets of memory each: 640 MB.
    static let storeClaimsMax = 10_000_000
    /// All other records of the table, each with its cost.
    static let storeOctetsMax = ByteCount.mebibytes(256)
    /// What a record costs in memory beside its value: id, slot, expiry, index and the allocation of the value.
    static let storeRecordCost = ByteCount.bytes(160)
    /// Slots looked at for expiry with each operation, in every room of claims and among the records. A message is
    /// several operations and brings a claim or two, so the walk goes round faster than the tables grow.
    static let storeSweepStep = 3
    /// The same when the table is full, before an operation is refused.
    static let storeSweepWhenFull = 4_096

    // MARK: Seals

    /// How long the making of the index key stays claimed: far above the pause between two questions of one start.
    static let indexKeyClaim = Interval.days(1)

    // MARK: Journal

    /// Payload of one record: the changes of one operation.
    static let journalRecordMax = ByteCount.mebibytes(8)
    /// A segment that has grown to this is followed by the next one.
    static let journalSegmentMax = ByteCount.mebibytes(64)
    /// Octets of changes that are not yet durable; above it changes are refused. About two seconds of a slow disk.
    static let journalWaitingMax = ByteCount.mebibytes(32)
    /// Memory that the writer keeps for the next batch.
    static let journalBufferKept = ByteCount.mebibytes(1)
    /// Operations of one loop that are applied before another loop gets the lock.
    static let journalExchangeStep = 64
    /// The open segment is made longer by zeros, so far at a time, and what is written later replaces them: a sync that
    /// changes no length takes a third less time, for the file system need not write down the file's size.
    static let journalReserve = ByteCount.kibibytes(256)
    /// Behind a sync of messages the next begins so much later at least. Fewer syncs cost less of the processor, and
    /// disks that are hired allow so many a second; a message waits about a millisecond longer at each of its three.
    static let journalSyncInterval = Interval.milliseconds(2)
    /// The first pause before a new segment is tried after a fault, and the longest.
    static let journalPauseMin = Interval.milliseconds(100)
    static let journalPauseMax = Interval.seconds(1)
    /// The journal is compacted when it is longer than this and than so many times what lives, or has more segments.
    static let journalCompactionMin = ByteCount.mebibytes(64)
    static let journalCompactionFactor = 2
    static let journalSegmentsMax = 16
    /// A compaction that failed is not tried again before.
    static let journalCompactionPause = Interval.seconds(30)
    /// Records read under the lock at a time for a snapshot.
    static let journalSnapshotStep = 256
    /// Octets of a snapshot between two syncs, so that none of them holds the disk for long.
    static let journalSnapshotSyncStep = ByteCount.mebibytes(4)
    /// Events kept for whoever reports them.
    static let journalEventsMax = 64
    /// What is read of a file at a time.
    static let journalReadStep = ByteCount.mebibytes(1)
    /// Octets whose checksum is tried while the next record is looked for behind damaged ones, in one file: about a
    /// quarter of a second.
    static let journalSearchMax = ByteCount.mebibytes(256)

    // MARK: Redis

    /// A line of a reply: a simple text, an error, a number.
    static let redisLineMax = ByteCount.kibibytes(8)
    /// One bulk text: above the largest record, which holds at most a provider's largest body and its seal.
    static let redisBulkMax = ByteCount.mebibytes(5)
    /// Elements of one aggregate, or pairs of a map.
    static let redisArrayMax = 16_384
    /// Aggregates in aggregates.
    static let redisDepthMax = 8
    /// One reply with everything in it.
    static let redisReplyMax = ByteCount.mebibytes(32)
    static let redisValuesMax = 65_536
    /// From a command to its answer. A stalled Redis must give 503 within 5 s (CONTRACT §11).
    static let redisAnswerTimeout = Interval.seconds(3)
    /// From the look-up of the name to the end of the greeting.
    static let redisGreetingTimeout = Interval.seconds(2)
    /// Commands of one connection that wait for their answers; more is unavailable.
    static let redisCommandsMax = 4_096
    /// Octets of commands that the server has not taken; more is unavailable.
    static let redisBacklogMax = ByteCount.mebibytes(16)
    /// A connection is tried again after this, doubling, half of it at random.
    static let redisRetryFirst = Interval.milliseconds(50)
    static let redisRetryMax = Interval.milliseconds(800)
    /// How long a start waits for a Redis that is starting too.
    static let redisStartPatience = Interval.seconds(10)
    /// How long a command waits for a Redis that it looks into.
    static let redisLookPatience = Interval.seconds(5)
    /// How long a lane stays with a member that says nothing.
    static let redisLease = Interval.seconds(10)
    /// Entries of one loop that are read and not done, and their octets; the rest stays in Redis.
    static let redisEntriesInHandMax = 4_096
    static let redisOctetsInHandMax = ByteCount.mebibytes(32)
    /// Entries and octets of one reading, and octets of one page for operators: well below a reply.
    static let redisReadMax = 128
    static let redisReadOctetsMax = ByteCount.mebibytes(8)
    /// Records on one page.
    static let redisPageMax = 1_000
}
