// How and when gateway processes end in one run: killed, without power, or told to stop; at a time, or because of
// something that just happens, so that the moments in between are met.

@testable import LolaCore

/// What may be the last thing that a process lives to see.
enum SimPulse: CaseIterable {
    /// A webhook is on its way, an agent was asked, the channel was asked to carry an answer, a 200 has arrived.
    case webhook, agent, delivery, accepted
}

final class SimFate {
    private enum Cause {
        case time(Interval)
        case pulse(SimPulse, times: Int, after: Interval)
    }

    private let world: SimWorld
    private let chance: SimRandom
    private var causes: [(cause: Cause, way: SimWorld.End)] = []
    private var armed: (pulse: SimPulse, times: Int, after: Interval, way: SimWorld.End)?
    /// The doors still stood open two seconds after SIGTERM.
    private(set) var wasOpenLate = false
    /// No process ends any more.
    var isOver = false

    /// - Parameter isCruel: whether processes die at all.
    init(_ world: SimWorld, _ chance: SimRandom, isCruel: Bool) {
        self.world = world
        self.chance = chance
        guard isCruel else { return }
        for _ in 0..<chance.pick([1, 1, 2, 3]) {
            let way = chance.pick([.killed, .powerCut, .powerCut, .drained] as [SimWorld.End])
            let cause: Cause = chance.chance(400) ? .time(chance.milliseconds(0, chance.pick([60, 1_500, 6_000])))
                : .pulse(
                    chance.pick(SimPulse.allCases), times: chance.between(1, 12),
                    after: chance.chance(300) ? .zero : chance.milliseconds(0, 60))
            causes.append((cause, way))
        }
    }

    /// A process has started: what becomes of it?
    func started(_ process: SimProcess) {
        armed = nil
        guard !causes.isEmpty else { return }
        let (cause, way) = causes.removeFirst()
        switch cause {
        case .time(let delay): strike(way, after: delay, process)
        case .pulse(let pulse, let times, let delay): armed = (pulse, times, delay, way)
        }
    }

    func happened(_ pulse: SimPulse) {
        guard let own = armed, own.pulse == pulse, let process = world.process else { return }
        armed?.times -= 1
        if own.times > 1 { return }
        armed = nil
        strike(own.way, after: own.after, process)
    }

    private func strike(_ way: SimWorld.End, after delay: Interval, _ process: SimProcess) {
        world.network.after(delay) { [self] in
            guard process.isAlive, !isOver else { return }
            guard way == .drained else { return world.end(way) }
            world.terminate()
            // The doors are closed as soon as the loops have read their mail.
            world.network.after(.seconds(2)) { [self] in
                if process.isAlive, world.network.hasListener(process.publicPort) { wasOpenLate = true }
            }
            // Some supervisors have no patience.
            if chance.chance(150) {
                let way = chance.pick([.killed, .powerCut] as [SimWorld.End])
                world.network.after(chance.milliseconds(0, 3_000)) { [self] in if process.isAlive { world.end(way) } }
            }
        }
    }
}
