import Testing

@testable import LolaCore

@Suite("Pseudonyms and lanes")
struct PseudonymsTests {
    private let pseudonyms = Pseudonyms(secret: SecretBytes([1, 2, 3]))

    @Test("ids are the first half of a keyed hash; the names in logs are their first digits")
    func names() {
        let message = TurnSample.telegram().message
        let names = pseudonyms.names(message)
        let key = HMACKey(.sha256, key: SecretBytes([1, 2, 3]))
        func code(_ text: String) -> [UInt8] { Array(key.code([UInt8](text: text)).prefix(16)) }
        #expect(names.messageID.bytes == code("telegram:wamid.A"))
        #expect(names.conversationID.bytes == code("telegram:1065:987654321"))
        #expect(names.senderID.bytes == code("telegram:987654321"))
        #expect(names.senderID == pseudonyms.sender(of: message))
        #expect(names.reference == Hex.encode(code("telegram:wamid.A")))
        #expect(names.message == Hex.encode(code("telegram:wamid.A").prefix(8)).text)
        #expect(names.conversation == Hex.encode(code("telegram:1065:987654321").prefix(8)).text)
        #expect(names.sender == Hex.encode(code("telegram:987654321").prefix(8)).text)
    }

    @Test("another key gives other names")
    func key() {
        let message = TurnSample().message
        let other = Pseudonyms(secret: SecretBytes([1, 2, 4])).names(message)
        #expect(other.messageID != pseudonyms.names(message).messageID)
        #expect(other.senderID != pseudonyms.names(message).senderID)
    }

    @Test("a record id is its octets, high first, and is ordered as they are")
    func recordID() {
        let octets = (1...16).map { UInt8($0) }
        let id = RecordID(digest: octets + [99])
        #expect(id == RecordID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10))
        #expect(id.bytes == octets && id.hex == [UInt8](text: "0102030405060708090a0b0c0d0e0f10"))
        #expect(id < RecordID(high: id.high, low: id.low + 1) && id < RecordID(high: id.high + 1, low: 0))
    }

    @Test("a conversation has one lane for ever, conversations fill all lanes, loops share the lanes")
    func lanes() {
        func conversation(_ number: Int) -> ConversationKey {
            ConversationKey(.whatsapp, own: [UInt8](text: "1065"), sender: [UInt8](text: "\(15_550_000 + number)"))
        }
        // From another implementation of FNV-1a, checked with its published vectors.
        #expect(ConversationKey(.whatsapp, own: [0x31], sender: [0x32]).lane == Lane(58))
        var counts = [Int](repeating: 0, count: Lane.count)
        for number in 0..<6_400 { counts[Int(conversation(number).lane.number)] += 1 }
        #expect(counts.allSatisfy { (50...200).contains($0) }, "\(counts)")
        #expect(Lane(64).number == 0 && Lane(-1).number == 63)
        let directory = LoopDirectory(mailboxes: (0..<5).map { _ in Mailbox(waker: SimWaker()) })
        for number in 0..<100 {
            #expect(directory.owner(of: conversation(number)) == Int(conversation(number).lane.number) % 5)
        }
    }
}
