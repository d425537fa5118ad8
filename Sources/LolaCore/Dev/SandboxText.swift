// Reading texts that the gateway sent to a sandbox channel: lengths in the units the real channels count, and
// members that must be there. Used by SandboxGraph and SandboxTelegram.

enum SandboxText {
    /// Unicode scalars, as WhatsApp counts.
    static func scalars(_ text: [UInt8]) -> Int { text.count { $0 & 0xC0 != 0x80 } }

    /// UTF-16 units, as Telegram counts: scalars above U+FFFF are two.
    static func units(_ text: [UInt8]) -> Int { scalars(text) + text.count { $0 >= 0xF0 } }
}

extension JSONView {
    /// The text of a member when it is a string of 1 to `max` scalars.
    func sandboxText(_ key: StaticString, max: Int) -> [UInt8]? {
        guard let text = self[key]?.textBytes, !text.isEmpty, SandboxText.scalars(text) <= max else { return nil }
        return text
    }
}
