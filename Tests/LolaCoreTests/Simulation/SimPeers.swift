// Scripted HTTP ends: a server whose every answer a script decides, and a client that speaks on one connection.
// They know octets and nothing of the gateway's code.

@testable import LolaCore

/// One request that the gateway made, and the connection it came on.
final class SimCall {
    let request: SimMessage
    let number: Int
    fileprivate let link: SimServerLink

    fileprivate init(_ request: SimMessage, _ number: Int, _ link: SimServerLink) {
        self.request = request
        self.number = number
        self.link = link
    }

    /// The connection is gone: the gateway gave up, or chance did.
    var isLost: Bool { !link.end.isOpen || link.end.hasEnd }
    /// The script has sent more on this connection than it was asked for.
    var isOutOfStep: Bool {
        get { link.isOutOfStep }
        set { link.isOutOfStep = newValue }
    }
    var wasTampered: Bool { link.end.wasTampered || isOutOfStep }
    var isAnswered = false
    /// Of the process that opened the connection: what a dead one has sent may still arrive.
    var generation: Int { link.generation }

    func answer(
        _ status: Int, _ fields: [String] = [], body: String = "", after delay: Interval = .zero, closes: Bool = false,
        sent: @escaping () -> Void = {}
    ) {
        let all = closes ? fields + ["Connection: close"] : fields
        raw(SimHTTP.response(status, all, body: body), after: delay, closes: closes, sent: sent)
    }

    /// Any octets at all.
    func raw(
        _ bytes: [UInt8], after delay: Interval = .zero, closes: Bool = false, sent: @escaping () -> Void = {}
    ) {
        link.network.after(delay) { [self] in
            guard !isLost else { return isAnswered = true }
            isAnswered = true
            link.end.send(bytes)
            sent()
            if closes { link.end.closeWhenSent() }
            link.proceed()
        }
    }

    /// One octet at a time.
    func drip(_ bytes: [UInt8], every pause: Interval) {
        guard let first = bytes.first, !isLost else { return }
        link.end.send([first])
        link.network.after(pause) { self.drip(Array(bytes.dropFirst()), every: pause) }
    }

    func close(after delay: Interval = .zero) { link.network.after(delay) { self.link.end.close() } }
    func reset(after delay: Interval = .zero) { link.network.after(delay) { self.link.end.reset() } }
}

fileprivate final class SimServerLink: SimHandler {
    let network: SimNetwork
    let end: SimEnd
    private let server: SimServer
    private var buffer: [UInt8] = []
    private var isBusy = false
    var isOutOfStep = false
    let generation: Int

    init(_ end: SimEnd, _ server: SimServer) {
        self.end = end
        self.server = server
        generation = server.generation()
        network = end.network
    }

    func connected(_ end: SimEnd) {
        server.links += 1
        server.opened(end)
    }

    func received(_ end: SimEnd, _ bytes: [UInt8]) {
        buffer.append(contentsOf: bytes)
        next()
    }

    func proceed() {
        isBusy = false
        next()
    }

    private func next() {
        guard !isBusy else { return }
        do {
            guard let request = try SimHTTP.take(&buffer) else { return }
            isBusy = true
            server.calls += 1
            server.script(SimCall(request, server.calls, self))
        } catch {
            server.complaints.append("\(server.name): \(error.text)")
        }
    }

    func ended(_ end: SimEnd) {
        end.close()
        server.links -= 1
    }

    func failed(_ end: SimEnd) { server.links -= 1 }
}

/// A scripted HTTP server at one endpoint.
final class SimServer {
    let name: String
    var script: (SimCall) -> Void = { $0.answer(200) }
    var admission: () -> SimAdmission = { .accept }
    /// Of the process that runs now.
    var generation: () -> Int = { 0 }
    /// Told of each connection before any octet.
    var opened: (SimEnd) -> Void = { _ in }
    fileprivate(set) var calls = 0
    fileprivate(set) var links = 0
    /// What the gateway sent and HTTP does not allow.
    fileprivate(set) var complaints: [String] = []

