import Testing

@testable import LolaCore

@Suite("Address blocks: who is one caller")
struct AddressBlockTests {
    private func block(_ text: String) throws -> AddressBlock {
        AddressBlock(try #require(IPAddress(text: [UInt8](text: text))))
    }

    @Test("an IPv4 address is one caller, however it is written", arguments: [
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("192.0.2.1", "::ffff:192.0.2.1", true),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true), ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
        ("0.0.0.1", "::1:0:0:0:0", false), ("0.0.0.0", "::", false),
    ])
    func sameness(_ row: (one: String, other: String, isSame: Bool)) throws {
        #expect(try (block(row.one) == block(row.other)) == row.isSame)
    }

    @Test("its octets are the part that counts")
    func octets() throws {
        #expect(try block("192.0.2.1").octets == [192, 0, 2, 1])
        #expect(try block("2001:db8:1:2::1").octets == [0x20, 0x01, 0x0D, 0xB8, 0, 1, 0, 2])
    }
}
