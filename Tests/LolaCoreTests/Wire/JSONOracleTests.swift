// The reader against an independent one: Python's `json`, told to be as strict as we are. Python decides each document
// of a seeded set and dumps what it read; verdicts and dumps must agree.
import Foundation
import Testing

@testable import LolaCore

@Suite("JSON against Python")
struct JSONOracleTests {
    /// Reads lines of hexadecimal, prints `-` for a refused document and its dump for an accepted one. No deviation
    /// from our rules is excused: what Python would let pass is refused here by hand.
    private static let oracle = """
        import json, re, sys

        def refuse(word):
            raise ValueError(word)

        def pairs(items):
            if len({key for key, value in items}) != len(items):
                refuse("duplicate")
            return items

        def dump(value, depth):
            if value is None or value is True or value is False:
                return "ntf"[[None, True, False].index(value)]
            if isinstance(value, Number):
                return "(" + value.text + ")"
            if isinstance(value, str):
                if any(0xD800 <= ord(c) <= 0xDFFF for c in value):
                    refuse("surrogate")
                return "'" + ".".join("%x" % ord(c) for c in value) + "'"
            if depth == 64:
                refuse("depth")
            if isinstance(value, tuple):
                return "[" + ",".join(dump(v, depth + 1) for v in value[0]) + "]"
            return "{" + ",".join(dump(k, 64) + ":" + dump(v, depth + 1) for k, v in value) + "}"

        class Number:
            def __init__(self, text):
                self.text = text

        def arrays(value):
            if isinstance(value, list) and getattr(value, "is_object", False):
                return Object((k, arrays(v)) for k, v in value)
            return (tuple(arrays(v) for v in value),) if isinstance(value, list) else value

        class Object(list):
            is_object = True

        decoder = json.JSONDecoder(
            object_pairs_hook=lambda items: Object(pairs(items)), parse_constant=refuse,
            parse_int=lambda text: Number(str(int(text))), parse_float=Number, strict=True)

        for line in open(sys.argv[1]):
            try:
                text = bytes.fromhex(line.strip()).decode("utf-8", "strict")
                blank = re.match("[ \\\\t\\\\n\\\\r]*", text).end()
                value, end = decoder.raw_decode(text, blank)
                if text[end:].strip(" \\t\\n\\r"):
                    refuse("trailing")
                print(dump(arrays(value), 0))
            except (ValueError, RecursionError, IndexError):
                print("-")
        """

    private static func verdicts(_ documents: [[UInt8]]) throws -> [String] {
        let name = "lola-json-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString)"
        let input = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        let lines = documents.map { $0.map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined() }
        try Data(lines.joined(separator: "\n").utf8).write(to: input)
        defer { try? FileManager.default.removeItem(at: input) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", oracle, input.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    private static func verdict(_ document: [UInt8]) -> String {
        guard let root = try? JSONDocument.parse(document).root else { return "-" }
        return dump(root)
    }

    private static func dump(_ view: JSONView) -> String {
        switch view.kind {
        case .null: "n"
        case .bool: view.bool == true ? "t" : "f"
        case .number: "(" + (view.integer.map { String($0) } ?? view.raw.text) + ")"
        case .string: dump(view.textBytes ?? [])
        case .array: "[" + view.elements.map { dump($0) }.joined(separator: ",") + "]"
        case .object: "{" + view.members.map { dump($0.key) + ":" + dump($0.value) }.joined(separator: ",") + "}"
        }
    }

    private static func dump(_ text: [UInt8]) -> String {
        "'" + text.text.unicodeScalars.map { String($0.value, radix: 16) }.joined(separator: ".") + "'"
    }

    @Test("10,000 generated and damaged documents get the same verdict and the same values")
    func generated() throws {
        var generator = SeededGenerator(seed: 2)
        let documents = (0..<10_000).map { place -> [UInt8] in
            let document = JSONSource.document(&generator)
            return place % 2 == 0 ? document : JSONSource.damaged(document, &generator)
        }
        try compare(documents)
        let accepted = documents.filter { Self.verdict($0) != "-" }.count
        #expect((5_000...9_000).contains(accepted))
    }

    @Test("the tables get the same verdict")
    func tables() throws {
        try compare(JSONCases.accepted.map { [UInt8](text: $0) } + JSONCases.refused.map(\.bytes))
    }

    private func compare(_ documents: [[UInt8]]) throws {
        let theirs = try Self.verdicts(documents)
        try #require(theirs.count == documents.count)
        for (document, theirs) in zip(documents, theirs) {
            let ours = Self.verdict(document)
            if ours != theirs { Issue.record("\(document.text.debugDescription): ours \(ours), theirs \(theirs)") }
        }
    }
}

/// Seeded source text of documents: every spelling the grammar allows, and damage that often breaks it.
enum JSONSource {
    static func document(_ generator: inout SeededGenerator) -> [UInt8] {
        var out: [UInt8] = []
        if Int.random(in: 0..<40, using: &generator) == 0 {
            let levels = Int.random(in: 60...70, using: &generator)
            out += [UInt8](repeating: 0x5B, count: levels) + [UInt8](repeating: 0x5D, count: levels)
            return out
        }
        value(&out, depth: Int.random(in: 0...5, using: &generator), &generator)
        return out
    }

