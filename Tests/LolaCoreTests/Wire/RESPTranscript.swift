// Feeds the parser of Redis replies in pieces and writes down what it said, in a form that two runs can be compared by;
// and writes values as a server would, so that what was read can be read again.

@testable import LolaCore

struct RESPTranscript: Hashable {
    private(set) var values: [RESPValue] = []
    private(set) var fault: RESPFault?
    /// The input ended inside a reply.
    private(set) var isUnfinished = false
    /// A rule that the parser broke itself.
    private(set) var violations: [String] = []

    init(_ input: [UInt8], cuts: [Int] = []) {
        var parser = RESPParser()
        for piece in HTTPTranscript.pieces(input, cuts) {
            var at = 0
            reading: while true {
                let (step, consumed) = parser.next(piece.span.extracting(at..<piece.count))
                if consumed < 0 || consumed > piece.count - at { violations.append("consumed more than there was") }
                at += consumed
                switch step {
                case .needMore:
                    if at != piece.count { violations.append("octets left behind") }
                    break reading
                case .value(let value):
                    if consumed == 0 { violations.append("a value of nothing") }
                    if !parser.isBetweenReplies { violations.append("not between replies after a value") }
                    values.append(value)
                case .fault(let fault):
                    self.fault = fault
                    if parser.next(input.span).step != .fault(fault) { violations.append("a fault is final") }
                    return
                }
            }
        }
        isUnfinished = !parser.isBetweenReplies
    }

    /// The reply as a server of version 3 writes it; errors and texts in their long forms.
    static func written(_ value: RESPValue) -> [UInt8] {
        func bulk(_ type: String, _ octets: [UInt8]) -> [UInt8] {
            [UInt8](text: "\(type)\(octets.count)\r\n") + octets + [13, 10]
        }
        func all(_ type: String, _ values: [RESPValue], pairs: Bool = false) -> [UInt8] {
            [UInt8](text: "\(type)\(pairs ? values.count / 2 : values.count)\r\n") + values.flatMap(written)
        }
        return switch value {
        case .simple(let octets): [0x2B] + octets + [13, 10]
        case .error(let octets): bulk("!", octets)
        case .integer(let number): [UInt8](text: ":\(number)\r\n")
        case .bulk(let octets): bulk("$", octets)
        case .null: [UInt8](text: "_\r\n")
        case .array(let values): all("*", values)
        case .boolean(let flag): [UInt8](text: flag ? "#t\r\n" : "#f\r\n")
        case .double(let octets): [0x2C] + octets + [13, 10]
        case .bigNumber(let octets): [0x28] + octets + [13, 10]
        case .verbatim(let octets): bulk("=", [UInt8](text: "txt:") + octets)
        case .map(let values): all("%", values, pairs: true)
        case .set(let values): all("~", values)
        case .push(let values): all(">", values)
        }
    }
}
