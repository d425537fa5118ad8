// Webhooks of Twilio through the intake: what is claimed, what is answered, and that a status is never a duplicate.
import Testing

@testable import LolaCore

@Suite("Twilio through the intake")
struct TwilioIntakeTests {
    private final class Bench {
        let rig = LoopRig()
        let signals = PlainSignals()
        let log = MessageLog(capacity: 10)
        let store = MemoryStore(MemoryTable())
        let pseudonyms = Pseudonyms(secret: SecretBytes([1]))
        let channel: TwilioChannel
        let intake: Intake
        var taken: [AcceptedMessage] = []
        var recordAtAnswer: MessageRecord?

        init() throws {
            channel = try Fixture.twilio()
            var take: (AcceptedMessage) -> Void = { _ in }
            intake = Intake(
                rig.loop, store: store, directory: LoopDirectory(mailboxes: [Mailbox(waker: SimWaker())]), number: 0,
                log: log, backlog: Backlog(), pseudonyms: pseudonyms, doubts: DoubtCount(),
                signals: signals
            ) { take($0) }
            take = { [self] in taken.append($0) }
            let (loop, store) = (rig.loop, store)
            loop.addSource { store.deliver(at: loop.wall) }
        }

        func ask(_ operation: StoreOperation) -> StoreAnswer? {
            var answer: StoreAnswer?
            store.submit(operation) { answer = $0 }
            rig.run(for: .seconds(1)) { answer != nil }
            return answer
        }

        func post(_ pairs: [(String, String)], to path: String = "/webhooks/twilio/sms") throws -> HTTPResponse? {
            let proof = TwilioProof(
                publicURL: [UInt8](text: Fixture.twilioURL), authTokens: [Fixture.secret(Fixture.twilioToken)],
                sharedKey: nil)
            let fields = pairs.map { FormField(name: [UInt8](text: $0.0), value: [UInt8](text: $0.1)) }
            let code = proof.code(of: [UInt8](text: Fixture.twilioURL + path), fields)
            let signature = ("X-Twilio-Signature", Base64.encode(code, .standard).text)
            let request = HTTPRequest(
                head: try Fixture.head([Fixture.formType, signature], target: path), body: Fixture.form(pairs),
                role: .public, peer: IPAddress([192, 0, 2, 1]), requestID: [0x72])
            var answer: HTTPResponse?
            let refusal = intake.receive(request, from: channel) { [self] response in
                answer = response
                recordAtAnswer = log.find(MessageKey(.twilioSMS, nativeID: [UInt8](text: "SM1")))
            }
            #expect(refusal == nil)
            rig.run(for: .seconds(1)) { answer != nil }
            return answer
        }
    }

    private let message = [("MessageSid", "SM1"), ("From", "+15550100"), ("To", "+15550199"), ("Body", "hola")]

    @Test("a message is answered by an empty document of XML, and a repetition too, without effect")
    func duplicates() throws {
        let bench = try Bench()
        for _ in 0..<3 {
            let answer = try #require(try bench.post(message))
            #expect(
                answer.status == 200 && answer.body.text == "<Response/>" && "\(answer.contentType ?? "")" == "text/xml"
            )
        }
        // The same message by the other route is the same message.
        _ = try bench.post(message, to: "/webhooks/twilio/whatsapp")
        #expect(bench.taken.map(\.message.key.text) == ["twilio:SM1"])
        #expect(bench.rig.counters.value(.webhookDuplicates) == 3)
    }

    @Test("a message has a record when its delivery is acknowledged")
    func recordFirst() throws {
        let bench = try Bench()
        #expect(try bench.post(message)?.status == 200)
        #expect(bench.recordAtAnswer?.id == bench.taken.first?.names.messageID && bench.taken.count == 1)
    }

    @Test("statuses share the id of a message and are never taken for its repetition")
    func statusesAreNoReplays() throws {
        let bench = try Bench()
        _ = try bench.post(message)
        let place = MessageLog.DeliveryPlace(record: bench.taken[0].names.messageID, index: 0)
        bench.log.update(place.record) { $0.deliveries = [.init(kind: "text", status: .sent, attempts: 1, error: nil)] }
        bench.log.sent([UInt8](text: "SM1"), by: .twilioSMS, as: place)
        for word in ["sent", "delivered", "delivered", "read"] {
            let answer = try bench.post(
                [("MessageSid", "SM1"), ("MessageStatus", word)], to: "/webhooks/twilio/status")
            #expect(answer?.status == 200 && answer?.body.text == "<Response/>")
        }
        #expect(bench.log.find(place.record)?.deliveries.first?.status == .read)
        #expect(bench.rig.counters.value(.webhookReceipts) == 4 && bench.rig.counters.value(.webhookDuplicates) == 0)
    }

    @Test("an opt-out that cannot be kept is told to come again, and the message with it is kept once")
    func signals() throws {
        let bench = try Bench()
        bench.signals.keeps = false
        let stop = message.dropLast() + [("Body", "STOP"), ("OptOutType", "STOP")]
        #expect(try bench.post(Array(stop))?.status == 503)
        bench.signals.keeps = true
        #expect(try bench.post(Array(stop))?.status == 200)
        #expect(bench.signals.noted.map(\.kind) == [.optedOut] && bench.taken.count == 1)
    }

    @Test("a word that must hold at once does before the webhook is acknowledged")
    func heardFirst() throws {
        let bench = try Bench()
        bench.signals.holds = true
        #expect(try bench.post(message) == nil && bench.taken.count == 1)
        #expect(bench.signals.waiting.count == 1)
        bench.signals.holds = false
        #expect(try bench.post(message)?.status == 200)
    }

    @Test("the number that was written to is known for ours from then on")
    func ownEnd() throws {
        let bench = try Bench()
        let key = ConversationKey(bytes: [UInt8](text: "twilio_sms:+15550199:+15550100"))
        let end = StoreKey(.heard, bench.pseudonyms.end(try #require(ConversationParts(key))))
        #expect(bench.ask(.get(end)) == .value(nil))
        _ = try bench.post(message)
        #expect(bench.ask(.get(end)) == .value([]))
    }

    @Test("what was proven and not understood is in the quarantine without its content, the same once")
    func putAside() throws {
        let bench = try Bench()
        for _ in 0..<3 { #expect(try bench.post([("To", "+15550199"), ("Body", "hola")])?.status == 200) }
        guard case .page(let records) = bench.ask(.list(.quarantine, after: nil, limit: 9)) else {
            throw SampleFault(description: "no list")
        }
        #expect(records.count == 1)
        let item = try QuarantinedEntry(try #require(records.first).value)
        #expect(item.reason == .notUnderstood && item.value.isEmpty && item.origin?.channel == "twilio_sms")
        #expect(item.origin.map { QuarantineReason(rawValue: $0.word) != nil && $0.octets > 9 } == true)
        #expect(Limits.quarantinedWebhooksMax == 1_024)
    }

    @Test("a call is answered by its own document")
    func calls() throws {
        let call = [("CallSid", "CA1"), ("CallStatus", "ringing"), ("From", "+1"), ("To", "+2")]
        let answer = try #require(try Bench().post(call, to: "/webhooks/twilio/voice"))
        #expect(answer.status == 200 && answer.body.text.hasSuffix("<Hangup/></Response>"))
    }
}
