// Reads replies of a Redis server: octets in, values out, in any segmentation. Holds what has arrived of one reply and
// nothing more: declared lengths are checked against Limits and never allocated ahead. A value; one per connection.

struct RESPParser {
    enum Step: Hashable {
        /// Everything given is taken; more must come.
        case needMore
        case value(RESPValue)
        /// The parser stays at its fault.
        case fault(RESPFault)
    }

    private enum State {
        case type
        /// The rest of a line that began with this type.
        case line(UInt8)
        /// That many octets of a bulk text of this type.
        case bulk(UInt8, missing: Int)
        case bulkEnd(UInt8, needsLineFeed: Bool)
        case failed(RESPFault)
    }

    /// An aggregate that is not complete.
    private struct Frame {
        let type: UInt8
        var missing: Int
        var elements: [RESPValue] = []
    }

    private var state = State.type
    private var frames: [Frame] = []
    /// The line or bulk text that is coming in.
    private var text: [UInt8] = []
    /// Of the reply under way.
    private var octets = 0
    private var values = 0

    /// Whether the last octet given ended a reply.
    var isBetweenReplies: Bool {
        if case .type = state { octets == 0 } else { false }
    }

    /// Reads on; call again with what was not consumed until it says `needMore`.
    mutating func next(_ bytes: Span<UInt8>) -> (step: Step, consumed: Int) {
        var at = 0
        do throws(RESPFault) {
            while at < bytes.count {
                let start = at
                let value = try advance(bytes, &at)
                octets += at - start
                if octets > Limits.redisReplyMax.bytes { throw .replyTooLong }
                if let value {
                    octets = 0
                    values = 0
                    return (.value(value), at)
                }
            }
            if case .failed(let fault) = state { throw fault }
            return (.needMore, at)
        } catch {
            state = .failed(error)
            text = []
            frames = []
            return (.fault(error), at)
        }
    }

    /// One step; a value when it completes a reply.
    private mutating func advance(_ bytes: Span<UInt8>, _ at: inout Int) throws(RESPFault) -> RESPValue? {
        switch state {
        case .failed(let fault): throw fault
        case .type:
            let type = bytes[at]
            at += 1
            guard Self.types.contains(type) else { throw .badType }
            state = .line(type)
            return nil
        case .line(let type):
            guard try takeLine(bytes, &at) else { return nil }
            let line = text
            text = []
            state = .type
            return try lineEnded(type, line)
        case .bulk(let type, let missing):
            let count = min(missing, bytes.count - at)
            text.append(copying: bytes.extracting(at..<at + count))
            at += count
            state = count == missing ? .bulkEnd(type, needsLineFeed: false) : .bulk(type, missing: missing - count)
            return nil
        case .bulkEnd(let type, let needsLineFeed):
            let wanted = needsLineFeed ? ASCII.lineFeed : ASCII.carriageReturn
            guard bytes[at] == wanted else { throw .badEnd }
            at += 1
            state = needsLineFeed ? .type : .bulkEnd(type, needsLineFeed: true)
            return needsLineFeed ? try bulkEnded(type) : nil
        }
    }

