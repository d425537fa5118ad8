// The do-not-contact list for operators (CONTRACT §10, §11).

final class SuppressionAPI {
    private let list: SuppressionList
    private let store: any Store

    init(_ list: SuppressionList, store: any Store) {
        self.list = list
        self.store = store
    }

    /// `POST dnc {"address","reason"?}`: 201 with the entry, the one that is there when it is.
    func add(_ call: AdminCall) {
        call.run { () throws(Refusal) in
            let fields = try AdminFields(call.request, "address", "reason")
            guard let address = PersonAddress(try fields.required("address", max: Limits.personAddressMax)) else {
                throw .fieldInvalid
            }
            list.add(address, reason: try fields.text("reason")?.text, actor: call.actor) { result in
                switch result {
                case .failure(let refusal): call.refuse(refusal)
                case .success(let entry): call.object(201) { Self.write(entry, to: &$0) }
                }
            }
        }
    }

    /// `GET dnc?limit=&cursor=`, or `?address=` for the one entry of an address.
    func list(_ call: AdminCall) {
        call.run { () throws(Refusal) in
            let page = try AdminList(call.request)
            guard let address = try page.address() else {
                return page.list(
                    .suppression, in: store, call, read: { try? SuppressionEntry($0) },
                    write: { Self.write($0, to: &$1) })
            }
            list.find(list.id(address)) { result in
                switch result {
                case .failure(let refusal): call.refuse(refusal)
                case .success(let entry):
                    call.answer(AdminList.answer(entry.map { [$0] } ?? [], next: nil) { Self.write($0, to: &$1) })
                }
            }
        }
    }

    /// `DELETE dnc/{id}`: 204.
    func remove(_ id: RecordID, _ call: AdminCall) { list.remove(id, actor: call.actor) { call.end($0) } }

    private static func write(_ entry: SuppressionEntry, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", bytes: entry.id.hex)
            writer.member("kind", entry.kind.rawValue)
            writer.member("address", entry.address?.text)
            writer.member("reason", entry.reason)
            writer.member("at", time: entry.at)
        }
    }
}
