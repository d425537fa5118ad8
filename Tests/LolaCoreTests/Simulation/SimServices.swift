// The outside services of one run: identity, agents, Graph and Bot API. Each answers by chance and by the story, and
// holds what it sees against the story; what does not fit goes into `violations`.
import Foundation

@testable import LolaCore

/// What the services and the checkers share.
final class SimCase {
    let world: SimWorld
    let chance: SimRandom
    var senders: [SimSender] = []
    var posts: [SimPost] = []
    var webhooks: [SimWebhook] = []
    /// By the number of the post that is their event.
    var widgets: [Int: SimWidget] = [:]
    var violations: [String] = []
    /// How often services misbehave, per thousand.
    var trouble = 0
    /// Told of what happens, so that a process may die of it.
    var pulse: (SimPulse) -> Void = { _ in }
    private var moments = 0

    init(_ world: SimWorld, _ chance: SimRandom) {
        self.world = world
        self.chance = chance
    }

    func moment() -> Int {
        moments += 1
        return moments
    }

    func violated(_ text: String) {
        violations.append("\(world.clock.now.nanoseconds / 1_000_000) ms: \(text)")
    }

    func note(_ kind: StaticString, _ text: String) { world.trace.text(world.clock.now, kind, text) }

    /// The message has come to its end, in whichever process.
    func hasEnded(_ post: SimPost) -> Bool {
        post.hasEndedUnseen || world.processes.contains { $0.record(post)?.status.isFinal ?? false }
    }

    static func object(_ bytes: [UInt8]) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any]
    }
}

/// The bank's identity service: usually right, sometimes slow, silent, broken or lying about the form.
final class SimIdentityService {
    private let story: SimCase
    let server: SimServer

    init(_ story: SimCase) {
        self.story = story
        server = SimServer(story.world.network, "identity", at: Endpoint(address: IPAddress([10, 0, 0, 1]), port: 80))
        server.script = { [self] in answer($0) }
    }

