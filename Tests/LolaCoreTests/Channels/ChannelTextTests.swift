import Foundation
import Testing

@testable import LolaCore

@Suite("Channels: fitting text")
struct ChannelTextTests {
    private func parts(_ text: String, _ max: Int, _ unit: TextUnit = .scalar) -> [String] {
        let bytes = [UInt8](text: text)
        return ChannelText.split(bytes, max: max, unit).map { Array(bytes[$0.asRange]).text }
    }

    @Test("a text is cut at paragraphs, then lines, then words, then scalars", arguments: [
        ("", 10, []), ("  \n ", 10, []), ("hola", 10, ["hola"]), ("0123456789", 10, ["0123456789"]),
        ("aaaaaa\n\nbb\ncc dd", 14, ["aaaaaa", "bb\ncc dd"]),
        ("aaaaaa bb\ncc dd", 12, ["aaaaaa bb", "cc dd"]),
        ("aa\n\nbbbbb ccccc", 12, ["aa\n\nbbbbb", "ccccc"]),
        ("aaaa bbbb cccc", 10, ["aaaa bbbb", "cccc"]),
        ("aaaaaaaaaa bb", 10, ["aaaaaaaaaa", "bb"]),
        ("a 0123456789012", 10, ["a", "0123456789", "012"]),
        ("ññññññ", 4, ["ññññ", "ññ"]),
    ])
    func places(text: String, max: Int, expected: [String]) {
        #expect(parts(text, max) == expected)
    }

    @Test("a scalar above U+FFFF counts twice in UTF-16 and once as a scalar")
    func units() {
        #expect(parts("🚀🚀🚀🚀", 4, .utf16) == ["🚀🚀", "🚀🚀"])
        #expect(parts("🚀🚀🚀🚀", 4, .scalar) == ["🚀🚀🚀🚀"])
        #expect(parts("a🚀b", 2, .utf16) == ["a", "🚀", "b"])
        #expect(ChannelText.count([UInt8](text: "a🚀é"), .utf16) == 4)
    }

    @Test("what is drawn as one character is not torn, unless it is endless")
    func glue() {
        #expect(parts("aaa👨‍👩‍👧", 6) == ["aaa", "👨‍👩‍👧"])
        #expect(parts("aaae\u{301}", 4) == ["aaa", "e\u{301}"])
        #expect(parts("aaa👍🏽", 4) == ["aaa", "👍🏽"])
        let endless = "a" + String(repeating: "\u{301}", count: 100)
        #expect(parts(endless, 10).joined() == endless)
    }

    @Test("parts join to the text without the cut blanks, fit, and are well-formed")
    func splitProperties() {
        var random = SeededGenerator(seed: 0xC0FFEE)
        let pieces = ["a", "b ", " ", "\n", "\n\n", "palabra", "é", "🚀", "👨‍👩‍👧", "e\u{301}", "漢字", "\t"]
        for round in 0..<2_000 {
            let count = Int.random(in: 0...120, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let max = Int.random(in: 2...60, using: &random)
            let unit: TextUnit = round % 2 == 0 ? .scalar : .utf16
            let bytes = [UInt8](text: text)
            let ranges = ChannelText.split(bytes, max: max, unit)
            var end = 0
            for range in ranges {
                let part = Array(bytes[range.asRange])
                #expect(!part.isEmpty && ChannelText.count(part, unit) <= max)
                #expect(String(validating: part, as: UTF8.self) != nil)
                #expect(bytes[end..<range.start].allSatisfy { $0 <= 0x20 })
                end = range.end
            }
            #expect(bytes[end...].allSatisfy { $0 <= 0x20 })
        }
    }

    @Test("arbitrary octets never trap and are never lost")
    func arbitrary() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...64, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let max = Int.random(in: 2...20, using: &random)
            let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
            let joined = ChannelText.split(bytes, max: max, .utf16).flatMap { bytes[$0.asRange] }
            #expect(joined.filter { !blanks.contains($0) } == bytes.filter { !blanks.contains($0) })
            #expect(!ChannelText.title(bytes, max: max, .scalar).isEmpty)
        }
    }

    @Test("a title is one line that ends in an ellipsis when it was too long", arguments: [
        ("Yes", 20, "Yes"), ("  Yes \n", 20, "Yes"), ("a\nb", 20, "a b"), ("", 20, "…"), (" ", 20, "…"),
        ("12345678901234567890", 20, "12345678901234567890"), ("123456789012345678901", 20, "1234567890123456789…"),
        ("Transfer to the account", 13, "Transfer to…"), ("🚀🚀🚀🚀", 3, "🚀🚀…"),
    ])
    func titles(text: String, max: Int, expected: String) {
        #expect(ChannelText.title([UInt8](text: text), max: max, .scalar).text == expected)
    }

    @Test("titles that cutting made equal get a number")
    func equalTitles() {
        let choices = ["Transfer to savings account A", "Transfer to savings account B", "No", "No"].map {
            Choice(id: [UInt8](text: $0), title: [UInt8](text: $0))
        }
        let titles = ChannelText.titles(choices, max: 20, .scalar)
        #expect(titles.map(\.text) == ["Transfer to savings…", "Transfer to savin… 2", "No", "No 4"])
        #expect(titles.allSatisfy { ChannelText.count($0, .scalar) <= 20 })
    }

    @Test("choices become numbered lines below the text")
    func numbered() {
        let choices = [
            Choice(id: [1], title: [UInt8](text: "Yes")),
            Choice(id: [2], title: [UInt8](text: "No"), description: [UInt8](text: "ask me later")),
        ]
        #expect(ChannelText.numbered([UInt8](text: "Sure?"), choices).text == "Sure?\n\n1. Yes\n2. No - ask me later")
        #expect(ChannelText.numbered([], choices).text == "1. Yes\n2. No - ask me later")
        #expect(ChannelText.numbered([UInt8](text: "Sure?"), []).text == "Sure?")
    }
}
