// The audit trail on a disk that fails, is full, loses power: what was answered true is there, and what was answered
// false was known in time.
import Testing

@testable import LolaCore

@Suite("Audit trail: faults")
struct AuditFaultTests {
    @Test("a crash at every octet of the last write: what was acknowledged stays, the rest is cut and told")
    func lastWrite() throws {
        let rig = try AuditRig()
        rig.append(3)
        let known = rig.head
        let name = AuditFileName.segment(1)
        let before = try #require(try rig.files()[name])
        rig.append(2)
        let after = try #require(try rig.files()[name])
        for count in (before.count...after.count).flatMap({ [$0, -$0] }) {
            // The room behind was reserved in time, or not yet.
            let room = [UInt8](repeating: 0, count: count < 0 ? 1_000 : 0)
            let files = [name: [UInt8](after.prefix(abs(count))) + room]
            let found = try rig.verified([known], files: files)
            #expect(found.bad == nil, "\(count)")
            #expect(found.records >= 3)
            let isTorn = found.unfinished > 0
            let next = try AuditRig(SimDisk(files: files), known: known)
            #expect(next.append(1) == [true])
            let healed = try next.verified([known, next.head])
            #expect(healed.bad == nil && healed.unfinished == 0, "\(count)")
            let isTold = next.trail.takeNotices().contains { if case .tailCut = $0 { true } else { false } }
            #expect(isTold == isTorn, "\(count)")
        }
        // One octet less than what the store remembers is no crash.
        let cut = [name: [UInt8](before.dropLast())]
        #expect(try rig.verified([known], files: cut).bad == .init(sequence: 3, segment: 1, fault: .recordInvalid))
        let next = try AuditRig(SimDisk(files: cut), known: known)
        next.append(1)
        #expect(try next.verified([known]).bad?.sequence == 3)
    }

