// What operators send, read strictly: every member of a body is known, every field has its type and its range, and a
// text holds nothing that does not show. What an operator gets back in lists. Used by the handlers of this folder.

/// Why a request of an operator is turned away, with a sentence where one of its members is wrong.
struct AdminFault: Error, Hashable, Sendable {
    let refusal: Refusal
    let detail: String?

    init(_ refusal: Refusal) { self.init(refusal: refusal, detail: nil) }

    /// A member that is missing, or not what it must be. What was sent is not sent back.
    static func field(_ sentence: String) -> AdminFault { AdminFault(refusal: .fieldInvalid, detail: sentence) }

    private init(refusal: Refusal, detail: String?) {
        self.refusal = refusal
        self.detail = detail
    }

    func response(_ requestID: [UInt8]) -> HTTPResponse {
        guard let detail else { return .refusal(refusal, requestID: requestID) }
        return .problem(refusal.status, code: refusal.publicCode, requestID: requestID) { writer in
            writer.member("detail", detail)
        }
    }
}

/// A request body or query whose fields are taken one after the other.
struct AdminFields {
    private let root: JSONView

    /// A JSON object with no other members than `allowed`; `.bodyInvalid` otherwise.
    init(_ request: HTTPRequest, _ allowed: String...) throws(AdminFault) {
        guard let document = try? JSONDocument.parse(request.body), document.root.kind == .object,
            document.root.members.allSatisfy({ allowed.contains($0.key.text) })
        else { throw AdminFault(.bodyInvalid) }
        root = document.root
    }

    /// Whether the member is there at all.
    func has(_ name: StaticString) -> Bool { root[name] != nil }

    /// A text of 1 to `max` octets that shows as it is; nil when there is none.
    func text(_ name: StaticString, max: ByteCount = Limits.operatorTextMax) throws(AdminFault) -> [UInt8]? {
        guard let value = root[name] else { return nil }
        guard let text = value.textBytes else { throw .field("\(name) must be a string") }
        guard !text.isEmpty else { throw .field("\(name) must not be empty") }
        guard text.count <= max.bytes else { throw .field("\(name) is longer than \(max.bytes) octets") }
        guard DisplayText.clean(text, max: max) == text else {
            throw .field("\(name) must not contain characters that do not show, nor begin or end with a space")
        }
        return text
    }

    /// The same for a field that must be there.
    func required(_ name: StaticString, max: ByteCount = Limits.operatorTextMax) throws(AdminFault) -> [UInt8] {
        guard let text = try text(name, max: max) else { throw .field("\(name) is required") }
        return text
    }

    /// An agent's id, which must be there.
    func agent(_ name: StaticString) throws(AdminFault) -> AgentID {
        guard let id = AgentID(try required(name)) else {
            throw .field("\(name) must be 1 to \(AgentID.countMax) letters, digits, '.', '_' and '-'")
        }
        return id
    }

    /// A person's address in any spelling, which must be there.
    func address(_ name: StaticString) throws(AdminFault) -> PersonAddress {
        guard let address = PersonAddress(try required(name, max: Limits.personAddressMax)) else {
            throw .field("\(name) \(Self.addressForm)")
        }
        return address
    }

    static let addressForm =
        "must be a phone number, an e-mail address, telegram:<chat id> or whatsapp:<id>"

    /// Octets of a text, whatever they are.
    func octets(_ name: StaticString, max: ByteCount) throws(AdminFault) -> [UInt8] {
        guard let text = root[name]?.textBytes, (1...max.bytes).contains(text.count) else {
            throw .field("\(name) must be a text of 1 to \(max.bytes) octets")
        }
        return text
    }

    /// One of a closed list of words; nil when there is none.
    func word<Word: RawRepresentable<String> & CaseIterable>(
        _ name: StaticString, _ type: Word.Type
    ) throws(AdminFault) -> Word? {
        guard let value = root[name] else { return nil }
        guard let text = value.text, let word = Word(rawValue: text) else {
            throw .field("\(name) must be one of \(Self.list(type))")
        }
        return word
    }

