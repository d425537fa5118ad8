// Feeds a parser in pieces and writes down what it said, in a form that two runs can be compared by.

@testable import LolaCore

enum HTTPEvent: Hashable {
    case head(start: String, fields: [String])
    case interim(Int)
    case body([UInt8])
    case end
    case fault(HTTPFault)
    /// The input ended inside a message.
    case unfinished
}

struct HTTPTranscript: Hashable {
    private(set) var events: [HTTPEvent] = []
    /// A rule that the parser broke itself: a range outside the input, octets counted twice.
    private(set) var violations: [String] = []

    /// `POST /a (body) .` for a whole request, `!word` for a fault, `~` for an unfinished one.
    var text: String {
        events.map { event in
            switch event {
            case .head(let start, _): start
            case .interim(let status): "\(status)"
            case .body(let bytes): "(\(latin(bytes)))"
            case .end: "."
            case .fault(let fault): "!\(fault.word)"
            case .unfinished: "~"
            }
        }.joined(separator: " ")
    }

    /// Neighbouring pieces of content are one event: how they were cut does not matter.
    private mutating func add(_ event: HTTPEvent) {
        if case .body(let more) = event, case .body(let bytes) = events.last {
            events[events.count - 1] = .body(bytes + more)
        } else {
            events.append(event)
        }
    }

    private mutating func check(_ isRight: Bool, _ what: String) {
        if !isRight { violations.append(what) }
    }

    private mutating func addBody(_ range: ByteRange, of input: [UInt8], consumed: Int) {
        check(range.start >= 0 && range.start < range.end && range.end <= consumed, "body outside of what was consumed")
        add(.body(Array(input[range.asRange])))
    }

    /// The events of requests on one connection, read in the pieces that `cuts` make.
    static func requests(_ input: [UInt8], cuts: [Int] = []) -> HTTPTranscript {
        var result = HTTPTranscript()
        var parser = HTTPRequestParser()
        var unread: [UInt8] = []
        var isClosing = false
        for piece in pieces(input, cuts) {
            unread += piece
            var isWaiting = false
            while !isWaiting {
                let (step, consumed) = parser.next(unread.span)
                result.check(consumed >= 0 && consumed <= unread.count, "consumed more than there was")
                switch step {
                case .needMore: isWaiting = true
                case .head(let head):
                    result.check(unread[..<consumed].suffix(head.bytes.count).elementsEqual(head.bytes), "head octets")
                    let method = latin(head.bytes[head.methodText.asRange])
                    let target = latin(head.bytes[head.target.asRange])
                    result.add(.head(start: "\(method) \(target)", fields: lines(head)))
                    isClosing = !head.keepsAlive
                case .body(let range): result.addBody(range, of: unread, consumed: consumed)
                case .end:
                    result.check(parser.isAtMessageStart != isClosing, "idle after the end")
                    result.add(.end)
                case .fault(let fault):
                    result.add(.fault(fault))
                    if case .fault(fault) = parser.next(input.span).step { return result }
                    result.check(false, "a fault is final")
                    return result
                }
                unread.removeFirst(consumed)
            }
        }
        let isOver = parser.isAtMessageStart || (isClosing && result.events.last == .end)
        if !isOver { result.add(.unfinished) }
        result.check(parser.examined <= input.count, "an octet was looked at twice")
        return result
    }

    /// The events of the answers on one connection, one parser for each, until the input or the peer ends.
    static func responses(
        _ input: [UInt8], cuts: [Int] = [], toHead: Bool = false, limit: Int = 1_000, closes: Bool = true
    ) -> HTTPTranscript {
        var result = HTTPTranscript()
        var parser = HTTPResponseParser(requestWasHead: toHead, bodyLimit: limit)
        var unread: [UInt8] = []
        var isDone = false
        var keepsAlive = true
        for piece in pieces(input, cuts) {
            unread += piece
            var isWaiting = false
            while !isWaiting {
                if isDone && !keepsAlive { unread = [] }
                if isDone && !unread.isEmpty {
                    parser = HTTPResponseParser(requestWasHead: toHead, bodyLimit: limit)
                    isDone = false
                }
                let (step, consumed) = parser.next(unread.span)
                result.check(consumed >= 0 && consumed <= unread.count, "consumed more than there was")
                switch step {
                case .needMore: isWaiting = true
                case .interim(let status): result.add(.interim(status))
                case .head(let head):
                    result.check(unread[..<consumed].elementsEqual(head.bytes), "head octets")
                    result.add(.head(start: "\(head.status)", fields: lines(head)))
                    keepsAlive = head.keepsAlive
                case .body(let range): result.addBody(range, of: unread, consumed: consumed)
                case .end:
                    if !isDone { result.add(.end) }
                    isDone = true
                    isWaiting = consumed == unread.count
                case .fault(let fault):
                    result.add(.fault(fault))
                    return result
                }
                unread.removeFirst(consumed)
            }
        }
        if !isDone && !closes { result.add(.unfinished) }
        if !isDone && closes {
            switch parser.endOfInput() {
            case .end: result.add(.end)
            case .fault(let fault): result.add(.fault(fault))
            default: result.check(false, "the end of input is an end or a fault")
            }
        }
        return result
    }

    private static func lines(_ head: some HTTPHead) -> [String] {
        head.fields.map { "\(latin(head.bytes[$0.name.asRange])): \(latin(head.bytes[$0.value.asRange]))" }
    }

    static func pieces(_ input: [UInt8], _ cuts: [Int]) -> [ArraySlice<UInt8>] {
        var result: [ArraySlice<UInt8>] = []
        var start = 0
        for cut in cuts where cut > start && cut < input.count {
            result.append(input[start..<cut])
            start = cut
        }
        return result + [input[start...]]
    }
}

/// Octets as text and back, one scalar an octet.
func latin(_ bytes: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(UnicodeScalar(byte)) }
    return String(text)
}

func octets(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

extension HTTPFault {
    static func named(_ word: String) -> HTTPFault? { allCases.first { "\($0.word)" == word } }
}
