// Markup out and in: XML that only we can shape, forms that come back as they were, and the text of HTML.
import Foundation
import Testing

@testable import LolaCore

@Suite("XML, forms and HTML")
struct MarkupTests {
    /// The text of what was escaped, as a reader of XML sees it.
    private func unescaped(_ text: Substring) -> String {
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        return entities.reduce(String(text)) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }

    @Test("whatever is written, a reader of XML sees the same text and no other element")
    func xml() throws {
        var random = SeededGenerator(seed: 5)
        let pieces = [
            "<", ">", "&", "\"", "'", "]]>", "<!--", "&amp;", "é", "\u{1F680}", "\u{1}", "\u{7F}", "\u{FFFE}", "a", "/",
        ]
        for _ in 0..<300 {
            let text = "x" + (0..<12).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            var writer = XMLWriter()
            writer.element("r", [("a", [UInt8](text: text))]) { $0.element("t") { $0.text([UInt8](text: text)) } }
            let out = writer.bytes.text
            #expect(out.hasPrefix("<r a=\"") && out.hasSuffix("</t></r>"))
            let inner = out.dropFirst(6).dropLast(8)
            let parts = inner.split(separator: "\"><t>", omittingEmptySubsequences: false)
            #expect(parts.count == 2 && parts.allSatisfy { !$0.contains { "<>\"'".contains($0) } }, "\(out)")
            let kept = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0xFFFE }
            #expect(parts.allSatisfy { unescaped($0) == String(String.UnicodeScalarView(kept)) }, "\(out)")
        }
        // An element without content is closed in its own tag.
        var empty = XMLWriter()
        empty.element("Response")
        #expect(empty.bytes.text == "<Response/>")
    }

    @Test("octets that are no UTF-8 do not break the document")
    func invalid() {
        var writer = XMLWriter()
        writer.element("t") { $0.text([0x61, 0xFF, 0x3C]) }
        #expect(writer.bytes.text == "<t>a\u{FFFD}&lt;</t>")
    }

    @Test("a form comes back as it was written, whatever its values are")
    func form() throws {
        let values = ["", "a b", "a+b&c=d%20", "é\u{1F680}", "\r\n\u{0}"]
        var writer = FormWriter()
        for value in values { writer.pair("Body", [UInt8](text: value)) }
        #expect(try FormFields(writer.bytes[...]).all("Body").map(\.text) == values)
    }

    @Test(
        "the text that a person would read",
        arguments: [
            ("plain", "plain"), ("a<br>b<br/>c", "a\nb\nc"), ("<p>a</p><p>b</p>", "a\n\nb"),
            ("<div>a</div><div>b</div>", "a\nb"),
            ("  a \n\t b ", "a b"), ("<script>x<y</script>z", "z"), ("<SCRIPT src='a'>x</ScRiPt >z", "z"),
            ("<style>a", ""),
            ("<!-- a > b -->c", "c"), ("<!DOCTYPE html>a", "a"),
            ("a &lt;b&gt; &amp;amp; &#233;&#xE9; &nbsp;x", "a <b> &amp; éé x"),
            ("a & b &unknown; &#0; &#xD800; &#99999999999;", "a & b &unknown; &#0; &#xD800; &#99999999999;"),
            ("1 < 2 > 1", "1 < 2 > 1"), ("<a href=\"x\">link</a>", "link"), ("<b", ""), ("a<", "a<"), ("&", "&"),
            ("</p>a", "a"),
            ("<ul><li>a</li><li>b</li></ul>", "a\nb"), ("<title>t</title>b", "b"), ("", ""),
        ])
    func html(source: String, expected: String) { #expect(HTMLText.plain([UInt8](text: source)).text == expected) }

    @Test(
        "all that a document may tell a person",
        arguments: [
            ("plain", "plain"), ("<p>a</p>b", "a\n\nb"), ("<script>x</script><style>y</style>z", "z"),
            ("<noscript>a</noscript>", "a"), ("<head><title>a</title></head>b", "ab"), ("<template>a</template>", "a"),
            ("<img alt=\"a &amp; b\">c", "c\na & b"), ("<IMG ALT='a' src=x title = b >", "\na\nb"),
            ("<img alt=a/b>", "\na/b"), ("<img alt=\"x > y\">", "y\">\nx > y"), ("<img alt=\"<b>x\">", "x\">\n<b>x"),
            ("<img/alt=x>", "\nx"), ("<img alt='x", "\nx"), ("<img alt", ""), ("<img alt=", ""), ("<img =alt=x>", ""),
            ("<img data-alt=x>", ""), ("<input value=&#52;1>", "\n41"), ("</p title=x>", ""), ("<!-- title=x -->", ""),
            ("a <b", "a"),
        ])
    func everything(source: String, expected: String) {
        #expect(HTMLText.everything([UInt8](text: source)).text == expected)
    }

    @Test("no HTML makes it trap, and much of it takes no longer than its length")
    func hostileHTML() {
        var random = SeededGenerator(seed: 9)
        let pieces = [
            "<", ">", "</", "&", "&#", ";", "script", "<script", "<!--", "-->", " ", "x", "é", "p", "/", "\"", "\u{0}",
            " alt=", "'",
        ]
        for _ in 0..<2_000 {
            let source = (0..<40).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            #expect(HTMLText.plain([UInt8](text: source)).count <= source.utf8.count * 3)
            #expect(HTMLText.everything([UInt8](text: source)).count <= source.utf8.count * 5)
        }
        for source in ["<script", "<", "&", "<!--", "<script>", "<a alt=", "<a alt='", "<a alt=\"'>", "<a b=c "] {
            let many = [UInt8](text: String(repeating: source, count: 200_000))
            #expect(HTMLText.plain(many).count <= many.count)
            #expect(HTMLText.everything(many).count <= 2 * many.count)
        }
    }
}
