// What everybody may read: probes, public keys, metrics. One per loop.

final class OpenArea: ActionHandler {
    private let health: Health
    private let jwks: [UInt8]
    private let metrics: () -> [UInt8]
    private let storeIsOpen: () -> Bool

    /// - Parameter storeIsOpen: whether the store takes changes now.
    init(health: Health, jwks: [UInt8], metrics: @escaping () -> [UInt8], storeIsOpen: @escaping () -> Bool) {
        self.health = health
        self.jwks = jwks
        self.metrics = metrics
        self.storeIsOpen = storeIsOpen
    }

    var actions: [Action] { [.probeLive, .probeReady, .readKeys, .readMetrics] }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        switch admitted.action {
        case .probeReady: answer(health.readiness(storeIsOpen: storeIsOpen()))
        case .readKeys:
            answer(HTTPResponse(
                status: 200, contentType: "application/jwk-set+json",
                fields: [ResponseField(name: "Cache-Control", value: [UInt8](text: "public, max-age=300"))],
                body: jwks))
        case .readMetrics:
            answer(HTTPResponse(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: metrics()))
        default: answer(Health.alive)
        }
    }
}

/// The console of `lola dev`, behind the door of everything else.
final class ConsoleArea: ActionHandler {
    private let console: any ConsoleApplication

    init(_ console: any ConsoleApplication) { self.console = console }

    var actions: [Action] { [.useConsole] }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        console.handle(admitted.request, answer)
    }
}
