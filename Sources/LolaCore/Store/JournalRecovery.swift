// Reads a journal back: the newest whole snapshot, then the segments behind it in order. Before a gateway writes again
// it cuts torn tails, keeps damaged octets in files of their own and removes leftovers. Runs before any loop does.

struct JournalRecovery {
    enum Purpose {
        /// Reads only.
        case inspection
        /// Leaves a directory that can be written on; the lock is held.
        case start
    }

    enum Visit {
        /// What was given so far is void.
        case restart
        case change(StoreChange)
    }

    /// A segment and how many of its octets count; nil when that cannot be known.
    private struct Part {
        let segment: JournalFiles.Segment
        let limit: Int?
    }

    private let purpose: Purpose
    private var files: JournalFiles
    private var report = JournalReport()
    /// Attempts at the end; nobody misses them.
    private var dropped: Set<UInt64> = []
    private let visit: (Visit) -> Void

    private init(_ files: JournalFiles, _ purpose: Purpose, _ visit: @escaping (Visit) -> Void) {
        self.files = files
        self.purpose = purpose
        self.visit = visit
    }

    /// Gives every change in the order to restore them.
    static func run(
        _ disk: any Disk, _ purpose: Purpose, visit: @escaping (Visit) -> Void
    ) throws(JournalFault) -> JournalReport {
        var recovery = JournalRecovery(try JournalFiles(disk), purpose, visit)
        try recovery.run()
        return recovery.report
    }

    /// The same into a table.
    static func open(
        _ disk: any Disk, _ purpose: Purpose = .start, at now: WallTime
    ) throws(JournalFault) -> (table: StoreTable, report: JournalReport) {
        var table = StoreTable()
        let report = try run(disk, purpose) { visit in
            switch visit {
            case .restart: table = StoreTable()
            case .change(let change): table.restore(change, at: now)
            }
        }
        return (table, report)
    }

    private mutating func run() throws(JournalFault) {
        report.highest = files.segments.last?.number ?? 0
        try dropAttempts()
        let (base, isWhole) = try readBase()
        let parts = chain(from: base)
        for (place, part) in parts.enumerated() {
            try replay(part, isLast: place == parts.count - 1)
        }
        try clean(below: isWhole ? base : 0)
    }

    // MARK: Snapshots

    /// The newest snapshot from which everything follows; the first segment behind it, 1 without a snapshot.
    private mutating func readBase() throws(JournalFault) -> (base: UInt64, isWhole: Bool) {
        var broken: [JournalReport.Damage] = []
        for (place, number) in files.snapshots.enumerated().reversed() {
            let isNewest = place == files.snapshots.count - 1
            guard isNewest || isComplete(from: number) else { continue }
            visit(.restart)
            let before = report
            let gaps = try readSnapshot(number, keeping: false)
            guard let gap = gaps.first else {
                report.snapshot = number
                for damage in broken { report.damages.append(try files.setAside(damage, purpose)) }
                return (number, true)
            }
            report = before
            broken.append(JournalReport.Damage(kind: .snapshot, file: gap.file, offset: gap.offset, count: gap.count))
        }
        visit(.restart)
        guard let newest = files.snapshots.last else { return (1, true) }
        report.snapshot = newest
        report.damages += try readSnapshot(newest, keeping: true)
        return (newest, false)
    }

    /// Gives what is readable of a snapshot. What is wrong with it; nothing when it is whole.
    private mutating func readSnapshot(_ number: UInt64, keeping: Bool) throws(JournalFault) -> [JournalReport.Damage] {
        let name = JournalName.snapshot(number).text
        let (file, size, header) = try files.open(name)
        defer { files.disk.close(file) }
        var damages: [JournalReport.Damage] = []
        if header?.kind != .snapshot || header?.number != number {
            let count = min(size, JournalHeader.count)
            damages.append(try damage(.header, name, file, 0..<count, keeping: keeping))
        }
        var scanner = JournalScanner(files.disk, file, name: name, limit: size)
        var count: UInt64 = 0
        var told: UInt64?
        scan: while true {
            switch try scanner.next() {
            case .changes(let changes):
                give(changes)
                count += UInt64(changes.count)
            case .end(let number): told = scanner.offset == size ? number : nil
            case .gap(let range, _): damages.append(try damage(.records, name, file, range, keeping: keeping))
            case .durable: break
            case .done: break scan
            }
        }
        // Whatever its header says: without the mark at its end nobody knows how much of it there was.
        if told != count, !damages.contains(where: { $0.kind == .records }) {
            damages.append(JournalReport.Damage(kind: .short, file: name, offset: size, count: 0))
        }
        return damages
    }

