// The ring of message records and the cursors into it.
import Testing

@testable import LolaCore

@Suite("Message log")
struct MessageLogTests {
    private static func key(_ number: Int) -> MessageKey {
        MessageKey(.whatsapp, nativeID: [UInt8](text: "m\(number)"))
    }

    private static func id(_ number: Int) -> RecordID { RecordID(high: 0, low: UInt64(number)) }

    private static func record(_ number: Int) -> MessageRecord {
        MessageRecord(
            id: id(number), key: key(number), channel: .whatsapp, conversationID: RecordID(high: 1, low: 0),
            senderID: RecordID(high: 2, low: 0), type: .text, receivedAt: WallTime(milliseconds: Int64(number)))
    }

    private static func filled(_ count: Int, capacity: Int) -> MessageLog {
        let log = MessageLog(capacity: capacity)
        for number in 0..<count { log.insert(record(number)) }
        return log
    }

    private static func numbers(_ records: [MessageRecord]) -> [Int64] { records.map(\.receivedAt.milliseconds) }

    @Test("a key that came twice is found as long as its newer record is kept")
    func repeated() {
        let log = MessageLog(capacity: 2)
        log.insert(Self.record(1))
        log.update(Self.id(1)) { $0.status = .handedOver }
        for number in [1, 2] { log.insert(Self.record(number)) }
        #expect(log.find(Self.key(1)) != nil && log.find(Self.key(2)) != nil)
        log.insert(Self.record(3))
        #expect(log.find(Self.key(1)) == nil && log.find(Self.key(3)) != nil)
    }

    @Test("a key that came twice is found as its newer record says, by key and by id")
    func newer() {
        let log = Self.filled(2, capacity: 4)
        log.update(Self.id(1)) { $0.status = .handedOver }
        log.insert(Self.record(1))
        log.update(Self.id(1)) { $0.status = .done }
        #expect(log.find(Self.key(1))?.status == .done && log.find(Self.id(1))?.status == .done)
        #expect(log.newest(limit: 9, skipping: 0).records.map(\.status) == [.done, .handedOver, .accepted])
    }

    @Test("a message that is in hand has one record, with what is known of it, however often it comes")
    func known() {
        let log = Self.filled(2, capacity: 4)
        log.update(Self.id(1)) { $0.agent = .blocked }
        let version = log.version
        log.insert(Self.record(1))
        #expect(log.newest(limit: 9, skipping: 0).records.map(\.agent) == [.blocked, nil])
        #expect(log.version == version)
    }

    @Test("the newest come first, page by page, before and after the ring is full", arguments: [0, 1, 3, 4, 5, 9, 23])
    func paging(_ count: Int) {
        let log = Self.filled(count, capacity: 4)
        let kept = (max(0, count - 4)..<count).reversed().map { Int64($0) }
        var found: [Int64] = []
        var skipping = 0
        while true {
            let page = log.newest(limit: 3, skipping: skipping)
            found += Self.numbers(page.records)
            skipping += page.records.count
            guard page.hasMore, !page.records.isEmpty else { break }
        }
        #expect(found == kept)
        #expect(log.newest(limit: 3, skipping: 100).records.isEmpty)
        #expect(!log.newest(limit: 3, skipping: 100).hasMore)
    }

    @Test("the oldest go first and are then unknown")
    func eviction() {
        let log = Self.filled(6, capacity: 4)
        for number in 0..<2 {
            #expect(log.find(Self.key(number)) == nil && log.find(Self.id(number)) == nil)
            log.update(Self.id(number)) { $0.status = .done }
        }
        for number in 2..<6 {
            #expect(log.find(Self.key(number))?.status == .accepted && log.find(Self.id(number))?.status == .accepted)
        }
        #expect(log.changes(since: 0, limit: 100).records.count == 4)
    }

    @Test("changes since a cursor come in their order, each record once with its last state")
    func changes() {
        let log = Self.filled(3, capacity: 10)
        let start = log.changes(since: 0, limit: 100)
        #expect(Self.numbers(start.records) == [0, 1, 2])
        #expect(log.changes(since: start.version, limit: 100).records.isEmpty)
        log.update(Self.id(2)) { $0.status = .stopped }
        log.update(Self.id(0)) { $0.status = .done }
        log.update(Self.id(2)) { $0.status = .done }
        let next = log.changes(since: start.version, limit: 100)
        #expect(Self.numbers(next.records) == [0, 2] && next.records.allSatisfy { $0.status == .done })
        #expect(log.changes(since: next.version, limit: 100).version == next.version)
    }

    @Test("a page of changes ends where the next begins")
    func changePages() {
        let log = Self.filled(7, capacity: 10)
        var cursor = 0
        var found: [Int64] = []
        for _ in 0..<4 {
            let page = log.changes(since: cursor, limit: 2)
            found += Self.numbers(page.records)
            cursor = page.version
        }
        #expect(found == [0, 1, 2, 3, 4, 5, 6])
    }
}
