// The form of what goes into a tool and what comes out, once: written as JSON Schema 2020-12 for clients, as OpenAPI
// 3.1 for REST, and checked by the same value before a tool sees its arguments. Values, any thread.

indirect enum ToolSchema: Sendable {
    struct Field: Sendable {
        let name: String
        /// The octets of the name.
        let key: [UInt8]
        let schema: ToolSchema
        let note: String
        let isRequired: Bool

        init(_ name: String, _ schema: ToolSchema, _ note: String, isRequired: Bool = false) {
            self.name = name
            key = [UInt8](text: name)
            self.schema = schema
            self.note = note
            self.isRequired = isRequired
        }
    }

    /// A text of so many characters (Unicode scalars, as JSON Schema counts).
    case text(min: Int, max: Int)
    case word([String])
    case integer(ClosedRange<Int>)
    /// Dollars with at most two decimals, up to so many cents.
    case dollars(max: Int)
    case number
    case flag
    /// RFC 3339 in UTC.
    case time
    case uri
    case list(ToolSchema, ClosedRange<Int>)
    /// Members that are not named are refused.
    case object([Field])
    /// An object whose members are not told one by one.
    case open
    case orNull(ToolSchema)

    // MARK: Writing

    func write(to writer: inout JSONWriter, note: String? = nil) {
        writer.object { writer in writeMembers(to: &writer, note: note) }
    }

    private func writeMembers(to writer: inout JSONWriter, note: String?) {
        writeType(to: &writer)
        if let note { writer.member("description", note) }
        switch unwrapped {
        case .text(let min, let max):
            if min > 0 { writer.member("minLength", min) }
            writer.member("maxLength", max)
        case .word(let words):
            writer.member("enum") { writer in
                writer.array { writer in
                    for word in words { writer.string(word) }
                    if isNullable { writer.null() }
                }
            }
        case .integer(let range):
            writer.member("minimum", range.lowerBound)
            writer.member("maximum", range.upperBound)
        case .dollars(let max):
            writer.member("minimum", 0)
            writer.member("maximum", max / 100)
            writer.member("multipleOf") { $0.raw("0.01".utf8) }
        case .time: writer.member("format", word: "date-time")
        case .uri: writer.member("format", word: "uri")
        case .list(let element, let range):
            writer.member("items") { element.write(to: &$0) }
            if range.lowerBound > 0 { writer.member("minItems", range.lowerBound) }
            writer.member("maxItems", range.upperBound)
        case .object(let fields): Self.write(fields, to: &writer)
        case .number, .flag, .open, .orNull: break
        }
    }

    private static func write(_ fields: [Field], to writer: inout JSONWriter) {
        writer.member("properties") { writer in
            writer.object { writer in
                for field in fields {
                    writer.key(bytes: field.key)
                    field.schema.write(to: &writer, note: field.note.isEmpty ? nil : field.note)
                }
            }
        }
        let required = fields.filter(\.isRequired).map(\.name)
        if !required.isEmpty { writer.member("required") { $0.words(required) } }
        writer.member("additionalProperties", false)
    }

    private func writeType(to writer: inout JSONWriter) {
        writer.member("type") { writer in
            guard isNullable else { return writer.string(unwrapped.type) }
            writer.words([unwrapped.type, "null"])
        }
    }

    private var isNullable: Bool { if case .orNull = self { true } else { false } }
    private var unwrapped: ToolSchema { if case .orNull(let inner) = self { inner } else { self } }

    private var type: String {
        switch self {
        case .text, .word, .time, .uri: "string"
        case .integer: "integer"
        case .dollars, .number: "number"
        case .flag: "boolean"
        case .list: "array"
        case .object, .open: "object"
        case .orNull(let inner): inner.type
        }
    }

    // MARK: Checking

    /// What is wrong with a value, for whoever wrote it; nil when nothing is. Names of members that are not known are
    /// not sent back. `place` says where the value is, when something is wrong.
    func fault(of view: JSONView, at place: () -> String = { "arguments" }) -> String? {
        switch self {
        case .text(let min, let max):
            guard let text = view.textBytes, (min...max).contains(Self.length(text)) else {
                return "\(place()) must be a text of \(min) to \(max) characters"
            }
        case .word(let words):
            guard let text = view.text, words.contains(text) else {
                return "\(place()) must be one of " + words.joined(separator: ", ")
            }
        case .integer(let range):
            guard let number = view.integer, range.contains(Int(number)) else {
                return "\(place()) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            }
        case .dollars(let max):
            guard view.kind == .number, let cents = DollarText.cents(view.raw), cents <= max else {
                return "\(place()) must be a number of dollars from 0 to \(max / 100) with at most two decimals"
            }
        case .number: if view.kind != .number { return "\(place()) must be a number" }
        case .flag: if view.kind != .bool { return "\(place()) must be true or false" }
        case .time, .uri: if view.kind != .string { return "\(place()) must be a text" }
        case .list(let element, let range): return Self.fault(of: view, element, range, at: place)
        case .object(let fields): return Self.fault(of: view, fields, at: place)
        case .open: if view.kind != .object { return "\(place()) must be an object" }
        case .orNull(let inner): return view.isNull ? nil : inner.fault(of: view, at: place)
        }
        return nil
    }

    private static func fault(
        of view: JSONView, _ element: ToolSchema, _ range: ClosedRange<Int>, at place: () -> String
    ) -> String? {
        guard view.kind == .array, range.contains(view.count) else {
            return "\(place()) must be a list of \(range.lowerBound) to \(range.upperBound)"
        }
        for (number, value) in view.elements.enumerated() {
            if let fault = element.fault(of: value, at: { "\(place())[\(number)]" }) { return fault }
        }
        return nil
    }

    private static func fault(of view: JSONView, _ fields: [Field], at place: () -> String) -> String? {
        guard view.kind == .object else { return "\(place()) must be an object" }
        for field in fields where field.isRequired && view.member(field.key) == nil {
            return "\(place()).\(field.name) is missing"
        }
        for (key, value) in view.members {
            guard let field = fields.first(where: { $0.key == key }) else {
                return "\(place()) has a member that is not known; known are "
                    + (fields.isEmpty ? "none" : fields.map(\.name).joined(separator: ", "))
            }
            if let fault = field.schema.fault(of: value, at: { "\(place()).\(field.name)" }) { return fault }
        }
        return nil
    }

    /// Every octet of UTF-8 but those that continue a character.
    private static func length(_ text: [UInt8]) -> Int { text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
}
