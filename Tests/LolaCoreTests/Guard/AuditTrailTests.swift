// The audit trail as it should be: numbers, chain, group commit, segments, bounds, keys, heads.
import Testing

@testable import LolaCore

@Suite("Audit trail: written, chained, verified")
struct AuditTrailTests {
    @Test("events of two loops become records in order, durable when they are answered")
    func order() throws {
        let rig = try AuditRig()
        var told: [String] = []
        rig.left.append(AuditRig.event(.tokenMinted, "one")) { told.append("one \($0)") }
        rig.right.append(AuditRig.event(.tokenRevoked, "two")) { told.append("two \($0)") }
        rig.left.append(AuditRig.event(.erased, "three")) { told.append("three \($0)") }
        #expect(!rig.left.deliver() && told.isEmpty)
        rig.writer.write()
        #expect(!rig.left.deliver() && told.isEmpty)
        rig.writer.commit()
        #expect(rig.loopWakers.allSatisfy { $0.isAwake })
        #expect(rig.left.deliver() && rig.right.deliver())
        #expect(told == ["one true", "three true", "two true"])
        // One sync for the header, one for the three.
        #expect(rig.disk.calls[.sync] == 2)
        let records = try rig.records()
        #expect(records.map(\.sequence) == [1, 2, 3])
        #expect(records.map(\.subject) == ["one", "two", "three"])
        #expect(records.map(\.action) == ["token.minted", "token.revoked", "erased"])
        #expect(records[0].facts.map { "\($0.name)=\($0.value)" } == ["agent=a-1"])
        #expect(records[0].at == rig.clock.wall && records[0].actor == "orchestrator" && records[0].outcome == "ok")
        #expect(try rig.verified([rig.head]).bad == nil)
        #expect(rig.trail.status.records == 3 && rig.trail.status.isOpen)
    }

    @Test("each start begins a segment, a long one is followed by the next, and all of it is one chain")
    func segments() throws {
        var rig = try AuditRig(segmentMax: .kibibytes(1))
        for _ in 0..<30 { rig.append() }
        #expect(rig.segments.count == 3)
        rig.stop()
        let before = rig.segments.count
        rig = try rig.reopened(known: rig.head)
        rig.append(5)
        let count = rig.segments.count
        #expect(count == before + 1 && rig.segments == (1...UInt64(count)).map { AuditFileName.segment($0) })
        let found = try rig.verified([rig.head])
        #expect(found.bad == nil && found.records == 36 && found.segments == count && found.isAnchored)
        #expect(found.head == rig.head && rig.head.sequence == 36)
        #expect(try rig.records().map(\.sequence) == Array(1...36))
    }

    @Test("a process that ended without a word leaves a trail that goes on")
    func killed() throws {
        var rig = try AuditRig()
        rig.append(3)
        let known = rig.head
        rig.append(2)
        rig = try rig.reopened(known: known)
        rig.append(1)
        #expect(rig.head.sequence == 6)
        #expect(try rig.verified([known, rig.head]).bad == nil)
    }

    @Test("a head is signed: one that nobody with a key has made is none")
    func heads() throws {
        let keys = try AuditKeys([AuditRig.secret])
        let head = AuditHead(sequence: 7, mac: [UInt8](repeating: 9, count: 32))
        let sealed = head.sealed(by: keys.signing)
        #expect(try AuditHead(sealed, keys: keys) == head)
        for place in sealed.indices {
            var other = sealed
            other[place] ^= 1
            #expect(throws: RecordFault.self) { _ = try AuditHead(other, keys: keys) }
        }
        for count in 0..<sealed.count {
            #expect(throws: RecordFault.self) { _ = try AuditHead([UInt8](sealed.prefix(count)), keys: keys) }
        }
        #expect(AuditHead(text: head.text) == head)
        let zero = "0:" + String(repeating: "0", count: 64)
        for text in ["", "7", "7:", ":00", "x:" + head.text, zero, head.text + "0"] {
            #expect(AuditHead(text: text) == nil, "\(text)")
        }
        // Two gateways on one Redis do not share a place.
        #expect(AuditHead.record(of: "a") != AuditHead.record(of: "b"))
    }

