// The zeros by which an open segment of the audit trail is made longer: neither records nor damage, wherever a process
// ends, and never in a segment that another one goes on from.
import Testing

@testable import LolaCore

@Suite("Audit trail: reserved room")
struct AuditReserveTests {
    private static let first = AuditFileName.segment(1)
    private static let second = AuditFileName.segment(2)

    @Test("room is reserved by zeros; a stop, the next segment and the next start give it back")
    func givenBack() throws {
        var rig = try AuditRig(segmentMax: .kibibytes(1))
        rig.append(3)
        #expect(rig.disk.files[Self.first]?.count == Limits.auditReserve.bytes)
        let open = try rig.verified([rig.head])
        #expect(open.bad == nil && open.unfinished == 0 && open.records == 3)
        for _ in 0..<10 { rig.append(1) }
        #expect(rig.disk.files[Self.first] == (try rig.files()[Self.first]))
        #expect(rig.disk.files[Self.second]?.count == Limits.auditReserve.bytes)
        // Killed: the next start ends the file where its records end, and has nothing to tell.
        rig = try rig.reopened(known: rig.head)
        rig.append(1)
        #expect(rig.disk.files[Self.second] == (try rig.files()[Self.second]))
        let isCut = rig.trail.takeNotices().contains { if case .tailCut = $0 { true } else { false } }
        #expect(!isCut)
        rig.stop()
        #expect(try rig.files().allSatisfy { rig.disk.files[$0.key] == $0.value })
        let whole = try rig.verified([rig.head])
        #expect(whole.bad == nil && whole.unfinished == 0 && whole.records == 15)
    }

    @Test("a code that ends with zeros is told from the room behind it")
    func codeEndsWithZero() throws {
        let rig = try AuditRig()
        var end = 0, number = 0
        // One code in 256 ends so.
        while number == 0 {
            rig.append(1)
            let octets = try #require(try rig.files()[Self.first])
            if octets.last == 0 { (end, number) = (octets.count, Int(rig.head.sequence)) }
            try #require(rig.head.sequence < 3_000)
        }
        let octets = try #require(rig.disk.files[Self.first])
        #expect(octets.count > end && octets[end...].allSatisfy { $0 == 0 })
        let found = try rig.verified([rig.head])
        #expect(found.bad == nil && found.unfinished == 0 && found.records == number)
        let next = try rig.reopened(known: rig.head)
        next.append(1)
        #expect(next.head.sequence == UInt64(number) + 1)
        #expect(next.disk.files[Self.first]?.count == end)
        #expect(try next.verified([next.head]).bad == nil)
    }

    @Test("what outgrows the room gets more of it; a disk too full for zeros keeps what was written")
    func growing() throws {
        let rig = try AuditRig()
        let many = Limits.auditReserve.bytes / 60
        #expect(rig.append(many).allSatisfy { $0 })
        let size = try #require(rig.disk.files[Self.first]?.count)
        #expect(size >= 2 * Limits.auditReserve.bytes && size % Limits.auditReserve.bytes == 0)
        rig.disk.fail(.write, skipping: 1, with: .full)
        #expect(rig.append(many).allSatisfy { $0 })
        #expect(rig.trail.status.isOpen)
        let found = try rig.verified([rig.head])
        #expect(found.bad == nil && found.unfinished == 0 && found.records == 2 * many)
    }

    @Test("what is written while the trail is verified is neither unfinished nor bad")
    func live() throws {
        let rig = try AuditRig()
        rig.append(3)
        let keys = try AuditKeys(rig.secrets)
        for read in 1...6 {
            let head = rig.head
            var reads = 0
            rig.disk.trouble = { call in
                if call == .read { reads += 1 }
                if call == .read, reads == read { rig.append(1) }
                return nil
            }
            let found = try AuditVerification.run(rig.disk, keys, heads: [head])
            rig.disk.trouble = nil
            #expect(found.bad == nil && found.unfinished == 0 && found.records >= head.sequence, "\(read)")
        }
        #expect(rig.head.sequence > 5)
    }
}
