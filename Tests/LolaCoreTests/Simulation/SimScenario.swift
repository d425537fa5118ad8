// One run from one seed: chance chooses the weather, the people, what they write, what goes wrong and when the
// gateway is told to stop; then everything settles and the checkers have the last word.

@testable import LolaCore

struct SimScenario {
    let seed: UInt64
    private let chance: SimRandom
    /// Mostly short ones: time in which nothing happens costs too.
    private static let retries = [
        "1s,5s,30s,120s", "1s,2s,4s", "1s,2s,4s", "500ms,1s,5s,10s", "500ms,1s,5s,10s", "200ms,400ms,1s",
    ]
    private let story: SimCase
    private let world: SimWorld
    private let fate: SimFate
    private let identity: SimIdentityService
    private let agents: SimAgentService
    private let graph: SimChannelService
    private let bot: SimChannelService
    private let meta: SimProvider
    private let telegram: SimProvider

    struct Outcome: Equatable {
        let hash: UInt64
        let events: UInt64
        let accepted: Int
        let agentCalls: Int
        /// Processes that ended before the last one.
        let ends: Int
        let abandoned: Int
        let compactions: Int
        /// Messages that a process found in the queue.
        let recovered: Int
        /// Parts of answers sent again because nobody could know.
        let repeated: Int
        /// Parts of answers not sent again because a receipt told.
        let settledDoubts: Int
        /// Callbacks that took effect.
        let redeemed: Int
        let virtual: Interval
    }

    init(seed: UInt64, trace: ((String) -> Void)? = nil) throws {
        self.seed = seed
        chance = SimRandom(seed: seed)
        let isRough = chance.chance(600)
        let weather = isRough ? Self.weather(chance) : SimWeather(latencyMax: chance.between(1, 20))
        let environment = ["LOLA_AGENTS_RETRY": chance.pick(Self.retries)]
        world = try SimWorld(
            seed: chance.word(), weather: weather, disk: Self.diskWeather(chance), environment: environment,
            trace: trace)
        story = SimCase(world, chance.fork())
        story.trouble = chance.pick([0, 50, 200, 400])
        let fate = SimFate(world, chance.fork(), isCruel: chance.chance(650))
        self.fate = fate
        identity = SimIdentityService(story)
        agents = SimAgentService(story, identity)
        graph = SimChannelService(story, isTelegram: false)
        bot = SimChannelService(story, isTelegram: true)
        meta = SimProvider(story, isTelegram: false)
        telegram = SimProvider(story, isTelegram: true)
        graph.receipts = meta
        story.pulse = { fate.happened($0) }
        let history = SimHistory(story, identity)
        world.onEnd = { history.ended($0) }
        world.onStart = { process in
            history.started(process)
            fate.started(process)
        }
        fate.started(world.processes[0])
        name("identity.internal", [10, 0, 0, 1])
        name("agents.internal", [10, 0, 0, 2])
        name("graph.internal", [10, 0, 0, 3])
        name("telegram.internal", [10, 0, 0, 4])
        makePeople()
        makePosts()
        makeWidgets()
    }

    private static func weather(_ chance: SimRandom) -> SimWeather {
        SimWeather(
            latencyMax: chance.between(1, 60), segments: chance.pick([0, 100, 600]),
            shortTransfers: chance.pick([0, 100, 600]), resets: chance.pick([0, 0, 30, 150]),
            stalls: chance.pick([0, 0, 30, 100]), exhaustion: chance.pick([0, 0, 50]),
            spurious: chance.pick([0, 20, 200]),
            refusals: chance.pick([0, 0, 50, 300]), nameFailures: chance.pick([0, 0, 200]),
            bufferMin: chance.pick([300, 4_096, 65_536]), pauses: chance.pick([0, 5, 50, 200]))
    }

    private static func diskWeather(_ chance: SimRandom) -> SimDiskWeather {
        guard chance.chance(500) else { return SimDiskWeather(syncMax: chance.pick([0, 2, 20])) }
        return SimDiskWeather(
            faults: chance.pick([0, 2, 10, 50]), readFaults: chance.pick([0, 0, 1]),
            longSyncs: chance.pick([0, 20, 100]), syncMax: chance.pick([0, 5, 20]), fillsUp: chance.chance(200))
    }

    /// Two addresses, of which the first may not be there.
    private func name(_ host: String, _ address: [UInt8]) {
        let endpoint = Endpoint(address: IPAddress(address), port: 80)
        let dead = Endpoint(address: IPAddress([10, 9, 9, 9]), port: 80)
        let chance = story.chance
        world.network.names[Array(host.utf8)] = {
            (chance.milliseconds(0, 60), chance.chance(200) ? [dead, endpoint] : [endpoint])
        }
    }

    // MARK: People and messages

    private func makePeople() {
        for index in 0..<chance.between(2, 6) {
            let kind: SimSender.Kind =
                switch chance.below(10) {
                case 0: .whatsappUser
                case 1...3: .telegram
                default: .whatsappNumber
                }
            let truth = chance.chance(500) ? .passed : chance.pick(SimTruth.allCases)
            story.senders.append(SimSender(index, kind, truth))
        }
    }

    private func makePosts() {
        for number in 0..<chance.between(10, 26) {
            let sender = chance.pick(story.senders)
            let post = SimPost(number, sender, kind(for: sender))
            if post.reachesAgent { post.acts = acts() }
            story.posts.append(post)
            sender.posts.append(post)
        }
    }

