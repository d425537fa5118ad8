// Keyed hashes of addresses: ids of do-not-contact and consent records, and the name of a subject in audit events. One
// per loop. Who has only the store cannot go back, and cannot tell which entries are of one person.

final class PersonNames {
    private let key: HMACKey

    /// `secret` is the key of `Pseudonyms`.
    init(secret: SecretBytes) { key = HMACKey(.sha256, key: secret) }

    /// The id of an address for one purpose, with further words that tell records of the purpose apart.
    func id(_ purpose: StaticString, _ address: PersonAddress, _ words: String...) -> RecordID {
        id(purpose, address.bytes, words)
    }

    /// 16 hex digits that stand for a person's address or conversation where people read.
    func name(_ text: [UInt8]) -> String { id("person", text, []).hex[..<16].text }

    /// Begins with an octet that no message, conversation or sender begins with.
    private func id(_ purpose: StaticString, _ text: [UInt8], _ words: [String]) -> RecordID {
        var input: [UInt8] = []
        input.reserveCapacity(2 + purpose.utf8CodeUnitCount + text.count + words.reduce(0) { $0 + 1 + $1.utf8.count })
        input.append(0x7C)
        input.append(word: purpose)
        input.append(0)
        input += text
        for word in words {
            input.append(0)
            input += word.utf8
        }
        let words = key.words(of: input.span)
        return RecordID(high: words.high, low: words.low)
    }
}
