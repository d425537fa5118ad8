// A second, deliberately plain reading of HTTP/1.1, so that what judges the gateway shares no code with it. Knows
// only what the gateway may send: well-formed heads, Content-Length, no chunks.

struct SimMessage {
    /// Request line or status line.
    let start: String
    /// Names in lower case.
    let fields: [(name: String, value: String)]
    let body: [UInt8]

    func field(_ name: String) -> String? {
        let found = fields.filter { $0.name == name }
        return found.count == 1 ? found[0].value : nil
    }

    var words: [Substring] { start.split(separator: " ", omittingEmptySubsequences: false) }
    var status: Int { words.count > 1 ? Int(words[1]) ?? 0 : 0 }
    var method: String { String(words.first ?? "") }
    var target: String { words.count > 1 ? String(words[1]) : "" }
    var text: String { String(decoding: body, as: UTF8.self) }
    var isClosing: Bool { field("connection")?.lowercased() == "close" }
}

struct SimMessageFault: Error {
    let text: String
}

enum SimHTTP {
    /// Takes one whole message off the front; nil when it is not complete yet.
    static func take(_ buffer: inout [UInt8], withoutBody: Bool = false) throws(SimMessageFault) -> SimMessage? {
        guard let end = endOfHead(buffer) else {
            if buffer.count > 40_000 { throw SimMessageFault(text: "endless head") }
            return nil
        }
        var lines: [String] = []
        var start = 0
        for index in 0..<end where buffer[index] == 10 {
            guard index > start, buffer[index - 1] == 13 else { throw SimMessageFault(text: "bare line feed") }
            lines.append(String(decoding: buffer[start..<(index - 1)], as: UTF8.self))
            start = index + 1
        }
        guard let first = lines.first, !first.isEmpty else { throw SimMessageFault(text: "no first line") }
        var fields: [(name: String, value: String)] = []
        var length: Int?
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.utf8.firstIndex(of: 58) else { throw SimMessageFault(text: "no colon: \(line)") }
            let name = line[..<colon].lowercased()
            let value = line[line.utf8.index(after: colon)...].drop { $0 == " " }
            if name == "transfer-encoding" { throw SimMessageFault(text: "chunked") }
            if name == "content-length" {
                guard length == nil, let count = Int(value) else { throw SimMessageFault(text: "bad length") }
                length = count
            }
            fields.append((name, String(value)))
        }
        let count = withoutBody ? 0 : length ?? 0
        guard buffer.count >= end + count else { return nil }
        let message = SimMessage(start: first, fields: fields, body: Array(buffer[end..<(end + count)]))
        buffer.removeFirst(end + count)
        return message
    }

    private static func endOfHead(_ buffer: [UInt8]) -> Int? {
        guard buffer.count >= 4 else { return nil }
        for index in 3..<buffer.count
        where buffer[index] == 10 && buffer[index - 1] == 13 && buffer[index - 2] == 10 && buffer[index - 3] == 13 {
            return index + 1
        }
        return nil
    }

    static func response(_ status: Int, _ fields: [String] = [], body: String = "") -> [UInt8] {
        var text = "HTTP/1.1 \(status) Scripted\r\n"
        for field in fields { text += field + "\r\n" }
        if !body.isEmpty { text += "Content-Type: application/json\r\n" }
        return Array((text + "Content-Length: \(body.utf8.count)\r\n\r\n" + body).utf8)
    }

    static func request(_ method: String, _ target: String, _ fields: [String] = [], body: [UInt8]? = nil) -> [UInt8] {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: gateway.sim\r\n"
        for field in fields { text += field + "\r\n" }
        if let body { text += "Content-Length: \(body.count)\r\n" }
        return Array((text + "\r\n").utf8) + (body ?? [])
    }

    /// Every `prefix` followed by digits and `z` in the octets: the marks that exchanges carry.
    static func marks(_ prefix: String, in bytes: [UInt8]) -> Set<Int> {
        let wanted = Array(prefix.utf8)
        var found: Set<Int> = []
        guard bytes.count >= wanted.count else { return found }
        for start in 0...(bytes.count - wanted.count) where bytes[start] == wanted[0] {
            guard bytes[start..<(start + wanted.count)].elementsEqual(wanted) else { continue }
            var value = 0
            var index = start + wanted.count
            while index < bytes.count, (48...57).contains(bytes[index]), value < 1 << 40 {
                value = value * 10 + Int(bytes[index] - 48)
                index += 1
            }
            if index > start + wanted.count, index < bytes.count, bytes[index] == 122 { found.insert(value) }
        }
        return found
    }
}