    private func answer(_ call: SimCall) {
        let prefix = "/v1/senders/%2B"
        guard call.request.method == "GET", call.request.target.hasPrefix(prefix) else {
            return story.violated("identity was asked \(call.request.start)")
        }
        let phone = "+" + call.request.target.dropFirst(prefix.count)
        guard let sender = story.senders.first(where: { $0.phone == phone }),
            sender.kind == .whatsappNumber || sender.hasSharedContact
        else { return story.violated("identity was asked for \(phone), which nobody proved") }
        story.note("identity", phone)
        func allow(_ agent: String) {
            sender.verdicts.append(agent)
            questions.append((call, sender, unanswered))
        }
        let document = sender.truth.document(sender)
        guard story.chance.chance(story.trouble) else {
            allow(sender.truth.agent)
            let delay = story.chance.milliseconds(0, story.chance.chance(100) ? 1_500 : 20)
            let status = sender.truth == .missing ? 404 : 200
            return call.answer(status, body: document, after: delay, closes: story.chance.chance(100))
        }
        switch story.chance.below(14) {
        case 0: allow("service_unavailable"); call.answer(500, body: document)
        case 1: allow("service_unavailable"); call.answer(200, body: document, after: .seconds(4))
        case 2: allow("service_unavailable") // silent
        case 3: allow("service_unavailable"); call.answer(200, body: String(document.dropLast(3)))
        case 4: allow("service_unavailable"); call.answer(200, body: #"{"sender":{"verdict":"passed"}}"#)
        case 5:
            allow("service_unavailable")
            call.answer(200, body: document.replacingOccurrences(of: sender.phone, with: "+12025550000")
                .replacingOccurrences(of: "null", with: "7"))
        case 6:
            allow("service_unavailable")
            call.answer(200, body: #"{"sender":[\#(String(repeating: "1,", count: 40_000))1]}"#)
        case 7: allow("service_unavailable"); call.answer(302, ["Location: http://169.254.169.254/latest"])
        case 8:
            allow("service_unavailable")
            call.raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{".utf8), closes: true)
        case 9:
            allow("service_unavailable")
            call.raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".utf8))
        case 10:
            // A dead connection may be tried once more, on another one: the next question counts.
            allow("service_unavailable")
            call.reset()
        case 11, 12:
            // A second answer that nobody asked for: it must never become somebody's identity. Who asks on this
            // connection before it is there gets the answer about a stranger, which is no answer.
            allow(sender.truth.agent)
            call.isOutOfStep = true
            let extra = SimHTTP.response(200, body: SimTruth.passed.document(SimSender(77, .whatsappNumber, .passed)))
            call.raw(SimHTTP.response(sender.truth == .missing ? 404 : 200, body: document) + extra)
        default:
            allow("service_unavailable")
            call.drip(SimHTTP.response(200, body: document), every: .milliseconds(100))
        }
    }

    /// Questions since the sender's last message was given to an agent.
    /// The process that asked is no more.
    func forget() { questions = [] }

    private var questions: [(call: SimCall, sender: SimSender, unanswered: Int)] = []
    /// Look-ups that the gateway has given up: one deadline covers the way to us, so a good answer can be too late.
    private var unanswered: Int { story.world.sum(.identityFailures) }

    /// The agents that may follow from what was answered; nil when nothing was asked. Where chance has touched a
    /// connection an answer may not have arrived, or a question of an earlier message may have come late.
    func allowed(_ sender: SimSender) -> Set<String>? {
        let isSure = !questions.contains {
            $0.sender === sender && ($0.call.wasTampered || $0.unanswered != unanswered)
        }
        questions.removeAll { $0.sender === sender }
        guard let last = sender.verdicts.last else { return nil }
        return isSure ? [last] : Set(sender.verdicts + ["service_unavailable"])
    }
}

/// The five agents, behind one origin. Every check of what an agent may see is here.
final class SimAgentService {
    private let story: SimCase
    private let identity: SimIdentityService
    let server: SimServer

    init(_ story: SimCase, _ identity: SimIdentityService) {
        self.story = story
        self.identity = identity
        server = SimServer(story.world.network, "agents", at: Endpoint(address: IPAddress([10, 0, 0, 2]), port: 80))
        server.script = { [self] in take($0) }
        server.generation = { story.world.generation }
    }

    private func take(_ call: SimCall) {
        guard let body = SimCase.object(call.request.body), let message = body["message"] as? [String: Any],
            let key = message["key"] as? String, let agent = body["agent"] as? String
        else { return story.violated("an agent got \(call.request.text)") }
        guard let post = story.posts.first(where: { $0.key == key }), post.sentAt != .max else {
            return story.violated("an agent saw \(key), which no signed webhook held")
        }
        story.note("agent", "\(agent) \(key)")
        if let widget = story.widgets[post.number] { widget.seen(body["event"] as? [String: Any] ?? [:]) }
        story.pulse(.agent)
        check(call, post, agent, body, message)
        guard call.generation == story.world.generation else {
            post.calls += 1
            return act(next(post), call, post)
        }
        if post.generation != story.world.generation { started(post, agent) }
        // A request that was given up long ago may still come out of a stalled connection.
        if !post.parts.isEmpty, !call.wasTampered {
            story.violated("\(key) was given to \(agent) after its answer was sent")
        }
        if post.agent != agent { story.violated("\(key) went to \(post.agent ?? "") and then to \(agent)") }
        post.calls += 1
        if post.calls > 12 * story.world.processes.count {
            story.violated("\(key) was given to its agent \(post.calls) times")
        }
        if let open = post.sender.openCall, !open.isAnswered, !open.isLost, !open.wasTampered,
            !call.wasTampered
        {
            story.violated("two calls in flight for \(post.sender.conversation)")
        }
        post.sender.openCall = call
        act(next(post), call, post)
    }

    /// Trouble comes and goes; the answer to a key is always the same.
    private func next(_ post: SimPost) -> SimAgentAct {
        let act = post.acts.isEmpty ? post.answer ?? .answer : post.acts.removeFirst()
        if act.isAnswer { post.answer = act }
        return act
    }

    private func check(
        _ call: SimCall, _ post: SimPost, _ agent: String, _ body: [String: Any], _ message: [String: Any]
    ) {
        let request = call.request
        if request.start != "POST /\(agent) HTTP/1.1" { story.violated("\(agent) was called by \(request.start)") }
        if request.field("idempotency-key") != post.key { story.violated("\(post.key): wrong Idempotency-Key") }
        if body["conversation"] as? String != post.sender.conversation {
            story.violated("\(post.key): conversation \(body["conversation"] ?? "none")")
        }
        let marks = SimHTTP.marks("mk", in: request.body)
        if !marks.isSubset(of: [post.number]) { story.violated("\(post.key): holds marks \(marks.sorted())") }
        if request.text.contains("4111 1111") || request.text.contains("4111111111111111") {
            story.violated("\(post.key): a card number reached \(agent)")
        }
        let user = body["context_user"] as? [String: Any]
        if let user, user["id"] as? String != post.sender.mark || user["phone"] as? String != post.sender.phone {
            story.violated("\(post.key): context of somebody else: \(user)")
        }
        let needsUser = ["sender_home", "blocked", "pending_cip"].contains(agent)
        if needsUser != (user != nil) { story.violated("\(post.key): \(agent) with context \(user != nil)") }
        if body["unavailable_service"] as? Bool != (agent == "service_unavailable") {
            story.violated("\(post.key): unavailable_service is wrong for \(agent)")
        }
        checkBearer(request, agent, post)
    }

    private func checkBearer(_ request: SimMessage, _ agent: String, _ post: SimPost) {
        let parts = (request.field("authorization") ?? "").dropFirst(7).split(separator: ".")
        var payload = parts.count == 3 ? String(parts[1]) : ""
        payload = payload.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        while payload.utf8.count % 4 != 0 { payload += "=" }
        guard let data = Data(base64Encoded: payload), let claims = SimCase.object([UInt8](data)) else {
            return story.violated("\(post.key): no bearer")
        }
        let age = Int(story.world.clock.wall.inSeconds) - (claims["iat"] as? Int ?? 0)
        if claims["aud"] as? String != agent || abs(age) > 300 { story.violated("\(post.key): bearer \(claims)") }
    }

    /// The first time that a process gives a message to an agent: order and routing are decided now.
    private func started(_ post: SimPost, _ agent: String) {
        post.generation = story.world.generation
        post.agent = agent
        let sender = post.sender
        for earlier in sender.posts where earlier !== post {
            let wasFirst = earlier.acceptedAt < post.sentAt
            let stoodBefore = earlier.place.webhook == post.place.webhook && earlier.place.index < post.place.index
            guard wasFirst || stoodBefore, !story.hasEnded(earlier) else { continue }
            story.violated("\(post.key) overtook \(earlier.key)")
        }
        let allowed = self.allowed(post)
        if !allowed.contains(agent) {
            story.violated(
                "\(post.key) of a sender who is \(sender.truth) went to \(agent), not to \(allowed.sorted())")
        }
        sender.verdicts = []
    }

    private func hasEndedHere(_ post: SimPost) -> Bool {
        story.world.process?.record(post)?.status.isFinal ?? false
    }

    private func allowed(_ post: SimPost) -> Set<String> {
        let sender = post.sender
        // A look-up for a message that never came to an agent may be the last one seen.
        let isLoose = sender.posts.contains {
            $0.kind == .image || $0.generation < story.world.generation && hasEndedHere($0)
        }
        if let agents = identity.allowed(sender) { return isLoose ? agents.union(["service_unavailable"]) : agents }
        switch sender.kind {
        case .whatsappNumber: return ["service_unavailable"]
        case .whatsappUser: return ["onboarding"]
        case .telegram: return sender.hasSharedContact ? ["onboarding", "service_unavailable"] : ["onboarding"]
        }
    }

    private func act(_ act: SimAgentAct, _ call: SimCall, _ post: SimPost) {
        let reply = #"{"type":"text","text":"\#(post.reply(0))"}"#
        let soon = story.chance.milliseconds(0, 30)
        switch act {
        case .answer: call.answer(200, body: #"{"replies":[\#(reply)]}"#, after: soon, closes: story.chance.chance(100))
        case .twoReplies:
            let button = #"{"type":"buttons","text":"\#(post.reply(1))","buttons":[{"id":"a","title":"Si"}]}"#
            call.answer(200, body: #"{"replies":[\#(reply),\#(button)]}"#, after: soon)
        case .slowAnswer:
            call.answer(200, body: #"{"replies":[\#(reply)]}"#, after: story.chance.milliseconds(500, 4_000))
        case .deferred: call.answer(202, after: soon)
        case .nothing: call.answer(200, after: soon)
        case .state: call.answer(200, body: #"{"replies":[\#(reply)],"state":{"turn":\#(post.number)}}"#, after: soon)
        case .failure: call.answer(500, body: #"{"error":1}"#, after: soon)
        case .tooMany: call.answer(429, ["Retry-After: 3"], after: soon)
        case .hang: break
        case .closeEarly: call.close(after: soon)
        case .cutBody:
            call.raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"rep".utf8), after: soon, closes: true)
        case .reset: call.reset(after: soon)
        case .garbage: call.answer(200, body: "¡no es JSON!", after: soon)
        case .brokenHTTP: call.raw(Array("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}".utf8), after: soon)
        case .clientError: call.answer(400, body: "{}", after: soon)
        }
    }
}
