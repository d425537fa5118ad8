// The scanner behind the tidy tests, on small sources: a rule that would not see its violation holds nothing.
import Testing

@Suite("Tidy scanner: it sees what it is there for, and nothing else")
struct ScannerTests {
    @Test("comments and string contents are no code; interpolations are", arguments: [
        ("let a = 1 // try! b", ["let", "a", "1"]),
        ("/* one /* two */ still */ let b", ["let", "b"]),
        (#"let c = "weak \(strong) \"weak\"""#, ["let", "c", "strong"]),
        ("let d = #\"weak \\(weak) \\#(strong) \"# + e", ["let", "d", "strong", "e"]),
        ("let f = \"\"\"\n  weak \"quoted\" \\(g(\"weak\", h))\n  \"\"\"", ["let", "f", "g", "h"]),
        ("let i = \"// no comment\" + j", ["let", "i", "j"]),
    ])
    func blanking(source: String, words: [String]) {
        #expect(SwiftText(source).words.map(\.text) == words)
    }

    @Test("octets and lines keep their places")
    func places() {
        let source = "let a = \"x\ny\" /*\n*/ let b"
        let text = SwiftText(source)
        #expect(text.code.count == source.utf8.count)
        let end = source.utf8.count
        #expect(text.words.last == SwiftText.Word(text: "b", line: 3, start: end - 1, end: end))
    }

    @Test("values unwrapped by force are seen", arguments: [
        ("a!", 1), ("a()!.b", 1), ("a[0]!", 1), ("try! a()", 1), ("b as! C", 1), ("var a: B!", 1),
        ("a != b", 0), ("a!=b", 0), ("!a", 0), ("(!a)", 0), ("\"a!\"", 0), ("// a!", 0), ("f { !$0 }", 0),
    ])
    func force(source: String, count: Int) {
        #expect(SwiftText(source).forceUnwraps.count == count)
    }

    @Test("a throws without a type is seen", arguments: [
        ("func a() throws {}", 1), ("func a() throws -> B {}", 1), ("let a: () throws -> Void", 1),
        ("func a(_ b: () throws -> Void) rethrows {}", 2), ("func a() throws(B) {}", 0), ("// throws", 0),
    ])
    func throwing(source: String, count: Int) {
        #expect(SwiftText(source).untypedThrows.count == count)
    }

    @Test("print is seen, members and declarations of that name are not", arguments: [
        ("print(a)", 1), ("debugPrint(a)", 1), ("Process.print(a)", 0), ("func print(_ a: B) {}", 0),
        ("let print = 1", 0),
    ])
    func printing(source: String, count: Int) {
        #expect(SwiftText(source).prints.count == count)
    }

    @Test("types at file level are found, nested ones are not")
    func types() {
        let source = """
            struct A { enum Inner {} }
            final class B: C { class func make() {} }
            private enum D {}
            protocol E: AnyObject {}
            typealias F = A
            extension A { struct Other {} }
            """
        #expect(SwiftText(source).fileLevelTypes.map(\.text) == ["A", "B", "D", "E", "F"])
    }

    @Test("functions are measured from their first line to their last")
    func functions() {
        let source = """
            protocol A { func required() -> Int; var b: Int { get } }
            struct B {
                init(_ c: Int = { 1 }()) {
                    d = c
                }
                func e(
                    _ f: Int
                ) where G: H {
                    self.init(1)
                    func inner() { }
                }
                deinit { }
            }
            """
        let found = SwiftText(source).functions
        #expect(found.map(\.name) == ["init", "e", "inner", "deinit"])
        #expect(found.map(\.lines) == [3, 6, 1, 1])
    }

    @Test("imports are found with and without an access level")
    func imports() {
        #expect(SwiftText("import A\ninternal import B\n@testable import C\n// import D").imports == ["A", "B", "C"])
    }

    @Test("the layer of a path", arguments: [
        ("Sources/LolaCore/Base/Time.swift", "Base"), ("Sources/LolaCore/World/World.swift", "World"),
        ("Sources/LolaCore/World/Linux/Files.swift", "World/Linux"), ("Sources/LolaCore/Dev/Web/Page.swift", "Dev"),
        ("Sources/LolaServer/main.swift", nil),
    ])
    func layers(path: String, layer: String?) {
        #expect(Layers.layer(of: path) == layer)
    }
}
