// Texts made from the settings table: `docs/CONFIGURATION.md` and `config/lola.json5`. A test compares the files in
// the repository with what is made here, so that documentation cannot drift from the code.

enum SettingsDocuments {
    // MARK: docs/CONFIGURATION.md

    /// The reference of all settings in Markdown.
    static func reference(_ table: [SettingDefinition] = SettingsTable.all) -> String {
        var out = introduction
        var section = ""
        for row in table {
            if row.section != section {
                section = row.section
                out += "\n## \(section)\n\n\(notes[section].map { $0 + "\n\n" } ?? "")"
                out += "| Key | Variable | Default | Takes | What it does |\n|---|---|---|---|---|\n"
            }
            out += line(row)
        }
        return out
    }

    private static func line(_ row: SettingDefinition) -> String {
        let key = "`\(row.key)`" + (row.isSecret ? ", environment only" : "")
        var names = "`\(row.variable)`"
        if let file = row.fileVariable { names += ", `\(file)`" }
        if let flag = row.flag { names += ", `--\(flag)`" }
        let value = row.defaultText.map { $0.isEmpty ? "empty" : "`\($0)`" } ?? row.absence
        var takes = row.expected
        if row.defaultText == nil || row.defaultText?.isEmpty == true { takes += ". Example: `\(row.example)`" }
        return "| \(key) | \(names) | \(value) | \(takes) | \(row.sentence) |\n"
    }

    private static let introduction = """
        # Configuration

        This page is made from the settings table of the program, so it is complete and true.
        `lola check-config` tells everything that is wrong with a configuration at once; `lola config print` shows
        every setting with the place it came from.

        - **Precedence**: flag, then environment, then file, then default. A wrong value is an error even when a
          higher place overrides it.
        - **File**: JSON with comments and trailing commas, nested objects, given with `--config`; else
          `config/lola.json5` where there is one, which here lists every key with its default. `lola dev` reads no file.
          An unknown key, an unknown `LOLA_*` variable or a wrong type is an error.
        - **Secrets** come from the environment only, or from a file whose path stands in `NAME_FILE`; one line end
          at the end of that file is ignored. Both at once is an error, and so is a secret in the settings file.
        - **Durations** are whole numbers with a unit: `500ms`, `10s`, `2m`, `1h`. **Sizes**: `512B`, `64KiB`, `4MiB`.
          **Booleans** are `true` or `false`. **Lists** have commas between their items in the environment; in the
          file they are arrays. An empty item is an error, and so is a variable that is set to nothing, but for lists
          whose default is empty.
        - **Blocks of addresses** have no host bits: `10.0.0.0/8`, not `10.0.0.1/8`. A single address is a block of one.
        - **URLs** have no user, no password and no fragment. Plain `http` is accepted for this machine, private
          addresses, names without a dot, and names under `.internal`, `.local`, `.svc` and `.test`.
        - **Exit code** 78 means that the configuration was refused. Of refused values only short ones that are
          neither secrets nor URLs are shown.
        - Kubernetes' own `LOLA_SERVICE_…` and `LOLA_PORT_…` variables are not taken for settings.

        """

    private static let notes = [
        "whatsapp": channelNote, "telegram": channelNote, "twilio": channelNote, "resend": channelNote,
        "limits": "Limits of agents hold unless an agent has its own.",
        "callback": "To rotate, put a new key first and drop the old one when the last link made with it has expired.",
    ]

    private static let channelNote = """
        Off, and its routes answer 404, while none of its variables is set. As soon as one is set, all required ones \
        must be. In the settings file the address of the API alone does not switch the channel on.
        """

    // MARK: config/lola.json5

    /// The annotated default file: every key that may stand in it, defaults as values, the rest as comments.
    static func sample(_ table: [SettingDefinition] = SettingsTable.all) -> String {
        var out = """
            // Settings of Lola with their defaults: copy, change, start with `lola serve --config FILE`.
            // A variable of the environment overrides what stands here; secrets come from the environment only.
            // Reference: docs/CONFIGURATION.md. Check: lola check-config --config FILE.
            {

            """
        var open: [String] = []
        for row in table {
            let path = row.key.split(separator: ".").map(String.init)
            let parents = Array(path.dropLast())
            while !parents.starts(with: open) {
                open.removeLast()
                out += indent(open.count) + "},\n"
            }
            if !out.hasSuffix("{\n") { out += "\n" }
            for name in parents[open.count...] {
                out += indent(open.count) + "\(name): {\n"
                open.append(name)
            }
            out += entry(row, name: path.last ?? row.key, indent: indent(open.count))
        }
        while open.popLast() != nil { out += indent(open.count) + "},\n" }
        return out + "}\n"
    }

    private static func entry(_ row: SettingDefinition, name: String, indent: String) -> String {
        if row.isSecret {
            let names = "\(row.variable) or \(row.variable)_FILE"
            return comment(row.sentence, indent) + comment("Secret, only in the environment: \(names).", indent)
        }
        let absence =
            row.defaultText != nil ? "" : row.requirement == .optional ? " Without it: \(row.absence)." : " Required."
        let about = comment(row.sentence, indent) + comment("\(row.variable): \(row.expected).\(absence)", indent)
        let value = "\(name): \(text(row.defaultText ?? row.example, row.form)),\n"
        return about + indent + (row.defaultText == nil ? "// " : "") + value
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "    ", count: depth + 1) }

    private static func text(_ value: String, _ form: SettingForm) -> String {
        switch form {
        // JSON5 takes either quotes.
        case .text: value.contains("\"") ? "'\(value)'" : "\"\(value)\""
        case .number, .flag: value
        case .list: "[" + value.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ", ") + "]"
        }
    }

    /// Comment lines of at most 110 columns.
    private static func comment(_ text: String, _ indent: String) -> String {
        var (out, line) = ("", "")
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent.count + line.count + word.count > 106 {
                out += "\(indent)//\(line)\n"
                line = ""
            }
            line += " \(word)"
        }
        return out + "\(indent)//\(line)\n"
    }
}
