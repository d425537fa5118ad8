// A message without its text: on disk first, then fetched, then handled; and what providers say about the people
// behind.
import Testing

@testable import LolaCore

@Suite("Content, statuses and signals")
struct ContentFetchTests {
    private func mail(_ keyword: AnsweredKeyword? = nil) -> VerifiedMessage {
        FlowBench.message("m", text: nil, contentID: "e1", keyword: keyword)
    }

    /// The provider answers a content request with `text`, everything else with 200.
    private func bench(_ statuses: [Int] = [200], text: String = "from the mail") throws -> FlowBench {
        let bench = try FlowBench()
        var left = statuses
        bench.provider.script = { call in
            bench.delivered.append(call.request.text)
            guard call.request.text.hasPrefix("content ") else { return call.answer(200, body: "id") }
            call.answer(left.count > 1 ? left.removeFirst() : left[0], body: text)
        }
        return bench
    }

    private func text(_ bench: FlowBench) throws -> [String] {
        try bench.asked.map { try JSONDocument.parse($0.body).root["message"]?["text"]?.text ?? "-" }
    }

    @Test("the text is fetched before anything else, and its card numbers are masked")
    func fetched() throws {
        let bench = try bench(text: "pay 4111 1111 1111 1111")
        bench.take(mail())
        #expect(bench.settle())
        #expect(bench.delivered == ["content e1", "answer"])
        let asked = try text(bench)
        #expect(asked.count == 1 && asked[0].hasPrefix("pay ") && !asked[0].contains("4111"))
        #expect(bench.record("m")?.status == .done && bench.rig.counters.value(.cardsMasked) == 1)
        #expect(bench.record("m")?.trace.map(\.saying).first == "content fetched")
    }

    @Test("a crash between the webhook and the fetch loses nothing: the message stands in its queue and is fetched")
    func crash() throws {
        let bench = try bench()
        bench.take(mail(), mayBeRepeated: true)
        #expect(bench.settle())
        #expect(try text(bench) == ["from the mail"] && bench.delivered == ["content e1", "answer"])
        #expect(bench.rooms(of: mail()).isEmpty)
    }

    @Test("a fetch that fails is tried again; when it never succeeds, the message is kept for an operator")
    func retries() throws {
        let bench = try bench([500, 200])
        bench.take(mail())
        #expect(bench.settle())
        #expect(bench.delivered == ["content e1", "content e1", "answer"])
        for (statuses, word) in [([500], "content_unavailable"), ([403], "content_refused")] {
            let dead = try self.bench(statuses)
            dead.take(mail())
            #expect(dead.settle())
            #expect(dead.asked.isEmpty && dead.record("m")?.status == .deadLetter)
            #expect(dead.journal.lines == ["dead \(word)", "finished dead_letter"])
            #expect(dead.rooms(of: mail()) == [.dead])
        }
    }

    @Test("what nobody wrote is not answered")
    func automatic() throws {
        let bench = try bench([203])
        bench.take(mail())
        #expect(bench.settle())
        #expect(bench.asked.isEmpty && bench.delivered == ["content e1"])
        #expect(bench.journal.lines == ["finished stopped \(Refusal.automaticMessage.rawValue)"])
    }

    @Test("a keyword that the provider has answered is not answered again")
    func keyword() throws {
        let bench = try FlowBench()
        bench.take(FlowBench.message("m", text: "STOP", keyword: .stop))
        #expect(bench.settle())
        #expect(bench.asked.isEmpty && bench.delivered.isEmpty)
        #expect(bench.journal.lines == ["finished stopped \(Refusal.answeredByProvider.rawValue)"])
    }

    @Test("a delivery that the person has forbidden is told to whom it concerns")
    func signals() throws {
        let bench = try FlowBench()
        bench.statuses = [404]
        bench.take(FlowBench.message("m"))
        #expect(bench.settle())
        let number = [UInt8](text: "15550100")
        #expect(bench.signals.noted == [ContactSignal(kind: .optedOut, channel: .whatsapp, address: number)])
    }