    @Test("a crash at every octet of a new segment's header")
    func header() throws {
        var rig = try AuditRig()
        rig.append(2)
        rig.stop()
        let known = rig.head
        rig = try rig.reopened(known: known)
        rig.append(1)
        let (first, second) = (AuditFileName.segment(1), AuditFileName.segment(2))
        let (old, new) = (try #require(rig.disk.files[first]), try #require(rig.disk.files[second]))
        for count in 0...AuditHeader.count {
            let files = [first: old, second: [UInt8](new.prefix(count))]
            #expect(try rig.verified([known], files: files).bad == nil, "\(count)")
            let next = try AuditRig(SimDisk(files: files), known: known)
            #expect(next.append(1) == [true])
            #expect(try next.verified([known, next.head]).bad == nil, "\(count)")
            #expect(next.head.sequence == known.sequence + 1)
        }
    }

    @Test("when a write or a sync fails, what waits is refused, and the trail goes on when the disk does", arguments: [
        SimDisk.Call.write, .sync, .create, .syncDirectory, .truncate,
    ])
    func outage(call: SimDisk.Call) throws {
        for skipping in 0..<3 {
            let rig = try AuditRig(SimDisk(seed: UInt64(skipping)), segmentMax: .bytes(400))
            var kept = rig.append(1).count { $0 }
            rig.disk.fail(call, skipping: skipping, times: 3, with: .io)
            var refused = 0
            for _ in 0..<20 {
                for isKept in rig.append(2) { if isKept { kept += 1 } else { refused += 1 } }
                rig.clock.advance(to: rig.clock.now + .milliseconds(150))
                rig.writer.step()
            }
            #expect(refused > 0 && rig.trail.status.isOpen, "\(call) \(skipping)")
            #expect(rig.trail.status.refused == refused)
            let found = try rig.verified([rig.head])
            #expect(found.bad == nil, "\(call) \(skipping)")
            #expect(found.records == kept && rig.head.sequence == UInt64(kept))
            let notices = rig.trail.takeNotices()
            let isUnwritable = notices.contains { if case .unwritable(.io, _) = $0 { true } else { false } }
            let isReopened = notices.contains { if case .reopened = $0 { true } else { false } }
            #expect(isUnwritable && isReopened)
            // And another process finds it whole.
            let next = try rig.reopened(known: rig.head)
            #expect(next.append(1) == [true])
            #expect(try next.verified([next.head]).bad == nil)
        }
    }

    @Test("a full disk refuses, room makes it go on")
    func full() throws {
        let rig = try AuditRig()
        rig.append(3)
        rig.disk.capacity = rig.disk.octets + 50
        // What was reserved is there to be written.
        #expect(rig.append(2) == [true, true])
        var kept = 5
        while rig.append(1) == [true] { kept += 1 }
        #expect(kept > 100 && rig.head.sequence == UInt64(kept))
        // Known to be closed: refused at once, without the disk.
        let writes = rig.disk.calls[.write]
        var verdict: Bool?
        rig.left.append(AuditRig.event()) { verdict = $0 }
        #expect(verdict == nil && rig.left.deliver() && verdict == false)
        #expect(rig.disk.calls[.write] == writes)
        for _ in 0..<5 {
            rig.clock.advance(to: rig.clock.now + .seconds(1))
            rig.writer.step()
        }
        #expect(!rig.trail.status.isOpen)
        let told = rig.trail.takeNotices().count { if case .unwritable = $0 { true } else { false } }
        #expect(told == 1)
        rig.disk.capacity = .max
        rig.clock.advance(to: rig.clock.now + .seconds(1))
        #expect(rig.append(1) == [true] || rig.append(1) == [true])
        #expect(try rig.verified([rig.head]).bad == nil)
    }

    @Test("power that goes at any moment takes nothing that was answered")
    func power() throws {
        for seed in UInt64(1)...300 {
            var chance = SeededGenerator(seed: seed)
            let rig = try AuditRig(SimDisk(seed: seed), segmentMax: .kibibytes(1))
            var known: AuditHead?
            for _ in 0..<Int.random(in: 1...20, using: &chance) {
                rig.append(Int.random(in: 1...3, using: &chance))
                if Bool.random(using: &chance) { known = rig.head }
            }
            let acknowledged = rig.head
            rig.left.append(AuditRig.event()) { _ in }
            rig.right.append(AuditRig.event()) { _ in }
            rig.writer.write()
            let disk = rig.disk.afterPowerCut(seed: chance.next())
            let found = try rig.verified([acknowledged], files: disk.files)
            #expect(found.bad == nil, "seed \(seed)")
            let next = try AuditRig(disk, known: known)
            #expect(next.append(1) == [true])
            let heads = [acknowledged, next.head]
            #expect(try next.verified(heads).bad == nil, "seed \(seed)")
        }
    }

    @Test("a segment whose end was not synced before the process ended is ended anew, whatever a power cut leaves")
    func endNotSynced() throws {
        for seed in UInt64(1)...200 {
            let rig = try AuditRig(SimDisk(seed: seed), segmentMax: .bytes(400))
            while rig.segments.count == 1 { rig.append(1) }
            while (try rig.files()[AuditFileName.segment(2)]?.count ?? 0) < 400 { rig.append(1) }
            let known = rig.head
            // The next one begins with giving back the room of this one: that is visible, and not durable.
            rig.disk.fail(.sync)
            #expect(rig.append(1) == [false])
            let next = try rig.reopened(known: known)
            #expect(next.append(1) == [true])
            let found = try next.verified([next.head], files: next.disk.afterPowerCut(seed: seed).files)
            #expect(found.bad == nil, "seed \(seed)")
        }
    }

    @Test("a segment that cannot be written anew leaves nothing in the way of the next try", arguments: 0..<3)
    func rewriteFails(skipping: Int) throws {
        var rig = try AuditRig()
        rig.append(3)
        rig = try rig.reopened(known: rig.head)
        rig.disk.fail(skipping == 0 ? .create : skipping == 1 ? .write : .sync, with: .full)
        rig.append(1)
        #expect(!rig.trail.status.isOpen && rig.segments.count == 1)
        #expect(rig.disk.files.keys.allSatisfy { !$0.hasSuffix(".new") })
        rig.clock.advance(to: rig.clock.now + Limits.auditPauseMax)
        rig.writer.step()
        #expect(rig.append(1) == [true])
        #expect(try rig.verified([rig.head]).bad == nil)
    }

    @Test("a folder that another process holds is not written")
    func locked() throws {
        let rig = try AuditRig()
        rig.append(1)
        let other = try AuditRig(rig.disk, at: rig.clock)
        #expect(other.append(1) == [false])
        guard case .unwritable(.locked, 1)? = other.trail.takeNotices().first else {
            Issue.record("nobody is told")
            return
        }
        #expect(rig.append(1) == [true])
        #expect(try rig.verified([rig.head]).bad == nil)
    }

    @Test("more than can wait is refused, not kept in memory")
    func waiting() throws {
        let rig = try AuditRig()
        var (kept, refused) = (0, 0)
        for _ in 0..<(Limits.auditWaitingMax + 10) {
            rig.left.append(AuditRig.event()) { if $0 { kept += 1 } else { refused += 1 } }
        }
        rig.writer.step()
        _ = rig.left.deliver()
        #expect(kept == Limits.auditWaitingMax && refused == 10)
        #expect(rig.trail.recent(before: nil, limit: 100_000).count <= Limits.auditWaitingMax)
    }
}
