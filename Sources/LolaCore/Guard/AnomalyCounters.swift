// What the anomaly rules look at (CONTRACT §10): actions and tokens of agents, failed authentications of addresses, in
// minutes. Any thread counts; the first loop turns the minute and takes what stands out. Holds no clock.
import Synchronization

struct AnomalyThresholds: Sendable {
    /// Actions of a minute above so many times those of the minute before, and how many they must be at least.
    var actionFactor = 3
    var actionsMin = 10
    /// Failed authentications of one address in five minutes, above which it stands out.
    var failedAuthentications = 10
    /// Tokens of one agent in an hour, above which it stands out.
    var tokens = 3
}

/// What stood out when a minute ended.
enum AnomalyFinding: Hashable, Sendable {
    case actions(AgentID, count: Int, before: Int)
    /// No address when more addresses failed than are told apart.
    case failedAuthentications(AddressBlock?, count: Int)
    case tokens(AgentID, count: Int)
}

final class AnomalyCounters: Sendable {
    /// Counts of the last minutes, the running one first.
    private struct Minutes {
        var counts: [Int]
        init(_ span: Int) { counts = [Int](repeating: 0, count: span) }
        var sum: Int { counts.reduce(0, +) }
        mutating func add() { counts[0] += 1 }
        mutating func turn() {
            counts.removeLast()
            counts.insert(0, at: 0)
        }
    }

    private struct State {
        var actions: [AgentID: Minutes] = [:]
        var tokens: [AgentID: Minutes] = [:]
        var failures: [AddressBlock: Minutes] = [:]
        /// Failures of addresses beyond those that are told apart.
        var others = Minutes(failureSpan)
    }

    private static let failureSpan = 5
    private static let tokenSpan = 60
    private let state = Mutex(State())

    /// An agent sent or called.
    func action(_ agent: AgentID) {
        state.withLock { state in
            guard state.actions[agent] != nil || state.actions.count < Limits.anomalyAgentsMax else { return }
            state.actions[agent, default: Minutes(2)].add()
        }
    }

    /// A token was made for an agent.
    func tokenMinted(_ agent: AgentID) {
        state.withLock { state in
            guard state.tokens[agent] != nil || state.tokens.count < Limits.anomalyAgentsMax else { return }
            state.tokens[agent, default: Minutes(Self.tokenSpan)].add()
        }
    }

    /// Somebody showed a wrong credential or signature, or was turned away by a lock-out.
    func failedAuthentication(_ address: IPAddress) {
        state.withLock { state in
            let block = AddressBlock(address)
            guard state.failures[block] != nil || state.failures.count < Limits.anomalyAddressesMax else {
                return state.others.add()
            }
            state.failures[block, default: Minutes(Self.failureSpan)].add()
        }
    }

    /// A minute is over: what stands out, in a fixed order; what was all zero is forgotten.
    func turn(_ thresholds: AnomalyThresholds) -> [AnomalyFinding] {
        state.withLock { state in
            var found: [AnomalyFinding] = []
            for (agent, minutes) in state.actions {
                let (count, before) = (minutes.counts[0], minutes.counts[1])
                let (most, overflow) = before.multipliedReportingOverflow(by: thresholds.actionFactor)
                if count >= thresholds.actionsMin, !overflow, count > most {
                    found.append(.actions(agent, count: count, before: before))
                }
            }
            found.sort { Self.name($0) < Self.name($1) }
            var failed: [AnomalyFinding] = []
            for (block, minutes) in state.failures where minutes.sum > thresholds.failedAuthentications {
                failed.append(.failedAuthentications(block, count: minutes.sum))
            }
            if state.others.sum > thresholds.failedAuthentications {
                failed.append(.failedAuthentications(nil, count: state.others.sum))
            }
            failed.sort { Self.octets($0).lexicographicallyPrecedes(Self.octets($1)) }
            var minted: [AnomalyFinding] = []
            for (agent, minutes) in state.tokens where minutes.sum > thresholds.tokens {
                minted.append(.tokens(agent, count: minutes.sum))
            }
            minted.sort { Self.name($0) < Self.name($1) }
            state.actions = Self.turned(state.actions)
            state.tokens = Self.turned(state.tokens)
            state.failures = Self.turned(state.failures)
            state.others.turn()
            return found + failed + minted
        }
    }

    private static func turned<Key: Hashable>(_ all: [Key: Minutes]) -> [Key: Minutes] {
        all.compactMapValues { minutes in
            var minutes = minutes
            minutes.turn()
            return minutes.sum > 0 ? minutes : nil
        }
    }

    private static func name(_ finding: AnomalyFinding) -> String {
        switch finding {
        case .actions(let agent, _, _), .tokens(let agent, _): agent.text
        case .failedAuthentications: ""
        }
    }

    private static func octets(_ finding: AnomalyFinding) -> [UInt8] {
        if case .failedAuthentications(let block?, _) = finding { block.octets } else { [] }
    }
}
