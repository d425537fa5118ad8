// Room at the end of a file that only grows: zeros behind what is written, which later writes replace, so that most
// syncs change no size. Whoever reads such a file takes zeros at its end for room, not for content.

struct DiskReserve {
    /// The file is at most so long: behind what is written stand zeros.
    private var end: Int
    private let step: ByteCount

    /// - Parameter size: of the file, which has no zeros behind its content yet.
    init(size: Int, step: ByteCount) {
        end = size
        self.step = step
    }

    /// Writes zeros behind the first `written` octets as soon as those outgrow the room; the same sync covers both.
    mutating func cover(_ written: Int, of file: DiskFile, on disk: any Disk) throws(DiskFault) {
        guard written > end else { return }
        end = (written / step.bytes + 1) * step.bytes
        do throws(DiskFault) {
            try disk.write(file, [UInt8](repeating: 0, count: end - written), at: written)
        } catch {
            // What was to be kept has its place; a disk that is full is for the next write to tell.
            if error != .full { throw error }
        }
    }

    /// Gives back the room behind the first `written` octets; the next sync makes it durable. False when there is none.
    @discardableResult
    mutating func giveBack(behind written: Int, of file: DiskFile, on disk: any Disk) throws(DiskFault) -> Bool {
        guard end > written else { return false }
        try disk.truncate(file, to: written)
        end = written
        return true
    }
}

extension Disk {
    /// Where the zeros begin that stand before `limit`.
    func contentEnd(_ file: DiskFile, before limit: Int) throws(DiskFault) -> Int {
        var place = limit
        while place > 0 {
            let count = min(Limits.journalReadStep.bytes, place)
            place -= count
            let kept = try read(file, at: place, count: count).countWithoutZerosAtEnd
            if kept > 0 { return place + kept }
        }
        return 0
    }
}
