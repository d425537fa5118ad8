// Session tokens: what they say, who may have signed them, and how often keys are used.
import Testing

@testable import LolaCore

@Suite("Session tokens and the use of callback keys")
struct SessionTokenTests {
    private static let now = WallTime(seconds: 1_795_168_800)

    private static func tokens(
        _ pem: [UInt8], previous: [[UInt8]] = [], memory: SessionMemory = SessionMemory()
    ) throws -> SessionTokens {
        let terms = SessionTokens.Terms(
            issuer: [UInt8](text: TicketBench.base), life: .minutes(15), cipServicesURL: nil, themeURL: nil)
        return SessionTokens(
            terms, key: try ES256PrivateKey(pem: pem), previous: try previous.map { try ES256PublicKey(pem: $0) },
            entropy: CountingEntropy(), memory: memory)
    }

    private static func mint(_ tokens: SessionTokens, _ ticket: Ticket, at now: WallTime = now) throws -> [UInt8] {
        try tokens.mint(ticket, failureURL: [UInt8](text: "https://lola.example/callbacks/f"), at: now).token
    }

    @Test("the claims are those of the contract")
    func claims() throws {
        let bench = try TicketBench()
        let ticket = try bench.create()
        let session = try bench.session(ticket)
        let parts = session.token.split(separator: 0x2E)
        let header = try JSONDocument.parse(try #require(Base64.decode(parts[0]))).root
        let key = try ES256PrivateKey(pem: bench.pem).publicKey
        #expect(header["alg"]?.text == "ES256" && header["typ"]?.text == "JWT")
        #expect(header["kid"]?.textBytes == key.thumbprint && header.count == 3)
        let root = try JSONDocument.parse(try #require(Base64.decode(parts[1]))).root
        #expect(Set(root.members.map(\.key.text)) == [
            "iss", "aud", "sub", "ticket_id", "operation", "actions", "cip_services_url", "theme_url",
            "fail_callback_url", "iat", "nbf", "exp", "jti",
        ])
        #expect(root["iss"]?.text == TicketBench.base && root["aud"]?.text == "widget")
        #expect(root["sub"]?.textBytes == ticket.id.hex && root["ticket_id"]?.textBytes == ticket.id.hex)
        #expect(root["cip_services_url"]?.text == "https://cip.example" && root["theme_url"]?.isNull == true)
        #expect(root["fail_callback_url"]?.textBytes == session.failure)
        let (issued, end) = (root["iat"]?.integer ?? 0, root["exp"]?.integer ?? 0)
        #expect(root["nbf"]?.integer == issued && end - issued == 900 && session.expires == WallTime(seconds: end))
    }

    @Test("a session never outlives its ticket")
    func bounded() throws {
        let bench = try TicketBench()
        var order = TicketBench.order()
        order.life = .minutes(3)
        let ticket = try bench.create(order: order)
        #expect(try bench.session(ticket).expires == WallTime(seconds: ticket.expires.inSeconds))
    }

    @Test("sixty seconds of grace on both sides, no more", arguments: [
        (-61, false), (-59, true), (0, true), (959, true), (961, false),
    ])
    func skew(_ row: (offset: Int64, isGood: Bool)) throws {
        let ticket = try TicketBench().create()
        let tokens = try Self.tokens(try ES256PrivateKey.generatePEM())
        let token = try Self.mint(tokens, ticket)
        let at = WallTime(milliseconds: Self.now.milliseconds + row.offset * 1_000)
        let isGood = (try? tokens.verify(token, at: at)) != nil
        #expect(isGood == row.isGood)
    }

    @Test("a hundred rotations: sessions of the key before are good, of the key before that no more")
    func rotation() throws {
        let ticket = try TicketBench().create()
        var pems = [try ES256PrivateKey.generatePEM()]
        var tokens = try Self.tokens(pems[0])
        var before = try Self.mint(tokens, ticket)
        for _ in 0..<100 {
            pems.append(try ES256PrivateKey.generatePEM())
            let last = pems.count - 1
            tokens = try Self.tokens(pems[last], previous: [pems[last - 1]])
            #expect(try tokens.verify(before, at: Self.now).ticket == ticket.id)
            if last > 1 {
                let older = try Self.mint(try Self.tokens(pems[last - 2]), ticket)
                #expect(throws: JWTFault.keyUnknown) { try tokens.verify(older, at: Self.now) }
            }
            before = try Self.mint(tokens, ticket)
            #expect(try tokens.verify(before, at: Self.now).operation == ticket.operation)
        }
    }

    @Test("a token of an agent is no session")
    func otherAudience() throws {
        let pem = try ES256PrivateKey.generatePEM()
        let key = try ES256PrivateKey(pem: pem)
        let claims = #"{"iss":"\#(TicketBench.base)","aud":"sender_home","exp":1795168860,"nbf":1795168800}"#
        let token = try JWT.mint(claims: [UInt8](text: claims), key: key, kid: key.publicKey.thumbprint)
        #expect(throws: JWTFault.audience) { try Self.tokens(pem).verify(token, at: Self.now) }
    }

