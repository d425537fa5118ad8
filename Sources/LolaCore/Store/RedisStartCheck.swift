// Before the loops start: whether the Redis is one that keeps what it acknowledges (CONTRACT §11 "Redis"). Runs a loop
// of its own on the calling thread and blocks until it knows.

final class RedisStartCheck {
    enum Outcome: Hashable {
        /// With what an operator should know.
        case passed(warnings: [String])
        /// It answers, and it cannot be used: exit 78.
        case refused(String)
        /// It does not answer, or does not let us in.
        case unreachable(RedisFault)
    }

    private let loop: Loop
    private let connection: RedisConnection
    private let acceptsLoss: Bool
    private var outcome: Outcome?
    private var lastFault = RedisFault.timeout
    private var information: [UInt8] = []

    /// `acceptsLoss` turns a refusal for what may be lost into a warning; `patience` is for a Redis that is starting.
    static func run(
        _ loop: Loop, address: RedisAddress, tls: TLSContext?, acceptsLoss: Bool,
        patience: Interval = Limits.redisStartPatience
    ) -> Outcome {
        RedisStartCheck(loop, address, tls, acceptsLoss).run(patience)
    }

    private init(_ loop: Loop, _ address: RedisAddress, _ tls: TLSContext?, _ acceptsLoss: Bool) {
        self.loop = loop
        self.acceptsLoss = acceptsLoss
        connection = RedisConnection(loop, address: address, tls: tls, answerTimeout: Limits.redisAnswerTimeout)
    }

    private func run(_ patience: Interval) -> Outcome {
        connection.onGreeted = { [self] in ask() }
        connection.onAway = { [self] in lastFault = $0 }
        connection.start()
        let end = loop.clock.now + patience
        // A wrong password does not become right by waiting.
        while outcome == nil, loop.clock.now < end, lastFault != .notAllowed { loop.tick(until: end) }
        connection.onGreeted = {}
        connection.onAway = { _ in }
        connection.stop()
        return outcome ?? .unreachable(lastFault)
    }

    private func ask() {
        connection.send([[UInt8](text: "PING")]) { [self] in
            if case .failure(let fault) = $0 { connection.refuse(fault) }
        }
        connection.send([[UInt8](text: "INFO")]) { [self] in
            switch $0 {
            case .success(let reply): information = reply.octets ?? []
            case .failure(let fault): connection.refuse(fault)
            }
        }
        connection.send([[UInt8](text: "CONFIG"), [UInt8](text: "GET"), [UInt8](text: "appendfsync")]) { [self] in
            switch $0 {
            case .success(let reply):
                let parts = reply.elements ?? []
                outcome = judge(fsync: parts.count == 2 ? parts[1].octets?.text : nil)
            case .failure(let fault):
                if fault.endsConnection { connection.refuse(fault) } else { outcome = judge(fsync: nil) }
            }
        }
    }

    /// - Parameter fsync: nil when the server does not tell, as managed ones do not.
    private func judge(fsync: String?) -> Outcome {
        if let reason = Self.unusable(information) { return .refused(reason) }
        var losses: [String] = []
        var warnings: [String] = []
        if Self.field("aof_enabled", information) != "1" {
            losses.append("appendonly is off; expected `appendonly yes`")
        } else if let fsync {
            if fsync != "always" { losses.append("appendfsync is \(fsync); expected `appendfsync always`") }
        } else {
            warnings.append("Redis does not tell its appendfsync; see to it that it is `always`")
        }
        let policy = Self.field("maxmemory_policy", information)
        if policy.isEmpty {
            warnings.append("Redis does not tell its maxmemory-policy; see to it that it is `noeviction`")
        } else if policy != "noeviction" {
            losses.append("maxmemory-policy is \(policy); expected `maxmemory-policy noeviction`")
        }
        if losses.isEmpty { return .passed(warnings: warnings) }
        if acceptsLoss { return .passed(warnings: losses + warnings) }
        return .refused(losses.joined(separator: "; ") + "; or accept the loss with store.redis.accept_loss: true")
    }

    /// Why the server cannot be used at all; nil when it can.
    static func unusable(_ information: [UInt8]) -> String? {
        let version = field("redis_version", information)
        let numbers = version.utf8.split(separator: 0x2E).map { ASCII.decimal(Array($0)) ?? 0 }
        guard numbers.count >= 2 else { return "the server does not tell its version; expected Redis 6.2 or newer" }
        if (numbers[0], numbers[1]) < (6, 2) { return "Redis \(version) is too old; expected 6.2 or newer" }
        // CVE-2022-31144: XAUTOCLAIM, which takes over what a dead gateway had in hand, could write beyond its memory.
        if numbers[0] == 7, numbers[1] == 0, numbers.count < 3 || numbers[2] < 4 {
            return "Redis \(version) has a fault in XAUTOCLAIM (CVE-2022-31144); expected 7.0.4 or newer, or 6.2"
        }
        if field("cluster_enabled", information) == "1" { return "this is a Redis cluster; expected a single primary" }
        if field("role", information) == "slave" { return "this Redis is a replica; expected the primary" }
        return nil
    }

    /// The value of a line `name:value`; empty when there is none.
    private static func field(_ name: String, _ information: [UInt8]) -> String {
        let start = [UInt8](text: name + ":")
        for line in information.split(whereSeparator: { $0 == ASCII.carriageReturn || $0 == ASCII.lineFeed })
        where line.starts(with: start) {
            return line.dropFirst(start.count).text
        }
        return ""
    }
}
