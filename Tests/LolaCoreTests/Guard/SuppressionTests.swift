// The do-not-contact list and consents: asked by address, kept under keyed hashes.
import Testing

@testable import LolaCore

@Suite("Do-not-contact and consents")
struct SuppressionTests {
    private func address(_ text: String) throws -> PersonAddress { try #require(PersonAddress([UInt8](text: text))) }

    @Test("who is on the list is found under every spelling, and under any of the addresses")
    func suppressed() throws {
        let bench = try DeskBench()
        let list = SuppressionList(bench.rig.loop, store: bench.store, audit: bench.audit, names: bench.names)
        let (old, new, other) = (
            try address("+5215512345678"), try address("525512345678"), try address("a@b.example"))
        func add(_ address: PersonAddress, _ reason: String) throws -> SuppressionEntry {
            let added: Result<SuppressionEntry, Refusal> = try bench.ask { answer in
                list.add(address, reason: reason, actor: "o") { answer($0) }
            }
            return try added.get()
        }
        let entry = try add(old, "asked")
        #expect(try bench.ask { list.isSuppressed([other], $0) } == .some(.some(false)))
        #expect(try bench.ask { list.isSuppressed([other, new], $0) } == .some(.some(true)))
        #expect(try bench.ask { list.isSuppressed([], $0) } == .some(.some(false)))
        #expect(try add(new, "other") == entry)
        #expect(bench.audit.words == ["dnc.changed ok"] && !bench.audit.text.contains("5512345678"))
        #expect(try bench.ask { list.remove(entry.id, actor: "o", $0) } == nil)
        #expect(try bench.ask { list.remove(entry.id, actor: "o", $0) } == .routeUnknown)
        #expect(try bench.ask { list.isSuppressed([new], $0) } == .some(.some(false)))
        bench.bare.isAway = true
        #expect(try bench.ask { list.isSuppressed([other], $0) } == .some(nil), "a store that is away says nothing")
    }

    @Test("a consent is the last word of a person for a channel and a type")
    func consent() throws {
        let bench = try DeskBench()
        let book = ConsentBook(bench.rig.loop, store: bench.store, audit: bench.audit, names: bench.names)
        let phone = try address("+15550100")
        let id = book.id(phone, .sms, .express)
        #expect(try bench.ask { book.find(id, $0) } == .success(nil))
        for status in ConsentRecord.Status.allCases {
            let put: Result<ConsentRecord, Refusal> = try bench.ask { answer in
                book.put(phone, .sms, .express, status, actor: "o") { answer($0) }
            }
            let found = try bench.ask { book.find(id, $0) }.get()
            #expect(try found == put.get() && found?.status == status)
        }
        #expect(book.ids(phone).count == 6 && book.ids(phone).contains(id))
        #expect(book.id(phone, .sms, .transactional) != id && book.id(phone, .voice, .express) != id)
        #expect(bench.audit.words == ["consent.changed ok", "consent.changed ok"])
        bench.audit.keeps = false
        let refused: Result<ConsentRecord, Refusal> = try bench.ask { answer in
            book.put(phone, .sms, .express, .granted, actor: "o") { answer($0) }
        }
        #expect(refused == .failure(.auditUnavailable))
    }

    @Test("records at rest are read back whole or not at all, and a bare entry has no address")
    func codecs() throws {
        let id = RecordID(high: 3, low: 4)
        let entry = SuppressionEntry(id: id, try address("a@b.example"), reason: "r", at: WallTime(seconds: 5))
        RecordDamage.check(entry.bytes) { bytes throws(RecordFault) in
            try SuppressionEntry(StoreRecord(id: id, value: bytes)).bytes
        }
        #expect(!entry.bare.bytes.text.contains("b.example") && entry.bare.kind == .email && entry.bare.id == id)
        let consent = ConsentRecord(
            id: id, try address("telegram:7"), channel: .telegram, type: .express, status: .granted,
            at: WallTime(seconds: 5))
        RecordDamage.check(consent.bytes) { bytes throws(RecordFault) in
            try ConsentRecord(StoreRecord(id: id, value: bytes)).bytes
        }
    }

    @Test("ids are keyed: another gateway's key gives others, and one purpose is not another")
    func ids() throws {
        let phone = try address("+15550100")
        let (own, foreign) = (PersonNames(secret: SecretBytes([1])), PersonNames(secret: SecretBytes([2])))
        #expect(own.id("dnc", phone) != foreign.id("dnc", phone))
        #expect(own.id("dnc", phone) != own.id("consent", phone))
        #expect(own.id("dnc", phone, "a", "b") != own.id("dnc", phone, "ab"))
        #expect(own.name(phone.bytes).count == 16)
    }
}
