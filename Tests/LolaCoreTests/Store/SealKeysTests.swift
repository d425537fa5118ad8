// The ring: the first key seals, all open, and a new first key takes over what the old one sealed.
import Testing

@testable import LolaCore

@Suite("Seal keys")
struct SealKeysTests {
    private let record = StoreKey(.state, SealFixture.id(1))

    @Test("the octets are key id, nonce, ciphertext and tag, bound to room and id")
    func form() throws {
        let ring = try SealFixture.keys(1)
        let sealed = ring.seal([1, 2, 3], for: record)
        let key = try HKDF.sha256(
            secret: SealFixture.secret(1), salt: [], info: [UInt8](text: "lola seal v1"), count: 32)
        let nonce = [UInt8](1...12)
        let cipher = AESGCM(key: key).seal([1, 2, 3], nonce: nonce, aad: [7] + record.id.bytes)
        #expect(Array(sealed[4..<16]) == nonce && Array(sealed[16...]) == cipher)
        #expect(ring.open(sealed, of: record) == [1, 2, 3])
    }

    @Test("the same value is never sealed twice alike, and seals are counted")
    func nonces() throws {
        let ring = try SealFixture.keys(1)
        var seen: Set<[UInt8]> = []
        for _ in 0..<20 { seen.insert(ring.seal([1], for: record)) }
        #expect(seen.count == 20 && ring.sealCount == 20)
    }

    @Test("all keys open, the first seals")
    func ring() throws {
        let old = try SealFixture.keys(1).seal([5], for: record)
        let both = try SealFixture.keys(2, 1)
        #expect(both.open(old, of: record) == [5])
        #expect(!both.isCurrent(old))
        let new = both.seal([6], for: record)
        #expect(both.isCurrent(new))
        #expect(try SealFixture.keys(2).open(new, of: record) == [6])
        #expect(try SealFixture.keys(1).open(new, of: record) == nil)
        #expect(try SealFixture.keys(3, 2).open(old, of: record) == nil)
        #expect(try SealFixture.keys(1, 1).open(old, of: record) == [5])
    }

    @Test("no damage of a sealed value opens, and none traps")
    func damage() throws {
        let ring = try SealFixture.keys(1, 2)
        let sealed = ring.seal([UInt8](text: "state"), for: record)
        let alive = RecordDamage.check(sealed) { (bytes) throws(RecordFault) in
            guard ring.open(bytes, of: record) != nil else { throw .malformed }
            return bytes
        }
        #expect(alive == 0)
    }

    @Test("the rotation renews what stands under an older key, and leaves the rest")
    func rotation() throws {
        let old = try SealFixture.keys(1)
        let both = try SealFixture.keys(2, 1)
        var rotation = SealRotation(both)
        let before = old.seal([5], for: record)
        let after = try #require(renewed(before, &rotation))
        #expect(try SealFixture.keys(2).open(after, of: record) == [5])
        #expect(renewed(after, &rotation) == nil)
        #expect(rotation.renewed == 1 && rotation.unopened == 0)
        #expect(renewed(before, in: .contact, &rotation) == nil)
        #expect(renewed([], &rotation) == nil)
        #expect(rotation.renewed == 1 && rotation.unopened == 2)
        for room in [StoreRoom.meta, .seen, .progress, .suspect, .spent] {
            #expect(renewed([1], in: room, &rotation) == nil)
        }
        #expect(rotation.renewed == 1 && rotation.unopened == 2)
    }

    private func renewed(_ value: [UInt8], in room: StoreRoom = .state, _ rotation: inout SealRotation) -> [UInt8]? {
        rotation.renew(StoreKey(room, record.id), value)
    }
}
