import Testing

@testable import LolaCore

@Suite("Encodings: one spelling per value")
struct EncodingsTests {
    @Test("RFC 4648 §10 vectors", arguments: [
        ("", "", ""), ("f", "Zg==", "Zg"), ("fo", "Zm8=", "Zm8"), ("foo", "Zm9v", "Zm9v"),
        ("foob", "Zm9vYg==", "Zm9vYg"), ("fooba", "Zm9vYmE=", "Zm9vYmE"), ("foobar", "Zm9vYmFy", "Zm9vYmFy"),
    ])
    func base64(plain: String, standard: String, url: String) {
        #expect(Base64.encode(plain.utf8, .standard).text == standard)
        #expect(Base64.encode(plain.utf8, .url).text == url)
        #expect(Base64.decode(standard.utf8, .standard) == Array(plain.utf8))
        #expect(Base64.decode(url.utf8, .url) == Array(plain.utf8))
    }

    @Test("a second spelling of a value is refused", arguments: [
        "Zh==", "Zg=", "Zg", "Zg===", "Zm9=", "Z===", "Zm 9v", "Zm9v\n", "Zm-_", "====", "Zg==Zg==",
    ])
    func nonCanonicalStandard(text: String) {
        #expect(Base64.decode(text.utf8, .standard) == nil)
    }

    @Test("base64url refuses padding, trailing bits and the other alphabet", arguments: [
        "Zg==", "Zh", "Zm9", "Z", "+/+/",
    ])
    func nonCanonicalURL(text: String) {
        #expect(Base64.decode(text.utf8, .url) == nil)
    }

    @Test("hex takes pairs of digits and nothing else")
    func hex() {
        #expect(Hex.decode("00fFa0".utf8) == [0, 255, 160])
        #expect(Hex.encode([0, 255, 160]).text == "00ffa0")
        for bad in ["0", "0g", " 00", "+1", "0x00"] { #expect(Hex.decode(bad.utf8) == nil) }
    }

    @Test("percent coding decodes once and refuses half a triplet")
    func percent() {
        #expect(Percent.decode("a%2Fb%252F".utf8)?.text == "a/b%2F")
        #expect(Percent.decode("a+b".utf8, plusIsSpace: true)?.text == "a b")
        #expect(Percent.decode("a+b".utf8)?.text == "a+b")
        for bad in ["%", "%2", "%zz", "%+1", "a%2"] { #expect(Percent.decode(bad.utf8) == nil) }
        #expect(Percent.encode("+1 é".utf8).text == "%2B1%20%C3%A9")
    }

    @Test("decimal digits: no sign, no blank, no overflow", arguments: [
        "", "+5", "-5", " 5", "5 ", "99999999999999999999", "0x5", "５",
    ])
    func decimalRefuses(text: String) {
        #expect(ASCII.decimal(text.utf8) == nil)
    }

    @Test("decimal digits: the largest value and leading zeros")
    func decimalAccepts() {
        #expect(ASCII.decimal("9223372036854775807".utf8) == .max)
        #expect(ASCII.decimal("007".utf8) == 7)
    }
}
