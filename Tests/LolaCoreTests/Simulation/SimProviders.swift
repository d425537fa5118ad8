// Meta and Telegram as callers: they sign, they wait for 200, they send again what was not taken, they send twice.
// Beside them strangers who forge, drip, cut and flood.

@testable import LolaCore

final class SimProvider {
    private let story: SimCase
    private let isTelegram: Bool
    private var clients: [SimClient] = []

    init(_ story: SimCase, isTelegram: Bool) {
        self.story = story
        self.isTelegram = isTelegram
    }

    private var network: SimNetwork { story.world.network }

    func deliver(_ webhook: SimWebhook) {
        webhook.attempts += 1
        webhook.isOpen = true
        story.pulse(.webhook)
        if webhook.attempts == 1 {
            let moment = story.moment()
            for post in webhook.posts {
                post.sentAt = moment
                if post.kind == .contact { post.sender.hasSharedContact = true }
            }
        }
        let client = connection()
        let started = network.clock.now
        client.send(webhook.bytes) { [self] answer in judge(webhook, answer, client, started) }
        network.after(.seconds(20)) {
            if webhook.isOpen, !client.isOver, client.network.clock.now - started >= .seconds(20) { client.abort() }
        }
    }

    private func connection() -> SimClient {
        clients.removeAll { $0.isOver || $0.isClosing }
        let idle = clients.filter(\.isIdle)
        if !idle.isEmpty, !story.chance.chance(300) { return story.chance.pick(idle) }
        let made = SimClient(network, port: story.world.publicPort, from: [157, 240, 1, isTelegram ? 2 : 1])
        clients.append(made)
        return made
    }

    private func judge(_ webhook: SimWebhook, _ answer: SimMessage?, _ client: SimClient, _ started: Instant) {
        webhook.isOpen = false
        story.violations += client.complaints
        client.complaints = []
        switch answer?.status {
        case 200:
            if !(answer?.body.isEmpty ?? true) { story.violated("a webhook was answered with a body") }
            if webhook.isAccepted { return }
            webhook.isAccepted = true
            let moment = story.moment()
            for post in webhook.posts { post.acceptedAt = min(post.acceptedAt, moment) }
            story.note("accepted", "\(webhook.number)")
            story.pulse(.accepted)
            if let next = webhook.next { network.after(story.chance.milliseconds(0, 2), next) }
            if story.chance.chance(100) { again(webhook) }
        case nil, 503, 408:
            if answer?.status == 408, !client.wasTampered { story.violated("a quick webhook was answered 408") }
            if webhook.isAccepted { return }
            again(webhook)
        case .some(let status):
            story.violated("a signed webhook was answered \(status)")
            webhook.isGivenUp = true
        }
    }

    private func again(_ webhook: SimWebhook) {
        if webhook.attempts > 100 {
            webhook.isGivenUp = true
            return story.violated("a signed webhook was never taken")
        }
        webhook.isOpen = true
        network.after(story.chance.milliseconds(200, 3_000)) { [self] in
            webhook.isOpen = false
            deliver(webhook)
        }
    }
}

/// Somebody who should get nothing.
final class SimStranger {
    enum Kind: CaseIterable {
        case unsigned, tampered, upperCase, wrongSecret, noSecret, telegramForged, garbage, slowHead, silent
        case halfClose, pipelined, abrupt, tooLarge, unknownPath, continueFirst
    }

    private let story: SimCase
    private let kind: Kind
    private let number: Int
    private let client: SimClient
    private let began: Instant
    private var answers: [SimMessage] = []
    private var isJudged = false

    init(_ story: SimCase, _ kind: Kind, _ number: Int) {
        self.story = story
        self.kind = kind
        self.number = number
        began = story.world.clock.now
        client = SimClient(story.world.network, port: story.world.publicPort, from: [198, 51, 100, UInt8(number & 255)])
        client.whenOver = { [self] in judge() }
        attack()
        story.world.network.after(.seconds(90)) { [self] in
            if !client.isOver { client.close() }
        }
    }

    private func expect(_ bytes: [UInt8], withoutBody: Bool = false) {
        client.send(bytes, withoutBody: withoutBody) { [self] in if let answer = $0 { answers.append(answer) } }
    }

    private func challenge(_ index: Int) -> [UInt8] {
        SimHTTP.request(
            "GET", "/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=\(SimSettings.verifyToken)"
                + "&hub.challenge=ch\(number * 100 + index)z")
    }

