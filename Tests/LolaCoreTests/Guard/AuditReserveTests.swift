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

    @Test("what is written while the trail is verified is neither unfinished nor bad, nor is a segment that is ended")
    func live() throws {
        let rig = try AuditRig(segmentMax: .bytes(600))
        rig.append(3)
        let keys = try AuditKeys(rig.secrets)
        var (written, ended) = (0, 0)
        for read in 1...12 {
            let (head, segments) = (rig.head, rig.segments.count)
            var reads = 0
            rig.disk.trouble = { call in
                if call == .read { reads += 1 }
                if call == .read, reads == read {
                    rig.append(3)
                    rig.append(1)
                    written += 1
                }
                return nil
            }
            let found = try AuditVerification.run(rig.disk, keys, heads: [head])
            rig.disk.trouble = nil
            #expect(found.bad == nil && found.unfinished == 0 && found.records >= head.sequence, "\(read)")
            if rig.segments.count > segments { ended += 1 }
        }
        #expect(written == 12 && ended > 3)
    }

    @Test("whatever is done to the room of a killed trail, its records are what they were, or it shows")
    func tampered() throws {
        let rig = try AuditRig()
        rig.append(3)
        let octets = try #require(rig.disk.files[Self.first])
        let end = try #require(try rig.files()[Self.first]?.count)
        var chance = SeededGenerator(seed: 5)
        for number in 0..<2_000 {
            var other = octets
            // Half of them where the records are.
            let place = Int.random(in: 0..<(number.isMultiple(of: 2) ? end : octets.count), using: &chance)
            let count = Int.random(in: 1...200, using: &chance)
            switch number % 3 {
            case 0: other.removeSubrange(place..<min(other.count, place + count))
            case 1:
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &chance) }
                other.insert(contentsOf: bytes, at: place)
            default: other[place] ^= UInt8.random(in: 1...255, using: &chance)
            }
            let found = try rig.verified([rig.head], files: [Self.first: other])
            let isSame = other.count >= end && other[..<end] == octets[..<end]
            #expect((found.bad == nil) == isSame, "\(number)")
            guard isSame else { continue }
            #expect(found.head == rig.head && (found.unfinished > 0) == other[end...].contains { $0 != 0 })
        }
    }
}