    // MARK: Statuses

    private func receipt(_ state: DeliveryReceipt.State, id: String = "SM1", code: Int? = nil) -> DeliveryReceipt {
        DeliveryReceipt(providerID: [UInt8](text: id), state: state, errorCode: code, reference: nil)
    }

    /// A log with one message whose only delivery was sent.
    private func log(_ key: String = "m", capacity: Int = 10) -> MessageLog {
        let log = MessageLog(capacity: capacity)
        insert(key, in: log)
        return log
    }

    private func insert(_ key: String, in log: MessageLog) {
        let verified = FlowBench.message(key)
        let names = names(key)
        log.insert(MessageRecord(AcceptedMessage(verified: verified, names: names, mayBeRepeated: false)))
        log.update(names.messageID) {
            $0.deliveries = [.init(kind: "text", status: .sent, attempts: 1, error: nil)]
        }
    }

    private func place(_ key: String = "m") -> MessageLog.DeliveryPlace {
        .init(record: names(key).messageID, index: 0)
    }

    private func names(_ key: String) -> MessageNames {
        Pseudonyms(secret: SecretBytes([1])).names(FlowBench.message(key).message)
    }

    private func state(_ log: MessageLog, _ key: String = "m") -> String? {
        log.find(place(key).record)?.deliveries.first.map { "\($0.status.rawValue) \($0.error ?? "-")" }
    }

    @Test("statuses of one delivery come in any order, each counts, and none goes backwards")
    func statuses() {
        let log = log()
        log.sent([UInt8](text: "SM1"), by: .twilioSMS, as: place())
        var seen: [String?] = []
        for status in [
            receipt(.sent), receipt(.delivered), receipt(.sent), receipt(.failed), receipt(.read), receipt(.delivered),
        ] {
            // SMS and WhatsApp of one account share their ids.
            log.receipt(status, of: .twilioWhatsApp)
            seen.append(state(log))
        }
        #expect(seen == ["sent -", "delivered -", "delivered -", "delivered -", "read -", "read -"])
        log.receipt(receipt(.read, id: "SM2"), of: .twilioSMS)
        #expect(state(log) == "read -")
    }

    @Test("a failure shows its code, until there is evidence of the contrary")
    func failure() {
        let log = log()
        log.sent([UInt8](text: "SM1"), by: .twilioSMS, as: place())
        log.receipt(receipt(.failed, code: 30_003), of: .twilioSMS)
        #expect(state(log) == "failed provider_30003")
        log.receipt(receipt(.sent), of: .twilioSMS)
        #expect(state(log) == "failed provider_30003")
        log.receipt(receipt(.delivered), of: .twilioSMS)
        #expect(state(log) == "delivered -")
    }

    @Test("a status that comes before the answer to the delivery is not lost, and none of another provider counts")
    func early() {
        let log = log()
        log.receipt(receipt(.delivered), of: .twilioSMS)
        log.receipt(receipt(.read), of: .resend)
        log.sent([UInt8](text: "SM1"), by: .twilioSMS, as: place())
        #expect(state(log) == "delivered -")
        for number in 0..<(Limits.receiptsEarlyMax * 3) {
            log.receipt(receipt(.read, id: "x\(number)"), of: .twilioSMS)
        }
        log.receipt(receipt(.read), of: .twilioSMS)
        #expect(state(log) == "read -")
    }

    @Test("the ids of a record go with it")
    func evicted() {
        let log = log(capacity: 1)
        log.sent([UInt8](text: "SM1"), by: .twilioSMS, as: place())
        insert("n", in: log)
        log.receipt(receipt(.read), of: .twilioSMS)
        log.sent([UInt8](text: "SM9"), by: .twilioSMS, as: place())
        #expect(state(log) == nil && state(log, "n") == "sent -")
    }
}
