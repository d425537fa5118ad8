// A request that has passed the gatekeeper, and the protocol of whoever carries it out. One handler per area and loop.

struct AdmittedRequest: Sendable {
    /// Its `peer` is the caller's address after trusted proxies were walked.
    let request: HTTPRequest
    /// Where the answer belongs; for handlers that answer piece by piece.
    let exchange: Exchange
    let action: Action
    /// What the path's parameter stands for, decoded; empty for a path without one.
    let parameter: [UInt8]
    let principal: Principal
    /// Of a webhook: whose it is.
    let channel: ChannelName?
    /// The `RateLimit` fields of this request. The handler's `answer` adds them; who answers by the exchange does so
    /// himself.
    let fields: [ResponseField]

    /// The id in the path, of routes with `{id}`.
    var recordID: RecordID? { RecordID(hex: parameter) }
}

protocol ActionHandler: AnyObject {
    /// What it carries out; no other handler claims any of it.
    var actions: [Action] { get }
    /// Answers exactly once, now or later.
    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void)
}
