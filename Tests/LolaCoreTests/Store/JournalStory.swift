// A story of two loops that work on one embedded store while its disk fails, its journal is compacted and its power
// goes; with a plain table that is told only what was acknowledged, to compare with.
import Testing

@testable import LolaCore

final class JournalStory {
    private final class Asked {
        let operation: StoreOperation
        var at = WallTime(milliseconds: 0)
        var answer: StoreAnswer?

        init(_ operation: StoreOperation) { self.operation = operation }
    }

    let rig: JournalRig
    var chance: StoreChance
    /// Not yet with the journal, by loop.
    private var submitted: [[Asked]] = [[], []]
    /// With the journal, in its order, without an answer.
    private var undecided: [Asked] = []
    /// Taken back by the outage that lasts. On disk some of it may stand until a new segment does.
    private var lost: [Asked] = []
    private var model = StoreTable()
    private(set) var acknowledged = 0
    private(set) var refused = 0

    init(seed: UInt64, sizes: JournalSizes) throws {
        rig = try JournalRig(SimDisk(seed: seed), sizes: sizes)
        chance = StoreChance(seed: seed)
    }

    /// Whether the writer has a segment.
    var isOpen: Bool { rig.writer.wakeAt == nil }

    // MARK: Acting

    func submit() {
        let loop = chance.below(2)
        let asked = Asked(chance.operation())
        submitted[loop].append(asked)
        rig.views[loop].submit(asked.operation) { answer in
            #expect(asked.answer == nil)
            asked.answer = answer
        }
    }

    func deliver() {
        let now = rig.clock.wall
        for (loop, view) in rig.views.enumerated() {
            let fresh = submitted[loop]
            submitted[loop] = []
            for asked in fresh { asked.at = now }
            _ = view.deliver(at: now)
            for asked in fresh {
                if asked.answer == .unavailable {
                    refused += 1
                } else {
                    undecided.append(asked)
                }
            }
        }
        judge()
    }

    func write() {
        rig.writer.write()
        deliver()
    }

    func commit() {
        rig.writer.commit()
        deliver()
    }

    func step() {
        rig.writer.step()
        deliver()
    }

    func compact(isWanted: Bool) -> JournalCompactor.Progress {
        defer { deliver() }
        return rig.compactor.step(isWanted: isWanted)
    }

    /// Anything.
    func act() {
        switch chance.below(12) {
        case 0...4: submit()
        case 5: deliver()
        case 6: write()
        case 7: commit()
        case 8:
            rig.advance(.milliseconds(Int64(chance.below(400))))
            step()
        case 9, 10: _ = compact(isWanted: chance.below(6) == 0)
        default: rig.advance(.milliseconds(Int64(chance.below(400))))
        }
    }

    func settle() {
        for _ in 0..<3 {
            deliver()
            step()
        }
        deliver()
    }

    // MARK: Judging

    /// What is answered, in the order of the journal: a plain table that never heard of what was taken back answers
    /// the same.
    private func judge() {
        while let asked = undecided.first, let answer = asked.answer {
            undecided.removeFirst()
            if answer == .unavailable {
                lost.append(asked)
                refused += 1
            } else {
                #expect(apply(asked, to: &model) == answer)
                acknowledged += 1
            }
        }
        #expect(undecided.allSatisfy { $0.answer == nil })
        if isOpen { lost = [] } else { #expect(undecided.isEmpty) }
    }

    private func apply(_ asked: Asked, to table: inout StoreTable) -> StoreAnswer {
        var changes: [StoreChange] = []
        var undo: [StoreUndo] = []
        return table.apply(asked.operation, at: asked.at, changes: &changes, undo: &undo)
    }

    /// What is in memory is what was acknowledged and what waits, nothing else.
    var isTrueInMemory: Bool {
        var table = model
        for asked in undecided { _ = apply(asked, to: &table) }
        return rig.contents == StoreContents(table, at: rig.clock.wall).sorted()
    }

    /// Everything acknowledged is in `contents`, and beside it only whole operations that were on their way, none
    /// without those before it.
    func allows(_ contents: StoreContents) -> Bool {
        var table = model
        let now = rig.clock.wall
        if contents == StoreContents(table, at: now).sorted() { return true }
        for asked in isOpen ? undecided : lost {
            _ = apply(asked, to: &table)
            if contents == StoreContents(table, at: now).sorted() { return true }
        }
        return false
    }

    /// A power cut now, with what the seed leaves.
    func survives(powerCut seed: UInt64) throws -> Bool {
        let image = rig.disk.afterPowerCut(seed: seed)
        let after = try JournalRig(image, at: rig.clock)
        return allows(after.contents) && after.store.report.isWhole
    }

    /// Exactly what was acknowledged, in another process.
    func lastsExactly() throws -> Bool {
        settle()
        let expected = StoreContents(model, at: rig.clock.wall).sorted()
        rig.disk.endProcess()
        rig.disk.failures = [:]
        let after = try JournalRig(rig.disk, at: rig.clock)
        return after.contents == expected && after.store.report.isWhole
    }
}
