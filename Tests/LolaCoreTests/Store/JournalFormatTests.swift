import Testing

@testable import LolaCore

@Suite("Journal format")
struct JournalFormatTests {
    private static let key = StoreKey(.state, RecordID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10))

    @Test("a header is these 48 octets, and reads back")
    func header() throws {
        let header = JournalHeader(
            kind: .segment, number: 7, previous: 5, previousCount: 0x1234, created: WallTime(milliseconds: 1))
        let octets = header.bytes
        #expect(octets.count == JournalHeader.count)
        let expected = "4c4f4c414a524e4c" + "0100" + "01" + "00" + "0700000000000000" + "0500000000000000"
            + "3412000000000000" + "0100000000000000"
        #expect(Hex.encode(octets.prefix(44)).text == expected)
        #expect(JournalHeader.read(octets + [1, 2, 3]) == .header(header))
    }

    @Test("a header with any one bit changed is damaged, also when it looks newer")
    func headerDamage() {
        let octets = JournalHeader(kind: .snapshot, number: 1, created: JournalSample.now).bytes
        for bit in 0..<(octets.count * 8) {
            var changed = octets
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(JournalHeader.read(changed) == .damaged)
        }
        for count in 0..<octets.count { #expect(JournalHeader.read(Array(octets.prefix(count))) == .damaged) }
    }

    @Test("a whole header of a later version is told apart from damage")
    func newer() {
        var octets = Array(JournalHeader(kind: .segment, number: 1, created: JournalSample.now).bytes.prefix(44))
        octets[8] = 2
        octets[11] = 9
        octets.append(littleEndian: CRC32C.of(octets))
        #expect(JournalHeader.read(octets) == .newer(2))
        octets[8] = 0
        octets.replace(at: 44, littleEndian: CRC32C.of(octets, 0..<44))
        #expect(JournalHeader.read(octets) == .damaged)
    }

    @Test("a record is these octets")
    func record() {
        var octets: [UInt8] = []
        #expect(JournalFormat.encode([.set(Self.key, [0xAA, 0xBB], expires: nil), .remove(Self.key)], into: &octets))
        let id = "0102030405060708090a0b0c0d0e0f10"
        let payload = "0107" + id + "ffffffffffffff7f" + "02000000" + "aabb" + "0407" + id
        #expect(Hex.encode(octets.prefix(8)).text == "934c0100" + "32000000")
        #expect(Hex.encode(octets.dropFirst(12)).text == payload)
    }

    @Test("every change reads back as it was written")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<300 {
            let changes = (0..<Int.random(in: 0...4, using: &random)).map { _ in JournalSample.change(&random) }
            var octets: [UInt8] = [1, 2, 3]
            #expect(JournalFormat.encode(changes, into: &octets))
            guard case .record(let record) = JournalRecord.read(octets, at: 3) else {
                Issue.record("no record")
                continue
            }
            #expect(record.kind == .changes && record.payload.upperBound == octets.count)
            #expect(JournalFormat.decode(octets, record.payload) == changes)
        }
    }

    @Test("a record that is cut asks for more, one with any bit changed is damaged")
    func recordDamage() {
        var octets: [UInt8] = []
        #expect(JournalFormat.encode([.claim(StoreKey(.seen, Self.key.id), expires: 77)], into: &octets))
        for count in 0..<octets.count {
            let reading = JournalRecord.read(Array(octets.prefix(count)), at: 0)
            #expect(reading == .short(count < JournalRecord.headCount ? JournalRecord.headCount : octets.count))
        }
        for bit in 0..<(octets.count * 8) {
            var changed = octets
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            switch JournalRecord.read(changed, at: 0) {
            case .damaged: break
            case .short: #expect((32..<64).contains(bit), "only a changed length asks for more")
            case .record: Issue.record("bit \(bit) was not seen")
            }
        }
        #expect(JournalRecord.read(octets, at: -1) == .short(JournalRecord.headCount))
        #expect(JournalRecord.read(octets, at: .max) == .short(JournalRecord.headCount))
        #expect(JournalRecord.claimedCount(octets, at: .min) == nil)
    }

    @Test("what is larger than a record may be is refused, and nothing is left of it")
    func tooLarge() {
        let value = [UInt8](repeating: 1, count: Limits.journalRecordMax.bytes)
        var octets: [UInt8] = [5]
        #expect(!JournalFormat.encode([.set(Self.key, value, expires: nil)], into: &octets) && octets == [5])
        #expect(
            !JournalFormat.encodePieces([.remove(Self.key), .set(Self.key, value, expires: nil)], into: &octets)
                && octets == [5])
        var length = [UInt8](repeating: 0, count: 12)
        length.replace(at: 0, littleEndian: JournalRecord.magic)
        length[2] = 1
        length.replace(at: 4, littleEndian: UInt32(Limits.journalRecordMax.bytes + 1))
        #expect(JournalRecord.read(length, at: 0) == .damaged)
    }

    @Test("a snapshot's changes become records of about a mebibyte each, none lost")
    func pieces() throws {
        let value = [UInt8](repeating: 1, count: 300_000)
        let changes = (0..<10).map { place in
            StoreChange.set(StoreKey(.state, RecordID(high: 1, low: UInt64(place))), value, expires: nil)
        }
        var octets: [UInt8] = []
        #expect(JournalFormat.encodePieces(changes, into: &octets))
        var found: [[StoreChange]] = []
        var place = 0
        while case .record(let record) = JournalRecord.read(octets, at: place) {
            found.append(try #require(JournalFormat.decode(octets, record.payload)))
            place += record.count
        }
        #expect(place == octets.count && found.map(\.count) == [4, 4, 2] && found.flatMap { $0 } == changes)
    }

    @Test("marks and rooms that do not belong together are refused", arguments: [
        "0007", "0507", "01ff", "0101", "0102", "0207", "0202", "0301", "0307", "04ff",
    ])
    func refused(start: String) throws {
        let octets = try #require(Hex.decode([UInt8](text: start)))
        for extra in 0..<60 {
            let payload = octets + [UInt8](repeating: 0, count: extra)
            #expect(JournalFormat.decode(payload, 0..<payload.count) == nil, "\(start) and \(extra) octets")
        }
    }

    @Test("a payload that is cut is refused")
    func cutPayload() {
        let lane = QueueEntry(key: StoreKey(.inbound, Self.key.id), lane: Lane(3), value: [1, 2, 3])
        let changes: [StoreChange] = [
            .set(Self.key, [1, 2], expires: 5), .claim(StoreKey(.seen, Self.key.id), expires: 5),
            .entry(lane, sequence: 9), .remove(Self.key),
        ]
        for change in changes {
            var octets: [UInt8] = []
            #expect(JournalFormat.encode([change], into: &octets))
            let payload = Array(octets.dropFirst(JournalRecord.headCount))
            for count in 1..<payload.count { #expect(JournalFormat.decode(payload, 0..<count) == nil) }
            #expect(JournalFormat.decode(payload, -5..<1_000) == [change])
        }
    }

    @Test("a lane, a length and a sequence out of range are refused")
    func ranges() {
        func entry(lane: UInt8, sequence: UInt64, length: UInt32) -> [UInt8] {
            var octets: [UInt8] = [3, 2] + Self.key.id.bytes + [lane]
            octets.append(littleEndian: sequence)
            octets.append(littleEndian: length)
            return octets + [1, 2]
        }
        func isRead(_ octets: [UInt8]) -> Bool { JournalFormat.decode(octets, 0..<octets.count) != nil }
        #expect(isRead(entry(lane: 63, sequence: UInt64(Int64.max) - 1, length: 2)))
        #expect(!isRead(entry(lane: 64, sequence: 1, length: 2)))
        #expect(!isRead(entry(lane: 1, sequence: UInt64(Int64.max), length: 2)))
        #expect(!isRead(entry(lane: 1, sequence: 1, length: 3)))
        #expect(!isRead(entry(lane: 1, sequence: 1, length: 1)))
        #expect(!isRead(entry(lane: 1, sequence: 1, length: .max)))
    }

    @Test("names of files are read as they are written, others are left alone")
    func names() {
        let known: [JournalName] = [.segment(1), .segment(12_345_678_901), .snapshot(7), .lock, .temporary("a")]
        for name in known { #expect(JournalName(name.text) == name) }
        #expect(JournalName.segment(3).text == "segment-0000000003")
        #expect(JournalName.quarantine(of: "segment-0000000003", offset: 48).text == "quarantine-segment-0000000003-48")
        for text in [
            "segment-1", "segment-0000000000", "segment-00000000001", "segment--000000001", "segment-",
            "Segment-0000000001", "segment-9223372036854775807", "segment-99999999999999999999",
            "quarantine-segment-0000000003-48", "", "x",
        ] { #expect(JournalName(text) == nil, "\(text)") }
    }
}
