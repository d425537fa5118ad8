// The files of a journal as recovery finds them, and the steps it takes on them. Every step says which file it failed
// on.

struct JournalFiles {
    struct Segment {
        let number: UInt64
        /// Nil when it cannot be read.
        let header: JournalHeader?

        var name: String { JournalName.segment(number).text }
    }

    let disk: any Disk
    private(set) var names: Set<String> = []
    /// By number.
    var segments: [Segment] = []
    /// Numbers, in order.
    private(set) var snapshots: [UInt64] = []

    /// Looks at names and headers.
    init(_ disk: any Disk) throws(JournalFault) {
        self.disk = disk
        do throws(DiskFault) {
            names = Set(try disk.names())
        } catch {
            throw .disk(error, file: "the data folder")
        }
        var numbers: [UInt64] = []
        for name in names {
            switch JournalName(name) {
            case .segment(let number): numbers.append(number)
            case .snapshot(let number): snapshots.append(number)
            case .quarantine, .temporary, .lock, nil: break
            }
        }
        snapshots.sort()
        for number in numbers.sorted() {
            let (file, _, header) = try open(JournalName.segment(number).text)
            disk.close(file)
            // What names a later segment as the one before it was not written by us.
            let isOurs = header.map { $0.kind == .segment && $0.number == number && $0.previous < number } ?? false
            segments.append(Segment(number: number, header: isOurs ? header : nil))
        }
    }

    /// The file, its size, and its header when that can be read.
    func open(_ name: String) throws(JournalFault) -> (file: DiskFile, size: Int, header: JournalHeader?) {
        let file: DiskFile
        let size: Int
        let start: [UInt8]
        do throws(DiskFault) {
            file = try disk.open(name)
            size = try disk.size(file)
            start = try disk.read(file, at: 0, count: JournalHeader.count)
        } catch {
            throw .disk(error, file: name)
        }
        switch JournalHeader.read(start) {
        case .header(let header): return (file, size, header)
        case .damaged: return (file, size, nil)
        case .newer(let version):
            disk.close(file)
            throw .newerVersion(file: name, version: version)
        }
    }

    /// A copy of octets in a file of its own, durable when this returns.
    mutating func copy(_ file: DiskFile, _ name: String, _ range: Range<Int>, to copy: String) throws(JournalFault) {
        do throws(DiskFault) {
            let temporary = JournalName.temporary(copy).text
            if names.contains(temporary) { try disk.remove(temporary) }
            let target = try disk.create(temporary)
            defer { disk.close(target) }
            try each(file, range) { bytes, place throws(DiskFault) in
                try disk.write(target, bytes, at: place - range.lowerBound)
            }
            try disk.sync(target)
            try disk.rename(temporary, to: copy)
            try disk.syncDirectory()
            names.remove(temporary)
            names.insert(copy)
        } catch {
            throw .disk(error, file: copy)
        }
    }

    /// Takes a snapshot that another one replaces out of the way.
    mutating func setAside(
        _ damage: JournalReport.Damage, _ purpose: JournalRecovery.Purpose
    ) throws(JournalFault) -> JournalReport.Damage {
        guard purpose == .start else { return damage }
        var damage = damage
        let kept = JournalName.quarantine(of: damage.file, offset: damage.offset).text
        do throws(DiskFault) {
            try disk.rename(damage.file, to: kept)
            try disk.syncDirectory()
        } catch {
            throw .disk(error, file: damage.file)
        }
        names.remove(damage.file)
        names.insert(kept)
        damage.quarantine = kept
        return damage
    }

    /// Where the zeros begin that stand before `limit`: a writer reserves room by them.
    func end(_ file: DiskFile, _ name: String, before limit: Int) throws(JournalFault) -> Int {
        do throws(DiskFault) {
            return try disk.contentEnd(file, before: limit)
        } catch {
            throw .disk(error, file: name)
        }
    }

    func truncate(_ file: DiskFile, _ name: String, to size: Int) throws(JournalFault) {
        do throws(DiskFault) {
            try disk.truncate(file, to: size)
        } catch {
            throw .disk(error, file: name)
        }
    }

    /// Writes the octets once more and syncs. What was read may stand in the system's memory only, and after a sync
    /// that failed before this process began a plain one would say "done" without writing anything.
    func makeDurable(_ file: DiskFile, _ name: String, count: Int) throws(JournalFault) {
        do throws(DiskFault) {
            try each(file, 0..<count) { bytes, place throws(DiskFault) in
                try disk.write(file, bytes, at: place)
            }
            try disk.sync(file)
        } catch {
            throw .disk(error, file: name)
        }
    }

    /// Removes files; the directory is durable when this returns.
    mutating func remove(_ leftovers: [String]) throws(JournalFault) {
        for name in leftovers {
            do throws(DiskFault) {
                try disk.remove(name)
            } catch {
                if error != .notFound { throw .disk(error, file: name) }
            }
            names.remove(name)
        }
        do throws(DiskFault) {
            try disk.syncDirectory()
        } catch {
            throw .disk(error, file: "the data folder")
        }
    }

    private func each(
        _ file: DiskFile, _ range: Range<Int>, _ body: ([UInt8], Int) throws(DiskFault) -> Void
    ) throws(DiskFault) {
        var place = range.lowerBound
        while place < range.upperBound {
            let count = min(Limits.journalReadStep.bytes, range.upperBound - place)
            let bytes = try disk.read(file, at: place, count: count)
            guard !bytes.isEmpty else { return }
            try body(bytes, place)
            place += bytes.count
        }
    }
}
