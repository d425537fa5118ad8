// Log lines of refused webhooks: what they hold, and that a flood of them cannot fill a disk.
import Testing

@testable import LolaCore

@Suite("Refusal log")
struct RefusalLogTests {
    private let clock = SimClock()
    private let lines = SimLines()

    /// Every line written so far, as documents.
    private func written() throws -> [JSONDocument] {
        try lines.all.flatMap { $0.split(separator: 0x0A) }.map { try JSONDocument.parse(Array($0)) }
    }

    private func refuse(_ log: FlowLog, _ count: Int) -> Int {
        var asked = 0
        for _ in 0..<count {
            log.webhookRefused(.signatureInvalid, .whatsapp, requestID: [UInt8](text: "0a1b")) {
                asked += 1
                return "00112233aabbccdd"
            }
        }
        return asked
    }

    @Test("a line has reason, channel, name of the address and request id, and nothing else")
    func line() throws {
        let log = FlowLog(Log(sink: lines, threshold: .info), clock: clock)
        #expect(refuse(log, 1) == 1)
        log.flush()
        let said = try #require(try written().first)
        #expect(said.root.members.map { $0.key.text } == [
            "time", "level", "event", "reason", "channel", "address", "request_id",
        ])
        let values = ["level", "event", "reason", "channel", "address", "request_id"].map { said.root[$0]?.text }
        #expect(values == ["warn", "webhook_refused", "signature_invalid", "whatsapp", "00112233aabbccdd", "0a1b"])
    }

    @Test("a second has ten lines; the others are one number when it is over")
    func bounded() throws {
        let log = FlowLog(Log(sink: lines, threshold: .info), clock: clock)
        // A name costs a computation: it is made for lines only.
        #expect(refuse(log, 25) == Limits.refusalLinesMax)
        log.flush()
        clock.advance(to: clock.now + .milliseconds(999))
        #expect(refuse(log, 5) == 0)
        log.flush()
        #expect(try written().count == Limits.refusalLinesMax)
        clock.advance(to: clock.now + .milliseconds(1))
        log.flush()
        let all = try written()
        #expect(all.count == Limits.refusalLinesMax + 1)
        #expect(all.last?.root["event"]?.text == "webhooks_refused_more" && all.last?.root["count"]?.text == "20")
        log.flush()
        #expect(refuse(log, 1) == 1)
        log.flush()
        #expect(try written().count == Limits.refusalLinesMax + 2)
    }

    @Test("the number also comes with the next refusal, before its line")
    func order() throws {
        let log = FlowLog(Log(sink: lines, threshold: .info), clock: clock)
        _ = refuse(log, 12)
        clock.advance(to: clock.now + .seconds(3))
        _ = refuse(log, 1)
        log.flush()
        let events = try written().map { $0.root["event"]?.text ?? "" }
        #expect(events.suffix(2) == ["webhooks_refused_more", "webhook_refused"] && events.count == 12)
    }

    @Test("a log of errors only stays silent")
    func threshold() throws {
        let log = FlowLog(Log(sink: lines, threshold: .error), clock: clock)
        #expect(refuse(log, 30) == 0)
        clock.advance(to: clock.now + .seconds(2))
        log.flush()
        #expect(lines.all.isEmpty)
    }
}
