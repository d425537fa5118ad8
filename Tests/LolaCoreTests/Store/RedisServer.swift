// A real redis-server as a child, on a port and in a folder of its own; and loops over the real network that drive
// stores against it. Every wait has a limit, so that a server that hangs fails its test instead of stopping the run.
import Dispatch
import Foundation
import Testing

@testable import LolaCore

final class RedisServer {
    let port: UInt16
    let folder: URL
    private let options: [String]
    private let isTLS: Bool
    private var process: Foundation.Process?
    private var ended = DispatchSemaphore(value: 0)

    /// Durable unless `options` say otherwise; more options overrule.
    init(_ options: [String] = [], isTLS: Bool = false) throws {
        port = try #require(LinuxNet.freePort(IPAddress([127, 0, 0, 1])))
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("lola-redis-\(UUID().uuidString)")
        self.options = options
        self.isTLS = isTLS
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    func start() throws {
        let process = Foundation.Process()
        let durable = "--appendonly yes --appendfsync always --maxmemory-policy noeviction --databases 64"
        let place = "--bind 127.0.0.1 --dir \(folder.path) --logfile \(folder.path)/log"
        let ports = isTLS ? "--port 0 --tls-port \(port)" : "--port \(port)"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["redis-server", "--save", ""] + "\(durable) \(place) \(ports)".split(separator: " ").map(String.init)
            + options
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        self.ended = ended
        try process.run()
        self.process = process
    }

    /// As a power cut ends it.
    func kill() {
        guard let process else { return }
        self.process = nil
        Foundation.kill(process.processIdentifier, SIGKILL)
        _ = ended.wait(timeout: .now() + 10)
    }

    /// Keeps the process and stops the clock for it.
    func freeze(_ isFrozen: Bool) {
        if let process { Foundation.kill(process.processIdentifier, isFrozen ? SIGSTOP : SIGCONT) }
    }

    func address(database: Int = 0, password: String? = nil, username: String? = nil) -> RedisAddress {
        RedisAddress(
            host: [UInt8](text: "127.0.0.1"), port: port, isTLS: false, username: username.map { [UInt8](text: $0) },
            password: password.map { SecretBytes([UInt8](text: $0)) }, database: database)
    }
}

/// One loop over the real network; several of them take turns on one thread.
final class RealLoop {
    let loop: Loop
    let counters = Counters()

    init() throws {
        let waker = try #require(EventFD())
        let net = try #require(LinuxNet(waker: waker))
        loop = Loop(clock: LinuxClock(), net: net, entropy: LinuxEntropy(), counters: counters)
    }

    /// Turns until `isDone`, at most for `limit`. True when it was done.
    @discardableResult
    static func run(_ loops: [RealLoop], for limit: Interval = .seconds(15), until isDone: () -> Bool) -> Bool {
        let clock = LinuxClock()
        let end = clock.now + limit
        while !isDone() {
            if clock.now >= end { return false }
            let nap = loops.count > 1 ? Interval.microseconds(500) : .milliseconds(20)
            for loop in loops { loop.loop.tick(until: min(end, clock.now + nap)) }
        }
        return true
    }
}

/// A store on a loop of its own, as a gateway has it.
final class RedisMember {
    let real: RealLoop
    let store: RedisStore
    private(set) var entries: [QueueEntry] = []
    private(set) var events: [RedisEvent] = []
    var onEntry: (QueueEntry) -> Void = { _ in }

    init(
        _ address: RedisAddress, tls: TLSContext? = nil, lease: Interval = .seconds(10),
        answer: Interval = Limits.redisAnswerTimeout, takesLanes: Bool = true
    ) throws {
        real = try RealLoop()
        store = RedisStore(
            real.loop, address: address, tls: tls, takesLanes: takesLanes,
            timing: RedisTiming(lease: lease, answer: answer))
        store.onEntry = { [self] in
            entries.append($0)
            onEntry($0)
        }
        store.onEvent = { [self] in events.append($0) }
        let (loop, store) = (real.loop, store)
        loop.addSource { store.deliver(at: loop.wall) }
        store.start()
    }

    func end() {
        store.close()
        store.onEntry = nil
        store.onEvent = { _ in }
    }

    /// Whether the store answers, after at most `limit`.
    func open(within limit: Interval = .seconds(15)) -> Bool { RealLoop.run([real], for: limit) { store.isOpen } }

    func ask(_ operation: StoreOperation) throws -> StoreAnswer {
        var answers: [StoreAnswer] = []
        store.submit(operation) { answers.append($0) }
        try #require(answers.isEmpty, "answered before submit returned")
        RealLoop.run([real]) { !answers.isEmpty }
        try #require(answers.count == 1)
        return answers[0]
    }

    /// The reply of the server to a command of its own language.
    func say(_ command: String) throws -> RESPValue {
        try say(command.split(separator: " ").map { [UInt8](text: String($0)) })
    }

    func say(_ words: [[UInt8]]) throws -> RESPValue {
        var replies: [Result<RESPValue, RedisFault>] = []
        store.connection.send(words) { replies.append($0) }
        RealLoop.run([real]) { !replies.isEmpty }
        return try #require(replies.first).get()
    }

    func count(_ event: RedisEvent) -> Int { events.count { $0 == event } }
}

/// An entry of the queue made of a number.
func redisEntry(_ number: Int, lane: Int, value: [UInt8]? = nil) -> QueueEntry {
    let id = RecordID(high: UInt64(number), low: UInt64(lane))
    return QueueEntry(key: StoreKey(.inbound, id), lane: Lane(lane), value: value ?? [UInt8](text: "\(number)"))
}
