// The settings file against the table: nested objects become key paths, JSON types are checked, unknown keys and
// secrets are refused. Pure; called by the loader with octets somebody else read.

struct SettingsFile {
    /// A key of the file that is a setting. `text` is nil when the value was refused already.
    struct Entry {
        let line: Int
        let text: [UInt8]?
    }

    private(set) var entries: [String: Entry] = [:]
    private(set) var problems: [SettingsProblem] = []
    private let path: String
    private let definitions: [String: SettingDefinition]
    /// In the order of the table.
    private let keys: [String]

    /// - Parameter path: how problems name the file.
    init(path: String, bytes: [UInt8], table: [SettingDefinition]) {
        self.path = path
        keys = table.map(\.key)
        definitions = Dictionary(uniqueKeysWithValues: table.map { ($0.key, $0) })
        do {
            let root = try JSON5Reader.read(bytes)
            guard case .object(let members) = root.value else {
                refuse(.wrongType, "the settings", root.line, "one object, { server: { … }, … }")
                return
            }
            walk(members, under: "")
        } catch {
            let place = "\(path):\(error.line)"
            let expected = "JSON5; at column \(error.column) \(Self.withoutQuotations(error.sentence))"
            problems.append(SettingsProblem(.malformedFile, key: "the settings", source: place, expected: expected))
        }
    }

    /// `config/lola.json5:12`.
    func source(_ entry: Entry) -> String { "\(path):\(entry.line)" }

    private mutating func walk(_ members: [(key: String, value: JSON5Node)], under parent: String) {
        for (name, node) in members {
            let key = parent.isEmpty ? name : "\(parent).\(name)"
            if name.utf8.contains(0x2E) {
                refuse(.unknownKey, Self.printable(key), node.line, "nested objects instead of a dotted key")
            } else if let definition = definitions[key] {
                take(node, definition)
            } else if isSection(key) {
                guard case .object(let inner) = node.value else {
                    refuse(.wrongType, key, node.line, "an object")
                    continue
                }
                walk(inner, under: key)
            } else {
                let nearest = nearest(to: name, under: parent)
                refuse(.unknownKey, Self.printable(key), node.line, "a key of docs/CONFIGURATION.md", nearest: nearest)
            }
        }
    }

    private mutating func take(_ node: JSON5Node, _ definition: SettingDefinition) {
        if definition.isSecret {
            entries[definition.key] = Entry(line: node.line, text: nil)
            let expected = "\(definition.variable) or \(definition.variable)_FILE in the environment"
            return refuse(.secretInFile, definition.key, node.line, expected)
        }
        let text = Self.text(of: node, as: definition.form)
        entries[definition.key] = Entry(line: node.line, text: text)
        if text == nil {
            refuse(.wrongType, definition.key, node.line, "\(Self.typeName(definition.form)): \(definition.expected)")
        }
    }

    private mutating func refuse(
        _ fault: SettingsFault, _ key: String, _ line: Int, _ expected: String, nearest: String? = nil
    ) {
        let source = "\(path):\(line)"
        problems.append(SettingsProblem(fault, key: key, source: source, expected: expected, nearest: nearest))
    }

    private func isSection(_ key: String) -> Bool { keys.contains { $0.hasPrefix(key + ".") } }

    /// A sibling with a similar name, else the setting that bears the name elsewhere or as its variable.
    private func nearest(to name: String, under parent: String) -> String? {
        let prefix = parent.isEmpty ? "" : parent + "."
        let siblings = keys.filter { $0.hasPrefix(prefix) }.map { key in
            String(key.dropFirst(prefix.count).prefix { $0 != "." })
        }
        if let sibling = NearestName.of(name, in: siblings) { return prefix + sibling }
        if let same = keys.first(where: { $0.hasSuffix("." + name) || definitions[$0]?.variable == name }) {
            return same
        }
        return NearestName.of(prefix + name, in: keys)
    }

    /// The text the environment would carry, or nil when the JSON type is another one.
    private static func text(of node: JSON5Node, as form: SettingForm) -> [UInt8]? {
        switch (form, node.value) {
        case (.text, .string(let text)), (.list, .string(let text)), (.number, .number(let text)):
            return [UInt8](text: text)
        case (.flag, .bool(let flag)):
            return [UInt8](text: flag ? "true" : "false")
        case (.list, .array(let items)):
            var texts: [String] = []
            for item in items {
                guard case .string(let text) = item.value, !text.utf8.contains(0x2C), !text.isEmpty else { return nil }
                texts.append(text)
            }
            return [UInt8](text: texts.joined(separator: ","))
        default:
            return nil
        }
    }

    private static func typeName(_ form: SettingForm) -> String {
        switch form {
        case .text: "a string"
        case .number: "a number"
        case .flag: "a boolean"
        case .list: "an array of strings"
        }
    }

    /// What the reader quotes may be a secret without its quotation marks; single characters stay.
    private static func withoutQuotations(_ sentence: String) -> String {
        let parts = sentence.split(separator: "\"", omittingEmptySubsequences: false)
        return parts.enumerated().map { index, part in
            index % 2 == 1 && part.unicodeScalars.count > 1 ? "…" : String(part)
        }.joined(separator: "\"")
    }

    /// A name from the file, short and visible, for a problem.
    static func printable(_ name: String) -> String {
        let visible = name.utf8.prefix(64).map { SettingText.isVisible($0) ? $0 : 0x3F }
        return visible.text + (name.utf8.count > 64 ? "…" : "")
    }
}