    /// Collects a line without its CRLF; true when it is whole.
    private mutating func takeLine(_ bytes: Span<UInt8>, _ at: inout Int) throws(RESPFault) -> Bool {
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if text.last == ASCII.carriageReturn {
                guard byte == ASCII.lineFeed else { throw .badLine }
                text.removeLast()
                return true
            }
            if byte == ASCII.lineFeed { throw .badLine }
            if text.count > Limits.redisLineMax.bytes { throw .lineTooLong }
            text.append(byte)
        }
        return false
    }

    private mutating func lineEnded(_ type: UInt8, _ line: [UInt8]) throws(RESPFault) -> RESPValue? {
        switch type {
        case 0x2B: return try complete(.simple(line))
        case 0x2D: return try complete(.error(line))
        case 0x3A:
            guard let number = Self.integer(line) else { throw .badNumber }
            return try complete(.integer(number))
        case 0x5F:
            guard line.isEmpty else { throw .badLine }
            return try complete(.null)
        case 0x23:
            guard line == [0x74] || line == [0x66] else { throw .badNumber }
            return try complete(.boolean(line == [0x74]))
        case 0x2C:
            guard Self.isDouble(line) else { throw .badNumber }
            return try complete(.double(line))
        case 0x28:
            let digits = line.first == 0x2D || line.first == 0x2B ? line.dropFirst() : line[...]
            guard !digits.isEmpty, digits.allSatisfy(ASCII.isDigit) else { throw .badNumber }
            return try complete(.bigNumber(line))
        case 0x24, 0x21, 0x3D:
            guard let length = try length(line, isNullable: type == 0x24) else { return try complete(.null) }
            guard length <= Limits.redisBulkMax.bytes else { throw .bulkTooLong }
            state = length == 0 ? .bulkEnd(type, needsLineFeed: false) : .bulk(type, missing: length)
            return nil
        default:
            guard let count = try length(line, isNullable: type == 0x2A) else { return try complete(.null) }
            return try open(type, count)
        }
    }

    private mutating func bulkEnded(_ type: UInt8) throws(RESPFault) -> RESPValue? {
        let octets = text
        text = []
        switch type {
        case 0x24: return try complete(.bulk(octets))
        case 0x21: return try complete(.error(octets))
        default:
            // `txt:` or `mkd:` before the text itself.
            guard octets.count >= 4, octets[3] == 0x3A else { throw .badLength }
            return try complete(.verbatim(Array(octets.dropFirst(4))))
        }
    }

    private mutating func open(_ type: UInt8, _ count: Int) throws(RESPFault) -> RESPValue? {
        let isPaired = type == 0x25 || type == 0x7C
        guard count <= Limits.redisArrayMax else { throw .arrayTooLong }
        guard frames.count < Limits.redisDepthMax else { throw .tooDeep }
        frames.append(Frame(type: type, missing: isPaired ? count * 2 : count))
        return count == 0 ? try close() : nil
    }

    /// Takes the innermost aggregate, which is complete.
    private mutating func close() throws(RESPFault) -> RESPValue? {
        guard let frame = frames.popLast() else { return nil }
        switch frame.type {
        case 0x2A: return try complete(.array(frame.elements))
        case 0x7E: return try complete(.set(frame.elements))
        case 0x3E: return try complete(.push(frame.elements))
        case 0x25: return try complete(.map(frame.elements))
        // Attributes stand before the value they describe and are no value; nothing of ours reads them.
        default: return nil
        }
    }

    /// Puts a value into its aggregate; returns it when it is in none.
    private mutating func complete(_ value: RESPValue) throws(RESPFault) -> RESPValue? {
        values += 1
        if values > Limits.redisValuesMax { throw .replyTooLong }
        guard let last = frames.indices.last else { return value }
        frames[last].elements.append(value)
        frames[last].missing -= 1
        return frames[last].missing == 0 ? try close() : nil
    }

    // MARK: Numbers

    private static let types: [UInt8] = [
        0x2B, 0x2D, 0x3A, 0x24, 0x2A, 0x5F, 0x23, 0x2C, 0x28, 0x21, 0x3D, 0x25, 0x7E, 0x3E, 0x7C,
    ]

    /// Nil for -1 where the type has a null of its own.
    private func length(_ line: [UInt8], isNullable: Bool) throws(RESPFault) -> Int? {
        if isNullable, line == [0x2D, 0x31] { return nil }
        guard let length = ASCII.decimal(line), line.count == 1 || line[0] != 0x30 else { throw .badLength }
        return length
    }

    /// A sign or none and 1 to 19 digits that fit; nil for all else.
    static func integer(_ line: [UInt8]) -> Int64? {
        let isNegative = line.first == 0x2D
        let digits = isNegative || line.first == 0x2B ? line.dropFirst() : line[...]
        guard (1...19).contains(digits.count) else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard ASCII.isDigit(digit) else { return nil }
            let step = Int64(digit &- 0x30)
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative ? product.subtractingReportingOverflow(step) : product.addingReportingOverflow(step)
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    private static func isDouble(_ line: [UInt8]) -> Bool {
        let unsigned = line.first == 0x2D || line.first == 0x2B ? line.dropFirst() : line[...]
        if unsigned.elementsEqual([0x69, 0x6E, 0x66]) || unsigned.elementsEqual([0x6E, 0x61, 0x6E]) { return true }
        let marks: [UInt8] = [0x2B, 0x2D, 0x2E, 0x45, 0x65]
        guard let first = unsigned.first, ASCII.isDigit(first), unsigned.count <= 32 else { return false }
        return unsigned.allSatisfy { ASCII.isDigit($0) || marks.contains($0) }
    }
}
