// Counts of one loop, read by others: relaxed atomics, summed when somebody looks. The set is closed, so that
// the metrics page has a bounded number of series.
import Synchronization

enum Counter: Int, CaseIterable, Sendable {
    case connectionsAccepted
    case connectionsRefused
    case connectionsClosed
    case requests
    case requestFaults
    case requestTimeouts
    case responses2xx
    case responses3xx
    case responses4xx
    case responses5xx
    case addressesDenied
    case requestsLimited
    case requestsLockedOut
    case requestsUnauthorized
    case authenticationsFailed
    case accessDenied
    case lockoutsBegun
    case streamsOpened
    case streamsClosed
    case webhooksAccepted
    case webhooksRefused
    case webhooksSlowed
    case webhookMessages
    case webhookDuplicates
    case webhookQuarantined
    case webhookIgnored
    case webhookReceipts
    case contactSignals
    case messagesRecovered
    case messagesQuarantined
    case messagesDone
    case messagesStopped
    case messagesDead
    case cardsMasked
    case ticketsMade
    case ordersAccepted
    case ordersRefused
    case mailboxKept
    case mailboxReplaced
    case callbacksRedeemed
    case callbacksRefused
    case routedOnboarding
    case routedSenderHome
    case routedBlocked
    case routedPendingCIP
    case routedServiceUnavailable
    case agentCalls
    case agentFailures
    case identityCalls
    case identityFailures
    case deliveries
    case deliveriesRetried
    case deliveriesFailed
    case storeUnavailable
    case storeUnopened
    case outboundConnects
    case outboundFaults
    case breakerOpened
    case redisConnects
    case redisConnectionFaults
    case redisTimeouts
    case redisProtocolFaults
    case redisErrors
    case redisOverloads
    case redisStoreChanges
    case redisLanesTaken
    case redisLanesReleased
    case redisLanesLost
}

final class Counters: Sendable {
    // An array of atomics is not expressible; a lock around plain integers would be slower than one per word.
    private let cells: [Cell]

    private final class Cell: Sendable {
        let value = Atomic<Int>(0)
    }

    init() { cells = Counter.allCases.map { _ in Cell() } }

    func add(_ counter: Counter, _ amount: Int = 1) {
        cells[counter.rawValue].value.wrappingAdd(amount, ordering: .relaxed)
    }

    func value(_ counter: Counter) -> Int { cells[counter.rawValue].value.load(ordering: .relaxed) }
}