    @Test("a new key signs from the next start on, and both are needed to verify")
    func rotation() throws {
        let fresh = SecretBytes([UInt8](repeating: 0x11, count: 32))
        var rig = try AuditRig()
        rig.append(3)
        rig.stop()
        rig = try rig.reopened(known: rig.head, secrets: [fresh, AuditRig.secret])
        rig.append(2)
        #expect(try rig.verified([rig.head]).bad == nil)
        let onlyOld = try rig.verified([rig.head], secrets: [AuditRig.secret]).bad
        #expect(onlyOld == .init(sequence: 5, segment: 2, fault: .keyUnknown))
        let onlyNew = try rig.verified([rig.head], secrets: [fresh]).bad
        #expect(onlyNew == .init(sequence: 1, segment: 1, fault: .keyUnknown))
    }

    @Test("the derived key survives a rotation of the data key")
    func dataKeyRotation() throws {
        let entropy = SimEntropy(SimRandom(seed: 3))
        let old = SecretBytes([UInt8](repeating: 1, count: 32)), new = SecretBytes([UInt8](repeating: 2, count: 32))
        let rig = try JournalRig()
        func ask(_ operation: StoreOperation) -> StoreAnswer {
            var answer: StoreAnswer?
            rig.left.submit(operation) { answer = $0 }
            _ = rig.left.deliver(at: rig.clock.wall)
            rig.writer.step()
            _ = rig.left.deliver(at: rig.clock.wall)
            return answer ?? .unavailable
        }
        func memory(_ secrets: [SecretBytes]) throws -> (AuditMemory, IndexKey.Origin) {
            let index = try IndexKey.find(keys: try SealKeys(secrets, entropy: entropy), entropy: entropy, ask: ask)
            let memory = try AuditMemory.find(configured: [], index: index.secret, gateway: "embedded", ask: ask)
            return (memory, index.origin)
        }
        let (first, _) = try memory([old])
        #expect(first.known == nil && !first.isForged)
        var audit = try AuditRig(secrets: first.secrets)
        audit.append(2)
        let head = audit.head
        #expect(ask(.put(first.record, head.sealed(by: try AuditKeys(first.secrets).signing), expires: nil)) == .done)
        let (second, origin) = try memory([new, old])
        #expect(origin == .renewed && second.known == head)
        let (third, _) = try memory([new])
        #expect(third.known == head)
        audit = try audit.reopened(known: third.known, secrets: third.secrets)
        audit.append(1)
        #expect(try audit.verified([audit.head]).bad == nil)
        // A head that somebody else wrote is not believed.
        let foreign = AuditHead(sequence: 1, mac: head.mac).sealed(by: try AuditKeys([AuditRig.secret]).signing)
        #expect(ask(.put(third.record, foreign, expires: nil)) == .done)
        let (fourth, _) = try memory([new])
        #expect(fourth.known == nil && fourth.isForged)
    }

    @Test("long fields are cut at a character, and too many facts are left out")
    func fields() throws {
        let rig = try AuditRig()
        var event = AuditRig.event(.accessRefused, String(repeating: "é", count: 400))
        event.facts = (0..<40).map { _ in ("name", String(repeating: "x", count: 300)) }
        rig.append([event])
        let record = try #require(try rig.records().first)
        #expect(record.subject.utf8.count <= Limits.auditFieldMax.bytes)
        #expect(record.subject == String(repeating: "é", count: record.subject.count))
        #expect(record.facts.count == Limits.auditFactsMax)
        #expect(record.bytes.count <= Limits.auditRecordMax.bytes)
    }

    @Test("of many refusals of one address the first stand singly, the others as one number")
    func bounded() throws {
        let rig = try AuditRig()
        func refusal(_ subject: String) -> AuditEvent {
            AuditEvent(action: .authenticationRefused, actor: "anonymous", subject: subject, outcome: "unauthorized")
        }
        var verdicts = rig.append((0..<1_000).map { _ in refusal("a1") } + [refusal("b2")])
        verdicts += rig.append([AuditRig.event()])
        #expect(verdicts.count == 1_002 && verdicts.allSatisfy { $0 })
        #expect(try rig.records().count == Limits.auditRefusalsSingle + 2)
        rig.clock.advance(to: rig.clock.now + Limits.auditRefusalWindow)
        rig.trail.settle(at: rig.clock.wall, now: rig.clock.now)
        rig.writer.step()
        let last = try #require(try rig.records().last)
        #expect(last.action == "authentication.refused" && last.subject == "a1" && last.actor == "gateway")
        #expect(last.facts.map { "\($0.name)=\($0.value)" } == ["more=\(1_000 - Limits.auditRefusalsSingle)"])
        // The next window begins anew.
        rig.append([refusal("a1")])
        #expect(try rig.records().last?.facts.isEmpty == true)
    }

