// What a command reads in the Redis of gateways without being one: values of records, as they stand there. Changes
// nothing: no greeting of the store, no lane, no beat. Blocks the thread of the command.

enum RedisLook {
    enum Fault: Error, Hashable {
        case redis(RedisFault)
        case tls(TLSContextFault)
        case noDescriptor

        var text: String {
            switch self {
            case .redis(let fault): "cannot be used now (\(fault.rawValue))"
            case .tls(let fault): "TLS needs certificate authorities (\(fault.rawValue))"
            case .noDescriptor: "the process has no file descriptor left"
            }
        }
    }

    /// The values of `keys`, nil for what is not there.
    static func values(_ url: RedisURL, _ keys: [StoreKey]) throws(Fault) -> [[UInt8]?] {
        guard let waker = EventFD(), let net = LinuxNet(waker: waker) else { throw .noDescriptor }
        let loop = Loop(clock: LinuxClock(), net: net, entropy: LinuxEntropy(), counters: Counters())
        var context: TLSContext?
        if url.tls {
            do throws(TLSContextFault) { context = try TLSContext(client: try TLSTrust()) } catch { throw .tls(error) }
        }
        let connection = RedisConnection(
            loop, address: url.address, tls: context, answerTimeout: Limits.redisAnswerTimeout)
        var found: [[UInt8]?] = []
        var last = RedisFault.timeout
        connection.onGreeted = {
            found = []
            for key in keys {
                connection.send([[UInt8](text: "GET"), RedisOperation.name(key)]) { answer in
                    switch answer {
                    case .success(let reply): found.append(reply.octets)
                    case .failure(let fault): last = fault
                    }
                }
            }
        }
        connection.onAway = { last = $0 }
        connection.start()
        let end = loop.clock.now + Limits.redisLookPatience
        while found.count < keys.count, loop.clock.now < end, last != .notAllowed { loop.tick(until: end) }
        connection.onGreeted = {}
        connection.onAway = { _ in }
        connection.stop()
        guard found.count == keys.count else { throw .redis(last) }
        return found
    }
}
