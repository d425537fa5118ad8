import Testing

@testable import LolaCore

@Suite("Journal: a disk that fails")
struct JournalFaultTests {
    private static func sizes(_ call: SimDisk.Call) -> JournalSizes {
        var sizes = JournalSizes()
        // So small that every sync is followed by a new segment.
        sizes.segmentMax = call == .create || call == .syncDirectory ? .bytes(1) : .kibibytes(4)
        return sizes
    }

    @Test("the Nth call of a kind fails, N from 1 to 200: nothing false is said, nothing is lost, nothing comes back",
          arguments: [SimDisk.Call.write, .sync, .create, .syncDirectory])
    func sweep(call: SimDisk.Call) throws {
        for number in 1...200 {
            let story = try JournalStory(seed: UInt64(number), sizes: Self.sizes(call))
            let times = 1 + number % 3
            story.rig.disk.fail(call, skipping: number - 1, times: times, with: [.io, .full, .readOnly][number % 3])
            let end = (story.rig.disk.calls[call] ?? 0) + number - 1 + times
            var rounds = 0
            while story.isOpen, rounds < 2_000 {
                rounds += 1
                for _ in 0..<story.chance.below(3) + 1 { story.submit() }
                story.deliver()
                story.write()
                if rounds % 2 == 0 { story.submit() }
                story.deliver()
                story.commit()
            }
            try #require(!story.rig.journal.status().isOpen, "call \(number) never came")
            try duringOutage(story)
            while (story.rig.disk.calls[call] ?? 0) < end {
                story.rig.advance(Limits.journalPauseMax)
                story.step()
            }
            story.rig.advance(Limits.journalPauseMax)
            story.step()
            #expect(story.rig.journal.status().isOpen)
            let refused = story.refused
            for _ in 0..<20 { story.submit() }
            story.settle()
            #expect(story.refused == refused)
            #expect(story.isTrueInMemory)
            #expect(try story.lastsExactly())
        }
    }

    private func duringOutage(_ story: JournalStory) throws {
        #expect(story.isTrueInMemory)
        let (refused, acknowledged) = (story.refused, story.acknowledged)
        for _ in 0..<10 {
            story.submit()
            story.settle()
        }
        #expect(story.refused == refused + 10)
        #expect(story.acknowledged == acknowledged)
        #expect(try story.rig.ask(.get(StoreKey(.meta, RecordID(high: 0, low: 0)))) == .value(nil))
        #expect(story.isTrueInMemory)
    }

    @Test("what an abandoned segment holds behind its last sync never comes back")
    func abandonedTail() throws {
        let key = StoreKey(.state, RecordID(high: 1, low: 1))
        let other = StoreKey(.state, RecordID(high: 1, low: 2))
        let rig = try JournalRig()
        try rig.ask(.put(key, [1], expires: nil))
        rig.disk.fail(.sync)
        // The octets reach the file, the sync fails: they may well be on the disk.
        #expect(try rig.ask(.put(key, [2], expires: nil)) == .unavailable)
        #expect(try rig.ask(.get(key)) == .value([1]))
        #expect(rig.journal.takeEvents() == [.abandoned(segment: 1, .io, undone: 1)])
        rig.advance(Limits.journalPauseMin)
        rig.writer.step()
        #expect(rig.journal.takeEvents() == [.reopened(segment: 2, after: Limits.journalPauseMin)])
        #expect(try rig.ask(.put(other, [3], expires: nil)) == .done)
        let again = try rig.reopened()
        #expect(try again.ask(.get(key)) == .value([1]))
        #expect(try again.ask(.get(other)) == .value([3]))
        #expect(again.store.report.isWhole)
    }

    @Test("the pauses between tries double up to a second; the same fault is told once")
    func pauses() throws {
        let rig = try JournalRig()
        rig.disk.fail(.write, times: 10_000, with: .full)
        #expect(try rig.ask(.put(StoreKey(.state, RecordID(high: 1, low: 1)), [1], expires: nil)) == .unavailable)
        var pauses: [Int64] = []
        for _ in 0..<6 {
            let wake = try #require(rig.writer.wakeAt)
            pauses.append((wake - rig.clock.now).inMilliseconds)
            rig.clock.advance(to: wake)
            rig.writer.step()
        }
        #expect(pauses == [100, 200, 400, 800, 1_000, 1_000])
        #expect(rig.journal.takeEvents() == [.abandoned(segment: 1, .full, undone: 1)])
        rig.disk.failures = [:]
        rig.disk.fail(.create, times: 1, with: .readOnly)
        rig.advance(.seconds(1))
        rig.writer.step()
        #expect(rig.journal.takeEvents() == [.stillFailing(.readOnly)])
        rig.advance(.seconds(1))
        rig.writer.step()
        #expect(rig.writer.wakeAt == nil)
        #expect(rig.journal.status().isOpen)
        // Attempts that came to nothing leave no files behind.
        #expect(rig.disk.files.keys.filter { $0.hasPrefix("segment") }.count == 2)
    }

    @Test("a disk that is full and gets room again goes on where it was")
    func full() throws {
        let story = try JournalStory(seed: 3, sizes: JournalSizes())
        story.rig.disk.capacity = 20_000
        while story.isOpen {
            story.submit()
            story.settle()
        }
        #expect(story.acknowledged > 10)
        story.rig.disk.capacity = .max
        story.rig.advance(Limits.journalPauseMin)
        story.settle()
        let refused = story.refused
        story.submit()
        story.settle()
        #expect(story.refused == refused)
        #expect(try story.lastsExactly())
    }

    @Test("the status tells what is open, what waits and for how long")
    func status() throws {
        let rig = try JournalRig()
        let key = StoreKey(.state, RecordID(high: 1, low: 1))
        rig.left.submit(.put(key, [1], expires: nil)) { _ in }
        _ = rig.left.deliver(at: rig.clock.wall)
        rig.writer.write()
        rig.advance(.milliseconds(30))
        #expect(rig.journal.status().undecided == 1)
        #expect(rig.journal.status().lag(at: rig.clock.now) == .milliseconds(30))
        rig.writer.commit()
        var status = rig.journal.status()
        #expect(status.undecided == 0)
        #expect(status.lag(at: rig.clock.now) == .zero)
        #expect(status.lastSync == .milliseconds(30))
        #expect("\(status.word)" == "ok")
        #expect(status.liveRecords == 1)
        #expect(status.octets > JournalHeader.count)
        rig.disk.fail(.sync)
        try rig.ask(.remove(key))
        status = rig.journal.status()
        #expect("\(status.word)" == "refusing")
        #expect(status.abandoned == 1)
        #expect(status.liveRecords == 1)
    }
}