    private mutating func give(_ changes: [StoreChange]) {
        report.records += 1
        for change in changes {
            report.changes[change.key.room, default: 0] += 1
            visit(.change(change))
        }
    }

    // MARK: Segments

    /// A segment at the end without a readable header and without any record: a process ended while it made it, and
    /// nothing in it was ever acknowledged.
    private mutating func dropAttempts() throws(JournalFault) {
        while let last = files.segments.last, last.header == nil {
            let (file, size, _) = try files.open(last.name)
            defer { files.disk.close(file) }
            var scanner = JournalScanner(files.disk, file, name: last.name, limit: size)
            switch try scanner.next() {
            case .done, .gap(_, isTail: true): break
            case .changes, .durable, .end, .gap: return
            }
            if size > 0 {
                report.tornTails.append(JournalReport.TornTail(file: last.name, offset: 0, count: size))
            }
            report.leftovers.append(last.name)
            dropped.insert(last.number)
            files.segments.removeLast()
        }
    }

    /// Whether every segment from a number on is there, as far as headers tell.
    private mutating func isComplete(from base: UInt64) -> Bool {
        let before = report
        defer { report = before }
        _ = chain(from: base)
        return report.damages == before.damages
    }

    /// The segments that count, in order. Each header tells which segment was before it and how many octets of that
    /// count; what is between the two are attempts.
    private mutating func chain(from base: UInt64) -> [Part] {
        var rest = files.segments.filter { $0.number >= base }
        var parts: [Part] = []
        var limit: Int?
        while let segment = rest.popLast() {
            parts.append(Part(segment: segment, limit: limit))
            limit = nil
            guard let header = segment.header else {
                // Unknown what was before it; numbers are all there is to go by.
                if rest.isEmpty, segment.number > base { reportMissing(base) }
                continue
            }
            if header.previous < base { break }
            while let last = rest.last, last.number > header.previous { rest.removeLast() }
            if rest.last?.number == header.previous {
                limit = Int(clamping: header.previousCount)
            } else {
                reportMissing(header.previous)
            }
        }
        if parts.isEmpty, report.snapshot != nil || base > 1 { reportMissing(base) }
        return parts.reversed()
    }

    private mutating func reportMissing(_ number: UInt64) {
        guard !dropped.contains(number) else { return }
        let name = JournalName.segment(number).text
        report.damages.append(JournalReport.Damage(kind: .missing, file: name, offset: 0, count: 0))
    }

    private mutating func replay(_ part: Part, isLast: Bool) throws(JournalFault) {
        let name = part.segment.name
        let (file, size, _) = try files.open(name)
        defer { files.disk.close(file) }
        let limit = min(part.limit ?? size, size)
        report.segments.append(part.segment.number)
        report.lastSegment = part.segment.number
        report.lastCount = limit
        if part.segment.header == nil {
            let range = 0..<min(size, JournalHeader.count)
            report.damages.append(try damage(.header, name, file, range, keeping: true))
        }
        // Asked first: what a gateway writes meanwhile, while its journal is only looked at, stands behind it.
        let end = part.limit == nil ? try files.end(file, name, before: limit) : limit
        if let torn = try read(part, file, name, limit: limit, end: end, isLast: isLast) {
            if torn < end {
                report.tornTails.append(JournalReport.TornTail(file: name, offset: torn, count: end - torn))
            }
            report.lastCount = torn
            if purpose == .start { try files.truncate(file, name, to: torn) }
        }
        if let expected = part.limit, expected > size {
            report.damages.append(
                JournalReport.Damage(kind: .short, file: name, offset: size, count: expected - size))
        }
        if isLast, purpose == .start { try files.makeDurable(file, name, count: report.lastCount) }
    }

