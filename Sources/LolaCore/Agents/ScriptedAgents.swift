// The five built-in agents: what Lola says by itself where a bank has not connected an agent yet, in Spanish and
// English. Deterministic and without effect beyond the conversation; nothing is ever executed from chat. Any thread.

struct ScriptedAgents: Sendable {
    /// Whether they offer widgets: under `lola dev` the whole way can be walked.
    var offersLinks = false

    /// The answer of one agent to one message.
    func answer(_ agent: AgentName, _ turn: Turn, state: [UInt8]?) -> AgentAnswer {
        if turn.message.type == .reaction { return AgentAnswer() }
        let known = ScriptState.read(state)
        var now = known ?? ScriptState()
        let language = ScriptLanguage.of(turn, spokenBefore: now.language)
        now.language = language
        let replies: [Reply]
        if turn.message.type.isFile {
            replies = [fileNotice(turn)]
        } else {
            switch agent {
            case .senderHome: replies = ScriptedHome(turn, language).replies(&now)
            case .onboarding: replies = ScriptedOnboarding(turn, language).replies()
            case .pendingCIP: replies = [.text(ScriptTexts.pending(language, firstName(turn)))]
            case .blocked: replies = [.text(ScriptTexts.blocked(language, firstName(turn)))]
            case .serviceUnavailable: replies = [.text(ScriptTexts.unavailable(language))]
            }
        }
        if agent != .senderHome { now.leave() }
        let changed = known != nil && now.bytes != state
        return AgentAnswer(replies: replies, state: changed ? now.bytes : nil)
    }

    /// Files and images are not read: one text-only notice, no agent.
    func fileNotice(_ turn: Turn) -> Reply { .text(ScriptTexts.fileNotice(ScriptLanguage.of(turn))) }

    /// What the sender reads when no answer could be had: once per message.
    func failureNotice(_ turn: Turn) -> Reply { .text(ScriptTexts.failureNotice(ScriptLanguage.of(turn))) }

    private func firstName(_ turn: Turn) -> String {
        guard case .known(let user) = turn.identity else { return "" }
        return ScriptTexts.firstName(user.name)
    }
}

/// Somebody the bank does not know yet. Without a number the first step is to share it; nothing else can be asked.
struct ScriptedOnboarding {
    private let turn: Turn
    private let language: ScriptLanguage

    init(_ turn: Turn, _ language: ScriptLanguage) {
        self.turn = turn
        self.language = language
    }

    func replies() -> [Reply] {
        switch ScriptIntent(turn.message) {
        case .how: [.text(ScriptTexts.how(language)), next]
        case .needs: [.text(ScriptTexts.needs(language)), next]
        default:
            if turn.message.type == .contact && turn.phone != nil {
                [.text(ScriptTexts.contactThanks(language)), next]
            } else {
                [.text(ScriptTexts.welcome(language)), next]
            }
        }
    }

    private var next: Reply {
        if turn.phone == nil {
            return .contactRequest(
                text: ScriptTexts.contactRequest(language), button: ScriptTexts.contactButton(language))
        }
        return .buttons(
            text: ScriptTexts.onboardingMenu(language),
            choices: [ScriptTexts.choice(.how, language), ScriptTexts.choice(.needs, language)])
    }
}
