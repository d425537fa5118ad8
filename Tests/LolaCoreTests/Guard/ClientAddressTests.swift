// Whose request it is: forged headers never change it, real ones from trusted proxies do.
import Testing

@testable import LolaCore

@Suite("Client address")
struct ClientAddressTests {
    private func address(
        _ peer: String, _ fields: [(String, String)], trusted: [CIDR] = GuardFixture.blocks("10.0.0.0/8", "fd00::/8")
    ) throws -> String {
        let head = try GuardFixture.head("GET /", fields)
        return ClientAddress(trusted: trusted).address(of: head, from: GuardFixture.address(peer)).text
    }

    @Test("the walk over trusted proxies", arguments: [
        // Peer, lines of the header, who it is.
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"), ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"), ("10.0.0.1", ["203.0.113.9, 10.1.1.1"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9, 10.1.1.1"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"), ("10.0.0.1", ["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9", "10.1.1.1, 10.1.1.2"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9, nonsense, 10.1.1.1"], "10.1.1.1"),
        ("10.0.0.1", ["203.0.113.9,"], "10.0.0.1"), ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"), ("10.0.0.1", ["203.0.113.9:443"], "10.0.0.1"),
        ("10.0.0.1", ["\t 203.0.113.9 \t"], "203.0.113.9"), ("10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9, ::ffff:10.1.1.1"], "203.0.113.9"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("fd00::1", ["2001:db8::7"], "2001:db8::7"), ("fd00::1", ["2001:DB8:0:0::7"], "2001:db8::7"),
        ("fe80::1", ["2001:db8::7"], "fe80::1"),
    ] as [(String, [String], String)])
    func walk(_ row: (peer: String, lines: [String], whose: String)) throws {
        #expect(try address(row.peer, row.lines.map { ("X-Forwarded-For", $0) }) == row.whose)
        #expect(try address(row.peer, row.lines.map { ("x-forwarded-FOR", $0) }) == row.whose)
    }

    @Test("other headers about the sender are never read")
    func others() throws {
        for name in ["Forwarded", "X-Real-IP", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP", "X-Forwarded"] {
            #expect(try address("10.0.0.1", [(name, "203.0.113.9")]) == "10.0.0.1", "\(name)")
            #expect(try address("10.0.0.1", [(name, "for=203.0.113.9"), ("X-Forwarded-For", "1.1.1.1")]) == "1.1.1.1")
        }
    }

    @Test("a chain longer than any real one ends at the last hop that is walked over")
    func long() throws {
        let chain = ["203.0.113.9"] + (0..<Limits.forwardedHopsMax).map { "10.9.0.\($0)" }
        #expect(try address("10.0.0.1", [("X-Forwarded-For", chain.joined(separator: ","))]) == "10.9.0.0")
        let whole = chain.dropFirst().dropLast()
        let text = (["203.0.113.9"] + whole).joined(separator: ",")
        #expect(try address("10.0.0.1", [("X-Forwarded-For", text)]) == "203.0.113.9")
    }

    @Test("a thousand forged combinations never change the address: neither without proxies nor left of the real hop")
    func forged() throws {
        let random = SimRandom(seed: 20_261_121)
        let names = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "x-forwarded-for", "Via"]
        let pieces = [
            "10.0.0.1", "127.0.0.1", "::1", "1.2.3.4", "for=\"[2001:db8::1]\"", "unknown", "_hidden", "", " ",
            "10.0.0.1:80",
            "::ffff:127.0.0.1", "0.0.0.0", "999.1.1.1", "fd00::1", "203.0.113.9", "%31", "10.0.0.1;proto=https",
        ]
        for _ in 0..<1_000 {
            var fields: [(String, String)] = []
            for _ in 0..<random.between(1, 5) {
                let value = (0..<random.between(1, 6)).map { _ in random.pick(pieces) }.joined(separator: ",")
                fields.append((random.pick(names), value))
            }
            // Somebody from outside: nothing of it is believed.
            #expect(try address("198.51.100.7", fields) == "198.51.100.7")
            #expect(try address("198.51.100.7", fields, trusted: []) == "198.51.100.7")
            // Through the proxy, which appends whom it sees: the forged part stands to the left.
            #expect(try address("10.0.0.1", fields + [("X-Forwarded-For", "198.51.100.7")]) == "198.51.100.7")
        }
    }

    @Test("filters: blocks of both families, mapped addresses, and /0")
    func filters() {
        let filters = AddressFilters(
            denylist: GuardFixture.blocks("203.0.113.0/24", "::ffff:198.51.100.0/120", "2001:db8::/32"),
            adminAllowlist: GuardFixture.blocks("0.0.0.0/0"))
        let denied = ["203.0.113.0", "203.0.113.255", "198.51.100.1", "::ffff:203.0.113.4", "2001:db8:ffff::1"]
        for text in denied { #expect(filters.denies(GuardFixture.address(text)), "\(text)") }
        for text in ["203.0.112.255", "203.0.114.0", "::1", "2001:db9::1"] {
            #expect(!filters.denies(GuardFixture.address(text)), "\(text)")
        }
        #expect(filters.mayAdminister(GuardFixture.address("::ffff:8.8.8.8")))
        #expect(!filters.mayAdminister(GuardFixture.address("2001:db8::1")))
        let all = AddressFilters(denylist: GuardFixture.blocks("::/0"), adminAllowlist: [])
        #expect(all.denies(GuardFixture.address("2001:db8::1")) && !all.denies(GuardFixture.address("8.8.8.8")))
        #expect(all.mayAdminister(GuardFixture.address("8.8.8.8")))
    }

    @Test("addresses and blocks are written as operators write them", arguments: [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:0:0:0:0:1", "2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1::/64"),
        ("::1", "::1", "::/64"), ("::", "::", "::/64"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3", "1:0:0:2::/64"),
        ("fe80:0:1::", "fe80:0:1::", "fe80:0:1::/64"),
    ])
    func texts(_ row: (given: String, address: String, block: String)) throws {
        let address = GuardFixture.address(row.given)
        #expect(address.text == row.address)
        let block = AddressBlock(address)
        #expect(block.text == row.block)
        #expect(AddressBlock(octets: block.octets) == block)
        #expect(AddressBlock(octets: [1, 2, 3]) == nil)
    }

    @Test("names of blocks are SipHash-2-4 of their octets")
    func names() {
        // The vectors of the reference implementation: key 00…0f, message 00, 00 01, …
        let key = AddressKey(SecretBytes((0..<16).map { UInt8($0) }))
        #expect(key.hash(0, count: 0) == 0x726F_DB47_DD0E_0E31)
        #expect(key.hash(0x03_02_01_00, count: 4) == 0xCF27_94E0_2771_87B7)
        #expect(key.hash(0x07_06_05_04_03_02_01_00, count: 8) == 0x93F5_F579_9A93_2462)
        #expect(key.name(AddressBlock(IPAddress([0, 1, 2, 3]))) == 0xCF27_94E0_2771_87B7)
        let wide = IPAddress([0, 1, 2, 3, 4, 5, 6, 7, 9, 9, 9, 9, 9, 9, 9, 9])
        #expect(key.name(AddressBlock(wide)) == 0x93F5_F579_9A93_2462)
        let other = AddressKey(SecretBytes([UInt8](repeating: 1, count: 16)))
        #expect(other.name(AddressBlock(wide)) != key.name(AddressBlock(wide)))
    }
}
