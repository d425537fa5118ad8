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
        } else if let event = turn.message.event, agent != .blocked && agent != .serviceUnavailable {
            let word = Reply.text(ScriptTexts.widgetEnded(language, event, isVerified: agent == .senderHome))
            replies = [word] + (agent == .senderHome ? ScriptedHome(turn, language).replies(&now) : [])
        } else {
            switch agent {
            case .senderHome: replies = ScriptedHome(turn, language).replies(&now)
            case .onboarding: replies = ScriptedOnboarding(turn, language).replies()
            case .pendingCIP:
                replies = [.text(ScriptTexts.pending(language, firstName(turn), hasLink: offersLinks))]
            case .blocked: replies = [.text(ScriptTexts.blocked(language, firstName(turn)))]
            case .serviceUnavailable: replies = [.text(ScriptTexts.unavailable(language))]
            }
        }
        if agent != .senderHome { now.leave() }
        let changed = known != nil && now.bytes != state
        return AgentAnswer(
            replies: replies, state: changed ? now.bytes : nil,
            ticket: offersLinks ? offer(agent, turn, language) : nil)
    }

    /// The widget that a message calls for: whoever is not verified yet proves who they are, whoever is and starts
    /// afresh authorises a card. What comes back from a widget offers no further one.
    private func offer(_ agent: AgentName, _ turn: Turn, _ language: ScriptLanguage) -> TicketWish? {
        guard turn.message.event == nil, !turn.message.type.isFile else { return nil }
        switch agent {
        case .pendingCIP: return .scripted("cip", ScriptTexts.identityLink(language))
        case .onboarding where turn.phone != nil: return .scripted("cip", ScriptTexts.identityLink(language))
        case .senderHome where turn.command?.name == [UInt8](text: "/new"):
            return .scripted("card", ScriptTexts.cardLink(language))
        case .onboarding, .senderHome, .blocked, .serviceUnavailable: return nil
        }
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

extension TicketWish {
    /// All actions of an operation.
    fileprivate static func scripted(_ operation: String, _ reply: [UInt8]) -> TicketWish {
        let terms = TicketTerms(operation: [UInt8](text: operation))
        return TicketWish(operation: terms.operation, actions: terms.actions, reply: reply)
    }
}
