import Testing

@testable import LolaCore

@Suite("Journal: compaction and power cuts")
struct JournalCompactionTests {
    private static var sizes: JournalSizes {
        var sizes = JournalSizes()
        sizes.segmentMax = .kibibytes(2)
        sizes.snapshotStep = 3
        sizes.snapshotSyncStep = .bytes(500)
        return sizes
    }

    @Test("a snapshot taken between changes, and a power cut at each of its steps", arguments: 1...12)
    func everyStep(seed: UInt64) throws {
        let story = try JournalStory(seed: seed, sizes: Self.sizes)
        for _ in 0..<120 { story.act() }
        while story.compact(isWanted: false) != .idle { story.step() }
        story.settle()
        let before = story.rig.journal.status().compactions
        var steps = 0
        while story.rig.journal.status().compactions == before {
            let progress = story.compact(isWanted: true)
            #expect(progress != .idle || story.rig.journal.status().compactions > before)
            for cut in 0..<4 { #expect(try story.survives(powerCut: seed * 1_000 + UInt64(steps * 4 + cut))) }
            story.submit()
            if steps % 2 == 1 { story.deliver() }
            if steps % 3 == 0 { story.write() }
            if steps % 5 == 4 { story.step() }
            steps += 1
            try #require(steps < 1_000)
        }
        #expect(steps > 10)
        #expect(story.isTrueInMemory)
        #expect(try story.lastsExactly())
    }

    @Test("any call fails while a snapshot is made: it is given up or done, and nothing is lost", arguments: [
        SimDisk.Call.create, .write, .sync, .rename, .syncDirectory, .names, .remove,
    ])
    func faults(call: SimDisk.Call) throws {
        var failed = 0
        for number in 0..<25 {
            let story = try JournalStory(seed: UInt64(number + 1), sizes: Self.sizes)
            for _ in 0..<60 { story.submit() }
            story.settle()
            story.rig.disk.fail(call, skipping: number / 2, with: .full)
            _ = story.compact(isWanted: true)
            for _ in 0..<200 {
                if story.chance.below(3) == 0 { story.submit() }
                story.step()
                _ = story.compact(isWanted: false)
            }
            let events = story.rig.journal.takeEvents()
            let isFailed = events.contains {
                if case .compactionFailed = $0 { true } else { false }
            }
            if isFailed { failed += 1 }
            #expect(story.isTrueInMemory)
            #expect(try story.survives(powerCut: UInt64(number)))
            story.rig.advance(Limits.journalPauseMax)
            story.settle()
            #expect(try story.lastsExactly())
            #expect(!story.rig.disk.files.keys.contains { $0.hasSuffix(".tmp") })
        }
        // Files that could not be listed or removed are no reason to give up what stands.
        #expect((failed > 0) == (call != .names && call != .remove))
    }

    @Test("a snapshot that saw what an abandoned segment took back is thrown away")
    func abandonedMeanwhile() throws {
        let rig = try JournalRig(sizes: Self.sizes)
        let key = StoreKey(.state, RecordID(high: 1, low: 1))
        try rig.ask(.put(key, [1], expires: nil))
        #expect(rig.compactor.step(isWanted: true) == .waiting)
        rig.writer.step()
        rig.left.submit(.put(key, [2], expires: nil)) { _ in }
        _ = rig.left.deliver(at: rig.clock.wall)
        // The pieces show the 2, which is not durable: the snapshot has to wait.
        for _ in 0..<10 { _ = rig.compactor.step() }
        #expect(rig.compactor.step() == .waiting)
        rig.disk.fail(.sync)
        rig.pump()
        #expect(rig.compactor.step() == .idle)
        #expect(rig.journal.takeEvents().contains(.compactionFailed(nil)))
        #expect(!rig.disk.files.keys.contains { $0.hasPrefix("snapshot") })
        rig.advance(Limits.journalPauseMin)
        rig.writer.step()
        let again = try rig.reopened()
        #expect(try again.ask(.get(key)) == .value([1]))
    }

    @Test("a journal much longer than what lives is compacted by itself, and not before")
    func trigger() throws {
        var sizes = JournalSizes()
        sizes.compactionMin = .kibibytes(64)
        let rig = try JournalRig(sizes: sizes)
        let key = StoreKey(.state, RecordID(high: 1, low: 1))
        let value = [UInt8](repeating: 1, count: 4_000)
        var changes = 0
        while rig.compactor.step() == .idle {
            try rig.ask(.put(key, value, expires: nil))
            changes += 1
            try #require(changes < 100)
        }
        #expect((16...18).contains(changes))
        while rig.compactor.step() != .idle { rig.writer.step() }
        let status = rig.journal.status()
        #expect(status.compactions == 1)
        #expect(status.octets < 1_000)
        #expect(rig.disk.octets < 6_000)
        #expect(try rig.reopened().ask(.get(key)) == .value(value))
    }

    @Test("many starts make many segments: they are compacted too")
    func manyStarts() throws {
        var rig = try JournalRig()
        try rig.ask(.put(StoreKey(.state, RecordID(high: 1, low: 1)), [7], expires: nil))
        for _ in 0..<Limits.journalSegmentsMax { rig = try rig.reopened() }
        #expect(rig.journal.status().segments == Limits.journalSegmentsMax + 1)
        while rig.compactor.step() != .idle { rig.writer.step() }
        #expect(rig.journal.status().segments == 1)
        rig = try rig.reopened()
        #expect(try rig.ask(.get(StoreKey(.state, RecordID(high: 1, low: 1)))) == .value([7]))
    }

    @Test("after a failure the next try waits")
    func pause() throws {
        var sizes = JournalSizes()
        sizes.segmentsMax = 0
        let rig = try JournalRig(sizes: sizes)
        rig.disk.fail(.rename)
        #expect(rig.compactor.step() == .waiting)
        while rig.compactor.step() != .idle { rig.writer.step() }
        #expect(rig.journal.takeEvents() == [.compactionFailed(.io)])
        #expect(rig.compactor.step() == .idle)
        rig.advance(Limits.journalCompactionPause)
        #expect(rig.compactor.step() == .waiting)
    }

    @Test("ten thousand power cuts at random moments: everything acknowledged is there, nothing is invented",
          arguments: 1...100)
    func powerCuts(seed: UInt64) throws {
        let story = try JournalStory(seed: seed &* 7_919, sizes: Self.sizes)
        for number in 0..<100 {
            for _ in 0..<story.chance.below(4) + 1 { story.act() }
            if story.chance.below(40) == 0 {
                let call = [SimDisk.Call.write, .sync, .create, .syncDirectory][story.chance.below(4)]
                story.rig.disk.fail(call, skipping: story.chance.below(3), times: story.chance.below(3) + 1)
            }
            #expect(try story.survives(powerCut: seed * 100 + UInt64(number)))
        }
        #expect(story.isTrueInMemory)
        story.rig.disk.failures = [:]
        story.rig.advance(Limits.journalPauseMax)
        #expect(try story.lastsExactly())
        #expect(story.acknowledged > 0)
    }
}
