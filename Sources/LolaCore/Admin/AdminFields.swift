// What operators send, read strictly: every member of a body is known, every field has its type and its range, and a
// text holds nothing that does not show. What an operator gets back in lists. Used by the handlers of this folder.

/// A request body or query whose fields are taken one after the other.
struct AdminFields {
    private let root: JSONView

    /// A JSON object with no other members than `allowed`; `.bodyInvalid` otherwise.
    init(_ request: HTTPRequest, _ allowed: String...) throws(Refusal) {
        guard let document = try? JSONDocument.parse(request.body), document.root.kind == .object,
            document.root.members.allSatisfy({ allowed.contains($0.key.text) })
        else { throw .bodyInvalid }
        root = document.root
    }

    /// Whether the member is there at all.
    func has(_ name: StaticString) -> Bool { root[name] != nil }

    /// A text of 1 to `max` octets that shows as it is; nil when there is none.
    func text(_ name: StaticString, max: ByteCount = Limits.operatorTextMax) throws(Refusal) -> [UInt8]? {
        guard let value = root[name] else { return nil }
        guard let text = value.textBytes, !text.isEmpty, text.count <= max.bytes,
            DisplayText.clean(text, max: max) == text
        else { throw .fieldInvalid }
        return text
    }

    /// The same for a field that must be there.
    func required(_ name: StaticString, max: ByteCount = Limits.operatorTextMax) throws(Refusal) -> [UInt8] {
        guard let text = try text(name, max: max) else { throw .fieldInvalid }
        return text
    }

    /// Octets of a text, whatever they are.
    func octets(_ name: StaticString, max: ByteCount) throws(Refusal) -> [UInt8] {
        guard let text = root[name]?.textBytes, (1...max.bytes).contains(text.count) else { throw .fieldInvalid }
        return text
    }

    /// One of a closed list of words; nil when there is none.
    func word<Word: RawRepresentable<String>>(_ name: StaticString, _ type: Word.Type) throws(Refusal) -> Word? {
        guard let value = root[name] else { return nil }
        guard let text = value.text, let word = Word(rawValue: text) else { throw .fieldInvalid }
        return word
    }

    /// A list of different words, at least one; nil when there is none.
    func words<Word: RawRepresentable<String> & Hashable>(
        _ name: StaticString, _ type: Word.Type
    ) throws(Refusal) -> [Word]? {
        guard let value = root[name] else { return nil }
        guard value.kind == .array, value.count > 0 else { throw .fieldInvalid }
        var words: [Word] = []
        for element in value.elements {
            guard let word = element.text.flatMap({ Word(rawValue: $0) }), !words.contains(word) else {
                throw .fieldInvalid
            }
            words.append(word)
        }
        return words
    }

    /// A whole number; nil when there is none.
    func integer(_ name: StaticString, _ range: ClosedRange<Int64>) throws(Refusal) -> Int64? {
        guard let value = root[name] else { return nil }
        guard let number = value.integer, range.contains(number) else { throw .fieldInvalid }
        return number
    }

    /// The value of a limit: a whole number, or dollars as cents with at most two decimals; `.some(nil)` for `null`,
    /// which takes an own limit away.
    func limit(_ member: AgentLimits.Member) throws(Refusal) -> Int?? {
        guard let value = root.member([UInt8](text: member.rawValue)) else { return .none }
        if value.isNull { return .some(nil) }
        guard value.kind == .number else { throw .fieldInvalid }
        guard member.isMoney else {
            guard let number = value.integer, (0...Int64(Limits.agentLimitMax)).contains(number) else {
                throw .fieldInvalid
            }
            return .some(Int(number))
        }
        guard let cents = DollarText.cents(value.raw), cents <= Limits.agentSpendCentsMax else { throw .fieldInvalid }
        return .some(cents)
    }
}

/// Where a list begins and how long a page of it is.
struct AdminList {
    let limit: Int
    let after: RecordID?
    private let query: FormFields

    /// `limit=1…1000` (50) and `cursor=` of a page before.
    init(_ request: HTTPRequest) throws(Refusal) {
        guard let query = try? FormFields(request.head.query.map { request.head.bytes[$0.asRange] } ?? []) else {
            throw .fieldInvalid
        }
        let cursor = query.first("cursor")
        let limit = query.first("limit").map { ASCII.decimal($0) } ?? 50
        after = cursor.flatMap { RecordID(hex: $0) }
        guard let limit, (1...1_000).contains(limit), cursor == nil || after != nil else { throw .fieldInvalid }
        self.limit = limit
        self.query = query
    }

    /// The one address that is asked for with `address=`; nil when the list is.
    func address() throws(Refusal) -> PersonAddress? {
        guard let text = query.first("address") else { return nil }
        guard let address = PersonAddress(text) else { throw .fieldInvalid }
        return address
    }

    /// `{"items":[…],"next":…}`; a full page may be followed by another.
    static func answer<Item>(
        _ items: [Item], next: RecordID?, _ write: (Item, inout JSONWriter) -> Void
    ) -> HTTPResponse {
        var writer = JSONWriter(capacity: 256 + items.count * 256)
        writer.object { writer in
            writer.member("items") { writer in
                writer.array { writer in for item in items { write(item, &writer) } }
            }
            writer.member("next", next?.hex.text)
        }
        return .json(200, writer.bytes)
    }

    /// A page of a room of the store; records that cannot be read are told as such.
    func list<Item>(
        _ room: StoreRoom, in store: any Store, _ call: AdminCall, read: @escaping (StoreRecord) -> Item?,
        write: @escaping (Item, inout JSONWriter) -> Void
    ) {
        store.submit(.list(room, after: after, limit: limit)) { answer in
            guard case .page(let records) = answer else { return call.refuse(.storeUnavailable) }
            let next = records.count == limit ? records.last?.id : nil
            call.answer(Self.answer(records, next: next) { record, writer in
                if let item = read(record) { return write(item, &writer) }
                writer.object { writer in
                    writer.member("id", bytes: record.id.hex)
                    writer.member("error", Refusal.recordUnreadable.rawValue)
                }
            })
        }
    }
}

/// One request of an operator and the way of its answer.
struct AdminCall {
    let request: HTTPRequest
    /// Who asks, as the audit trail names it.
    let actor: String
    let answer: (HTTPResponse) -> Void

    func refuse(_ refusal: Refusal) { answer(.refusal(refusal, requestID: request.requestID)) }

    /// Runs what may refuse.
    func run(_ body: () throws(Refusal) -> Void) {
        do throws(Refusal) { try body() } catch { refuse(error) }
    }

    /// 204, or the refusal.
    func end(_ refusal: Refusal?) {
        if let refusal { refuse(refusal) } else { answer(.empty(204)) }
    }

    func object(_ status: Int, _ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(capacity: 384)
        write(&writer)
        answer(.json(status, writer.bytes))
    }
}

extension JSONWriter {
    /// RFC 3339, or null.
    mutating func member(_ key: StaticString, time: WallTime?) {
        member(key, time.map { CivilDate($0).rfc3339().text })
    }
}
