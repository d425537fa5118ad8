// Understands a command line by the table of commands. A pure function: no file, no environment, no output.

enum CommandLineParser {
    /// Understands what was typed after `lola`. `-h` and `--help` anywhere before `--` ask for help, whatever else is
    /// wrong; `--version` is the command `version`.
    static func parse(_ words: [String]) throws(UsageFault) -> Invocation {
        guard let first = words.first else {
            throw UsageFault(message: "a command is missing", command: nil, nearest: nil)
        }
        if first == "--version" { return Invocation(command: .version, flags: [:], arguments: []) }
        let wantsHelp = words.prefix { $0 != "--" }.contains { $0 == "-h" || $0 == "--help" }
        let typed = Array(words.prefix { !$0.hasPrefix("-") })
        if wantsHelp, typed.isEmpty { return Invocation(command: .help, flags: [:], arguments: []) }
        if wantsHelp, isGroup(typed) { return Invocation(command: .help, flags: [:], arguments: typed) }
        let name = try command(typed.isEmpty ? [first] : typed)
        if wantsHelp { return Invocation(command: .help, flags: [:], arguments: name.words) }
        var reading = Reading(definition: CommandLineTable.definition(name))
        try reading.read(words.dropFirst(name.words.count))
        if name == .help, !reading.arguments.isEmpty, !isGroup(reading.arguments) {
            return Invocation(command: .help, flags: [:], arguments: try command(reading.arguments).words)
        }
        return Invocation(command: name, flags: reading.flags, arguments: reading.arguments)
    }

    /// Whether this is the first word of commands that have two, and nothing else.
    private static func isGroup(_ words: [String]) -> Bool {
        words.count == 1 && CommandName.allCases.contains { $0.words.count > 1 && $0.words.first == words[0] }
    }

    /// The command that the first words name.
    private static func command(_ words: [String]) throws(UsageFault) -> CommandName {
        if let name = CommandName.allCases.first(where: { words.starts(with: $0.words) }) { return name }
        let first = words.first ?? ""
        let group = CommandName.allCases.filter { $0.words.count > 1 && $0.words.first == first }
        if !group.isEmpty {
            let known = group.map { "`lola \($0.rawValue)`" }.joined(separator: " or ")
            let nearest = words.count > 1 ? NearestName.of(words[1], in: group.map { $0.words[1] }) : nil
            throw UsageFault(
                message: "\(known) is expected", command: nil, nearest: nearest.map { "lola \(first) \($0)" })
        }
        let nearest = NearestName.of(first, in: CommandName.allCases.map(\.rawValue))
        throw UsageFault(message: "unknown command \(SettingsFile.printable(first))", command: nil, nearest: nearest)
    }

    /// Flags and arguments of one command while they are read.
    private struct Reading {
        let definition: CommandDefinition
        var flags: [String: String] = [:]
        var arguments: [String] = []

        mutating func read(_ words: ArraySlice<String>) throws(UsageFault) {
            var rest = words
            var flagsEnded = false
            while let word = rest.popFirst() {
                if flagsEnded || !word.hasPrefix("-") || word == "-" {
                    try argument(word)
                } else if word == "--" {
                    flagsEnded = true
                } else {
                    try flag(word, &rest)
                }
            }
            let required = definition.arguments.filter(\.isRequired)
            if arguments.count < required.count {
                let missing = required[arguments.count]
                throw fault("\(missing.name) is missing\(Self.list(missing.choices))")
            }
        }

        private mutating func argument(_ word: String) throws(UsageFault) {
            let last = definition.arguments.last
            let next = definition.arguments.dropFirst(arguments.count).first ?? (last?.isRepeated == true ? last : nil)
            guard let next else { throw fault("\(SettingsFile.printable(word)) is one argument too many") }
            guard next.choices.isEmpty || next.choices.contains(word) else {
                let nearest = NearestName.of(word, in: next.choices)
                let message = "\(SettingsFile.printable(word)) is no \(next.name)\(Self.list(next.choices))"
                throw fault(message, nearest: nearest)
            }
            arguments.append(word)
        }

        private mutating func flag(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageFault) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let typed = parts.first, let flag = definition.flags.first(where: { "--\($0.name)" == typed }) else {
                let nearest = NearestName.of(parts.first ?? word, in: definition.flags.map { "--\($0.name)" })
                throw fault("unknown flag \(SettingsFile.printable(parts.first ?? word))", nearest: nearest)
            }
            guard flags[flag.name] == nil else { throw fault("\(typed) is given twice") }
            guard flag.placeholder != nil else {
                guard parts.count == 1 else { throw fault("\(typed) takes no value") }
                flags[flag.name] = "true"
                return
            }
            let value: String
            if parts.count == 2 {
                value = parts[1]
            } else {
                guard let next = rest.first, !next.hasPrefix("--") else {
                    throw fault("\(typed) needs a value (\(typed)=VALUE when it begins with --)")
                }
                value = next
                rest.removeFirst()
            }
            guard flag.accepts(value) else { throw fault("\(typed) takes \(flag.expected)") }
            flags[flag.name] = value
        }

        private func fault(_ message: String, nearest: String? = nil) -> UsageFault {
            UsageFault(message: message, command: definition.name, nearest: nearest)
        }

        private static func list(_ choices: [String]) -> String {
            choices.isEmpty ? "" : " (\(choices.joined(separator: ", ")))"
        }
    }
}