    @Test("each decision of the outbound gate has a record of its own, however many there are of one person")
    func decisions() throws {
        let rig = try AuditRig()
        rig.append((0..<1_000).map { _ in
            AuditEvent(action: .outboundRefused, actor: "agent:a", subject: "p", outcome: "do_not_contact")
        })
        let records = try rig.records().filter { $0.action == "outbound.refused" }
        #expect(records.count == 1_000 && records.allSatisfy { $0.outcome == "do_not_contact" && $0.facts.isEmpty })
    }

    @Test("a flood from a million addresses makes a bounded number of records, and none is forgotten in the numbers")
    func flood() throws {
        let rig = try AuditRig()
        let count = 50_000
        for number in 0..<count {
            rig.left.append(AuditEvent(
                action: .senderRefused, actor: "gateway", subject: "s\(number)", outcome: "refused")) { _ in }
        }
        rig.writer.step()
        rig.stop()
        let records = try rig.records()
        #expect(records.count <= 2 * Limits.auditRefusalsMax + 2)
        let more = records.flatMap(\.facts).filter { $0.name == "more" }.compactMap { Int($0.value) }.reduce(0, +)
        let single = records.count { $0.action == "sender.refused" && $0.facts.isEmpty }
        #expect(more + single == count)
    }

    @Test("behind the last event nothing is taken")
    func finish() throws {
        let rig = try AuditRig()
        rig.append(1)
        var verdicts: [Bool] = []
        rig.left.finish(AuditRig.event(.stopped)) { verdicts.append($0) }
        rig.right.append(AuditRig.event()) { verdicts.append($0) }
        rig.writer.step()
        _ = (rig.left.deliver(), rig.right.deliver())
        #expect(verdicts == [true, false])
        #expect(try rig.records().map(\.action) == ["token.minted", "gateway.stopped"])
        #expect(rig.trail.status.refused == 1)
    }

    @Test("operators read newest first, from memory and from the files")
    func reading() throws {
        let rig = try AuditRig(segmentMax: .kibibytes(1))
        for _ in 0..<40 { rig.append() }
        let keys = try AuditKeys([AuditRig.secret])
        #expect(rig.trail.recent(before: nil, limit: 3).map(\.sequence) == [40, 39, 38])
        #expect(rig.trail.recent(before: 5, limit: 10).map(\.sequence) == [4, 3, 2, 1])
        func page(_ before: UInt64?, _ limit: Int) throws -> [UInt64] {
            try AuditReader.page(of: rig.disk, keys, .init(ticket: 1, before: before, limit: limit)).map(\.sequence)
        }
        #expect(try page(nil, 50) == (1...40).reversed())
        #expect(try page(nil, 2) == [40, 39])
        #expect(try page(21, 4) == [20, 19, 18, 17])
        #expect(try page(1, 4) == [])
    }

    @Test("a trail whose newest segment no key of the ring has signed is told from one that is damaged")
    func foreignKey() throws {
        let other = SecretBytes([UInt8](repeating: 0x6B, count: 32))
        let rig = try AuditRig()
        rig.append(2)
        rig.stop()
        let second = try rig.reopened(known: rig.head)
        second.append()
        second.stop()
        let files = rig.disk.files
        func foreign(_ secrets: [SecretBytes], _ files: [String: [UInt8]]) throws -> UInt64? {
            try AuditRecovery.foreignSegment(SimDisk(files: files), try AuditKeys(secrets))
        }
        #expect(try foreign([AuditRig.secret], files) == nil && foreign([other, AuditRig.secret], files) == nil)
        #expect(try foreign([other], files) == 2 && foreign([other], [:]) == nil)
        // A header that was cut off says nothing; the one before it does.
        let name = AuditFileName.segment(2)
        for count in [0, 7, AuditHeader.count - 1] {
            var cut = files
            cut[name] = [UInt8](files[name]?.prefix(count) ?? [])
            #expect(try foreign([other], cut) == 1 && foreign([AuditRig.secret], cut) == nil)
        }
        // Damage is not a wrong key: the start goes on and says that the trail is broken.
        var damaged = files
        damaged[name]?[0] ^= 1
        #expect(try foreign([other], damaged) == nil)
    }
}
