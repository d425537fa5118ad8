// HTTP for the commands: the daemon's own client on a loop that this thread turns until the answer is there.

final class ToolClient {
    private let loop: Loop
    private let client: OutboundClient

    /// Nil when the process has no file descriptor left.
    init?() {
        guard let waker = EventFD(), let net = LinuxNet(waker: waker) else { return nil }
        loop = Loop(clock: LinuxClock(), net: net, entropy: LinuxEntropy(), counters: Counters())
        let context = (try? TLSTrust()).flatMap { try? TLSContext(client: $0) }
        client = OutboundClient(loop, tls: context) { IPAddress(text: $0) }
    }

    /// One exchange with `base` + `path`; nil when the URL is not one.
    func send(
        _ method: HTTPMethod, _ base: String, _ path: String, fields: [OutboundField] = [], body: [UInt8] = [],
        timeout: Interval = .seconds(10)
    ) -> OutboundOutcome? {
        guard let url = HTTPURL([UInt8](text: base + path)) else { return nil }
        var result: OutboundOutcome?
        client.send(OutboundRequest(
            purpose: .delivery, method: method, origin: url.origin, target: url.target, fields: fields, body: body,
            timeout: timeout, responseMax: .mebibytes(8), isRepeatable: method == .get
        )) { result = $0 }
        while result == nil { loop.tick(until: loop.clock.now + .milliseconds(200)) }
        return result
    }

    /// Reads a stream of events until it ends, at the latest when nothing has come for `silence`. Nil when the URL is
    /// not one.
    func follow(
        _ base: String, _ path: String, fields: [OutboundField], silence: Interval,
        _ reader: @escaping ([UInt8]) -> Void
    ) -> OutboundOutcome? {
        guard let url = HTTPURL([UInt8](text: base + path)) else { return nil }
        var result: OutboundOutcome?
        let request = OutboundRequest(
            purpose: .delivery, method: .get, origin: url.origin, target: url.target, fields: fields, body: [],
            timeout: silence, responseMax: .kibibytes(64), isRepeatable: true)
        client.send(request, reader: reader) { result = $0 }
        while result == nil { loop.tick(until: loop.clock.now + .milliseconds(200)) }
        return result
    }

    /// Lets time pass.
    func pause(_ interval: Interval) {
        let end = loop.clock.now + interval
        while loop.clock.now < end { loop.tick(until: end) }
    }

    static func bearer(_ token: String) -> OutboundField {
        OutboundField(name: "Authorization", value: [UInt8](text: "Bearer \(token)"))
    }
}

enum HealthCommand {
    /// Ready is 0, everything else 1: made for container probes.
    static func run(_ invocation: Invocation) -> Int32 {
        let base = ToolVariables.load().managementURL(invocation)
        guard let client = ToolClient(), let outcome = client.send(.get, base, "/readyz") else {
            return ExitCode.failure
        }
        switch outcome {
        case .success(let response):
            if invocation.wantsJSON { Process.print(response.body.text) }
            return response.status == 200 ? ExitCode.ok : ExitCode.failure
        case .failure(let fault):
            Process.print("\(base): \(fault.rawValue)", to: 2)
            return ExitCode.failure
        }
    }
}
