// Sends alerts to the operator's webhook, signed by the rules of Standard Webhooks, one after the other and again with
// a back-off. Never waited for by anybody; on the first loop.

final class AlertWebhook {
    private let loop: Loop
    private let client: OutboundClient
    private let url: HTTPURL
    private let key: HMACKey
    private let log: Log
    private var waiting = FIFO<AlertRecord>()
    private var attempts = 0
    private var isBusy = false

    /// Waits before each repetition; after the last one the alert is only in the log and the list.
    private static let delays: [Interval] = [.seconds(5), .seconds(30), .minutes(2), .minutes(10)]

    init(_ loop: Loop, client: OutboundClient, url: HTTPURL, secret: SecretBytes, log: Log) {
        self.loop = loop
        self.client = client
        self.url = url
        key = HMACKey(.sha256, key: secret)
        self.log = log
    }

    func send(_ record: AlertRecord) {
        guard waiting.count < Limits.alertWebhookWaitingMax else { return notSent(record, "too_many") }
        waiting.append(record)
        next()
    }

    private func next() {
        guard !isBusy, let record = waiting.first else { return }
        isBusy = true
        attempts += 1
        var writer = JSONWriter(capacity: 512)
        writer.object { writer in
            writer.member("type", "alert.raised")
            writer.member("timestamp", bytes: CivilDate(record.at).rfc3339(milliseconds: true))
            writer.member("data") { record.write(to: &$0) }
        }
        let request = Self.request(writer.bytes, id: "alert_\(record.id.hex.text)", at: loop.wall, to: url, key: key)
        client.send(request) { [self] outcome in
            switch outcome {
            case .success(let response) where (200..<300).contains(response.status): settled()
            case .success(let response): failed(record, "status_\(response.status)")
            case .failure(let fault): failed(record, fault.rawValue)
            }
        }
    }

    private func settled() {
        _ = waiting.popFirst()
        attempts = 0
        isBusy = false
        next()
    }

    private func failed(_ record: AlertRecord, _ reason: String) {
        guard attempts <= Self.delays.count else {
            notSent(record, reason)
            return settled()
        }
        loop.after(Self.delays[attempts - 1]) { [self] in
            isBusy = false
            next()
        }
    }

    private func notSent(_ record: AlertRecord, _ reason: String) {
        log.write(.warn, "alert_not_sent", at: loop.wall, [("id", record.id.hex.text), ("reason", reason)])
    }

    /// The signed request (Standard Webhooks 1.0: `id.timestamp.body`, version `v1`).
    static func request(
        _ body: [UInt8], id: String, at now: WallTime, to url: HTTPURL, key: HMACKey
    ) -> OutboundRequest {
        let (id, time) = ([UInt8](text: id), [UInt8](text: "\(now.inSeconds)"))
        let code = key.code(id + [0x2E] + time + [0x2E], body)
        return OutboundRequest(
            purpose: .delivery, method: .post, origin: url.origin, target: url.target,
            fields: [
                OutboundField(name: "Content-Type", value: [UInt8](text: "application/json")),
                OutboundField(name: "webhook-id", value: id),
                OutboundField(name: "webhook-timestamp", value: time),
                OutboundField(name: "webhook-signature", value: [UInt8](text: "v1,") + Base64.encode(code, .standard)),
            ],
            body: body, timeout: Limits.alertWebhookTimeout, responseMax: Limits.alertWebhookResponseMax,
            isRepeatable: true)
    }
}