    private func attack() {
        let forged = #"{"object":"whatsapp_business_account","entry":[],"mark":"\#(number)"}"#
        let body = SimForge.whatsappBody([ghost], second: 1_795_168_800)
        let head = ["Content-Type: application/json"]
        switch kind {
        case .unsigned: expect(SimHTTP.request("POST", "/webhooks/whatsapp", head, body: body))
        case .tampered: expect(SimForge.whatsapp(body, signing: Array(forged.utf8)))
        case .upperCase: expect(SimForge.whatsapp(body, prefix: "SHA256="))
        case .wrongSecret: expect(SimForge.telegram(telegram, secret: SimSettings.telegramSecret + "x"))
        case .noSecret: expect(SimForge.telegram(telegram, secret: nil))
        case .telegramForged: expect(SimForge.telegram(telegram, secret: ""))
        case .garbage:
            let noise = (0..<story.chance.between(1, 300)).map { _ in UInt8(story.chance.below(256)) }
            expect(noise + [13, 10, 13, 10])
        case .slowHead:
            client.expect { [self] in if let answer = $0 { answers.append(answer) } }
            client.drip(challenge(0), piece: 1, every: .seconds(1))
        case .silent: break
        case .halfClose:
            expect(challenge(1))
            client.shutWrite()
        case .pipelined:
            for index in 0..<5 { expect(challenge(index)) }
        case .abrupt:
            let whole = SimForge.whatsapp(body)
            client.sendRaw(Array(whole.prefix(whole.count - 1 - story.chance.below(whole.count - 2))))
            story.world.network.after(story.chance.milliseconds(0, 400)) { self.client.abort() }
        case .tooLarge:
            expect(Array("POST /webhooks/whatsapp HTTP/1.1\r\nHost: g\r\nContent-Length: 5000000\r\n\r\n".utf8))
        case .unknownPath: expect(SimHTTP.request("GET", "/etc/passwd"))
        case .continueFirst:
            let patient = head + ["Expect: 100-continue"]
            expect(SimHTTP.request("POST", "/webhooks/telegram", patient, body: Array(telegram.utf8)))
        }
    }

    /// A message of nobody: its number is no number of the story.
    private var ghost: SimPost { SimPost(90_000 + number, story.senders[0], .text) }
    private var telegram: String {
        #"{"update_id":\#(700_000 + number),"message":{"message_id":1,"from":{"id":5,"is_bot":false,"first_name":"M"},"#
            + #""chat":{"id":5,"type":"private","first_name":"M"},"date":1795168800,"text":"forged"}}"#
    }

    private func judge() {
        guard !isJudged else { return }
        isJudged = true
        story.violations += client.complaints
        let statuses = answers.map(\.status)
        let isCut = client.wasTampered || story.world.wasDisturbed(since: began)
        func want(_ allowed: [Int], count: Int = 1) {
            let isRight = statuses.count == count && statuses.allSatisfy(allowed.contains)
            guard isRight || isCut && statuses.allSatisfy((allowed + [408]).contains) else {
                return story.violated("\(kind) was answered \(statuses)")
            }
        }
        switch kind {
        case .unsigned, .tampered, .upperCase, .wrongSecret, .noSecret, .telegramForged, .continueFirst: want([401])
        case .tooLarge: want([413])
        case .unknownPath: want([404])
        case .garbage: want([400, 414, 431, 501, 505])
        case .halfClose: want([200])
        case .pipelined: want([200], count: 5)
        case .slowHead: wantTimeout([408])
        case .silent: wantTimeout([])
        case .abrupt: want([], count: 0)
        }
        for (index, answer) in answers.enumerated() where answer.status == 200 {
            let expected = number * 100 + (kind == .pipelined ? index : 1)
            guard SimHTTP.marks("ch", in: answer.body) == [expected] else {
                story.violated("\(kind): answer \(index) is \(answer.text)")
                continue
            }
        }
        for answer in answers where answer.field("x-content-type-options") != "nosniff" {
            story.violated("an answer \(answer.status) without the common headers")
        }
    }

    /// Ten seconds from the accept, a slot of the wheel and the way there and back.
    private func wantTimeout(_ expected: [Int]) {
        guard !client.wasTampered, !story.world.wasDisturbed(since: began), client.wasConnected else { return }
        let took = (client.overAt ?? began) - began
        if answers.map(\.status) != expected || took < .seconds(10) || took > .milliseconds(11_500) {
            story.violated("\(kind) was answered \(answers.map(\.status)) after \(took.inMilliseconds) ms")
        }
    }
}