    private static func value(_ out: inout [UInt8], depth: Int, _ generator: inout SeededGenerator) {
        blanks(&out, &generator)
        switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &generator) {
        case 0: out += [UInt8](text: ["null", "true", "false"].randomElement(using: &generator) ?? "null")
        case 1, 2: number(&out, &generator)
        case 3, 4, 5: string(&out, &generator)
        case 6, 7:
            out.append(0x5B)
            for place in 0..<Int.random(in: 0...4, using: &generator) {
                if place > 0 { out.append(0x2C) }
                value(&out, depth: depth - 1, &generator)
            }
            blanks(&out, &generator)
            out.append(0x5D)
        default:
            out.append(0x7B)
            let most = [4, 4, 4, 4, 20].randomElement(using: &generator) ?? 4
            for place in 0..<Int.random(in: 0...most, using: &generator) {
                if place > 0 { out.append(0x2C) }
                blanks(&out, &generator)
                string(&out, &generator)
                blanks(&out, &generator)
                out.append(0x3A)
                value(&out, depth: depth - 1, &generator)
            }
            blanks(&out, &generator)
            out.append(0x7D)
        }
        blanks(&out, &generator)
    }

    private static func blanks(_ out: inout [UInt8], _ generator: inout SeededGenerator) {
        guard Int.random(in: 0..<5, using: &generator) == 0 else { return }
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            out.append([0x20, 0x09, 0x0A, 0x0D].randomElement(using: &generator) ?? 0x20)
        }
    }

    private static func number(_ out: inout [UInt8], _ generator: inout SeededGenerator) {
        var text = Bool.random(using: &generator) ? "-" : ""
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: text += "0"
        case 1: text += String(UInt64.random(in: 0..<100, using: &generator))
        case 2: text += String(UInt64(1) << UInt64.random(in: 60...63, using: &generator))
        default: text += String(generator.next())
        }
        if Int.random(in: 0..<3, using: &generator) == 0 { text += "." + String(generator.next() % 10_000) }
        if Int.random(in: 0..<4, using: &generator) == 0 {
            text += (["e", "E", "e+", "E-"].randomElement(using: &generator) ?? "e") + String(generator.next() % 400)
        }
        out += [UInt8](text: text)
    }

    private static func string(_ out: inout [UInt8], _ generator: inout SeededGenerator) {
        out.append(0x22)
        for _ in 0..<Int.random(in: 0...8, using: &generator) {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: out += [0x5C, "\"\\/bfnrt".utf8.randomElement(using: &generator) ?? 0x6E]
            case 1: unit(&out, UInt32.random(in: 0..<0xD800, using: &generator), &generator)
            case 2:
                unit(&out, UInt32.random(in: 0xD800..<0xDC00, using: &generator), &generator)
                unit(&out, UInt32.random(in: 0xDC00..<0xE000, using: &generator), &generator)
            case 3:
                let scalar = Unicode.Scalar(UInt32.random(in: 0x80...0x10FFFF, using: &generator)) ?? "é"
                out += Array(String(Character(scalar)).utf8)
            case 4: unit(&out, UInt32.random(in: 0x20..<0x7F, using: &generator), &generator)
            default:
                let octet = UInt8.random(in: 0x20..<0x7F, using: &generator)
                out.append(octet == 0x22 || octet == 0x5C ? 0x61 : octet)
            }
        }
        out.append(0x22)
    }

    private static func unit(_ out: inout [UInt8], _ value: UInt32, _ generator: inout SeededGenerator) {
        let digits = String(value | 0x1_0000, radix: 16, uppercase: Bool.random(using: &generator)).dropFirst()
        out += [UInt8](text: "\\u" + digits)
    }

    /// One to three changes: an octet replaced, inserted or left out, a part repeated, swapped or cut off.
    static func damaged(_ document: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var out = document
        let likely = Array("[]{}:,\"\\u0ntfe-+.1 /\u{0}\u{1F}é\u{FEFF}".utf8) + [0xED, 0xA0, 0xF4, 0xFF]
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !out.isEmpty {
            let place = Int.random(in: 0..<out.count, using: &generator)
            let octet =
                Bool.random(using: &generator)
                ? likely.randomElement(using: &generator) ?? 0 : UInt8.random(in: 0...255, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: out[place] = octet
            case 1: out.insert(octet, at: place)
            case 2: out.remove(at: place)
            case 3: out.removeLast(out.count - place)
            case 4:
                let end = Int.random(in: place...min(out.count, place + 12), using: &generator)
                out.insert(contentsOf: out[place..<end], at: end)
            default: out.swapAt(place, Int.random(in: 0..<out.count, using: &generator))
            }
        }
        return out
    }
}
