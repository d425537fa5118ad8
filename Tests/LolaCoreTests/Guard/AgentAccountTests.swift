// Agents that act by themselves: registered once, switched off, limited; what is their own and what is everybody's.
import Testing

@testable import LolaCore

@Suite("Agent accounts")
struct AgentAccountTests {
    private func account(_ id: String) throws -> AgentAccount {
        AgentAccount(try #require(AgentID(id.utf8)), name: "N", channels: [.sms, .email], created: WallTime(seconds: 1))
    }

    @Test("an agent is registered once, and stays as it was over a restart")
    func create() throws {
        let table = MemoryTable()
        let bench = try DeskBench(table).started()
        let made = try account("a")
        #expect(try bench.ask { bench.desk.create(made, actor: "orchestrator", $0) } == nil)
        #expect(try bench.ask { bench.desk.create(made, actor: "orchestrator", $0) } == .exists)
        #expect(try DeskBench(table).started().accounts[made.id] == made)
        #expect(bench.audit.words == ["agent.changed ok"])
    }

    @Test("own limits stand over those of everybody, and go again")
    func limits() throws {
        let table = MemoryTable()
        let bench = try DeskBench(table).started()
        let made = try account("a")
        #expect(try bench.ask { bench.desk.create(made, actor: "orchestrator", $0) } == nil)
        func set(_ member: AgentLimits.Member, _ value: Int?) throws -> AgentAccount {
            try bench.ask { answer in
                bench.desk.update(made.id, .limitsChanged, actor: "o", { $0.limits[member] = value }, { answer($0) })
            }.get()
        }
        _ = try set(.perMinute, 3)
        let changed = try set(.spendPerMonth, 0)
        let effective = changed.limits.over(bench.accounts.defaults)
        #expect(effective[.perMinute] == 3 && effective[.spendPerDay] == 1_000 && effective[.spendPerMonth] == 0)
        #expect(effective[.perDay] == nil)
        #expect(try DeskBench(table).started().accounts[made.id] == changed)
        let back = try set(.perMinute, nil)
        #expect(back.limits.over(bench.accounts.defaults)[.perMinute] == 10)
        let unknown = try #require(AgentID("b".utf8))
        let missing: Result<AgentAccount, Refusal> = try bench.ask { answer in
            bench.desk.update(unknown, .limitsChanged, actor: "o", { _ in }, { answer($0) })
        }
        #expect(missing == .failure(.routeUnknown))
    }

    @Test("a record at rest is read back whole or not at all")
    func codec() throws {
        var whole = try account("concierge-1")
        whole.status = .inactive
        whole.limits[.perHour] = 7
        let record = AgentAccount.record(whole.id)
        let bytes = whole.bytes
        #expect(try AgentAccount(StoreRecord(id: record, value: bytes)) == whole)
        for count in bytes.indices {
            #expect((try? AgentAccount(StoreRecord(id: record, value: Array(bytes[..<count])))) == nil)
        }
        #expect(throws: RecordFault.malformed) {
            try AgentAccount(StoreRecord(id: RecordID(high: 1, low: 2), value: bytes))
        }
    }

    @Test("money is dollars with at most two decimals, never a fraction of a cent", arguments: [
        ("0", 0), ("10", 1_000), ("10.5", 1_050), ("10.50", 1_050), ("0.07", 7), ("1e3", nil), ("-1", nil),
        ("1.005", nil), ("1.", nil), ("", nil), ("9999999999", nil),
    ] as [(String, Int?)])
    func money(_ row: (text: String, cents: Int?)) {
        #expect(DollarText.cents([UInt8](text: row.text)[...]) == row.cents)
    }
}
