import Testing

@testable import LolaCore

@Suite("Secrets, constant time, digests and random octets")
struct SecretBytesTests {
    @Test("a secret never prints itself")
    func printing() {
        let secret = SecretBytes([UInt8](text: "hunter2"))
        var dumped = ""
        dump(secret, to: &dumped)
        for shown in ["\(secret)", String(describing: secret), String(reflecting: secret), dumped] {
            #expect(!shown.contains("hunter2") && !shown.contains("104"), "\(shown)")
        }
        #expect("\(secret)" == "***")
    }

    @Test("a secret lends its octets and compares by content")
    func comparing() {
        let secret = SecretBytes([UInt8](text: "token"))
        #expect(secret.withBytes { $0.count } == 5 && secret.count == 5 && !secret.isEmpty)
        #expect(secret.equals([UInt8](text: "token")))
        #expect(secret.equals([UInt8](text: "a token here")[2..<7]))
        #expect(secret.equals(secret))
        #expect(secret.equals(SecretBytes([UInt8](text: "token"))))
        for other in ["", "toke", "tokem", "tokenn", "Token", "token\0"] {
            #expect(!secret.equals([UInt8](text: other)))
        }
        #expect(SecretBytes([]).equals([]) && SecretBytes([]).isEmpty)
        #expect(!SecretBytes([]).equals([0]))
    }

    @Test("what the owner of the original does with it does not reach the secret")
    func copying() {
        var original: [UInt8] = [1, 2, 3]
        let secret = SecretBytes(original)
        do { _ = SecretBytes(original) }
        #expect(original == [1, 2, 3], "wiping a secret does not wipe the array it was made from")
        original[0] = 9
        #expect(secret.equals([1, 2, 3]))
    }

    @Test("comparison in constant time tells every single differing octet", arguments: [0, 1, 7, 32, 65])
    func constantTime(count: Int) {
        let one = [UInt8](repeating: 0xA5, count: count)
        #expect(ConstantTime.equal(one, [UInt8](repeating: 0xA5, count: count)))
        #expect(!ConstantTime.equal(one, one + [0]))
        for index in 0..<count {
            var two = one
            two[index] ^= 1
            #expect(!ConstantTime.equal(one, two))
            #expect(!ConstantTime.equal(one[...], two[...]))
        }
    }

    @Test("SHA-256 of the empty text, of abc and of two blocks (FIPS 180-4 examples)", arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    ])
    func sha256(text: String, hex: String) {
        #expect(Hex.encode(Digest.sha256([UInt8](text: text))).text == hex)
    }

    @Test("random octets have the length asked for and do not repeat")
    func random() {
        #expect(SystemRandom.bytes(0) == [])
        var seen: Set<[UInt8]> = []
        for _ in 0..<1_000 { seen.insert(SystemRandom.bytes(16)) }
        #expect(seen.count == 1_000 && seen.allSatisfy { $0.count == 16 })
        #expect(SecretBytes.random(32).count == 32)
    }
}
