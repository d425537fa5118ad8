import Testing

@testable import LolaCore

@Suite("Routed targets") struct TargetTests {
    @Test("a path is split before it is decoded, and decoded once", arguments: [
        ("", []), ("/", []), ("/a", ["a"]), ("/a/b", ["a", "b"]), ("/a/", ["a", ""]), ("/a%20b", ["a b"]),
        ("/%41", ["A"]), ("/%2541", ["%41"]), ("/a+b", ["a+b"]), ("/...", ["..."]), ("/.a/a.", [".a", "a."]),
        ("/v1/messages/whatsapp:wamid.X=", ["v1", "messages", "whatsapp:wamid.X="]), ("/%3B", [";"]), ("/%3F", ["?"]),
        ("/%E9", ["\u{E9}"]), ("/%25", ["%"]),
    ] as [(String, [String])])
    func accepted(_ path: String, _ segments: [String]) throws {
        #expect(try HTTPTarget.segments(of: octets(path)[...]) == segments.map { octets($0) })
    }

    @Test("what somebody could read as another path is refused", arguments: [
        "a", "*", "//", "//a", "/a//b", "/a//", "/.", "/..", "/a/./b", "/a/../b", "/a/..", "/%2e", "/%2e%2E", "/.%2e",
        "/a;b", "/;", "/a;b=c/d", "/%2f", "/a%2Fb", "/%5c", "/%00", "/a%00", "/%0d%0a", "/%1f", "/%7f", "/%", "/%4",
        "/%zz", "/%4g", "/%-1", "/%%41",
    ])
    func refused(_ path: String) {
        #expect(throws: HTTPFault.badPath) { try HTTPTarget.segments(of: octets(path)[...]) }
    }

    @Test("every octet that a path may contain unencoded means itself")
    func everyOctet() throws {
        for byte in UInt8.min...UInt8.max where HTTPSyntax.isTarget(byte) && !octets("/;%.").contains(byte) {
            #expect(try HTTPTarget.segments(of: [0x2F, byte]) == [[byte]])
        }
    }

    @Test("octet classes are those of the RFCs")
    func classes() {
        let token = Set(octets("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        let letters = token.filter { ASCII.isLetter($0) || ASCII.isDigit($0) }
        let target = letters.union(octets("-._~%!$&'()*+,;=:@/?[]"))
        for byte in UInt8.min...UInt8.max {
            #expect(HTTPSyntax.isToken(byte) == token.contains(byte))
            #expect(HTTPSyntax.isTarget(byte) == target.contains(byte))
            #expect(HTTPSyntax.isFieldValue(byte) == (byte == 9 || (byte >= 32 && byte != 127)))
            #expect(HTTPSyntax.isHostName(byte) == (target.contains(byte) && !octets("%,:@/?[]").contains(byte)))
        }
    }

    @Test("eight octets at once find the same end as one at a time")
    func wideScan() {
        for position in 0..<20 {
            for byte in UInt8.min...UInt8.max {
                var input = [UInt8](repeating: 0x61, count: 20)
                input[position] = byte
                let expected = HTTPSyntax.isFieldValue(byte) ? 20 : position
                #expect(HTTPSyntax.endOfFieldValue(input.span, from: 0) == expected)
                for usual in octets("aZ-_9") {
                    input = [UInt8](repeating: usual, count: 20)
                    input[position] = byte
                    let end = HTTPSyntax.isToken(byte) ? 20 : position
                    #expect(HTTPSyntax.endOfToken(input.span, from: 0) == end)
                    #expect(HTTPSyntax.endOfToken(input.span, from: min(3, position)) == end)
                }
            }
        }
    }
}
