// The settings file as a small tree that remembers where each value stood, so that every complaint about a setting
// can name its line. Made by `JSON5Reader`, read by the settings of the daemon at start-up only.

/// A value of a settings file.
struct JSON5Node: Sendable {
    enum Value: Sendable {
        case string(String)
        /// A number as it was written, in the grammar of RFC 8259 §6.
        case number(String)
        case bool(Bool)
        case null
        case array([JSON5Node])
        /// Members in the order of the file; no key comes twice.
        case object([(key: String, value: JSON5Node)])
    }

    let value: Value
    /// Line of the first character, counted from 1; LF, CRLF and CR end a line.
    let line: Int
    /// Characters (Unicode scalars) from the beginning of the line, counted from 1.
    let column: Int
}

/// The first thing in a settings file that cannot be read.
struct JSON5Fault: Error, Hashable, Sendable {
    /// Line and column as in `JSON5Node`.
    let line: Int
    let column: Int
    /// What is wrong and, where it helps, what to write instead; one sentence for the operator, without a full stop.
    let sentence: String
}
