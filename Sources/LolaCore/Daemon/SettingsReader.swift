// Reads single settings out of all their sources, in the order of precedence, and collects what is wrong with them.
// Confined to one call of `Settings.load`; knows no setting by name.

/// Where settings come from. Values only: nothing here does I/O but `readFile`, which the caller supplies.
struct SettingsSources {
    /// By flag name without dashes.
    var flags: [String: String] = [:]
    var environment: [String: String] = [:]
    var file: (path: String, bytes: [UInt8])?
    /// By variable, below everything else: what `lola dev` made up for this machine.
    var generated: [String: String] = [:]
    /// The octets of a secret's file, nil when it cannot be read.
    var readFile: (String) -> [UInt8]? = { _ in nil }
}

final class SettingsReader {
    private(set) var problems: [SettingsProblem] = []
    private var effective: [String: EffectiveSetting] = [:]
    private let sources: SettingsSources
    private let table: [SettingDefinition]
    private let file: SettingsFile?

    init(_ sources: SettingsSources, table: [SettingDefinition]) {
        self.sources = sources
        self.table = table
        file = sources.file.map { SettingsFile(path: $0.path, bytes: $0.bytes, table: table) }
        problems += file?.problems ?? []
        refuseUnknownVariables()
    }

    /// The value of the highest source, nil when there is none or when any source is wrong.
    func optional<Value>(_ setting: Setting<Value>) -> Value? {
        let definition = setting.definition
        var found: (value: Value, source: String, text: [UInt8])?
        var isWrong = false
        for candidate in candidates(definition) {
            do throws(SettingsFault) {
                guard definition.allowsEmpty || !candidate.text.isEmpty else { throw .empty }
                let value = try setting.grammar.parse(candidate.text)
                if found == nil { found = (value, candidate.source, candidate.text) }
            } catch {
                isWrong = true
                refuse(error, definition, from: candidate.source, found: shown(candidate.text, of: setting))
            }
        }
        if definition.requirement == .always { require(definition) }
        if let found {
            let shown = setting.grammar.show?(found.value) ?? found.text.text
            record(definition, definition.isSecret ? "***" : shown, found.source)
        } else {
            record(definition, definition.defaultText ?? "", definition.defaultText == nil ? "unset" : "default")
        }
        return isWrong ? nil : found?.value
    }

    /// The value of a setting that has a default.
    func value<Value>(_ setting: Setting<Value>) -> Value {
        guard let value = optional(setting) else { return setting.fallback }
        return value
    }

    /// Reports a setting that no source gives.
    func require(_ definition: SettingDefinition) {
        guard !isGiven(definition) else { return }
        let elsewhere = definition.fileVariable.map { ", here or in a file named by \($0)" } ?? ""
        refuse(.missing, definition, from: definition.variable, expected: definition.expected + elsewhere)
    }

    /// Whether any source speaks of the setting, rightly or wrongly.
    func isGiven(_ definition: SettingDefinition) -> Bool {
        isGivenOutsideFile(definition) || file?.entries[definition.key] != nil
    }

    /// The same without the settings file.
    func isGivenOutsideFile(_ definition: SettingDefinition) -> Bool {
        let names = [definition.variable] + (definition.fileVariable.map { [$0] } ?? [])
        return definition.flag.map { sources.flags[$0] != nil } ?? false
            || names.contains { sources.environment[$0] != nil || sources.generated[$0] != nil }
    }

    /// A problem of a setting, by default of the source that decided its value.
    func refuse(
        _ fault: SettingsFault, _ definition: SettingDefinition, from source: String? = nil, expected: String? = nil,
        found: String? = nil
    ) {
        let decided = effective[definition.key]?.source
        let place = source ?? (decided == "default" || decided == "unset" ? nil : decided) ?? definition.variable
        problems.append(
            SettingsProblem(
                fault, key: definition.key, source: place, expected: expected ?? definition.expected, found: found))
    }

    /// All settings in the order of the table.
    var effectiveSettings: [EffectiveSetting] { table.compactMap { effective[$0.key] } }

    private func record(_ definition: SettingDefinition, _ value: String, _ source: String) {
        effective[definition.key] = EffectiveSetting(
            key: definition.key, variable: definition.variable, value: value, source: source)
    }

