// `?limit=&cursor=` of a list of records, in the order of their ids (CONTRACT §11 "Admin lists").

struct PageQuery {
    /// 1 to 1,000.
    let limit: Int
    let after: RecordID?

    /// Nil when the query, the limit or the cursor is malformed.
    init?(_ request: HTTPRequest) {
        guard let query = try? FormFields(request.head.query.map { request.head.bytes[$0.asRange] } ?? []) else {
            return nil
        }
        let cursor = query.first("cursor")
        after = cursor.flatMap { RecordID(hex: $0) }
        guard cursor == nil || after != nil else { return nil }
        guard let limit = query.first("limit").map({ ASCII.decimal($0) }) ?? 50, (1...1_000).contains(limit) else {
            return nil
        }
        self.limit = limit
    }

    /// The cursor of the page after this one; nil at the end.
    func next(_ records: [StoreRecord]) -> String? {
        records.count == limit ? records.last?.id.hex.text : nil
    }
}
