// Everything that can be wrong with octets of a Redis server: one closed list with stable words for logs and metrics.
// Returned by RESPParser; after a fault the connection is out of step and must be closed.

enum RESPFault: String, Error, Hashable, Sendable, CaseIterable {
    /// A reply that begins with an octet no type has.
    case badType = "bad_type"
    /// A carriage return or line feed that does not end a line.
    case badLine = "bad_line"
    case lineTooLong = "line_too_long"
    /// An integer, a big number, a double or a boolean that is none.
    case badNumber = "bad_number"
    /// A length that is no plain decimal number; streamed lengths of RESP3 are not asked for.
    case badLength = "bad_length"
    /// A declared length above the limit. Nothing is allocated for it.
    case bulkTooLong = "bulk_too_long"
    case arrayTooLong = "array_too_long"
    case tooDeep = "too_deep"
    /// One reply with all that is in it: octets or values.
    case replyTooLong = "reply_too_long"
    /// A bulk text that is not followed by CRLF.
    case badEnd = "bad_end"
}
