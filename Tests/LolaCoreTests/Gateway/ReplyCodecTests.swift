// Replies at rest: all forms come back the same; damage gives a fault or other replies.
import Testing

@testable import LolaCore

@Suite("Replies at rest")
struct ReplyCodecTests {
    private static func rewritten(_ bytes: [UInt8]) throws(RecordFault) -> [UInt8] {
        ReplyCodec.encode(try ReplyCodec.decode(bytes))
    }

    private static func text(_ text: String) -> [UInt8] { [UInt8](text: text) }

    private static let all: [Reply] = [
        .text(text("hola")),
        .buttons(
            text: text("¿?"),
            choices: [
                Choice(id: text("a"), title: text("A")), Choice(id: text("b"), title: text("B"), description: []),
            ]),
        .list(
            text: text("which"), button: text("open"),
            items: [Choice(id: text("1"), title: text("one"), description: text("first"))]),
        .link(text: text("here"), url: text("https://bank.example/x")),
        .contactRequest(text: text("who"), button: text("me")),
    ]

    @Test("each form comes back the same, and its damage never traps", arguments: all)
    func forms(reply: Reply) throws {
        let bytes = ReplyCodec.encode([reply])
        #expect(try ReplyCodec.decode(bytes) == [reply])
        RecordDamage.check(bytes, rewritten: Self.rewritten)
    }

    @Test("no replies, and all of them at once")
    func lists() throws {
        #expect(try ReplyCodec.decode(ReplyCodec.encode([])).isEmpty)
        let bytes = ReplyCodec.encode(Self.all)
        #expect(try ReplyCodec.decode(bytes) == Self.all)
        #expect(RecordDamage.check(bytes, rewritten: Self.rewritten) > 100)
    }

    @Test("a form that does not exist is malformed; a newer record is of an unknown version")
    func unknown() {
        #expect(throws: RecordFault.malformed) { try ReplyCodec.decode([1, 1, 5, 0]) }
        #expect(throws: RecordFault.versionUnknown) { try ReplyCodec.decode([2, 0]) }
        #expect(throws: RecordFault.surplus) { try ReplyCodec.decode([1, 0, 0]) }
        #expect(throws: RecordFault.cut) { try ReplyCodec.decode([1, 1]) }
    }

    @Test("replies of chance come back the same")
    func chance() throws {
        var random = SeededGenerator(seed: 5)
        func octets() -> [UInt8] { RecordDamage.octets(upTo: 30, &random) }
        for _ in 0..<2_000 {
            let replies = (0..<Int.random(in: 0...4, using: &random)).map { _ -> Reply in
                let choices = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    Choice(id: octets(), title: octets(), description: Bool.random(using: &random) ? octets() : nil)
                }
                return switch Int.random(in: 0..<5, using: &random) {
                case 0: .text(octets())
                case 1: .buttons(text: octets(), choices: choices)
                case 2: .list(text: octets(), button: octets(), items: choices)
                case 3: .link(text: octets(), url: octets())
                default: .contactRequest(text: octets(), button: octets())
                }
            }
            #expect(try ReplyCodec.decode(ReplyCodec.encode(replies)) == replies)
        }
    }
}
