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

    @Test("of any who make one agent at the same moment, at two gateways, one has made it")
    func crowd() throws {
        let table = MemoryTable()
        let (one, two) = (
            try DeskBench(table, isShared: true).started(), try DeskBench(table, isShared: true, seed: 77).started()
        )
        var answers: [Refusal?] = []
        for number in 0..<10 {
            var made = try account("a")
            made.name = "N\(number)"
            one.desk.create(made, actor: "orchestrator") { answers.append($0) }
            made.channels = [.voice]
            two.desk.create(made, actor: "orchestrator") { answers.append($0) }
        }
        for bench in [one, two] { bench.rig.run(for: .seconds(2)) }
        #expect(answers.count == 20 && answers.filter { $0 == nil }.count == 1)
        #expect(answers.allSatisfy { $0 == nil || $0 == .exists })
        // The first that the store heard of is the agent, and both gateways know it as one.
        let id = try #require(AgentID("a".utf8))
        for bench in [one, two] { bench.rig.run(for: .seconds(2)) }
        #expect(one.accounts[id]?.name == "N0" && one.accounts[id]?.channels == [.sms, .email])
        #expect(two.accounts[id] == one.accounts[id] && one.accounts.mirror.count == 1)
        // Who was told of and did not come is told of again.
        #expect(one.audit.words.filter { $0 == "agent.changed exists" }.count == 9)
        #expect(two.audit.words.filter { $0 == "agent.changed exists" }.count == 10)
        let again = try account("a")
        #expect(try two.ask { two.desk.create(again, actor: "orchestrator", $0) } == .exists)
    }

    @Test("a token that is minted while its agent is made leaves the agent as it was made")
    func mintedMeanwhile() throws {
        let bench = try DeskBench().started()
        let made = try account("a")
        var (refusals, minted): ([Refusal?], [Result<AgentDesk.Minted, Refusal>]) = ([], [])
        bench.desk.create(made, actor: "orchestrator") { refusals.append($0) }
        for _ in 0..<3 {
            bench.desk.mint(made.id, label: nil, scopes: nil, life: .days(1), actor: "o") { minted.append($0) }
        }
        bench.rig.run(for: .seconds(2))
        #expect(refusals == [nil] && minted.count == 3)
        #expect(bench.accounts[made.id] == made)
        for result in minted {
            let text = try result.get().text
            #expect(bench.verify(text)?.agent == made.id)
        }
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

    @Test("each limit has a place of its own in the store, which never changes")
    func places() {
        var limits = AgentLimits()
        for (place, member) in AgentLimits.Member.allCases.enumerated() { limits[member] = place }
        var (written, expected) = (RecordWriter(version: 1), RecordWriter(version: 1))
        limits.write(to: &written)
        expected.list([Int64](0...5)) { writer, value in writer.optional(value) { $0.word($1) } }
        #expect(written.bytes == expected.bytes)
        #expect(AgentLimits.Member.allCases.map(\.rawValue) == [
            "per_minute", "per_hour", "per_day", "calls_per_day_same_number", "spend_per_day", "spend_per_month",
        ])
    }

    @Test("money is dollars with at most two decimals, never a fraction of a cent", arguments: [
        ("0", 0), ("10", 1_000), ("10.5", 1_050), ("10.50", 1_050), ("0.07", 7), ("1e3", nil), ("-1", nil),
        ("1.005", nil), ("1.", nil), ("", nil), ("9999999999", nil),
    ] as [(String, Int?)])
    func money(_ row: (text: String, cents: Int?)) {
        #expect(DollarText.cents([UInt8](text: row.text)[...]) == row.cents)
    }
}