    /// Gives the changes of a segment. Where the rest of an unfinished write begins, which only the last one may have.
    ///
    /// Of a write that a power cut met, any sectors may stand on disk: damage with whole records behind it, although
    /// none of them was ever acknowledged. Marks tell the two apart: what is before the place that a later mark names
    /// was durable, so a gap there is damage; a gap behind it ends the segment, and what follows is not used.
    ///
    /// - Parameter end: behind it stood zeros only. Nobody wrote them: a segment whose end no header tells ends there.
    private mutating func read(
        _ part: Part, _ file: DiskFile, _ name: String, limit: Int, end: Int, isLast: Bool
    ) throws(JournalFault) -> Int? {
        let isMarked = isLast && part.segment.header?.isMarked == true
        var proven = isMarked ? JournalHeader.count : Int.max
        var held: [(place: Int, step: JournalScanner.Step)] = []
        var scanner = JournalScanner(files.disk, file, name: name, limit: limit, zerosBegin: end)
        while true {
            let place = scanner.offset
            let step = try scanner.next()
            switch step {
            case .done:
                return held.first?.place
            case .durable(let count):
                guard isMarked else { continue }
                proven = max(proven, min(Int(clamping: count), place))
                let known = held.firstIndex { $0.place >= proven } ?? held.count
                for (place, step) in held[..<known] { try take(step, at: place, file, name) }
                held.removeSubrange(..<known)
            case .gap where place >= end:
                return held.first?.place ?? place
            case .gap(_, let isTail) where isLast && (isTail || place >= proven):
                held.append((place, step))
            case .changes, .gap, .end:
                if held.isEmpty { try take(step, at: place, file, name) } else { held.append((place, step)) }
            }
        }
    }

    private mutating func take(
        _ step: JournalScanner.Step, at place: Int, _ file: DiskFile, _ name: String
    ) throws(JournalFault) {
        switch step {
        case .changes(let changes): give(changes)
        case .gap(let range, _): report.damages.append(try damage(.records, name, file, range, keeping: true))
        case .end:
            let range = place..<(place + JournalRecord.headCount + MemoryLayout<UInt64>.size)
            report.damages.append(try damage(.records, name, file, range, keeping: true))
        case .durable, .done: break
        }
    }

    // MARK: Repairing

    private mutating func damage(
        _ kind: JournalReport.Damage.Kind, _ name: String, _ file: DiskFile, _ range: Range<Int>, keeping: Bool
    ) throws(JournalFault) -> JournalReport.Damage {
        var damage = JournalReport.Damage(kind: kind, file: name, offset: range.lowerBound, count: range.count)
        guard keeping, !range.isEmpty else { return damage }
        let copy = JournalName.quarantine(of: name, offset: range.lowerBound).text
        if files.names.contains(copy) {
            damage.quarantine = copy
            damage.isNew = false
        } else if purpose == .start {
            try files.copy(file, name, range, to: copy)
            damage.quarantine = copy
        }
        return damage
    }

    /// What no snapshot or segment needs any more, and what a crash left half made.
    private mutating func clean(below base: UInt64) throws(JournalFault) {
        for name in files.names.sorted() where !report.leftovers.contains(name) {
            switch JournalName(name) {
            case .temporary: report.leftovers.append(name)
            case .segment(let number) where number < base: report.leftovers.append(name)
            case .snapshot(let number) where number < base: report.leftovers.append(name)
            case .segment, .snapshot, .quarantine, .lock, nil: break
            }
        }
        if purpose == .start { try files.remove(report.leftovers) }
    }
}

extension StoreChange {
    var key: StoreKey {
        switch self {
        case .set(let key, _, _), .claim(let key, _), .remove(let key): key
        case .entry(let entry, _): entry.key
        }
    }
}
