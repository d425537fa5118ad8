// Webhooks through the door: an ordinary day, a flood of forgeries, and an honest provider in the middle of it.
import Testing

@testable import LolaCore

/// Collects what was refused, and under which name.
private final class PlainRefusals: RefusalLog {
    private(set) var lines: [String] = []
    private(set) var addresses: Set<String> = []
    func webhookRefused(
        _ refusal: Refusal, _ channel: ChannelName, requestID: [UInt8], address: () -> String
    ) {
        lines.append("\(refusal.rawValue) \(channel.rawValue) \(requestID.text)")
        addresses.insert(address())
    }
}

private final class DoorBench {
    /// Milliseconds after which a slowed request is checked at the latest: the longest delay, and a step of the wheel.
    static let latest = Limits.webhookPaceDelayMax.inMilliseconds + 10

    let rig = LoopRig()
    let refusals = PlainRefusals()
    let audit = PlainAuditLog()
    let anomalies = AnomalyCounters()
    let backlog = Backlog()
    let channel: WhatsAppChannel
    let door: WebhookDoor
    private(set) var taken = 0
    /// Status and virtual milliseconds since the request, by its number.
    private(set) var answers: [Int: (status: Int, after: Int64)] = [:]
    private var number = 0

    init() throws {
        channel = try Fixture.whatsapp()
        let store = MemoryStore(MemoryTable())
        let pseudonyms = Pseudonyms(secret: SecretBytes([1, 2, 3]))
        var take: () -> Void = {}
        let intake = Intake(
            rig.loop, store: store, directory: LoopDirectory(mailboxes: [Mailbox(waker: SimWaker())]), number: 0,
            log: MessageLog(capacity: 100), backlog: backlog, pseudonyms: pseudonyms, doubts: DoubtCount(),
            signals: PlainSignals()
        ) { _ in take() }
        door = WebhookDoor(
            rig.loop, intake: intake, log: refusals, pseudonyms: pseudonyms, audit: audit, anomalies: anomalies)
        take = { [self] in taken += 1 }
        let loop = rig.loop
        loop.addSource { store.deliver(at: loop.wall) }
    }

