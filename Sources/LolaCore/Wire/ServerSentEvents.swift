// Server-sent events as octets (HTML standard §9.2): the writer of our streams and the reader of our own commands.
// Pure functions and a value without I/O.

enum ServerSentEvents {
    /// Appends one event. Every line of `data` becomes a field of its own: CR LF, CR and LF all end a line there, and a
    /// reader gets them back as LF. `data` is UTF-8.
    /// - Parameters:
    ///   - name: of the event, ours; nil is what readers call `message`.
    ///   - id: what a reader sends back as `Last-Event-ID`; left out when it has CR, LF or NUL, which no id can hold.
    static func event(
        _ name: StaticString? = nil, id: some Collection<UInt8> = [], data: some Collection<UInt8>,
        to out: inout [UInt8]
    ) {
        if let name {
            out.append(contentsOf: "event: ".utf8)
            out.append(word: name)
            out.append(ASCII.lineFeed)
        }
        if !id.isEmpty, id.allSatisfy({ $0 != ASCII.carriageReturn && $0 != ASCII.lineFeed && $0 != 0 }) {
            out.append(contentsOf: "id: ".utf8)
            out.append(contentsOf: id)
            out.append(ASCII.lineFeed)
        }
        lines(of: data, after: "data: ", to: &out)
        out.append(ASCII.lineFeed)
    }

    /// Appends a comment, which readers pass over: it keeps a silent connection alive.
    static func comment(_ text: some Collection<UInt8>, to out: inout [UInt8]) {
        lines(of: text, after: ": ", to: &out)
        out.append(ASCII.lineFeed)
    }

    private static func lines(of text: some Collection<UInt8>, after field: StaticString, to out: inout [UInt8]) {
        out.append(word: field)
        var isAfterReturn = false
        for octet in text {
            let isSecondHalf = isAfterReturn && octet == ASCII.lineFeed
            isAfterReturn = octet == ASCII.carriageReturn
            if isSecondHalf { continue }
            if octet == ASCII.carriageReturn || octet == ASCII.lineFeed {
                out.append(ASCII.lineFeed)
                out.append(word: field)
            } else {
                out.append(octet)
            }
        }
        out.append(ASCII.lineFeed)
    }
}

/// One event as a reader gets it.
struct ServerSentEvent: Equatable, Sendable {
    /// `message` when the stream names none.
    let name: [UInt8]
    let data: [UInt8]
    /// The last id the stream has told, with this event or before.
    let id: [UInt8]
}

/// Takes a stream apart, however it is cut. What the standard ignores is ignored; a stream that ends within an event
/// drops it.
struct ServerSentEventParser {
    /// More than `Limits.streamEventMax` without the end of an event.
    struct Overflow: Error {}

    private var line: [UInt8] = []
    private var name: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var id: [UInt8] = []
    private var isAfterReturn = false
    private var isFirstLine = true

    /// The events that are complete with these octets.
    mutating func feed(_ octets: some Collection<UInt8>) throws(Overflow) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for octet in octets {
            let isSecondHalf = isAfterReturn && octet == ASCII.lineFeed
            isAfterReturn = octet == ASCII.carriageReturn
            if isSecondHalf { continue }
            if octet == ASCII.carriageReturn || octet == ASCII.lineFeed {
                if let event = endLine() { events.append(event) }
                continue
            }
            line.append(octet)
            if line.count + data.count > Limits.streamEventMax.bytes { throw Overflow() }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        if isFirstLine, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirstLine = false
        defer { line.removeAll(keepingCapacity: true) }
        if line.isEmpty { return dispatch() }
        let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == ASCII.space { value = value.dropFirst() }
        let field = line[..<colon]
        if field.elementsEqual("data".utf8) {
            if hasData { data.append(ASCII.lineFeed) }
            hasData = true
            data.append(contentsOf: value)
        } else if field.elementsEqual("event".utf8) {
            name = Array(value)
        } else if field.elementsEqual("id".utf8), !value.contains(0) {
            id = Array(value)
        }
        return nil
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            name = []
            data = []
            hasData = false
        }
        guard hasData else { return nil }
        return ServerSentEvent(name: name.isEmpty ? [UInt8](text: "message") : name, data: data, id: id)
    }
}
