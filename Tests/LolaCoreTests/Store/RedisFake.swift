// A scripted Redis on the simulated network: greets as a real one and misbehaves where a test wants it, on virtual
// time.

@testable import LolaCore

final class RedisFake: SimHandler {
    static let endpoint = Endpoint(address: IPAddress([10, 0, 0, 9]), port: 6_379)
    static let host = [UInt8](text: "redis.internal")

    let rig: LoopRig
    let store: RedisStore
    private(set) var events: [RedisEvent] = []
    private(set) var entries: [QueueEntry] = []
    /// Names of the commands received: `GET`, `apply`, `SUBSCRIBE`, …
    private(set) var received: [String] = []
    private(set) var ends: [SimEnd] = []
    private var parsers: [RESPParser] = []
    /// What to send in place of the right answer to a command; nothing at all when empty; nil: the right answer.
    var misbehave: (_ command: String, SimEnd) -> [UInt8]? = { _, _ in nil }
    var admission = SimAdmission.accept
    var epoch = "e1"
    private var beat = 0

    init(password: String? = nil, database: Int = 0) {
        rig = LoopRig()
        let address = RedisAddress(
            host: Self.host, port: 6_379, isTLS: false, username: nil,
            password: password.map { SecretBytes([UInt8](text: $0)) }, database: database)
        store = RedisStore(rig.loop, address: address, tls: nil)
        rig.network.names[Self.host] = { (.milliseconds(1), [Self.endpoint]) }
        rig.network.services[Self.endpoint] = SimService(admission: { self.admission }, accept: { _ in self })
        store.onEvent = { [self] in events.append($0) }
        store.onEntry = { [self] in entries.append($0) }
        let (loop, store) = (rig.loop, store)
        loop.addSource { store.deliver(at: loop.wall) }
        store.start()
    }

    /// The answer, and the virtual time it took.
    func ask(_ operation: StoreOperation, within limit: Interval = .seconds(30)) -> (
        answer: StoreAnswer?, took: Interval
    ) {
        var answer: StoreAnswer?
        let start = rig.clock.now
        store.submit(operation) { answer = $0 }
        rig.run(for: limit) { answer != nil }
        return (answer, rig.clock.now - start)
    }

    func opens(within limit: Interval) -> Bool { rig.run(for: limit) { store.isOpen } }

    // MARK: The server

    func connected(_ end: SimEnd) {
        ends.append(end)
        parsers.append(RESPParser())
    }

    func received(_ end: SimEnd, _ bytes: [UInt8]) {
        guard let number = ends.firstIndex(where: { $0 === end }) else { return }
        var at = 0
        while at < bytes.count {
            let (step, consumed) = parsers[number].next(bytes.span.extracting(at..<bytes.count))
            at += consumed
            guard case .value(let value) = step else { return }
            answer(end, (value.elements ?? []).map { ($0.octets ?? []).text })
        }
    }

    func ended(_ end: SimEnd) { end.close() }
    func failed(_ end: SimEnd) {}

    private func answer(_ end: SimEnd, _ command: [String]) {
        var name = command.first ?? ""
        if name == "EVALSHA" { name = command[1].split(separator: "-").first.map(String.init) ?? "" }
        if name == "EVAL" { name = RedisScript.allCases.first { $0.text == command[1] }.map { "\($0)" } ?? "" }
        received.append(name)
        end.send(misbehave(name, end) ?? right(name, command))
    }

    private func right(_ name: String, _ command: [String]) -> [UInt8] {
        beat += 1
        func texts(_ values: [String]) -> String { values.reduce("") { $0 + "$\($1.utf8.count)\r\n\($1)\r\n" } }
        let reply =
            switch name {
            case "SCRIPT":
                texts([Self.hash(command[2])])
            case "epoch":
                "*4\r\n" + texts([epoch])
                    + ":\(beat)\r\n:\(command[4] == "" || command[4] == epoch ? 0 : 1)\r\n$0\r\n\r\n"
            case "lanes": lanes(Array(command.dropFirst(7)))
            case "read":
                // Nothing more in the first lane asked for.
                "*2\r\n:1\r\n*2\r\n" + texts([command[8]]) + ":1\r\n"
            case "apply": "*3\r\n:1\r\n:\(beat)\r\n$-1\r\n"
            case "SUBSCRIBE": "*3\r\n" + texts(["subscribe", command[1]]) + ":1\r\n"
            case "GET": "$1\r\nv\r\n"
            case "PING": "*2\r\n" + texts(["pong", ""])
            default: "+OK\r\n"
            }
        return [UInt8](text: reply)
    }

    /// All lanes to the first who asks, and kept from then on.
    private func lanes(_ held: [String]) -> String {
        let kept = stride(from: 0, to: held.count, by: 3).map { held[$0] }
        let taken = held.isEmpty ? (0..<64).flatMap { ["\($0)", "\(beat)"] } : []
        let lists = [kept, [], taken].map { list in
            "*\(list.count)\r\n" + list.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
        }
        return "*7\r\n:1\r\n:\(beat)\r\n:1\r\n:64\r\n" + lists.joined()
    }

    /// Forty octets that begin with the script's name.
    private static func hash(_ text: String) -> String {
        let name = RedisScript.allCases.first { $0.text == text }.map { "\($0)-" } ?? ""
        return name + String(repeating: "0", count: 40 - name.count)
    }
}
