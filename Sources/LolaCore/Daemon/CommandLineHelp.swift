// Help texts made from the table of commands, never wider than 80 columns.

enum CommandLineHelp {
    static let width = 80

    /// What `lola help` prints: every command with its summary.
    static var overview: String {
        let column = (CommandName.allCases.map(\.rawValue.count).max() ?? 0) + 4
        var out = "Lola puts proof of the sender before a bank's chat agents.\n\n"
        out += "Usage: lola COMMAND [ARGUMENTS] [FLAGS]\n\nCommands:\n"
        for definition in CommandLineTable.all { out += row(definition.name.rawValue, definition.summary, column) }
        out += "\nFirst message in one minute:\n  lola dev\n"
        out += "  lola trigger whatsapp.text --from +15550100 --text hola\n  lola tail\n"
        return out + "\n`lola help COMMAND` explains a command.\n"
    }

    /// The page of one command: usage, description, arguments, flags, example.
    static func page(_ name: CommandName) -> String {
        let definition = CommandLineTable.definition(name)
        var out = usage(name) + "\n" + wrapped(definition.description, indent: 0, hanging: 0)
        if !definition.arguments.isEmpty {
            out += "\nArguments:\n"
            let column = (definition.arguments.map(\.name.count).max() ?? 0) + 4
            for argument in definition.arguments {
                let choices = argument.choices.isEmpty ? "" : " One of \(argument.choices.joined(separator: ", "))."
                out += row(argument.name, argument.sentence + choices, column)
            }
        }
        out += "\nFlags:\n"
        let flags = definition.flags.map { (spelling($0), $0.sentence) } + [("-h, --help", "Show this page.")]
        let column = (flags.map(\.0.count).max() ?? 0) + 4
        for (spelling, sentence) in flags { out += row(spelling, sentence, column) }
        return out + "\nExample:\n  \(definition.example)\n"
    }

    /// `Usage: lola trigger TYPE [--from NUMBER] …`, wrapped, with a line end.
    static func usage(_ name: CommandName) -> String {
        let definition = CommandLineTable.definition(name)
        var line = "Usage: lola \(name.rawValue)"
        for argument in definition.arguments {
            let word = argument.name + (argument.isRepeated ? "…" : "")
            line += argument.isRequired ? " \(word)" : " [\(word)]"
        }
        for flag in definition.flags {
            line += " [\(spelling(flag).split(separator: " ").joined(separator: "\u{A0}"))]"
        }
        let lines = wrapped(line, indent: 0, hanging: 8)
        return String(lines.map { $0 == "\u{A0}" ? " " : $0 })
    }

    private static func spelling(_ flag: CommandFlag) -> String {
        "--\(flag.name)" + (flag.placeholder.map { " \($0)" } ?? "")
    }

    private static func row(_ name: String, _ sentence: String, _ column: Int) -> String {
        let start = "  " + name + String(repeating: " ", count: max(2, column - 2 - name.count))
        return start + wrapped(sentence, indent: column, hanging: column).drop { $0 == " " }
    }

    /// Words in lines of at most `width` characters; the first line is indented by `indent`, the others by `hanging`.
    private static func wrapped(_ text: String, indent: Int, hanging: Int) -> String {
        var out = ""
        var line = String(repeating: " ", count: indent)
        var isEmpty = true
        for word in text.split(separator: " ") {
            if !isEmpty, line.count + 1 + word.count > width {
                out += line + "\n"
                line = String(repeating: " ", count: hanging)
                isEmpty = true
            }
            line += (isEmpty ? "" : " ") + word
            isEmpty = false
        }
        return out + line + "\n"
    }
}
