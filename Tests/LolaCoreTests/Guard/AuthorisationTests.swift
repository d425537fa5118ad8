// Who may do what: every route, every kind of caller, own and foreign agents.
import Testing

@testable import LolaCore

@Suite("Authorisation")
struct AuthorisationTests {
    private static let here = GuardFixture.address("192.0.2.1")

    private func principal(_ kind: Principal.Kind, agent: AgentID?) -> Principal {
        Principal(kind: kind, address: Self.here, agent: kind == .agent ? agent : nil)
    }

    /// Callers, by audience, that may do it with anything, and those that may with their own only.
    private static let table: [Action.Audience: (always: [Principal.Kind], own: [Principal.Kind])] = [
        .everybody: (Principal.Kind.allCases, []),
        .operators: ([.orchestrator, .demo], []),
        .agents: ([.orchestrator, .demo], [.agent]),
        .widgets: ([], [.widget]),
    ]

    @Test("every action, every kind of caller, own and foreign", arguments: Action.allCases)
    func actions(action: Action) throws {
        let (own, foreign) = (try #require(AgentID("own".utf8)), try #require(AgentID("foreign".utf8)))
        let row = try #require(Self.table[action.audience])
        for kind in Principal.Kind.allCases {
            let caller = principal(kind, agent: own)
            let always = row.always.contains(kind)
            #expect(Authorisation.mayTry(caller, action) == (always || row.own.contains(kind)), "\(kind)")
            let isOwn = row.own.contains(kind) && kind == .agent
            #expect(Authorisation.may(caller, action, of: own) == (always || isOwn), "\(kind)")
            #expect(Authorisation.may(caller, action, of: foreign) == always, "\(kind)")
        }
    }

    @Test("audiences that no route has yet are closed as well", arguments: Action.Audience.allCases)
    func rules(audience: Action.Audience) throws {
        let row = try #require(Self.table[audience])
        for kind in Principal.Kind.allCases {
            let rule = Authorisation.rule(kind, audience)
            #expect(rule == (row.always.contains(kind) ? .always : row.own.contains(kind) ? .own : .never))
        }
    }

    @Test("every route, method and kind of caller, through the gatekeeper", arguments: [false, true])
    func routes(isDemo: Bool) throws {
        var seen: Set<Action> = []
        for route in Route.table {
            let path = Self.path(route)
            for (method, action) in route.actions {
                seen.insert(action)
                for role in route.listeners {
                    for (kind, token) in [
                        ("anonymous", nil), ("agent", GuardFixture.agentToken), ("wrong", "wrong"),
                        ("orchestrator", GuardFixture.orchestrator),
                    ] as [(String, String?)] {
                        let bench = try GuardBench(isDemo: isDemo)
                        let fields = token.map { [("Authorization", "Bearer " + $0)] } ?? []
                        let host = isDemo ? "localhost" : "a"
                        let line = "\(method.word) \(path)"
                        let channelIsOff = route.channel != nil && route.channel != .whatsapp
                        let from = "127.0.0.1"
                        let said = try bench.refusal(line, fields, from: from, role: role, host: host)
                        let wanted: Int? = channelIsOff ? 404 : Self.status(action, kind, isDemo: isDemo)
                        #expect(said?.status == wanted, "\(line) as \(kind)")
                    }
                }
            }
        }
        #expect(seen == Set(Action.allCases))
    }

    /// Nil: goes on.
    private static func status(_ action: Action, _ kind: String, isDemo: Bool) -> Int? {
        guard action.audience != .everybody, !isDemo else { return nil }
        switch (action.audience, kind) {
        case (.operators, "orchestrator"), (.agents, "orchestrator"), (.agents, "agent"): return nil
        case (_, "agent"), (_, "orchestrator"): return 403
        default: return 401
        }
    }

    /// A path that the route's pattern matches.
    private static func path(_ route: Route) -> String {
        let middle: String
        switch route.pattern.parameter {
        case .none, .rest: middle = ""
        case .id: middle = String(repeating: "0a", count: 16)
        case .name: middle = "name"
        case .key: middle = "whatsapp%3Awamid.1"
        }
        return route.pattern.prefix.text + middle + route.pattern.suffix.text
    }
}