    init(_ network: SimNetwork, _ name: String, at endpoint: Endpoint) {
        self.name = name
        network.services[endpoint] = SimService(
            admission: { [self] in admission() }, accept: { [self] end in SimServerLink(end, self) })
    }
}

/// One connection of a scripted client to the gateway. Answers come back in the order of the requests.
final class SimClient: SimHandler {
    private struct Waiting {
        let withoutBody: Bool
        let completion: (SimMessage?) -> Void
    }

    let network: SimNetwork
    private(set) var end: SimEnd?
    private var waiting: [Waiting] = []
    private var buffer: [UInt8] = []
    private(set) var received: [UInt8] = []
    private(set) var isOver = false
    private(set) var wasConnected = false
    /// The gateway has said or shown that it closes.
    private(set) var isClosing = false
    private(set) var overAt: Instant?
    private(set) var interim = 0
    var complaints: [String] = []
    var whenOver: () -> Void = {}

    init(_ network: SimNetwork, port: UInt16, from address: [UInt8] = [203, 0, 113, 9]) {
        self.network = network
        end = network.dial(port, from: IPAddress(address), self)
    }

    var isIdle: Bool { waiting.isEmpty && !isOver && !isClosing }
    var wasTampered: Bool { end?.wasTampered ?? false }

    /// Sends a request; the completion gets the answer, or nil when the connection ended without one.
    func send(_ bytes: [UInt8], withoutBody: Bool = false, _ completion: @escaping (SimMessage?) -> Void) {
        guard !isOver else { return completion(nil) }
        waiting.append(Waiting(withoutBody: withoutBody, completion: completion))
        end?.send(bytes)
    }

    /// Announces that an answer is expected for octets sent by hand.
    func expect(withoutBody: Bool = false, _ completion: @escaping (SimMessage?) -> Void) {
        waiting.append(Waiting(withoutBody: withoutBody, completion: completion))
    }

    func sendRaw(_ bytes: [UInt8]) { end?.send(bytes) }

    /// Sends `bytes` in pieces with a pause between them.
    func drip(_ bytes: [UInt8], piece: Int, every pause: Interval) {
        guard !bytes.isEmpty, !isOver else { return }
        end?.send(Array(bytes.prefix(piece)))
        network.after(pause) { self.drip(Array(bytes.dropFirst(piece)), piece: piece, every: pause) }
    }

    func shutWrite() { end?.shutWrite() }

    func close() {
        end?.close()
        finish()
    }

    func abort() {
        end?.reset()
        finish()
    }

    func connected(_ end: SimEnd) { wasConnected = true }

    func received(_ end: SimEnd, _ bytes: [UInt8]) {
        buffer.append(contentsOf: bytes)
        received.append(contentsOf: bytes)
        do {
            while !buffer.isEmpty {
                let withoutBody = waiting.first?.withoutBody ?? false
                guard let message = try SimHTTP.take(&buffer, withoutBody: withoutBody) else { return }
                if message.status == 100 {
                    interim += 1
                    continue
                }
                if message.isClosing { isClosing = true }
                if waiting.isEmpty {
                    // A refusal of the connection itself (limit reached, head too slow) answers no request.
                    if !message.isClosing { complaints.append("answer without a request: \(message.start)") }
                } else {
                    waiting.removeFirst().completion(message)
                }
            }
        } catch {
            complaints.append("bad answer: \(error.text)")
            close()
        }
    }

    func ended(_ end: SimEnd) {
        if !buffer.isEmpty, !end.wasTampered { complaints.append("answer cut short") }
        end.close()
        finish()
    }

    func failed(_ end: SimEnd) { finish() }

    private func finish() {
        guard !isOver else { return }
        isOver = true
        overAt = network.clock.now
        let lost = waiting
        waiting = []
        for entry in lost { entry.completion(nil) }
        whenOver()
    }
}
