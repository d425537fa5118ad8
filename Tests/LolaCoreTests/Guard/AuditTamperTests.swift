// Ten thousand ways to tamper with a trail, each found; and how each kind is named.
import Testing

@testable import LolaCore

@Suite("Audit trail: tampering")
struct AuditTamperTests {
    private struct Trail {
        let rig: AuditRig
        let files: [String: [UInt8]]
        let head: AuditHead
        /// Earlier states of the folder.
        let copies: [[String: [UInt8]]]
        var names: [String] { files.keys.sorted() }
    }

    /// Several segments: long ones, starts, a disk that failed once. Ended in order, or killed.
    private static func trail(seed: UInt64, isOrderly: Bool) throws -> Trail {
        var chance = SeededGenerator(seed: seed)
        var rig = try AuditRig(SimDisk(seed: seed), segmentMax: .bytes(600))
        var copies: [[String: [UInt8]]] = []
        for round in 0..<4 {
            for _ in 0..<Int.random(in: 1...5, using: &chance) { rig.append(Int.random(in: 1...3, using: &chance)) }
            copies.append(try rig.files())
            if round == 3, !isOrderly { break }
            rig.stop()
            if round < 3 { rig = try rig.reopened(known: rig.head, segmentMax: .bytes(600)) }
        }
        return Trail(rig: rig, files: try rig.files(), head: rig.head, copies: copies)
    }

    private enum Kind: CaseIterable {
        case bit, octet, insertion, deletion, swap, cut, segmentDropped, segmentSwapped, copy, trailDropped, zeros
    }

    private static func tamper(_ trail: Trail, _ kind: Kind, _ chance: inout SeededGenerator) -> [String: [UInt8]] {
        var files = trail.files
        let names = trail.names
        let name = names[Int.random(in: 0..<names.count, using: &chance)]
        var octets = files[name] ?? []
        let place = Int.random(in: 0..<octets.count, using: &chance)
        let span = Int.random(in: 1...64, using: &chance)
        switch kind {
        case .bit: octets[place] ^= 1 << UInt8.random(in: 0..<8, using: &chance)
        case .octet: octets[place] = octets[place] &+ UInt8.random(in: 1...255, using: &chance)
        case .insertion:
            let bytes = (0..<span).map { _ in UInt8.random(in: 0...255, using: &chance) }
            octets.insert(contentsOf: bytes, at: place)
        case .deletion: octets.removeSubrange(place..<min(octets.count, place + span))
        case .swap:
            let other = Int.random(in: 0..<octets.count, using: &chance)
            octets.swapAt(place, other)
        case .cut: octets.removeLast(octets.count - place)
        case .zeros:
            for index in place..<min(octets.count, place + span) { octets[index] = 0 }
        case .segmentDropped:
            files[name] = nil
            return files
        case .segmentSwapped:
            let other = names[Int.random(in: 0..<names.count, using: &chance)]
            (files[name], files[other]) = (files[other], files[name])
            return files
        case .copy:
            let old = trail.copies[Int.random(in: 0..<trail.copies.count, using: &chance)]
            // Of one file or of all.
            if Bool.random(using: &chance) { return old }
            files[name] = old[name]
            return files
        case .trailDropped: return [:]
        }
        files[name] = octets
        return files
    }