    // MARK: Known tokens

    @Test("a token that was made here is known; of every other the signature is computed")
    func known() throws {
        let ticket = try TicketBench().create()
        let memory = SessionMemory(capacity: 2)
        let pem = try ES256PrivateKey.generatePEM()
        let tokens = try Self.tokens(pem, memory: memory)
        let token = try Self.mint(tokens, ticket)
        #expect(memory.holds(token))
        // Signed by a key that nobody here trusts, and yet good: its every octet is known.
        let stranger = try Self.tokens(try ES256PrivateKey.generatePEM(), memory: memory)
        #expect(try stranger.verify(token, at: Self.now).ticket == ticket.id)
        // Without the memory the signature decides.
        #expect(try Self.tokens(pem).verify(token, at: Self.now).ticket == ticket.id)
        for place in token.indices {
            var altered = token
            altered[place] ^= 1
            #expect(!memory.holds(altered))
            #expect(throws: JWTFault.self) { try tokens.verify(altered, at: Self.now) }
        }
        let late = WallTime(seconds: Self.now.inSeconds + 961)
        #expect(throws: JWTFault.expired) { try tokens.verify(token, at: late) }
    }

    @Test("the oldest tokens are forgotten and still good")
    func forgotten() throws {
        let ticket = try TicketBench().create()
        let memory = SessionMemory(capacity: 3)
        let tokens = try Self.tokens(try ES256PrivateKey.generatePEM(), memory: memory)
        let made = try (0..<8).map { _ in try Self.mint(tokens, ticket) }
        #expect(made.map { memory.holds($0) } == [false, false, false, false, false, true, true, true])
        for token in made { #expect(try tokens.verify(token, at: Self.now).ticket == ticket.id) }
    }

    // MARK: Use of keys

    private static func use(_ bench: TicketBench) -> CallbackKeyUse {
        CallbackKeyUse(store: bench.store, makers: bench.tokens.makerIDs, alerts: bench.alerts)
    }

    /// What the store counts for the key that encrypts.
    private static func counter(_ bench: TicketBench) -> StoreKey {
        let name = [UInt8](text: "lola callback encryption use v1") + bench.tokens.makerIDs[0]
        return StoreKey(.meta, RecordID(digest: Digest.sha256(name)))
    }

    private static func add(_ amount: Int64, _ bench: TicketBench) -> StoreAnswer {
        bench.store.records.apply(.add(counter(bench), amount, within: .days(1)), at: bench.rig.clock.wall)
    }

    @Test("uses are counted in the store, a block at a time, on all loops")
    func counted() throws {
        let bench = try TicketBench()
        let (one, two) = (Self.use(bench), Self.use(bench))
        for _ in 0..<Int(Limits.callbackKeyUseStep) { #expect(try bench.wait { one.take(1, $0) } == nil) }
        #expect(Self.add(0, bench) == .sum(Limits.callbackKeyUseStep))
        #expect(try bench.wait { two.take(2, $0) } == nil)
        #expect(try bench.wait { one.take(2, $0) } == nil)
        #expect(Self.add(0, bench) == .sum(3 * Limits.callbackKeyUseStep))
        #expect(bench.alerts.raised.isEmpty)
    }

    @Test("an alert at 2^30, no token beyond 2^32, none while the store is away")
    func exhausted() throws {
        let bench = try TicketBench()
        _ = Self.add(Limits.callbackKeyUseAlarm, bench)
        #expect(try bench.wait { Self.use(bench).take(2, $0) } == nil)
        #expect(bench.alerts.raised == [.callbackKeyUse])
        _ = Self.add(Limits.callbackKeyUseMax, bench)
        #expect(try bench.wait { Self.use(bench).take(2, $0) } == .callbackKeyExhausted)
        bench.store.failures = 1
        #expect(try bench.wait { Self.use(bench).take(2, $0) } == .storeUnavailable)
    }

    @Test("the callback's own words come back, of both outcomes and of the longest operation")
    func callbackTokens() throws {
        let tokens = try TicketBench.tokens(SystemEntropyForTests())
        for outcome in CallbackEvent.Outcome.allCases {
            for operation in ["cip", "card", String(repeating: "o", count: Limits.operationNameMax.bytes)] {
                let token = CallbackToken(
                    ticket: RecordID(high: 1, low: .max), operation: [UInt8](text: operation), outcome: outcome,
                    expires: WallTime(milliseconds: 1_795_168_800_123))
                let (one, two) = (tokens.text(token), tokens.text(token))
                #expect(one != two && one.count == two.count && one.count == 175)
                #expect(tokens.read(one) == token && tokens.read(two) == token)
            }
        }
    }
}

private final class SystemEntropyForTests: Entropy {
    func bytes(_ count: Int) -> [UInt8] { SystemRandom.bytes(count) }
}