    // MARK: Sources

    private func candidates(_ definition: SettingDefinition) -> [(source: String, text: [UInt8])] {
        var all: [(source: String, text: [UInt8])] = []
        if let flag = definition.flag, let text = sources.flags[flag] {
            all.append(("flag --\(flag)", [UInt8](text: text)))
        }
        if let text = sources.environment[definition.variable] {
            all.append((definition.variable, [UInt8](text: text)))
        }
        if let secret = secretFile(definition) { all.append(secret) }
        if let file, let entry = file.entries[definition.key], let text = entry.text {
            all.append((file.source(entry), text))
        }
        if let text = sources.generated[definition.variable] { all.append(("generated", [UInt8](text: text))) }
        return all
    }

    /// The content of `NAME_FILE` without its last line end; a conflict or an unreadable file is a problem.
    private func secretFile(_ definition: SettingDefinition) -> (source: String, text: [UInt8])? {
        guard let name = definition.fileVariable, let path = sources.environment[name] else { return nil }
        if sources.environment[definition.variable] != nil {
            refuse(.conflict, definition, from: name, expected: "only one of \(definition.variable) and \(name)")
            return nil
        }
        guard !path.isEmpty else {
            refuse(.empty, definition, from: name, expected: "the path of a file")
            return nil
        }
        guard var content = sources.readFile(path) else {
            refuse(.unreadableFile, definition, from: name, expected: "a file that can be read\(Self.shown(path))")
            return nil
        }
        if content.last == ASCII.lineFeed { content.removeLast() }
        if content.last == ASCII.carriageReturn { content.removeLast() }
        return (name, content)
    }

    /// A refused value as people may see it; of a list the first item that is refused by itself. Not shown: secrets,
    /// URLs (they may hold a password or a key), and anything so long that it may be a secret in the wrong place.
    private func shown<Value>(_ text: [UInt8], of setting: Setting<Value>) -> String? {
        guard !setting.definition.isSecret, !setting.definition.type.hasPrefix("URL") else { return nil }
        var part = text
        if setting.definition.form == .list {
            let items = text.split(separator: 0x2C).map { SettingText.trimmed($0) }
            part = items.first { (try? setting.grammar.parse($0)) == nil } ?? []
        }
        guard (1...24).contains(part.count) else { return nil }
        return part.map { $0 >= 0x20 && $0 < 0x7F ? $0 : 0x3F }.text
    }

    /// A path is shown only when it looks like one: a secret put there by mistake stays unseen.
    private static func shown(_ path: String) -> String {
        let isPath = ["/", "./", "../"].contains { path.hasPrefix($0) }
        return isPath && path.utf8.count <= 256 && path.utf8.allSatisfy(SettingText.isVisible) ? " at \(path)" : ""
    }

    private func refuseUnknownVariables() {
        let known = Set(table.flatMap { [$0.variable] + ($0.fileVariable.map { [$0] } ?? []) })
        let names = known.filter { $0.hasPrefix("LOLA_") }.sorted()
        for (name, value) in sources.environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("LOLA_") {
            guard !known.contains(name), !Self.isServiceLink(name, value) else { continue }
            let shown = SettingsFile.printable(name)
            let plain = name.hasSuffix("_FILE") ? String(name.dropLast(5)) : name
            problems.append(
                SettingsProblem(
                    .unknownVariable, key: shown, source: shown, expected: "a variable of docs/CONFIGURATION.md",
                    nearest: known.contains(plain) ? plain : NearestName.of(name, in: names)))
        }
    }

    /// Kubernetes describes a service called `lola` to every pod beside it in `LOLA_SERVICE_…` and `LOLA_PORT…`.
    private static func isServiceLink(_ name: String, _ value: String) -> Bool {
        name == "LOLA_SERVICE_HOST" || name.hasPrefix("LOLA_SERVICE_PORT")
            || (name.hasPrefix("LOLA_PORT") && ["tcp://", "udp://", "sctp://"].contains { value.hasPrefix($0) })
            || ["_TCP", "_UDP", "_SCTP"].contains { name.hasPrefix("LOLA_PORT_") && name.contains($0) }
    }
}