    @Test("10,000 random tamperings are all found", arguments: [true, false])
    func all(isOrderly: Bool) throws {
        var chance = SeededGenerator(seed: isOrderly ? 11 : 12)
        var counts: [Kind: Int] = [:]
        var done = 0
        var trail = try Self.trail(seed: 1, isOrderly: isOrderly)
        while done < 5_000 {
            if done % 500 == 0 { trail = try Self.trail(seed: chance.next(), isOrderly: isOrderly) }
            let kind = Kind.allCases[Int.random(in: 0..<Kind.allCases.count, using: &chance)]
            let files = Self.tamper(trail, kind, &chance)
            // Some change nothing: the same octet twice, the latest copy.
            if files == trail.files { continue }
            let found = try trail.rig.verified([trail.head], files: files)
            #expect(found.bad != nil, "\(kind), number \(done)")
            // What is good is not called bad: everything before the first bad record was verified.
            if let bad = found.bad, bad.fault != .headDiffers { #expect(bad.sequence == found.head.sequence + 1) }
            counts[kind, default: 0] += 1
            done += 1
        }
        #expect(try trail.rig.verified([trail.head], files: trail.files).bad == nil)
        #expect(counts.count == Kind.allCases.count && counts.values.allSatisfy { $0 > 50 })
    }

    @Test("every bit of a small trail matters")
    func everyBit() throws {
        var rig = try AuditRig()
        rig.append(2)
        rig.stop()
        rig = try rig.reopened(known: rig.head)
        rig.append(1)
        let files = try rig.files()
        for (name, octets) in files {
            for place in octets.indices {
                for bit in 0..<8 {
                    var changed = files
                    changed[name]?[place] ^= 1 << UInt8(bit)
                    #expect(try rig.verified([rig.head], files: changed).bad != nil, "\(name) \(place) \(bit)")
                }
            }
        }
    }

    @Test("the first bad record is named, and why")
    func names() throws {
        var rig = try AuditRig(segmentMax: .kibibytes(1))
        for _ in 0..<10 { rig.append(2) }
        rig.stop()
        let head = rig.head
        let files = rig.disk.files.filter { AuditFileName.number($0.key) != nil }
        #expect(files.count == 3 && head.sequence == 21)
        let (first, second, third) = (AuditFileName.segment(1), AuditFileName.segment(2), AuditFileName.segment(3))
        func bad(_ heads: [AuditHead] = [head], _ change: (inout [String: [UInt8]]) -> Void) throws
            -> AuditVerification.Bad?
        {
            var changed = files
            change(&changed)
            return try rig.verified(heads, files: changed).bad
        }
        let starts = try rig.records().map(\.sequence)
        #expect(starts == Array(1...21))
        #expect(try bad { $0[second] = nil }?.fault == .segmentMissing)
        #expect(try bad { $0[first] = nil } == .init(sequence: 1, segment: 1, fault: .segmentMissing))
        #expect(try bad { $0[first]?[0] ^= 1 } == .init(sequence: 1, segment: 1, fault: .headerInvalid))
        #expect(try bad { $0[first]?[60] ^= 1 } == .init(sequence: 1, segment: 1, fault: .headerInvalid))
        #expect(try bad { $0[first]?[82] ^= 1 } == .init(sequence: 1, segment: 1, fault: .keyUnknown))
        let changed = try bad { $0[first]?[AuditHeader.count + 6] ^= 1 }
        #expect(changed == .init(sequence: 1, segment: 1, fault: .recordInvalid))
        #expect(try bad { $0[first]?.append(0) }?.fault == .surplus)
        // Zeros at the very end are what a gateway reserves room by.
        #expect(try bad { $0[third]?.append(0) } == nil)
        #expect(try bad { $0[third]?.append(1) } == .init(sequence: 22, segment: 3, fault: .surplus))
        #expect(try bad { $0[third] = [UInt8]($0[third]?.prefix(AuditHeader.count) ?? []) }?.fault == .shorterThanHead)
        #expect(try bad { $0 = [:] } == .init(sequence: 1, segment: 0, fault: .shorterThanHead))
        let other = AuditHead(sequence: 4, mac: head.mac)
        #expect(try bad([other]) { _ in } == .init(sequence: 4, segment: 1, fault: .headDiffers))
        // Without a head only the chain is proved: a cut at the end of a record does not show.
        let whole = try rig.verified([], files: files)
        #expect(whole.bad == nil && !whole.isAnchored)
        #expect(try bad([]) { $0[third] = nil } == nil)
        // A start that finds it says so for ever.
        rig.disk.endProcess()
        try rig.disk.remove(third)
        rig = try rig.reopened(known: head)
        rig.append(1)
        let broken = try rig.verified([rig.head]).bad
        #expect(broken?.fault == .foundBroken && rig.head.sequence > head.sequence)
        guard case .broken(head, let found)? = rig.trail.takeNotices().first else {
            Issue.record("nobody is told")
            return
        }
        #expect(found < head.sequence)
    }

    @Test("a trail that is gone while the store remembers its head is missed, and a new one never hides it")
    func gone() throws {
        var rig = try AuditRig()
        rig.append(5)
        let head = rig.head
        rig = try AuditRig(SimDisk(), known: head)
        #expect(rig.append(1) == [true])
        #expect(rig.head.sequence == 7)
        #expect(try rig.verified([rig.head]).bad == .init(sequence: 1, segment: 1, fault: .foundBroken))
    }
}
