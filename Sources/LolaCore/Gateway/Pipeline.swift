// The middleware chain as a flat array and an index. A stage that needs the outside returns the effect it
// wants and is resumed with the answer; there is no `next()` to forget or to call twice (DESIGN §2).

/// What a stage asks the loop to do for it.
enum Effect: Sendable {
    case http(OutboundRequest)
    case store(StoreOperation)
}

/// The answer to an `Effect`, of the same kind.
enum EffectAnswer: Sendable {
    case http(OutboundOutcome)
    case store(StoreAnswer)
}

enum Verdict: Sendable {
    case next
    /// The message goes no further; the reply, if any, is sent by Lola itself.
    case stop(Refusal, reply: Reply?)
    case wait(Effect)
}

/// Names of the stages, as written in `pipeline.middleware`.
enum MiddlewareName: String, CaseIterable, Sendable {
    case channelAccess = "channel_access"
    case commandsAuth = "commands_auth"
    case phoneNormalization = "phone_normalization"
    case identity
    case contactDecoding = "contact_decoding"

    var stage: TraceStep.Stage {
        switch self {
        case .channelAccess: .channelAccess
        case .commandsAuth: .commandsAuth
        case .phoneNormalization: .phoneNormalization
        case .identity: .identity
        case .contactDecoding: .contactDecoding
        }
    }
}

/// One stage. Configured when it is made, one instance per loop; everything of a message is in the turn.
protocol Middleware: AnyObject {
    var name: MiddlewareName { get }
    func process(_ turn: Turn) -> Verdict
    /// Called once for each `wait` this stage returned.
    func resume(_ turn: Turn, with answer: EffectAnswer) -> Verdict
}

extension Middleware {
    /// Stages that never wait are never resumed.
    func resume(_ turn: Turn, with answer: EffectAnswer) -> Verdict {
        preconditionFailure("\(name.rawValue) was resumed without having waited")
    }
}

/// Where a turn stands after the chain was run or resumed.
enum PipelineOutcome {
    case agent(AgentName)
    case stopped(Refusal, reply: Reply?)
    case waiting(Effect)
}

final class Pipeline {
    /// Position of a turn in the chain; kept by whoever keeps the turn.
    struct Position: Sendable {
        fileprivate var index = 0
        fileprivate var startedAt: Instant?
        init() {}
    }

    private let stages: [any Middleware]
    private let clock: any Clock

    init(_ stages: [any Middleware], clock: any Clock) {
        self.stages = stages
        self.clock = clock
    }

    /// Runs from the position until the chain ends, stops or waits. `answer` belongs to the stage that waited.
    func run(_ turn: Turn, _ position: inout Position, answer: EffectAnswer? = nil) -> PipelineOutcome {
        var pending = answer
        while position.index < stages.count {
            let stage = stages[position.index]
            let started = position.startedAt ?? clock.now
            let verdict: Verdict
            if let given = pending {
                pending = nil
                verdict = stage.resume(turn, with: given)
            } else {
                verdict = stage.process(turn)
            }
            switch verdict {
            case .wait(let effect):
                position.startedAt = started
                return .waiting(effect)
            case .next:
                turn.record(stage.name.stage, .next, took: clock.now - started)
            case .stop(let refusal, let reply):
                if turn.detail.isEmpty { turn.detail = refusal.rawValue }
                turn.record(stage.name.stage, .stop, took: clock.now - started)
                return .stopped(refusal, reply: reply)
            }
            position.startedAt = nil
            position.index += 1
        }
        let started = clock.now
        let agent = LogicRouter.agent(for: turn.identity)
        turn.detail = agent.rawValue
        turn.record(.router, .route, took: clock.now - started)
        return .agent(agent)
    }
}
