// One person, one address, whatever the spelling.
import Testing

@testable import LolaCore

@Suite("Person address")
struct PersonAddressTests {
    @Test("every spelling of an address is the same address", arguments: [
        (["+15550100", "1 555 0100", "tel:+1-555-0100", "0015550100", "whatsapp:15550100"], "+15550100"),
        (["+5215512345678", "+525512345678", "whatsapp:5215512345678"], "+525512345678"),
        (["Ana.B+x@Bank.EXAMPLE", "ana.b+x@bank.example"], "ana.b+x@bank.example"),
        (["telegram:1234"], "telegram:1234"), (["telegram:-100200"], "telegram:-100200"),
        (["whatsapp:US.1349"], "whatsapp:US.1349"),
    ])
    func spellings(_ row: (texts: [String], canonical: String)) throws {
        for text in row.texts {
            let address = try #require(PersonAddress([UInt8](text: text)), "\(text)")
            #expect(address.bytes.text == row.canonical)
            #expect(PersonAddress(address.bytes) == address)
        }
    }

    @Test("what is no address is none", arguments: [
        "", "abc", "12", "+1555010x", "@", "a@b", "a@@b.c", "a b@c.d", "a@b..c", ".a@b.c", "a.@b.c", "a@-b.c", "a@b.c-",
        "a@b.c\r\nBcc: x@y.z", "\"a\"@b.c", "añ@b.c", "telegram:", "telegram:0", "telegram:01", "telegram:x",
        "telegram:--1", "telegram:99999999999999999999", "whatsapp:", "whatsapp:<b>", "'; DROP TABLE dnc; --",
        "../../etc/passwd", "$(id)", "a@b.c,d@e.f",
    ])
    func none(text: String) {
        #expect(PersonAddress([UInt8](text: text)) == nil)
    }

    @Test("a text longer than any address is none")
    func long() {
        #expect(PersonAddress([UInt8](repeating: 0x31, count: 10_000)) == nil)
        #expect(PersonAddress([UInt8](text: String(repeating: "a", count: 65) + "@b.example")) == nil)
        #expect(PersonAddress([UInt8](text: "a@" + String(repeating: "b", count: 64) + ".example")) == nil)
    }

    @Test("a channel takes the addresses by which it reaches people")
    func channels() {
        let taken = AgentChannel.allCases.map { channel in PersonAddress.Kind.allCases.filter { channel.takes($0) } }
        #expect(taken == [[.phone], [.phone, .whatsappUser], [.telegram], [.email], [.phone]])
    }
}
