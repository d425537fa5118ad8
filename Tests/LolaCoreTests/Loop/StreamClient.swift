// A reader of streams that knows no code of the gateway: collects octets, takes chunks apart by itself, over TLS too.

@testable import LolaCore

final class StreamClient: SimHandler {
    private(set) var end: SimEnd?
    private(set) var received: [UInt8] = []
    private(set) var isOver = false
    private let tls: TLSEngine?

    init(_ network: SimNetwork, port: UInt16 = 80, tls: TLSContext? = nil) {
        self.tls = tls.map { TLSEngine(client: $0, serverName: "example.test") }
        end = network.dial(port, from: IPAddress([203, 0, 113, 9]), self)
        pump()
    }

    func get(_ path: String, _ fields: String = "", method: String = "GET", version: String = "1.1") {
        send("\(method) \(path) HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n")
    }

    func send(_ text: String) {
        guard let tls else { return end?.send(Array(text.utf8)) ?? () }
        tls.send(Array(text.utf8).span)
        pump()
    }

    func connected(_ end: SimEnd) {}

    func received(_ end: SimEnd, _ bytes: [UInt8]) {
        guard let tls else { return received.append(contentsOf: bytes) }
        tls.receive(bytes.span)
        _ = tls.takePlaintext(into: &received)
        pump()
    }

    func ended(_ end: SimEnd) {
        isOver = true
        end.close()
    }

    func failed(_ end: SimEnd) { isOver = true }

    private func pump() {
        var octets: [UInt8] = []
        tls?.takeCiphertext(into: &octets)
        if !octets.isEmpty { end?.send(octets) }
    }

    // MARK: What came

    private var parts: (head: String, rest: [UInt8]) {
        let text = received
        guard let mark = text.indices.first(where: { text[$0...].starts(with: [13, 10, 13, 10]) }) else {
            return ("", [])
        }
        return (String(decoding: text[..<mark], as: UTF8.self), Array(text[(mark + 4)...]))
    }

    var head: String { parts.head }
    /// Everything behind the first head.
    var raw: String { String(decoding: parts.rest, as: UTF8.self) }

    /// The chunks of the body, and what follows its end; nil in the place of the latter while there is no end.
    var chunks: (data: [String], rest: String?) {
        var rest = parts.rest[...]
        var data: [String] = []
        while let line = rest.firstIndex(of: 13) {
            guard let size = Int(String(decoding: rest[..<line], as: UTF8.self), radix: 16),
                rest.endIndex >= line + size + 4,
                rest[(line + 1)...].first == 10
            else { break }
            let octets = rest[(line + 2)..<(line + 2 + size)]
            guard rest[(line + 2 + size)...].starts(with: [13, 10]) else { break }
            rest = rest[(line + 4 + size)...]
            if size == 0 { return (data, String(decoding: rest, as: UTF8.self)) }
            data.append(String(decoding: octets, as: UTF8.self))
        }
        return (data, nil)
    }
}
