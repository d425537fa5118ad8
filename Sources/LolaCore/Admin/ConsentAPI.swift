// Consents for operators (CONTRACT §10, §11).

final class ConsentAPI {
    private let book: ConsentBook
    private let store: any Store

    init(_ book: ConsentBook, store: any Store) {
        self.book = book
        self.store = store
    }

    /// `POST consent {"address","channel","type","status"}`: 201 with the record.
    func put(_ call: AdminCall) {
        call.run { () throws(Refusal) in
            let fields = try AdminFields(call.request, "address", "channel", "type", "status")
            guard let address = PersonAddress(try fields.required("address", max: Limits.personAddressMax)),
                let channel = try fields.word("channel", AgentChannel.self), channel.takes(address.kind),
                let type = try fields.word("type", ConsentRecord.Kind.self),
                let status = try fields.word("status", ConsentRecord.Status.self)
            else { throw .fieldInvalid }
            book.put(address, channel, type, status, actor: call.actor) { result in
                switch result {
                case .failure(let refusal): call.refuse(refusal)
                case .success(let record): call.object(201) { Self.write(record, to: &$0) }
                }
            }
        }
    }

    /// `GET consent?limit=&cursor=`, or `?address=` for all of one address.
    func list(_ call: AdminCall) {
        call.run { () throws(Refusal) in
            let page = try AdminList(call.request)
            guard let address = try page.address() else {
                return page.list(
                    .consent, in: store, call, read: { try? ConsentRecord($0) }, write: { Self.write($0, to: &$1) })
            }
            find(book.ids(address)[...], [], call)
        }
    }

    private func find(_ ids: ArraySlice<RecordID>, _ found: [ConsentRecord], _ call: AdminCall) {
        guard let id = ids.first else {
            return call.answer(AdminList.answer(found, next: nil) { Self.write($0, to: &$1) })
        }
        book.find(id) { [self] result in
            switch result {
            case .failure(let refusal): call.refuse(refusal)
            case .success(let record): find(ids.dropFirst(), found + (record.map { [$0] } ?? []), call)
            }
        }
    }

    private static func write(_ record: ConsentRecord, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", bytes: record.id.hex)
            writer.member("address", bytes: record.address.bytes)
            writer.member("channel", record.channel.rawValue)
            writer.member("type", record.type.rawValue)
            writer.member("status", record.status.rawValue)
            writer.member("at", time: record.at)
        }
    }
}
