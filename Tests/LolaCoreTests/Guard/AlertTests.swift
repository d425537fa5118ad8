// Alerts from where they are raised to where they are seen: once per incident, kept, counted, sent.
import Testing

@testable import LolaCore

@Suite("Alerts: once per incident")
struct AlertTests {
    private final class Bench {
        let rig = LoopRig()
        let table = MemoryTable()
        let lines = SimLines()
        let board: AlertBoard
        let hook: SimServer
        var received: [SimMessage] = []
        var statuses: [Int] = []

        init(hasWebhook: Bool = false) throws {
            board = AlertBoard(loop: SimWaker())
            hook = SimServer(rig.network, "hook", at: Endpoint(address: IPAddress([10, 0, 0, 9]), port: 80))
            let loop = rig.loop
            let store = MemoryStore(table)
            let log = Log(sink: lines, threshold: .info)
            var webhook: AlertWebhook?
            if hasWebhook {
                let client = OutboundClient(loop, tls: nil) { IPAddress(text: $0) }
                let url = try #require(HTTPURL([UInt8](text: "http://10.0.0.9/alerts")))
                let secret = SecretBytes([UInt8](text: "0123456789abcdef"))
                webhook = AlertWebhook(loop, client: client, url: url, secret: secret, log: log)
            }
            AlertKeeper(loop, board, store: store, log: log, coolDown: .minutes(15), webhook: webhook).start()
            loop.addSource { store.deliver(at: loop.wall) }
            hook.script = { [self] call in
                received.append(call.request)
                call.answer(statuses.isEmpty ? 204 : statuses.removeFirst())
            }
        }

        func raise(_ kind: Alert.Kind = .lockout, _ subject: String = "a1", times: Int = 1) {
            for _ in 0..<times { board.raise(Alert(kind: kind, subject: subject, text: "what happened")) }
            rig.run(for: .milliseconds(10))
        }

        func kept() throws -> [AlertRecord] {
            let answer = table.apply(.list(.alert, after: nil, limit: 1_000), at: rig.clock.wall)
            guard case .page(let records) = answer else { return [] }
            return try records.map { try AlertRecord($0) }
        }

        func log(_ event: String) -> Int {
            lines.all.reduce(0) { $0 + $1.text.components(of: "\"event\":\"\(event)\"") }
        }
    }

    @Test("an incident is told once in its cool-down, its count goes on")
    func coolDown() throws {
        let bench = try Bench()
        bench.raise(times: 3)
        bench.raise(.lockout, "b2")
        for _ in 0..<5 {
            bench.rig.run(for: .minutes(1))
            bench.raise()
        }
        bench.rig.run(for: .seconds(20))
        let kept = try bench.kept()
        #expect(kept.map(\.subject).sorted() == ["a1", "b2"])
        let first = try #require(kept.first { $0.subject == "a1" })
        #expect(first.count == 8 && first.kind == "lockout" && first.severity == "HIGH" && first.lastAt > first.at)
        #expect(bench.log("alert") == 2)
        #expect(bench.board.totals.first { $0.kind == .lockout }?.count == 2)
        bench.rig.run(for: .minutes(15))
        bench.raise()
        #expect(try bench.kept().count == 3 && bench.log("alert") == 3)
    }

    @Test("the newest come first, and only a thousand or so are kept")
    func order() throws {
        let bench = try Bench()
        for number in 0..<1_100 {
            bench.rig.run(for: .milliseconds(5))
            bench.raise(.tokenMinting, "agent-\(number)")
        }
        let kept = try bench.kept()
        #expect(kept.count == 1_000 && kept[0].subject == "agent-1099")
        #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.at >= $1.at })
        guard case .page(let older) = bench.table.apply(
            .list(.alert, after: kept[999].id, limit: 1_000), at: bench.rig.clock.wall)
        else { return }
        #expect(older.count < 100)
    }

    @Test("every kind has its severity")
    func severities() {
        let high: Set<Alert.Kind> = [
            .lockout, .failedAuthentication, .journalDamaged, .auditUnwritable, .auditBroken, .storeEpoch,
        ]
        for kind in Alert.Kind.allCases { #expect(kind.severity == (high.contains(kind) ? .high : .medium), "\(kind)") }
    }

    @Test("a flood of alerts is bounded, and equal ones are one")
    func flood() {
        let board = AlertBoard(loop: SimWaker())
        for number in 0..<5_000 {
            board.raise(Alert(kind: .lockout, subject: "s\(number)", text: ""))
            board.raise(Alert(kind: .lockout, subject: "same", text: ""))
        }
        let raised = board.take()
        #expect(raised.count == Limits.alertsRaisedMax)
        #expect(raised.first { $0.alert.subject == "same" }?.count == 5_000)
        #expect(board.take().isEmpty)
    }

    @Test("the webhook is signed and tried again; one that never takes anything is given up with a line")
    func webhook() throws {
        let bench = try Bench(hasWebhook: true)
        bench.statuses = [500, 503]
        bench.raise()
        bench.rig.run(for: .minutes(1))
        #expect(bench.received.count == 3)
        let (first, last) = (bench.received[0], bench.received[2])
        #expect(first.field("webhook-id") == last.field("webhook-id"))
        let key = HMACKey(.sha256, key: SecretBytes([UInt8](text: "0123456789abcdef")))
        let id = try #require(last.field("webhook-id")), time = try #require(last.field("webhook-timestamp"))
        let code = key.code([UInt8](text: "\(id).\(time)."), last.body)
        #expect(last.field("webhook-signature") == "v1," + Base64.encode(code, .standard).text)
        #expect(try JSONDocument.parse(last.body).root["data"]?["kind"]?.text == "lockout")
        bench.statuses = Array(repeating: 500, count: 100)
        bench.raise(.auditBroken, "")
        bench.rig.run(for: .minutes(20))
        #expect(bench.received.count == 8 && bench.log("alert_not_sent") == 1)
    }

    @Test("signatures are those of the published vectors")
    func vectors() throws {
        let root = try JSONDocument.parse(try Vectors.bytes("standard_webhooks.json")).root
        let url = try #require(HTTPURL([UInt8](text: "http://10.0.0.9/")))
        var count = 0
        for item in try #require(root["cases"]).elements where item["expect"]?.bool == true {
            let headers = try #require(item["headers"])
            func header(_ name: String) -> String? {
                headers.members.first { $0.0.text == "svix-\(name)" || $0.0.text == "webhook-\(name)" }?.1.text
            }
            let (id, signature) = (try #require(header("id")), try #require(header("signature")))
            let time = try #require(header("timestamp").flatMap { Int64($0) })
            let body = item["body"]?.textBytes ?? []
            var isMatched = false
            var isReadable = false
            for secret in try #require(item["secrets"]).elements {
                // Settings take padded secrets only.
                guard let octets = try? SettingGrammar<SecretBytes>.webhookSecret.parse(secret.textBytes ?? []) else {
                    continue
                }
                isReadable = true
                let request = AlertWebhook.request(
                    body, id: id, at: WallTime(seconds: time), to: url, key: HMACKey(.sha256, key: octets))
                let made = request.fields.first { $0.name.description == "webhook-signature" }?.value.text ?? ""
                isMatched = isMatched || signature.split(separator: " ").contains { $0 == made }
            }
            #expect(isMatched || !isReadable, "\(item["name"]?.text ?? "")")
            count += isMatched ? 1 : 0
        }
        #expect(count >= 10)
    }
}