    /// The same for a field that must be there.
    func requiredWord<Word: RawRepresentable<String> & CaseIterable>(
        _ name: StaticString, _ type: Word.Type
    ) throws(AdminFault) -> Word {
        guard let word = try word(name, type) else { throw .field("\(name) is required") }
        return word
    }

    /// A list of different words, at least one; nil when there is none.
    func words<Word: RawRepresentable<String> & CaseIterable & Hashable>(
        _ name: StaticString, _ type: Word.Type
    ) throws(AdminFault) -> [Word]? {
        guard let value = root[name] else { return nil }
        let fault = AdminFault.field("\(name) must be a list of at least one, each once, of \(Self.list(type))")
        guard value.kind == .array, value.count > 0 else { throw fault }
        var words: [Word] = []
        for element in value.elements {
            guard let word = element.text.flatMap({ Word(rawValue: $0) }), !words.contains(word) else { throw fault }
            words.append(word)
        }
        return words
    }

    /// A whole number; nil when there is none.
    func integer(_ name: StaticString, _ range: ClosedRange<Int64>) throws(AdminFault) -> Int64? {
        guard let value = root[name] else { return nil }
        guard let number = value.integer, range.contains(number) else {
            throw .field("\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The value of a limit: a whole number, or dollars as cents with at most two decimals; `.some(nil)` for `null`,
    /// which takes an own limit away.
    func limit(_ member: AgentLimits.Member) throws(AdminFault) -> Int?? {
        guard let value = root.member([UInt8](text: member.rawValue)) else { return .none }
        if value.isNull { return .some(nil) }
        guard member.isMoney else {
            guard value.kind == .number, let number = value.integer,
                (0...Int64(Limits.agentLimitMax)).contains(number)
            else {
                throw .field("\(member.rawValue) must be null or a whole number from 0 to \(Limits.agentLimitMax)")
            }
            return .some(Int(number))
        }
        guard value.kind == .number, let cents = DollarText.cents(value.raw), cents <= Limits.agentSpendCentsMax else {
            let most = Limits.agentSpendCentsMax / 100
            throw .field(
                "\(member.rawValue) must be null or a number of dollars from 0 to \(most) with at most two decimals")
        }
        return .some(cents)
    }

    private static func list<Word: RawRepresentable<String> & CaseIterable>(_ type: Word.Type) -> String {
        type.allCases.map(\.rawValue).joined(separator: ", ")
    }
}

/// Where a list begins and how long a page of it is.
struct AdminList {
    let limit: Int
    let after: RecordID?
    private let query: FormFields

    /// `limit=1…1000` (50) and `cursor=` of a page before.
    init(_ request: HTTPRequest) throws(AdminFault) {
        guard let query = try? FormFields(request.head.query.map { request.head.bytes[$0.asRange] } ?? []) else {
            throw .field("the query is malformed")
        }
        let cursor = query.first("cursor")
        let limit = query.first("limit").map { ASCII.decimal($0) } ?? 50
        after = cursor.flatMap { RecordID(hex: $0) }
        guard let limit, (1...1_000).contains(limit) else {
            throw .field("limit must be a whole number from 1 to 1000")
        }
        guard cursor == nil || after != nil else { throw .field("cursor must be the next of a page before") }
        self.limit = limit
        self.query = query
    }

    /// The one address that is asked for with `address=`; nil when the list is.
    func address() throws(AdminFault) -> PersonAddress? {
        guard let text = query.first("address") else { return nil }
        guard let address = PersonAddress(text) else { throw .field("address \(AdminFields.addressForm)") }
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
    func run(_ body: () throws(AdminFault) -> Void) {
        do throws(AdminFault) { try body() } catch { answer(error.response(request.requestID)) }
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
