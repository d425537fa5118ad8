// What must hold of the JSON readers for every input whatever. Called by the tests over the committed corpus and by
// the fuzz targets.
import Foundation
import Testing

@testable import LolaCore

/// A refused document names an offset inside it; an accepted one can be walked, is written again on one line, and
/// reads back with the same values.
func fuzzJSON(_ bytes: [UInt8]) {
    let root: JSONView
    do {
        root = try JSONDocument.parse(bytes).root
    } catch {
        precondition((0...bytes.count).contains(error.offset), "a fault outside the document")
        return
    }
    let values = walk(root, levels: Limits.jsonDepthMax)
    precondition(values <= bytes.count, "more values than octets")
    let written = JSONCases.rewritten(root)
    precondition(written.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "more than one line")
    guard let again = try? JSONDocument.parse(written).root else { preconditionFailure("own output refused") }
    precondition(JSONCases.same(root, again), "other values after rewriting")
}

/// The number of values in a tree; reads each in every way there is.
private func walk(_ view: JSONView, levels: Int) -> Int {
    precondition(levels >= 0 || view.count == 0, "nested too deep")
    precondition(!view.raw.isEmpty, "a value without octets")
    _ = (view.bool, view.integer, view.double, view.text, view.isText("a"), view["text"]?.kind, view[0]?.kind)
    var values = 1
    for element in view.elements { values += walk(element, levels: levels - 1) }
    for (key, value) in view.members {
        precondition(String(validating: key, as: UTF8.self) != nil, "a key that is not UTF-8")
        values += walk(value, levels: levels - 1)
    }
    if let text = view.textBytes {
        precondition(String(validating: text, as: UTF8.self) != nil, "a text that is not UTF-8")
    }
    return values
}

/// A refused file names a place inside it and says why; an accepted one has places in order.
func fuzzJSON5(_ bytes: [UInt8]) {
    let lines = 1 + bytes.count { $0 == 0x0A || $0 == 0x0D }
    do {
        var last = (line: 1, column: 0)
        walk(try JSON5Reader.read(bytes), after: &last, lines: lines)
    } catch {
        precondition((1...lines).contains(error.line), "a fault outside the file")
        precondition((1...bytes.count + 1).contains(error.column), "a fault outside its line")
        precondition(!error.sentence.isEmpty, "a fault without a sentence")
    }
}

private func walk(_ node: JSON5Node, after last: inout (line: Int, column: Int), lines: Int) {
    precondition((node.line, node.column) > last && node.line <= lines, "places out of order")
    last = (node.line, node.column)
    switch node.value {
    case .array(let elements): for element in elements { walk(element, after: &last, lines: lines) }
    case .object(let members): for member in members { walk(member.value, after: &last, lines: lines) }
    case .number(let text): precondition((try? JSONDocument.parse([UInt8](text: text))) != nil, "no JSON number")
    case .string, .bool, .null: break
    }
}

@Suite("JSON fuzz corpus")
struct JSONFuzzTests {
    private static func seeds(_ folder: String) throws -> [[UInt8]] {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus/\(folder)")
        let names = try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
        return try names.map { [UInt8](try Data(contentsOf: url.appendingPathComponent($0))) }
    }

    @Test("the corpus and 2,000 changes of it hold for JSON")
    func json() throws {
        try run(try Self.seeds("json"), seed: 31, fuzzJSON) { (try? JSONDocument.parse($0)) != nil }
    }

    @Test("the corpus and 2,000 changes of it hold for settings files")
    func json5() throws {
        try run(try Self.seeds("json5"), seed: 32, fuzzJSON5) { (try? JSON5Reader.read($0)) != nil }
    }

    private func run(
        _ seeds: [[UInt8]], seed: UInt64, _ check: ([UInt8]) -> Void, accepts: ([UInt8]) -> Bool
    ) throws {
        try #require(seeds.count >= 10)
        seeds.forEach(check)
        var generator = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<2000 {
            let changed = JSONSource.damaged(seeds.randomElement(using: &generator) ?? [], &generator)
            check(changed)
            if accepts(changed) { accepted += 1 }
        }
        #expect((1..<2000).contains(accepted))
    }
}
