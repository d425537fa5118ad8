// What the built-in agents remember of a conversation, as the JSON object that the store keeps for it. A state that
// another agent wrote is never read and never overwritten.

struct ScriptState: Hashable, Sendable {
    enum Step: String, Sendable {
        case home
        case amount
        case recipient
        case confirm
    }

    var language: ScriptLanguage?
    var step = Step.home
    var amount: ScriptAmount?
    var recipient: [UInt8] = []

    /// The remembered state; a fresh one when there is none or it is damaged; nil when it is another agent's.
    static func read(_ bytes: [UInt8]?) -> ScriptState? {
        guard let bytes, let root = (try? JSONDocument.parse(bytes))?.root else { return ScriptState() }
        guard root["lola_script"]?.integer == 1 else { return nil }
        var state = ScriptState()
        state.language = root["language"]?.text.flatMap { ScriptLanguage(rawValue: $0) }
        state.amount = root["cents"]?.integer.map { ScriptAmount(cents: Int($0)) }
        state.recipient = DisplayText.clean(root["recipient"]?.textBytes ?? [])
        state.step = root["step"]?.text.flatMap { Step(rawValue: $0) } ?? .home
        let isWhole =
            switch state.step {
            case .home, .amount: true
            case .recipient: state.amount != nil
            case .confirm: state.amount != nil && !state.recipient.isEmpty
            }
        if !isWhole { state.leave() }
        return state
    }

    /// Back to the menu; only the language stays.
    mutating func leave() {
        self = ScriptState(language: language)
    }

    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.object { object in
            object.member("lola_script", 1)
            object.member("language", language?.rawValue)
            object.member("step", step.rawValue)
            if let amount { object.member("cents", amount.cents) }
            if !recipient.isEmpty { object.member("recipient", bytes: recipient) }
        }
        return writer.bytes
    }
}
