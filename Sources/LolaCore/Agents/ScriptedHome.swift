// The built-in agent of a verified sender: a menu, and a small conversation that prepares a payment up to the point
// where a secure link would take over. Nothing is executed from chat. Used by ScriptedAgents for one message.

struct ScriptedHome {
    private let turn: Turn
    private let language: ScriptLanguage

    init(_ turn: Turn, _ language: ScriptLanguage) {
        self.turn = turn
        self.language = language
    }

    private var message: InboundMessage { turn.message }

    func replies(_ state: inout ScriptState) -> [Reply] {
        if let command = turn.command { return replies(to: command, &state) }
        if message.type == .start || message.type == .unsupported || message.type == .order || message.type == .flow {
            return message.type == .start ? greeting(&state) : [.text(ScriptTexts.notUnderstood(language))]
        }
        if message.type == .event { return greeting(&state) }
        let intent = ScriptIntent(message)
        if intent == .cancel && state.step != .home {
            state.leave()
            return [menu(ScriptTexts.cancelled(language))]
        }
        // Whoever presses a button of an earlier message means that button; a typed word is judged by the step.
        if message.choiceID != nil || state.step == .home { return replies(to: intent, &state) }
        switch state.step {
        case .home: return greeting(&state)
        case .amount: return takeAmount(&state)
        case .recipient: return takeRecipient(&state)
        case .confirm: return replies(to: intent, &state)
        }
    }

    private func replies(to command: SlashCommand, _ state: inout ScriptState) -> [Reply] {
        switch command.name.text {
        case "/info": return [.text(ScriptTexts.info(language, user))]
        case "/payers": return [payers]
        default:
            state.leave()
            return greeting(&state)
        }
    }

    private func replies(to intent: ScriptIntent?, _ state: inout ScriptState) -> [Reply] {
        switch intent {
        case .send, .bankDeposit, .cashPickup, .wallet:
            state.leave()
            state.step = .amount
            return [.text(ScriptTexts.askAmount(language))]
        case .payees: return [menu(ScriptTexts.noPayees(language))]
        case .help: return [menu(ScriptTexts.help(language))]
        case .confirm where state.step == .confirm:
            state.leave()
            return [.text(ScriptTexts.confirmed(language))]
        case .modify where state.step == .confirm:
            state.leave()
            state.step = .amount
            return [.text(ScriptTexts.askAmount(language))]
        default:
            if state.step == .confirm, let summary = summary(state) { return [summary] }
            return greeting(&state)
        }
    }

    // MARK: The payment, step by step

    private func takeAmount(_ state: inout ScriptState) -> [Reply] {
        guard let amount = ScriptAmount(message.text ?? []) else { return [.text(ScriptTexts.amountUnclear(language))] }
        guard amount.cents >= ScriptAmount.min.cents, amount.cents <= ScriptAmount.max.cents else {
            return [.text(ScriptTexts.amountOutOfRange(language))]
        }
        state.amount = amount
        state.step = .recipient
        return [.text(ScriptTexts.askRecipient(language))]
    }

    private func takeRecipient(_ state: inout ScriptState) -> [Reply] {
        let name = sharedName ?? DisplayText.clean(message.text ?? [])
        guard !name.isEmpty else { return [.text(ScriptTexts.askRecipient(language))] }
        state.recipient = name
        state.step = .confirm
        return summary(state).map { [$0] } ?? greeting(&state)
    }

    private func summary(_ state: ScriptState) -> Reply? {
        guard let amount = state.amount else { return nil }
        return .buttons(
            text: ScriptTexts.summary(language, amount, to: state.recipient, from: methods.first),
            choices: [.confirm, .modify, .cancel].map { ScriptTexts.choice($0, language) })
    }

    /// A shared contact names the recipient, by its number when it has no name.
    private var sharedName: [UInt8]? {
        for case .contact(let name, let phone, _) in turn.attachments {
            return name.isEmpty ? phone : name
        }
        return nil
    }

    // MARK: Menu

    private func greeting(_ state: inout ScriptState) -> [Reply] {
        state.leave()
        let name = ScriptTexts.firstName(user?.name ?? [])
        return [menu(ScriptTexts.greeting(language, name, methods: methods))]
    }

    private func menu(_ text: [UInt8]) -> Reply {
        .buttons(text: text, choices: [.send, .payees, .help].map { ScriptTexts.choice($0, language) })
    }

    private var payers: Reply {
        .list(
            text: ScriptTexts.payers(language), button: ScriptTexts.payersButton(language),
            items: [.bankDeposit, .cashPickup, .wallet].map { ScriptTexts.choice($0, language) })
    }

    private var user: ContextUser? {
        if case .known(let user) = turn.identity { user } else { nil }
    }

    /// Payment methods as they may be shown; cards where the service lists no methods.
    private var methods: [[UInt8]] {
        guard let user else { return [] }
        let displays = user.paymentMethods.map(\.display).filter { !$0.isEmpty }
        return displays.isEmpty ? user.cards : displays
    }
}
