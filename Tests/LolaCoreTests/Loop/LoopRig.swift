// One loop over the simulated network, for tests of its server and its client against scripted peers.

@testable import LolaCore

final class LoopRig {
    let clock = SimClock()
    let network: SimNetwork
    let net: SimNet
    let loop: Loop
    let counters = Counters()

    init(seed: UInt64 = 1, weather: SimWeather = .calm) {
        let random = SimRandom(seed: seed)
        network = SimNetwork(clock: clock, random: random, trace: SimTrace(nil), weather: weather)
        net = SimNet(network, waker: SimWaker())
        loop = Loop(clock: clock, net: net, entropy: SimEntropy(random.fork()), counters: counters)
    }

    /// Runs until `isDone`, at most for `span` of virtual time. True when it was done.
    @discardableResult
    func run(for span: Interval, until isDone: () -> Bool = { false }) -> Bool {
        let limit = clock.now + span
        // The test may have asked for something between two rounds.
        net.somethingHappened()
        var ticks = 0
        while !isDone() {
            if network.runDue() { continue }
            if net.isRunnable || loop.hasMore {
                ticks += 1
                // A loop that never sleeps is never done.
                if ticks > 100_000 { return false }
                loop.tick(until: clock.now + Limits.tickMax)
                continue
            }
            ticks = 0
            let next = min(network.queue.next ?? .distantFuture, net.sleepsUntil)
            guard next <= limit else {
                clock.advance(to: limit)
                // What the test asks for next is timed by the loop's clock.
                loop.tick(until: limit)
                return isDone()
            }
            clock.advance(to: next)
        }
        return true
    }
}

/// A peer that says what a test tells it, with no idea of HTTP.
final class RawPeer: SimHandler {
    private(set) var ends: [SimEnd] = []
    private(set) var received: [[UInt8]] = []
    private(set) var closedByGateway = 0
    /// Called with the number of the connection and everything received on it so far.
    var onOctets: (Int, SimEnd, [UInt8]) -> Void = { _, _, _ in }
    var onConnect: (Int, SimEnd) -> Void = { _, _ in }
    var admission = SimAdmission.accept

    init(_ network: SimNetwork, at endpoint: Endpoint) {
        network.services[endpoint] = SimService(admission: { self.admission }, accept: { _ in self })
    }

    func connected(_ end: SimEnd) {
        ends.append(end)
        received.append([])
        onConnect(ends.count - 1, end)
    }

    func received(_ end: SimEnd, _ bytes: [UInt8]) {
        guard let number = ends.firstIndex(where: { $0 === end }) else { return }
        received[number].append(contentsOf: bytes)
        onOctets(number, end, received[number])
    }

    func ended(_ end: SimEnd) {
        closedByGateway += 1
        end.close()
    }

    func failed(_ end: SimEnd) { closedByGateway += 1 }

    /// How many requests have arrived on all connections.
    var requests: Int {
        received.reduce(0) { $0 + String(decoding: $1, as: UTF8.self).components(of: "\r\n\r\n") }
    }
}

extension String {
    /// How often `part` stands in the text.
    func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
