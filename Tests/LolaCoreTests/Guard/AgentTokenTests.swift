// Agent tokens: how they are written, what of them is kept, when they let somebody in.
import Testing

@testable import LolaCore

@Suite("Agent tokens")
struct AgentTokenTests {
    @Test("CRC-32 and base 62 give the published values")
    func parts() {
        #expect(CRC32.of("123456789".utf8) == 0xCBF4_3926)
        #expect(CRC32.of([]) == 0)
        #expect(Base62.encode([0, 0], count: 3).text == "000")
        #expect(Base62.encode([61], count: 2).text == "0z" && Base62.encode([62], count: 2).text == "10")
        let most = Base62.encode([UInt8](repeating: 0xFF, count: 32), count: 43)
        #expect(most.text == "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1")
    }

    @Test("a token has one spelling: any other character, length or checksum is none")
    func spelling() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<200 {
            let text = AgentTokenText.make((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
            #expect(text.count == AgentTokenText.count && text.text.hasPrefix("lola_at_"))
            #expect(AgentTokenText.isWellFormed(text[...]))
            #expect(AgentTokenText.isWellFormed(([0x20] + text)[1...]))
            var other = text
            let place = Int.random(in: text.indices, using: &random)
            other[place] = other[place] == 0x61 ? 0x62 : 0x61
            #expect(!AgentTokenText.isWellFormed(other[...]))
            for wrong in [text + [0x30], Array(text.dropLast()), [], [0x20] + text, Array(text.reversed())] {
                #expect(!AgentTokenText.isWellFormed(wrong[...]))
            }
        }
        let zero = AgentTokenText.make([UInt8](repeating: 0, count: 32))
        #expect(zero.text.hasPrefix("lola_at_" + String(repeating: "0", count: 43)))
        #expect(AgentTokenText.isWellFormed(zero[...]))
    }

    @Test("two tokens made of other bits are other tokens")
    func different() {
        var seen: Set<[UInt8]> = []
        for bit in 0..<256 {
            var entropy = [UInt8](repeating: 0, count: 32)
            entropy[bit / 8] = 1 << UInt8(bit % 8)
            seen.insert(AgentTokenText.make(entropy))
        }
        #expect(seen.count == 256)
    }

    @Test("a minted token lets its agent in, and nothing of it but the digest is kept")
    func minted() throws {
        let table = MemoryTable()
        let bench = try DeskBench(table).started()
        let minted = try bench.mint("concierge", scopes: [.ping, .sendMessage])
        let standing = try #require(bench.verify(minted.text))
        #expect(standing.agent.text == "concierge" && standing.token == minted.token.id)
        #expect(standing.scopes == ["comms_ping", "comms_send_message"])
        #expect(bench.accounts[minted.token.agent]?.status == .active)
        let record = minted.token.bytes.text
        #expect(!record.contains(minted.text.suffix(20).text))
        #expect(minted.token.digest == Digest.sha256(minted.text))
        #expect(!bench.audit.text.contains(minted.text.suffix(20).text))
        #expect(bench.audit.words == ["token.minted ok"])
    }

    @Test("expired, revoked, wrong and of another store: nobody is let in, and all are one answer")
    func refused() throws {
        let bench = try DeskBench().started()
        let short = try bench.mint("a", life: .seconds(30))
        let gone = try bench.mint("a")
        let other = try DeskBench(seed: 9).started().mint("a")
        #expect(bench.verify(short.text) != nil && bench.verify(gone.text) != nil)
        #expect(bench.verify(other.text) == nil || other.text == short.text)
        let generation = bench.tokens.generation
        #expect(try bench.ask { bench.desk.revoke(gone.token.id, actor: "orchestrator", $0) } == nil)
        #expect(bench.verify(gone.text) == nil && !bench.tokens.stands(gone.token.id, at: bench.rig.clock.wall))
        #expect(bench.tokens.generation > generation)
        #expect(try bench.ask { bench.desk.revoke(gone.token.id, actor: "orchestrator", $0) } == nil)
        let unknown = RecordID(high: 1, low: 1)
        #expect(try bench.ask { bench.desk.revoke(unknown, actor: "orchestrator", $0) } == Refusal.routeUnknown)
        bench.rig.run(for: .seconds(31))
        #expect(bench.verify(short.text) == nil && !bench.tokens.stands(short.token.id, at: bench.rig.clock.wall))
        #expect(bench.verify([UInt8](text: "lola_at_")) == nil && bench.verify([]) == nil)
        #expect(bench.audit.words == ["token.minted ok", "token.minted ok", "token.revoked ok"])
    }

    @Test("without a kept audit record nothing is made and nothing ends")
    func audited() throws {
        let bench = try DeskBench().started()
        let minted = try bench.mint("a")
        bench.audit.keeps = false
        #expect(throws: Refusal.auditUnavailable) { try bench.mint("b") }
        #expect(try bench.ask { bench.desk.revoke(minted.token.id, actor: "orchestrator", $0) } == .auditUnavailable)
        #expect(bench.verify(minted.text) != nil && bench.tokens.mirror.count == 1)
    }

    @Test("a store that is away refuses, and memory keeps what is true")
    func away() throws {
        let bench = try DeskBench().started()
        let minted = try bench.mint("a")
        bench.bare.isAway = true
        #expect(throws: Refusal.storeUnavailable) { try bench.mint("b") }
        #expect(try bench.ask { bench.desk.revoke(minted.token.id, actor: "orchestrator", $0) } == .storeUnavailable)
        #expect(bench.verify(minted.text) != nil)
    }

    @Test("tokens, revocations and agents are there again after a restart")
    func restart() throws {
        let table = MemoryTable()
        let first = try DeskBench(table).started()
        let (kept, gone) = (try first.mint("a", scopes: [.getTicket]), try first.mint("a"))
        #expect(try first.ask { first.desk.revoke(gone.token.id, actor: "orchestrator", $0) } == nil)
        let second = try DeskBench(table)
        #expect(second.verify(kept.text) == nil, "nobody is let in before the room is read")
        #expect(!second.tokens.isReady)
        _ = try second.started()
        #expect(second.verify(kept.text)?.scopes == ["lola_get_ticket"] && second.verify(gone.text) == nil)
        #expect(second.tokens.mirror.count == 2 && second.accounts.mirror.count == 1)
    }

    @Test("a token revoked at one gateway ends at the other within a second")
    func gateways() throws {
        let table = MemoryTable()
        let (one, two) = (
            try DeskBench(table, isShared: true).started(), try DeskBench(table, isShared: true, seed: 77).started()
        )
        let minted = try one.mint("a")
        two.rig.run(for: .seconds(1))
        #expect(two.verify(minted.text) != nil)
        #expect(try one.ask { one.desk.revoke(minted.token.id, actor: "orchestrator", $0) } == nil)
        let generation = two.tokens.generation
        two.rig.run(for: .seconds(1))
        #expect(two.verify(minted.text) == nil && two.tokens.generation > generation)
    }

    @Test("a shared store that nobody hears of lets nobody in, until it is there again")
    func stale() throws {
        let bench = try DeskBench(isShared: true).started()
        let minted = try bench.mint("a")
        bench.bare.isAway = true
        bench.rig.run(for: Limits.mirrorStaleMax - .seconds(1))
        #expect(bench.tokens.isReady && bench.verify(minted.text) != nil)
        bench.rig.run(for: .seconds(2))
        #expect(!bench.tokens.isReady && bench.verify(minted.text) == nil)
        bench.bare.isAway = false
        bench.rig.run(for: .seconds(1))
        #expect(bench.tokens.isReady && bench.verify(minted.text) != nil)
    }

    @Test("an embedded store is asked no more once everything is read")
    func quiet() throws {
        let bench = try DeskBench().started()
        let asked = bench.bare.asked
        bench.rig.run(for: .minutes(5))
        #expect(bench.bare.asked == asked)
    }

    @Test("a start waits for a store that does not answer yet")
    func late() throws {
        let bench = try DeskBench()
        bench.bare.isAway = true
        bench.keeper.start()
        bench.rig.run(for: .seconds(20))
        #expect(!bench.desk.isReady)
        bench.bare.isAway = false
        #expect(bench.rig.run(for: .seconds(2)) { bench.desk.isReady })
    }

    @Test("other gateways hear of an erasure, and only of one that came later")
    func watched() throws {
        let table = MemoryTable()
        _ = table.apply(.put(Erasure.mark, [1], expires: nil), at: SimClock().wall)
        let bench = try DeskBench(table, isShared: true).started()
        bench.rig.run(for: .seconds(2))
        #expect(bench.told.keys.isEmpty)
        _ = table.apply(.put(Erasure.mark, [2], expires: nil), at: bench.rig.clock.wall)
        bench.rig.run(for: .seconds(1))
        #expect(bench.told.keys == [Erasure.mark])
    }

    @Test("the last use is noted in memory, written once a minute, and survives a restart")
    func uses() throws {
        let table = MemoryTable()
        let bench = try DeskBench(table).started()
        let minted = try bench.mint("a")
        TokenUseKeeper(bench.rig.loop, bench.store, bench.tokens).start()
        let asked = bench.bare.asked
        for _ in 0..<100 { #expect(bench.verify(minted.text) != nil) }
        let used = bench.rig.clock.wall
        #expect(bench.bare.asked == asked)
        #expect(try bench.ask { bench.desk.lastUse(of: minted.token.id, $0) } == used)
        bench.rig.run(for: Limits.tokenUseInterval + .seconds(1))
        #expect(bench.bare.asked == asked + 2)
        bench.rig.run(for: .minutes(10))
        #expect(bench.bare.asked == asked + 2, "nothing is written when nothing was used")
        let second = try DeskBench(table).started()
        #expect(try second.ask { second.desk.lastUse(of: minted.token.id, $0) } == used)
        #expect(second.tokens.mirror.count == 1, "a use is no token")
        #expect(try second.ask { second.desk.lastUse(of: RecordID(high: 5, low: 5), $0) } == nil)
    }

    @Test("a record at rest is read back whole or not at all, and only under its own id")
    func codec() throws {
        var token = AgentToken(
            digest: Digest.sha256([1]), agent: try #require(AgentID("a".utf8)), label: "l", scopes: [.ping],
            created: WallTime(seconds: 1), expires: WallTime(seconds: 2))
        token.revoked = WallTime(seconds: 3)
        let id = token.id
        RecordDamage.check(token.bytes) { bytes throws(RecordFault) in
            try AgentToken(StoreRecord(id: id, value: bytes)).bytes
        }
        let bytes = token.bytes
        #expect(throws: RecordFault.malformed) {
            try AgentToken(StoreRecord(id: RecordID(high: 1, low: 1), value: bytes))
        }
        #expect(AgentToken.use(AgentToken.useBytes(WallTime(seconds: 9))) == WallTime(seconds: 9))
        #expect(AgentToken.use(token.bytes) == nil && AgentToken.use([]) == nil)
    }

    @Test("as many tokens as may be kept: one more is refused, until one that is over makes room")
    func quota() throws {
        let bench = try DeskBench().started()
        let now = bench.rig.clock.wall
        let agent = try #require(AgentID("a".utf8))
        for number in 0..<Limits.agentTokensMax {
            var digest = [UInt8](repeating: 0, count: 32)
            (digest[0], digest[1], digest[2]) = (UInt8(number & 255), UInt8(number >> 8 & 255), UInt8(number >> 16))
            let token = AgentToken(
                digest: digest, agent: agent, label: nil, scopes: nil, created: now,
                expires: now + (number == 0 ? .seconds(1) : .days(300)))
            bench.tokens.mirror.set(token.id, token)
        }
        #expect(throws: Refusal.quotaReached) { try bench.mint("b") }
        #expect(bench.tokens.count(of: agent, at: now) == Limits.agentTokensMax)
        bench.rig.run(for: Limits.agentTokenRetention + .minutes(1))
        #expect(try bench.mint("b").token.agent.text == "b")
    }
}
