// The door of the webhooks on one loop: paces the checks of an address from which many were refused, lets the intake
// prove and keep what a request brings, and notes what was refused. Called by the HTTP application.

final class WebhookDoor {
    private let loop: Loop
    private let intake: Intake
    private let log: any RefusalLog
    private let pseudonyms: Pseudonyms
    private let audit: any AuditLog
    private let anomalies: AnomalyCounters
    private var pace = WebhookPace()

    init(
        _ loop: Loop, intake: Intake, log: any RefusalLog, pseudonyms: Pseudonyms, audit: any AuditLog,
        anomalies: AnomalyCounters
    ) {
        self.audit = audit
        self.anomalies = anomalies
        self.loop = loop
        self.intake = intake
        self.log = log
        self.pseudonyms = pseudonyms
    }

    /// Answers exactly once, at the latest `Limits.webhookPaceDelayMax` after the intake alone would have.
    func receive(_ request: HTTPRequest, from channel: any Channel, _ answer: @escaping (HTTPResponse) -> Void) {
        let block = AddressBlock(request.peer)
        // What shows no proof is refused without one computation; there is nothing to pace.
        guard channel.carriesProof(request.head) else { return check(request, block, channel, answer) }
        let octets = request.body.count
        switch pace.arrived(from: block, octets: octets, at: loop.now) {
        case .now:
            check(request, block, channel, answer)
        case .later(let delay):
            loop.counters.add(.webhooksSlowed)
            loop.after(delay) { [self] in
                pace.started(octets: octets)
                check(request, block, channel, answer)
            }
        case .full:
            loop.counters.add(.webhooksRefused)
            note(.flooded, request.requestID, request.peer, channel.name)
            answer(.refusal(.flooded, requestID: request.requestID))
        }
    }

    /// Meta's verification of the callback address: the challenge verbatim, or 403.
    func handshake(_ request: HTTPRequest, with channel: WhatsAppChannel) -> HTTPResponse {
        let raw = request.head.query.map { request.head.bytes[$0.asRange] } ?? []
        do throws(Refusal) {
            guard let query = try? FormFields(raw) else { throw .challengeInvalid }
            return .text(200, try channel.handshake(query))
        } catch {
            loop.counters.add(.webhooksRefused)
            note(error, request.requestID, request.peer, channel.name)
            return .refusal(error, requestID: request.requestID)
        }
    }

    private func check(
        _ request: HTTPRequest, _ block: AddressBlock, _ channel: any Channel,
        _ answer: @escaping (HTTPResponse) -> Void
    ) {
        // Nothing here keeps the request itself: it is gone when its messages have been read.
        let (requestID, peer, name) = (request.requestID, request.peer, channel.name)
        let refusal = intake.receive(request, from: channel) { [self] response in
            // Said later, of a proof that held: there is no room, or a store cannot keep it.
            if response.status == Refusal.backlogFull.status { note(.backlogFull, requestID, peer, name) }
            answer(response)
        }
        switch refusal {
        case let refusal? where refusal.isProofRefused: pace.refused(block, at: loop.now)
        default: pace.proven(block, at: loop.now)
        }
        if let refusal { note(refusal, requestID, peer, name) }
    }

    /// What was refused is told; a refused proof is also audited, and counted with the anomalies.
    private func note(_ refusal: Refusal, _ requestID: [UInt8], _ peer: IPAddress, _ channel: ChannelName) {
        let block = AddressBlock(peer)
        log.webhookRefused(refusal, channel, requestID: requestID) { pseudonyms.name(of: block) }
        guard refusal.isProofRefused else { return }
        anomalies.failedAuthentication(peer)
        audit.note(AuditEvent(
            action: .authenticationRefused, actor: "anonymous", subject: pseudonyms.name(of: block),
            outcome: refusal.rawValue, facts: [("channel", channel.rawValue)]))
    }
}

extension Refusal {
    /// The caller has not shown to be who may call.
    fileprivate var isProofRefused: Bool {
        switch self {
        case .signatureMissing, .signatureInvalid, .signatureStale, .challengeInvalid: true
        default: false
        }
    }
}
