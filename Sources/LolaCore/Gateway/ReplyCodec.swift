// Replies as octets at rest: in the outbox until they are sent, and in dead letters. Pure functions; the numbers stand
// in stores and never change meaning.

enum ReplyCodec {
    private static let version: UInt8 = 1

    /// A record of its own.
    static func encode(_ replies: [Reply]) -> [UInt8] {
        var writer = RecordWriter(version: version)
        write(replies, to: &writer)
        return writer.bytes
    }

    /// What `encode` gave; a fault for everything else.
    static func decode(_ bytes: [UInt8]) throws(RecordFault) -> [Reply] {
        var reader = try RecordReader(bytes, version: version)
        let replies = try read(&reader)
        try reader.end()
        return replies
    }

    /// As part of a larger record.
    static func write(_ replies: [Reply], to writer: inout RecordWriter) {
        writer.list(replies) { write($1, to: &$0) }
    }

    static func read(_ reader: inout RecordReader) throws(RecordFault) -> [Reply] {
        try reader.list { (reader) throws(RecordFault) in try reply(&reader) }
    }

    private static func write(_ reply: Reply, to writer: inout RecordWriter) {
        switch reply {
        case .text(let text):
            writer.byte(0)
            writer.octets(text)
        case .buttons(let text, let choices):
            writer.byte(1)
            writer.octets(text)
            writer.list(choices) { write($1, to: &$0) }
        case .list(let text, let button, let items):
            writer.byte(2)
            writer.octets(text)
            writer.octets(button)
            writer.list(items) { write($1, to: &$0) }
        case .link(let text, let url):
            writer.byte(3)
            writer.octets(text)
            writer.octets(url)
        case .contactRequest(let text, let button):
            writer.byte(4)
            writer.octets(text)
            writer.octets(button)
        }
    }

    private static func reply(_ reader: inout RecordReader) throws(RecordFault) -> Reply {
        switch try reader.byte() {
        case 0: return .text(try reader.octets())
        case 1: return .buttons(text: try reader.octets(), choices: try choices(&reader))
        case 2:
            return .list(text: try reader.octets(), button: try reader.octets(), items: try choices(&reader))
        case 3: return .link(text: try reader.octets(), url: try reader.octets())
        case 4: return .contactRequest(text: try reader.octets(), button: try reader.octets())
        default: throw .malformed
        }
    }

    private static func write(_ choice: Choice, to writer: inout RecordWriter) {
        writer.octets(choice.id)
        writer.octets(choice.title)
        writer.optional(choice.description)
    }

    private static func choices(_ reader: inout RecordReader) throws(RecordFault) -> [Choice] {
        try reader.list { (reader) throws(RecordFault) in
            Choice(
                id: try reader.octets(), title: try reader.octets(), description: try reader.optionalOctets())
        }
    }
}