    /// A webhook of one message; `secret` nil shows no signature. Returns its number.
    @discardableResult
    func post(
        secret: String? = Fixture.appSecret, from address: [UInt8] = [192, 0, 2, 1], type: String = "application/json",
        padding: Int = 0
    ) throws -> Int {
        number += 1
        let own = number
        let body = Fixture.whatsappBody(
            #"[{"from":"15550100","id":"wamid.\#(own)","timestamp":"1","type":"text","text":{"body":"hola"}}]"#)
            + [UInt8](repeating: 0x20, count: padding)
        let proof = secret.map { [("X-Hub-Signature-256", Fixture.signature(body, secret: $0))] } ?? []
        let request = HTTPRequest(
            head: try Fixture.head([("Content-Type", type)] + proof), body: body, role: .public,
            peer: IPAddress(address), requestID: [UInt8](text: "r\(own)"))
        let asked = rig.clock.now
        door.receive(request, from: channel) { [self] response in
            #expect(answers[own] == nil)
            answers[own] = (response.status, (rig.clock.now - asked).inMilliseconds)
        }
        return own
    }

    /// More forgeries than are let pass, all answered.
    func flood() throws {
        for _ in 0...Limits.webhookPaceRefusalsMax { try post(secret: "forged") }
        rig.run(for: .milliseconds(1))
    }

    func slowed() -> Int { rig.counters.value(.webhooksSlowed) }
}

@Suite("Webhook door")
struct WebhookDoorTests {
    @Test("an ordinary day: right ones are taken, wrong ones refused, nobody waits")
    func ordinary() throws {
        let bench = try DoorBench()
        let right = try bench.post()
        let wrong = try [bench.post(secret: "forged"), bench.post(secret: nil), bench.post(type: "text/plain")]
        bench.rig.run(for: .milliseconds(1))
        #expect(bench.answers[right]?.status == 200 && bench.taken == 1)
        #expect(wrong.map { bench.answers[$0]?.status } == [401, 401, 415])
        #expect(bench.refusals.lines == [
            "signature_invalid whatsapp r2", "signature_missing whatsapp r3", "content_type_wrong whatsapp r4",
        ])
        #expect(bench.slowed() == 0 && bench.rig.counters.value(.webhooksRefused) == 3)
    }

    @Test("after a flood a forgery waits before it is checked, at most a second, and is then refused")
    func forgeries() throws {
        let bench = try DoorBench()
        try bench.flood()
        let numbers = try (0..<60).map { _ in try bench.post(secret: "forged") }
        bench.rig.run(for: .milliseconds(990))
        #expect(bench.rig.loop.actionCount >= 40)
        bench.rig.run(for: .seconds(1))
        let answers = numbers.compactMap { bench.answers[$0] }
        #expect(answers.count == 60 && answers.allSatisfy { $0.status == 401 && $0.after <= DoorBench.latest })
        #expect(answers.count { $0.after >= 999 } >= 40 && bench.slowed() == 59)
        #expect(bench.rig.loop.actionCount == 0)
    }

    @Test("a provider at the flooding address gets through within a second, one elsewhere at once")
    func honest() throws {
        let bench = try DoorBench()
        try bench.flood()
        for _ in 0..<60 { try bench.post(secret: "forged") }
        let (same, elsewhere) = (try bench.post(), try bench.post(from: [192, 0, 2, 2]))
        bench.rig.run(for: .milliseconds(1))
        #expect(bench.answers[elsewhere]?.status == 200 && bench.answers[same] == nil)
        bench.rig.run(for: .seconds(2))
        #expect(bench.answers[same]?.status == 200 && bench.taken == 2)
        #expect(bench.answers[same]?.after ?? 9_999 <= DoorBench.latest)
    }

    @Test("what shows no proof, or one of another shape, is refused at once also in a flood")
    func noProof() throws {
        let bench = try DoorBench()
        try bench.flood()
        for _ in 0..<5 { try bench.post(secret: "forged") }
        let number = try bench.post(secret: nil)
        #expect(bench.answers[number]?.status == 401)
        let shapes = [
            [], ["sha1=00"], ["sha256=" + String(repeating: "A", count: 64)],
            ["sha256=" + String(repeating: "0", count: 63)],
            Array(repeating: "sha256=" + String(repeating: "0", count: 64), count: 2),
        ]
        for shape in shapes {
            let head = try Fixture.head(shape.map { ("X-Hub-Signature-256", $0) })
            #expect(!bench.channel.carriesProof(head), "\(shape)")
        }
        let telegram = try Fixture.telegram()
        let header = ("X-Telegram-Bot-Api-Secret-Token", "x")
        #expect(!telegram.carriesProof(try Fixture.head([])))
        #expect(telegram.carriesProof(try Fixture.head([header])))
        #expect(!telegram.carriesProof(try Fixture.head([header, header])))
    }

    @Test("a proof that holds while the backlog is full is not the sender's fault")
    func backlogFull() throws {
        let bench = try DoorBench()
        for _ in 0..<Limits.backlogMax { bench.backlog.entered(Lane(0)) }
        let numbers = try (0..<300).map { _ in try bench.post() }
        bench.rig.run(for: .milliseconds(1))
        #expect(numbers.allSatisfy { bench.answers[$0]?.status == 503 } && bench.slowed() == 0)
        #expect(bench.refusals.lines.count == 300)
        #expect(bench.refusals.lines[0] == "backlog_full whatsapp r1")
    }

    @Test("when too much waits the rest is told to come again, and the place is free afterwards")
    func flooded() throws {
        let bench = try DoorBench()
        try bench.flood()
        // The first check is free; behind the second one everybody waits.
        for _ in 0..<2 { try bench.post(secret: "forged") }
        let large = Limits.bodyWhatsAppMax.bytes - 1_000
        let numbers = try (0..<5).map { _ in try bench.post(padding: large) }
        #expect(bench.answers[numbers[4]]?.status == 503 && bench.answers[numbers[3]] == nil)
        #expect(bench.refusals.lines.last == "flooded whatsapp r\(numbers[4])")
        bench.rig.run(for: .seconds(2))
        #expect(numbers.dropLast().allSatisfy { bench.answers[$0]?.status == 200 } && bench.taken == 4)
        let again = try bench.post(padding: large)
        bench.rig.run(for: .seconds(2))
        #expect(bench.answers[again]?.status == 200)
    }

    @Test("a refused handshake is noted, an accepted one is not")
    func handshake() throws {
        let bench = try DoorBench()
        func ask(_ token: String) throws -> Int {
            let text = "GET /w?hub.mode=subscribe&hub.verify_token=\(token)&hub.challenge=7 HTTP/1.1\r\nHost: a\r\n\r\n"
            var parser = HTTPRequestParser()
            guard case .head(let head) = parser.next([UInt8](text: text).span).step else { return 0 }
            let request = HTTPRequest(
                head: head, body: [], role: .public, peer: IPAddress([192, 0, 2, 1]), requestID: [UInt8](text: "r"))
            return bench.door.handshake(request, with: bench.channel).status
        }
        #expect(try ask("tok") == 200 && bench.refusals.lines.isEmpty)
        #expect(try ask("other") == 403)
        #expect(bench.refusals.lines == ["challenge_invalid whatsapp r"])
    }

    @Test("the address has one name, which is not its octets and not a sender's")
    func names() throws {
        let bench = try DoorBench()
        try bench.post(secret: "forged")
        try bench.post(secret: nil)
        #expect(bench.refusals.addresses.count == 1)
        try bench.post(secret: nil, from: [192, 0, 2, 2])
        #expect(bench.refusals.addresses.count == 2)
        let name = try #require(bench.refusals.addresses.first)
        #expect(name.utf8.count == 16 && name.utf8.allSatisfy { ASCII.isDigit($0) || (0x61...0x66).contains($0) })
        let asSender = Pseudonyms(secret: SecretBytes([1, 2, 3])).name([192, 0, 2, 1])
        #expect(!bench.refusals.addresses.contains(asSender))
    }
}
