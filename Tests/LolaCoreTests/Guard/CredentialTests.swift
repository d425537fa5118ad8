// Credentials of providers: sealed under keys of their own, bound to their name and version, never shown again.
import Testing

@testable import LolaCore

@Suite("Provider credentials")
struct CredentialTests {
    private static func keys(_ octets: UInt8...) throws -> CredentialKeys {
        try CredentialKeys(octets.map { SealFixture.secret($0) }, entropy: CountingEntropy(from: 9, step: 7))
    }

    private func desk(_ bench: DeskBench, _ keys: CredentialKeys?) -> CredentialDesk {
        CredentialDesk(bench.rig.loop, store: bench.store, audit: bench.audit, keys: keys)
    }

    private func set(
        _ bench: DeskBench, _ desk: CredentialDesk, _ name: String, _ value: String
    ) throws -> Result<ProviderCredential, Refusal> {
        try bench.ask { answer in desk.set("twilio", name, [UInt8](text: value), actor: "o") { answer($0) } }
    }

    private func value(_ bench: DeskBench, _ desk: CredentialDesk, _ name: String) throws -> String? {
        let found: Result<SecretBytes?, Refusal> = try bench.ask { answer in desk.value("twilio", name) { answer($0) } }
        return try found.get()?.withBytes { [UInt8](copying: $0).text }
    }

    @Test("a value is read by who calls the provider, shown by its last four characters, and counted")
    func kept() throws {
        let bench = try DeskBench()
        let desk = desk(bench, try Self.keys(1))
        let first = try set(bench, desk, "auth_token", "0123456789abcdef-secret-1111").get()
        let second = try set(bench, desk, "auth_token", "0123456789abcdef-secret-2222").get()
        #expect(first.version == 1 && second.version == 2 && first.id == second.id)
        #expect(try value(bench, desk, "auth_token") == "0123456789abcdef-secret-2222")
        #expect(try value(bench, desk, "other") == nil)
        #expect(desk.mask(second) == "****2222")
        #expect(desk.mask(try set(bench, desk, "short", "12345678").get()) == "****")
        #expect(!second.bytes.text.contains("secret") && !bench.audit.text.contains("secret"))
        #expect(bench.audit.events.allSatisfy { $0.action == .credentialChanged && $0.subject.hasPrefix("twilio/") })
    }

    @Test("a value moved to another name, provider or version does not open")
    func bound() throws {
        let keys = try Self.keys(1)
        let sealed = keys.seal([7], "twilio", "a", 1)
        func opens(_ provider: String, _ name: String, _ version: UInt64, _ sealed: [UInt8]) -> Bool {
            keys.open(ProviderCredential(
                provider: provider, name: name, version: version, updated: WallTime(seconds: 1), sealed: sealed)) == [7]
        }
        #expect(opens("twilio", "a", 1, sealed))
        #expect(!opens("twilio", "b", 1, sealed) && !opens("resend", "a", 1, sealed))
        #expect(!opens("twilio", "a", 2, sealed))
        #expect(!opens("twilioa", "", 1, sealed) && !opens("twilio", "a", 1, []))
        for place in sealed.indices {
            var other = sealed
            other[place] ^= 1
            #expect(!opens("twilio", "a", 1, other))
        }
    }

    @Test("without a key nothing can be set or read; with another one nothing opens")
    func noKey() throws {
        let bench = try DeskBench()
        let made = try set(bench, desk(bench, try Self.keys(1)), "a", "0123456789abcdef").get()
        let blind = desk(bench, nil)
        #expect(try set(bench, blind, "a", "x") == .failure(.credentialsKeyMissing))
        #expect(throws: Refusal.credentialsKeyMissing) { try value(bench, blind, "a") }
        #expect(blind.mask(made) == nil && !blind.hasKeys)
        let other = desk(bench, try Self.keys(2))
        #expect(throws: Refusal.recordUnreadable) { try value(bench, other, "a") }
        #expect(other.mask(made) == nil)
    }

    @Test("a rotation brings everything under the first key and says what it could not open")
    func rotate() throws {
        let bench = try DeskBench()
        let old = desk(bench, try Self.keys(1))
        for name in ["a", "b", "c"] { _ = try set(bench, old, name, "value of \(name)").get() }
        _ = try set(bench, desk(bench, try Self.keys(3)), "lost", "x").get()
        let both = desk(bench, try Self.keys(2, 1))
        _ = try set(bench, both, "d", "value of d").get()
        func rotation() throws -> [Int] {
            let done: Result<CredentialDesk.Rotation, Refusal> = try bench.ask { answer in
                both.rotate(actor: "o") { answer($0) }
            }
            return [try done.get().renewed, try done.get().current, try done.get().unreadable]
        }
        #expect(try rotation() == [3, 1, 1])
        #expect(try rotation() == [0, 4, 1])
        let new = desk(bench, try Self.keys(2))
        for name in ["a", "b", "c", "d"] { #expect(try value(bench, new, name) == "value of \(name)") }
    }

    @Test("what is removed is gone; names are what a path and a log can hold")
    func names() throws {
        let bench = try DeskBench()
        let desk = desk(bench, try Self.keys(1))
        let made = try set(bench, desk, "a", "v").get()
        #expect(try bench.ask { desk.remove(made.id, actor: "o", $0) } == nil)
        #expect(try bench.ask { desk.remove(made.id, actor: "o", $0) } == .routeUnknown)
        #expect(try value(bench, desk, "a") == nil)
        for name in ["a", "auth_token", "x.y-z", "0"] { #expect(ProviderCredential.isName([UInt8](text: name))) }
        for name in ["", "A", "-a", "a b", "a/b", "é", "a\n", String(repeating: "a", count: 65)] {
            #expect(!ProviderCredential.isName([UInt8](text: name)))
        }
        RecordDamage.check(made.bytes) { bytes throws(RecordFault) in
            try ProviderCredential(StoreRecord(id: made.id, value: bytes)).bytes
        }
    }
}
