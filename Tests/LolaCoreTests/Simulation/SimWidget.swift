// A person with a widget: the orchestrator makes a ticket, the link is looked at, and callbacks of both outcomes are
// posted at once from several places, again and again until each has a last answer. Knows octets only.

@testable import LolaCore

final class SimWidget {
    private let story: SimCase
    private let post: SimPost
    private let operation: String
    private var tries = 0
    private var session = ""
    private var paths: [(outcome: String, path: String)] = []
    private var linkPath = ""
    /// Callbacks without a last answer.
    private var open = 0
    private(set) var isSettled = false
    /// What 200 was said to.
    private(set) var accepted: [String] = []
    private var places = 0

    init(_ story: SimCase, _ post: SimPost, _ operation: String) {
        self.story = story
        self.post = post
        self.operation = operation
    }

    private var network: SimNetwork { story.world.network }

    private func client() -> SimClient {
        places += 1
        let address: [UInt8] = [192, 0, 2, UInt8((post.number * 8 + places) & 255)]
        return SimClient(network, port: story.world.publicPort, from: address)
    }

    /// One request on a connection of its own; nil when it ended without an answer.
    private func ask(_ bytes: [UInt8], _ body: @escaping (SimMessage?) -> Void) {
        let client = client()
        let started = network.clock.now
        var isOver = false
        client.send(bytes) { [story] answer in
            isOver = true
            story.violations += client.complaints
            client.complaints = []
            body(answer)
            if !client.isOver { client.close() }
        }
        network.after(.seconds(20)) { [network] in
            if !isOver, network.clock.now - started >= .seconds(20) { client.abort() }
        }
    }

    // MARK: The ticket

    func begin() {
        tries += 1
        guard tries < 100 else {
            isSettled = true
            return story.violated("no ticket was ever made for \(post.sender.conversation)")
        }
        let order = #"{"conversation":"\#(post.sender.conversation)","operation":"\#(operation)"}"#
        let fields = [
            "Content-Type: application/json", "Authorization: Bearer \(SimSettings.orchestratorToken)",
        ]
        ask(SimHTTP.request("POST", "/v1/tickets", fields, body: Array(order.utf8))) { [self] in made($0) }
    }

    private func made(_ answer: SimMessage?) {
        switch answer?.status {
        case 201: break
        case nil, 503, 408, 429: return network.after(story.chance.milliseconds(200, 3_000)) { [self] in begin() }
        case .some(let status):
            isSettled = true
            return story.violated("an order of a ticket was answered \(status)")
        }
        guard let ticket = answer.flatMap({ SimCase.object($0.body) }), let id = ticket["ticket_id"] as? String,
            let session = ticket["session_token"] as? String, let link = ticket["link"] as? String,
            let callbacks = ticket["callbacks"] as? [String: String], callbacks.count == 2
        else {
            isSettled = true
            return story.violated("a ticket is \(answer?.text ?? "")")
        }
        post.ticket = id
        self.session = session
        linkPath = Self.path(link)
        paths = callbacks.sorted { $0.key < $1.key }.map { ($0.key, Self.path($0.value)) }
        network.after(story.chance.milliseconds(0, 1_500)) { [self] in answerAll() }
    }

    private static func path(_ url: String) -> String {
        let base = SimSettings.base["LOLA_PUBLIC_URL"] ?? ""
        return url.hasPrefix(base) ? String(url.dropFirst(base.count)) : url
    }

    // MARK: Callbacks

    /// Somebody looks at the link, and both outcomes are told, some of them twice.
    private func answerAll() {
        let looks = story.chance.below(3)
        for _ in 0..<looks { ask(SimHTTP.request("GET", linkPath)) { [self] in looked($0) } }
        post.sentAt = story.moment()
        open = story.chance.between(1, 4)
        for _ in 0..<open {
            let chosen = story.chance.pick(paths)
            network.after(story.chance.milliseconds(0, story.chance.pick([0, 3, 400]))) { [self] in
                tell(chosen.outcome, chosen.path, attempt: 1)
            }
        }
    }

    private func looked(_ answer: SimMessage?) {
        if let status = answer?.status, ![200, 410, 503, 408, 429].contains(status) {
            story.violated("a link was answered \(status)")
        }
    }

    private func tell(_ outcome: String, _ path: String, attempt: Int) {
        guard let ticket = post.ticket else { return }
        let result = outcome == "failure" ? "" : #","result":{"note":"\#(post.mark)","token":"tok_1"}"#
        let body = #"{"ticket_id":"\#(ticket)"\#(result)}"#
        let fields = ["Content-Type: application/json", "Authorization: Bearer \(session)"]
        story.pulse(.webhook)
        ask(SimHTTP.request("POST", path, fields, body: Array(body.utf8))) { [self] answer in
            switch answer?.status {
            case 200:
                accepted.append(outcome)
                if accepted.count > 1 { story.violated("\(post.key) was redeemed as \(accepted)") }
                story.pulse(.accepted)
                closed()
            case 409, 410:
                // An order that was sent again may have been carried out twice: the later ticket took this one's place.
                if tries > 1, accepted.isEmpty { ended() } else { closed() }
            // The civil clock may have been set back: the session begins later.
            case nil, 503, 408, 429, 401:
                guard attempt < 100 else {
                    open -= 1
                    isSettled = open == 0
                    return story.violated("a callback of \(post.key) never got an answer")
                }
                network.after(story.chance.milliseconds(200, 3_000)) { [self] in
                    tell(outcome, path, attempt: attempt + 1)
                }
            case .some(let status):
                open -= 1
                isSettled = open == 0
                story.violated("a callback of \(post.key) was answered \(status)")
            }
        }
    }

    /// Whoever was told, the ticket is closed and its event is in the queue.
    private func closed() {
        if post.acceptedAt == .max {
            post.acceptedAt = story.moment()
            story.note("redeemed", post.key)
        }
        ended()
    }

    private func ended() {
        open -= 1
        isSettled = open == 0
    }

    // MARK: What the agent sees

    func seen(_ event: [String: Any]) {
        guard event["type"] as? String == "callback", event["ticket_id"] as? String == post.ticket,
            event["operation"] as? String == operation, let outcome = event["outcome"] as? String
        else { return story.violated("\(post.key): an agent saw \(event)") }
        if let before = post.outcome, before != outcome {
            story.violated("\(post.key) took effect as \(before) and as \(outcome)")
        }
        post.outcome = outcome
    }

    /// Exactly one effect, the one that was promised.
    func check() {
        guard post.ticket != nil, post.sentAt != .max else { return }
        if let promised = accepted.first, let seen = post.outcome, promised != seen {
            story.violated("\(post.key) was accepted as \(promised) and took effect as \(seen)")
        }
    }
}
