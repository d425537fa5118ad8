// `Micro streams`: a server on a free port of 127.0.0.1 that answers every request by a stream of events and sends each
// of them a heartbeat every five seconds. Prints the port; ends when its input does not matter any more: by a signal.

enum Streams {
    private final class Application: HTTPApplication {
        let server: HTTPServer
        private var streams: [Int: ResponseStream] = [:]
        private var next = 0

        init(_ server: HTTPServer) { self.server = server }

        func admit(_ head: HTTPRequestHead, role: ListenerRole, peer: IPAddress, requestID: [UInt8]) -> Admission {
            .proceed(bodyMax: .kibibytes(1)) { [self] _, exchange in
                let number = next
                next += 1
                guard let stream = server.stream(exchange, head: .eventStream(), onClose: { [self] in
                    streams[number] = nil
                }) else { return }
                streams[number] = stream
                var event: [UInt8] = []
                ServerSentEvents.event("endpoint", data: "/messages?sessionId=x".utf8, to: &event)
                _ = stream.send(event)
            }
        }

        func beat() {
            var comment: [UInt8] = []
            ServerSentEvents.comment("still here".utf8, to: &comment)
            for stream in streams.values { _ = stream.send(comment) }
            server.loop.after(.seconds(5)) { self.beat() }
        }
    }

    static func run() throws {
        guard let waker = EventFD(), let net = LinuxNet(waker: waker) else { return }
        let loop = Loop(clock: LinuxClock(), net: net, entropy: LinuxEntropy(), counters: Counters())
        let server = HTTPServer(
            loop, headers: SecurityHeaders(isHTTPS: false), tls: nil, connectionsMax: 20_000)
        let application = Application(server)
        server.serve(application)
        let port = try server.listen(Endpoint(address: IPAddress([127, 0, 0, 1]), port: 0), role: .public)
        LinuxThread.start(name: "port") { Process.print("\(port)") }
        application.beat()
        while true { loop.tick(until: loop.clock.now + Limits.tickMax) }
    }
}
