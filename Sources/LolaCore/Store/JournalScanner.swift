// Walks through the records of one file of a journal, a piece in memory at a time. Behind damage it goes on at the next
// octets that are a record by magic and checksum; work is bounded whatever the file holds.

struct JournalScanner {
    enum Step {
        case changes([StoreChange])
        /// The end of a snapshot and the count it tells.
        case end(UInt64)
        /// So many octets of the segment were durable when this was written.
        case durable(UInt64)
        /// Octets that are no record. `isTail` when no record follows.
        case gap(Range<Int>, isTail: Bool)
        case done
    }

    private let disk: any Disk
    private let file: DiskFile
    private let name: String
    /// What counts of the file.
    private var limit: Int
    /// From there on all of it is zeros: no record is looked for behind it.
    private let zerosBegin: Int
    private var window: [UInt8] = []
    private var windowStart = 0
    private var searchLeft: Int
    /// Where the next step begins.
    private(set) var offset = JournalHeader.count

    init(
        _ disk: any Disk, _ file: DiskFile, name: String, limit: Int, zerosBegin: Int = .max,
        searchMax: ByteCount = Limits.journalSearchMax
    ) {
        self.disk = disk
        self.file = file
        self.name = name
        self.limit = limit
        self.zerosBegin = zerosBegin
        searchLeft = searchMax.bytes
    }

    mutating func next() throws(JournalFault) -> Step {
        guard offset < limit else { return .done }
        let place = offset
        if let record = try record(at: place) {
            offset = place + record.count
            // Whole, but nothing this version writes.
            return meaning(record) ?? .gap(place..<offset, isTail: false)
        }
        let found = place < zerosBegin ? try search(behind: place) : nil
        offset = found ?? limit
        // Octets that were not all looked at are damage, not the rest of a write.
        return .gap(place..<offset, isTail: found == nil && searchLeft > 0)
    }

    private func meaning(_ record: JournalRecord) -> Step? {
        switch record.kind {
        case .changes: JournalFormat.decode(window, record.payload).map { .changes($0) }
        case .end: JournalFormat.decodeEnd(window, record.payload).map { .end($0) }
        case .durable: JournalFormat.decodeEnd(window, record.payload).map { .durable($0) }
        }
    }

    /// A whole record, its payload as a range of the window.
    private mutating func record(at place: Int) throws(JournalFault) -> JournalRecord? {
        try cover(place, JournalRecord.headCount)
        guard place < limit else { return nil }
        var reading = JournalRecord.read(window, at: place - windowStart)
        if case .short(let count) = reading, count <= limit - place {
            try cover(place, count)
            reading = JournalRecord.read(window, at: place - windowStart)
        }
        if case .record(let record) = reading { return record }
        return nil
    }

    /// The nearest record behind damage. Where the damaged head says it ends is tried first: what is inside of a value
    /// is no record, even when it looks like one.
    private mutating func search(behind place: Int) throws(JournalFault) -> Int? {
        let damaged = JournalRecord.claimedCount(window, at: place - windowStart)
        if let damaged, damaged < limit - place {
            searchLeft -= damaged
            if try isRecord(at: place + damaged) { return place + damaged }
        }
        let first = UInt8(truncatingIfNeeded: JournalRecord.magic)
        var at = place + 1
        while at <= limit - JournalRecord.headCount, searchLeft > 0 {
            try cover(at, JournalRecord.headCount)
            if let next = window[(at - windowStart)...].firstIndex(of: first) {
                at = windowStart + next
                if try isRecord(at: at) { return at }
                at += 1
            } else {
                at = windowStart + window.count
            }
        }
        return nil
    }

    /// What is tried is taken from what may be tried.
    private mutating func isRecord(at place: Int) throws(JournalFault) -> Bool {
        try cover(place, JournalRecord.headCount)
        let claimed = JournalRecord.claimedCount(window, at: place - windowStart)
        guard let claimed, claimed <= limit - place, searchLeft > 0 else { return false }
        searchLeft -= claimed
        return try record(at: place) != nil
    }

    /// Makes the window hold `count` octets from `place` on, as far as they count.
    private mutating func cover(_ place: Int, _ count: Int) throws(JournalFault) {
        let needed = min(count, limit - place)
        if place >= windowStart, place - windowStart <= window.count - needed { return }
        let wanted = min(max(needed, Limits.journalReadStep.bytes), limit - place)
        do throws(DiskFault) {
            window = try disk.read(file, at: place, count: wanted)
        } catch {
            throw .disk(error, file: name)
        }
        windowStart = place
        // The file became shorter while it was read.
        if window.count < wanted { limit = place + window.count }
    }
}
