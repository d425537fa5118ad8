// A reply of Redis as a value, and how a command is written (Redis serialization protocol, versions 2 and 3).
// Values come from RESPParser; commands are arrays of bulk texts in both versions.

enum RESPValue: Hashable, Sendable {
    case simple([UInt8])
    /// `CODE text`, from an error line or a bulk error of RESP3.
    case error([UInt8])
    case integer(Int64)
    case bulk([UInt8])
    case null
    case array([RESPValue])
    // RESP3. We never ask for it, but a proxy may speak it.
    case boolean(Bool)
    /// As written; a double is never computed with.
    case double([UInt8])
    case bigNumber([UInt8])
    /// Without the three letters that name the format.
    case verbatim([UInt8])
    /// Keys and values in turn.
    case map([RESPValue])
    case set([RESPValue])
    /// Belongs to no command.
    case push([RESPValue])

    /// The octets of a text of any kind.
    var octets: [UInt8]? {
        switch self {
        case .simple(let octets), .bulk(let octets), .verbatim(let octets): octets
        default: nil
        }
    }

    var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

    var elements: [RESPValue]? {
        switch self {
        case .array(let values), .set(let values), .push(let values): values
        default: nil
        }
    }
}

enum RESPWriter {
    /// Appends one command: its name and its arguments, each as a bulk text.
    static func command(_ parts: [[UInt8]], to out: inout [UInt8]) {
        precondition(!parts.isEmpty, "a command has a name")
        out.reserveCapacity(out.count + parts.reduce(16) { $0 + $1.count + 16 })
        header(0x2A, parts.count, to: &out)
        for part in parts {
            header(0x24, part.count, to: &out)
            out.append(contentsOf: part)
            out.append(ASCII.carriageReturn)
            out.append(ASCII.lineFeed)
        }
    }

    private static func header(_ type: UInt8, _ count: Int, to out: inout [UInt8]) {
        out.append(type)
        ASCII.append(count, to: &out)
        out.append(ASCII.carriageReturn)
        out.append(ASCII.lineFeed)
    }
}
