// The small values of settings, good and bad.
import Testing

@testable import LolaCore

@Suite("Values of settings")
struct SettingsValuesTests {
    @Test(
        "addresses have one value each",
        arguments: [
            ("127.0.0.1", [127, 0, 0, 1]), ("::ffff:10.0.0.1", [10, 0, 0, 1]), ("::ffff:a00:1", [10, 0, 0, 1]),
            ("::1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), ("::", [UInt8](repeating: 0, count: 16)),
            ("2001:DB8::a", [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10]),
            ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
            ("1::", [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ] as [(String, [UInt8])])
    func addresses(text: String, octets: [UInt8]) {
        #expect(IPAddress(text: text.utf8)?.octets == octets)
    }

    @Test(
        "other spellings of an address are refused",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.-4", "0x7f.0.0.1", "2130706433", ":", ":1", "1:",
            ":::",
            "1::2::3", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "g::", "::1%lo", "[::1]",
            "::1.2.3",
            "1.2.3.4::", "::1.2.3.4:5",
        ])
    func notAddresses(text: String) {
        #expect(IPAddress(text: text.utf8) == nil)
    }

    @Test(
        "a block holds its addresses and no other",
        arguments: [
            ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/9", "10.128.0.0", false),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false), ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false), ("::/0", "8.8.8.8", false), ("::/0", "2001:db8::1", true),
            ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true), ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::1/128", "::1", true),
        ])
    func blocks(block: String, address: String, holds: Bool) throws {
        let block = try #require(CIDR(text: block.utf8))
        #expect(block.contains(try #require(IPAddress(text: address.utf8))) == holds)
    }

    @Test(
        "private addresses are those nobody outside can own",
        arguments: [
            ("127.0.0.1", true), ("10.1.1.1", true), ("172.16.0.1", true), ("172.31.255.255", true),
            ("172.32.0.1", false),
            ("192.168.9.9", true), ("169.254.1.1", true), ("8.8.8.8", false), ("::1", true), ("fd00::1", true),
            ("fe80::1", true), ("fec0::1", false), ("2001:db8::1", false), ("::ffff:10.0.0.1", true),
        ])
    func privateAddresses(text: String, isPrivate: Bool) {
        #expect(IPAddress(text: text.utf8)?.isPrivate == isPrivate)
    }

    @Test(
        "a URL is brought into normal form",
        arguments: [
            ("HTTPS://Bank.Example:443/", "https://bank.example", "bank.example", 443, "/"),
            ("https://bank.example:8443/a/b//", "https://bank.example:8443/a/b", "bank.example:8443", 8_443, "/a/b"),
            ("http://[::1]:8080", "http://[::1]:8080", "[::1]:8080", 8_080, "/"),
            ("http://localhost:80/x%20y", "http://localhost/x%20y", "localhost", 80, "/x%20y"),
        ])
    func urls(text: String, normal: String, authority: String, port: Int, target: String) throws {
        let url = try #require(WebURL([UInt8](text: text), use: .base))
        #expect(url.text == normal)
        #expect(url.authority == authority)
        #expect(Int(url.port) == port)
        #expect(url.target == target)
        #expect(WebURL([UInt8](text: url.text), use: .base) == url)
        let hasOwnPort = url.port == url.scheme.defaultPort
        #expect(url.authorities == (hasOwnPort ? [authority, "\(authority):\(port)"] : [authority]))
    }

    @Test(
        "plain http is for inside only",
        arguments: [
            ("localhost", true), ("127.9.9.9", true), ("identity", true), ("redis.internal", true),
            ("printer.local", true),
            ("a.b.svc", true), ("a.b.svc.cluster.local", true), ("10.0.0.1", true), ("[fd00::1]", true),
            ("bank.example", false),
            ("8.8.8.8", false), ("internal.bank.example", false), ("localhost.bank.example", false),
            ("[2001:db8::1]", false),
        ])
    func inside(host: String, isInside: Bool) throws {
        let url = try #require(WebURL([UInt8](text: "http://\(host)/"), use: .endpoint))
        #expect(url.isInside == isInside)
    }

    @Test(
        "a number goes into the template percent-encoded",
        arguments: [
            ("https://i.example/s/{phone}", "/s/%2B1"), ("https://i.example?p={phone}", "/?p=%2B1"),
            ("https://i.example/a?x=1&p={phone}&y=2", "/a?x=1&p=%2B1&y=2"),
            ("https://i.example/{phone}/card", "/%2B1/card"),
        ])
    func template(text: String, target: String) throws {
        let template = try #require(IdentityTemplate([UInt8](text: text)))
        #expect(template.target(phone: "+1".utf8).text == target)
        #expect(template.origin.host == "i.example")
    }

    @Test(
        "durations read back what they print",
        arguments: [
            ("500ms", 500), ("10s", 10_000), ("2m", 120_000), ("1h", 3_600_000), ("0s", 0), ("1500ms", 1_500),
            ("90s", 90_000),
        ] as [(String, Int64)])
    func durations(text: String, milliseconds: Int64) throws {
        let interval = try #require(Interval(setting: [UInt8](text: text)))
        #expect(interval == .milliseconds(milliseconds))
        #expect(Interval(setting: [UInt8](text: interval.settingText)) == interval)
    }

    @Test(
        "sizes",
        arguments: [
            ("0B", 0), ("512B", 512), ("64KiB", 65_536), ("4MiB", 4_194_304), ("1GiB", 1_073_741_824),
            ("1024GiB", 1 << 40),
            ("4", nil), ("4MB", nil), ("4 MiB", nil), ("4mib", nil), ("-1B", nil), ("1025GiB", nil),
            ("999999999999GiB", nil),
            ("", nil), ("MiB", nil),
        ] as [(String, Int?)])
    func sizes(text: String, bytes: Int?) {
        #expect(ByteCount(setting: [UInt8](text: text))?.bytes == bytes)
        let grammar = SettingGrammar<ByteCount>.size(.bytes(0), .kibibytes(1))
        #expect((try? grammar.parse([UInt8](text: text))) == bytes.flatMap { $0 <= 1_024 ? .bytes($0) : nil })
    }

    @Test(
        "the nearest name is near",
        arguments: [
            ("servr", "serve"), ("evren", nil), ("SERVE", "serve"), ("tial", "tail"), ("x", nil), ("", nil),
            ("triger", "trigger"),
            (String(repeating: "t", count: 200), nil),
        ] as [(String, String?)])
    func nearest(typed: String, found: String?) {
        #expect(NearestName.of(typed, in: ["serve", "tail", "trigger"]) == found)
    }

    @Test("random octets never stop a grammar")
    func random() {
        var random = SeededGenerator(seed: 11)
        let alphabet = [UInt8](text: "0123456789abcdefgs:/.,-_[]{}@#?%= \n\\x") + [0x00, 0x7F, 0xC3, 0xFF]
        var accepted = 0
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                alphabet[Int.random(in: alphabet.indices, using: &random)]
            }
            accepted += CIDR(text: text) == nil ? 0 : 1
            accepted += WebURL([UInt8](text: "https://") + text, use: .endpoint) == nil ? 0 : 1
            accepted += RedisURL([UInt8](text: "redis://") + text) == nil ? 0 : 1
            accepted += Interval(setting: text) == nil ? 0 : 1
            accepted += SocketAddressText(text) == nil ? 0 : 1
            accepted += (try? SettingPEM.blocks([UInt8](text: "-----BEGIN ") + text)) == nil ? 0 : 1
        }
        #expect(accepted > 100)
    }
}
