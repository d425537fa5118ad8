// One row of the settings table, in two halves: what is said about a setting without its type (documentation, names,
// sources) and how its octets become a value. The table holds the rows, the loader reads them.

/// Everything about a setting but its Swift type.
struct SettingDefinition: Sendable {
    enum Requirement: Hashable, Sendable {
        case optional
        /// The gateway does not start without it.
        case always
        /// Needed as soon as the channel is switched on by any of its settings.
        case channel
    }

    /// Path in the file, `server.tls.key_file`; of a secret, the name problems give it.
    let key: String
    let variable: String
    /// Command-line flag without dashes.
    let flag: String?
    /// Name of the type in the documentation.
    let type: String
    let expected: String
    let form: SettingForm
    let allowsEmpty: Bool
    /// As an operator would write it in the environment.
    let defaultText: String?
    /// What happens without a value, for settings that have no default text.
    let absence: String
    let isSecret: Bool
    let requirement: Requirement
    /// What the setting does; a sentence or two.
    let sentence: String
    /// A value that is accepted; of a secret only its shape.
    let example: String

    /// The variable that may name a file instead, secrets only.
    var fileVariable: String? { isSecret ? variable + "_FILE" : nil }

    /// The first part of the key: a heading of the documentation.
    var section: String { key.split(separator: ".").first.map(String.init) ?? key }
}

/// A row with its type.
struct Setting<Value: Sendable>: Sendable {
    let definition: SettingDefinition
    let grammar: SettingGrammar<Value>

    /// What the setting is when nothing is said. Asked only of settings with a default.
    var fallback: Value {
        let text = [UInt8](text: definition.defaultText ?? "")
        guard definition.defaultText != nil, let value = try? grammar.parse(text) else {
            preconditionFailure("\(definition.key) has no valid default")
        }
        return value
    }

    /// A setting of the file and the environment.
    init(
        _ key: String, _ variable: String, _ grammar: SettingGrammar<Value>, default defaultText: String? = nil,
        absence: String = "none", flag: String? = nil, needed requirement: SettingDefinition.Requirement = .optional,
        example: String? = nil, _ sentence: String
    ) {
        self.init(
            key: key, variable: variable, grammar: grammar, defaultText: defaultText, absence: absence, flag: flag,
            isSecret: false, requirement: requirement, sentence: sentence, example: example ?? defaultText ?? "")
    }

    /// A setting that may come from the environment or a file of its own only.
    static func secret(
        _ key: String, _ variable: String, _ grammar: SettingGrammar<Value>, absence: String = "none",
        needed requirement: SettingDefinition.Requirement = .optional, example: String, _ sentence: String
    ) -> Self {
        Self(
            key: key, variable: variable, grammar: grammar, defaultText: nil, absence: absence, flag: nil,
            isSecret: true, requirement: requirement, sentence: sentence, example: example)
    }

    private init(
        key: String, variable: String, grammar: SettingGrammar<Value>, defaultText: String?, absence: String,
        flag: String?, isSecret: Bool, requirement: SettingDefinition.Requirement, sentence: String, example: String
    ) {
        self.grammar = grammar
        let required = requirement == .channel ? "required by the channel" : "required"
        definition = SettingDefinition(
            key: key, variable: variable, flag: flag, type: grammar.type, expected: grammar.expected,
            form: grammar.form, allowsEmpty: grammar.allowsEmpty, defaultText: defaultText,
            absence: requirement == .optional ? absence : required, isSecret: isSecret, requirement: requirement,
            sentence: sentence, example: example)
    }
}