    /// Tickets: at most one for each person and operation, for a new one revokes the one before.
    private func makeWidgets() {
        for sender in story.senders {
            for operation in ["card", "cip"] where chance.chance(150) {
                let post = SimPost(story.posts.count, sender, .event)
                post.acts = acts()
                post.place = (-2 - post.number, 0)
                story.posts.append(post)
                sender.posts.append(post)
                story.widgets[post.number] = SimWidget(story, post, operation)
            }
        }
    }

    private func kind(for sender: SimSender) -> SimPost.Kind {
        switch chance.below(20) {
        case 0: .image
        case 1: .badCommand
        case 2: .command
        case 3: .card
        case 4, 5: sender.isTelegram ? .contact : .text
        case 6: sender.isTelegram ? .foreignContact : .text
        default: .text
        }
    }

    private func acts() -> [SimAgentAct] {
        let good: [SimAgentAct] = [.answer, .answer, .answer, .twoReplies, .slowAnswer, .deferred, .nothing, .state]
        let bad: [SimAgentAct] = [
            .failure, .failure, .tooMany, .hang, .closeEarly, .cutBody, .reset, .garbage, .brokenHTTP, .clientError,
        ]
        var acts: [SimAgentAct] = []
        while chance.chance(story.trouble), acts.count < 6 { acts.append(chance.pick(bad)) }
        return acts + [chance.pick(good)]
    }

    /// Puts the messages into webhooks and these on the calendar. Meta sends batches, Telegram never.
    private func schedule() {
        var at = Interval.zero
        var rest = story.posts.filter { $0.kind != .event }
        let isEager = chance.chance(400)
        while let post = rest.first {
            var batch = [rest.removeFirst()]
            while !post.sender.isTelegram, let next = rest.first, !next.sender.isTelegram, batch.count < 5,
                chance.chance(250)
            { batch.append(rest.removeFirst()) }
            at = at + chance.milliseconds(0, chance.chance(200) ? 2_000 : 150)
            let posts = batch
            let number = story.webhooks.count
            let second = world.clock.wall.inSeconds
            let bytes = post.sender.isTelegram ? SimForge.telegram(post.telegram(second))
                : SimForge.whatsapp(SimForge.whatsappBody(posts, second: second))
            let webhook = SimWebhook(number, posts, bytes)
            let deliver = { (post.sender.isTelegram ? telegram : meta).deliver(webhook) }
            // Some write as fast as they are heard: the order of what is told one after the other must hold.
            if isEager, let last = story.webhooks.last, chance.chance(700) {
                last.next = deliver
            } else {
                world.network.after(at, deliver)
            }
            story.webhooks.append(webhook)
        }
        for number in story.widgets.keys.sorted() {
            let widget = story.widgets[number]
            world.network.after(chance.milliseconds(0, 4_000)) { widget?.begin() }
        }
        for number in 0..<chance.between(1, 5) {
            let kind = chance.pick(SimStranger.Kind.allCases)
            world.network.after(chance.milliseconds(0, 8_000)) { [story] in _ = SimStranger(story, kind, number) }
        }
        for sender in story.senders where chance.chance(300) {
            let truth = chance.pick(SimTruth.allCases)
            world.network.after(chance.milliseconds(0, 6_000)) { sender.truth = truth }
        }
        if world.diskWeather.fillsUp {
            let span = chance.milliseconds(100, 6_000)
            world.network.after(chance.milliseconds(0, 3_000)) { [world] in
                world.disk.capacity = world.disk.octets + 500
                world.network.after(span) { [world] in world.disk.capacity = .max }
            }
        }
        if chance.chance(200) {
            let step = Interval.seconds(Int64(chance.between(-120, 120)))
            world.network.after(chance.milliseconds(0, 5_000)) { [world] in world.clock.stepWall(by: step) }
        }
    }

    // MARK: The run

    func run() throws -> Outcome {
        schedule()
        defer {
            world.dismantle()
            story.pulse = { _ in }
        }
        try world.run(until: world.clock.now + .hours(2), "webhooks and backlog") { isSettled }
        fate.isOver = true
        world.disk.capacity = .max
        // Idle connections of both directions go by themselves; a stranger stays at most 98 s from the beginning.
        // To see that takes many rounds: some runs do.
        let isLong = chance.chance(200)
        world.run(for: isLong ? .seconds(115) : .seconds(1))
        let checks = SimChecks(story)
        checks.all(fate, isEmpty: isLong, servers: [identity.server, agents.server, graph.server, bot.server])
        if let first = story.violations.first {
            let others = story.violations.count > 1 ? " (and \(story.violations.count - 1) more)" : ""
            throw SimFailure(description: first + others)
        }
        return Outcome(
            hash: world.trace.hash, events: world.trace.count, accepted: story.webhooks.count(where: \.isAccepted),
            agentCalls: agents.server.calls, ends: world.ends.count,
            abandoned: world.processes.reduce(0) { $0 + Int($1.journal.status().abandoned) },
            compactions: world.processes.reduce(0) { $0 + Int($1.journal.status().compactions) },
            recovered: world.sum(.messagesRecovered), repeated: checks.repeated, settledDoubts: checks.settledDoubts,
            redeemed: story.widgets.values.reduce(0) { $0 + $1.accepted.count },
            virtual: world.clock.now - Instant(nanoseconds: 5_000_000_000))
    }

    private var isSettled: Bool {
        guard let process = world.process, !world.isDraining, process.shared.backlog.count == 0 else { return false }
        // A process that has just begun has not yet counted what it found.
        return story.webhooks.allSatisfy(\.isSettled) && story.widgets.values.allSatisfy(\.isSettled)
            && process.held.isEmpty
    }
}
