// Credentials of providers for operators: set, listed behind a mask, brought under a new key, removed. There is no way
// to read one back.

final class CredentialAPI {
    private let desk: CredentialDesk
    private let store: any Store

    init(_ desk: CredentialDesk, store: any Store) {
        self.desk = desk
        self.store = store
    }

    /// `POST credentials {"provider","name","value"}`: 201, without the value.
    func set(_ call: AdminCall) {
        call.run { () throws(Refusal) in
            let fields = try AdminFields(call.request, "provider", "name", "value")
            let (provider, name) = (try fields.required("provider"), try fields.required("name"))
            let value = try fields.octets("value", max: Limits.credentialValueMax)
            guard ProviderCredential.isName(provider), ProviderCredential.isName(name), !value.contains(0) else {
                throw .fieldInvalid
            }
            desk.set(provider.text, name.text, value, actor: call.actor) { [self] result in
                switch result {
                case .failure(let refusal): call.refuse(refusal)
                case .success(let credential): call.object(201) { write(credential, to: &$0) }
                }
            }
        }
    }

    /// `GET credentials?limit=&cursor=`.
    func list(_ call: AdminCall) {
        call.run { () throws(Refusal) in
            guard desk.hasKeys else { throw .credentialsKeyMissing }
            let page = try AdminList(call.request)
            page.list(
                .credential, in: store, call, read: { try? ProviderCredential($0) },
                write: { [self] in write($0, to: &$1) })
        }
    }

    /// `DELETE credentials/{id}`: 204.
    func remove(_ id: RecordID, _ call: AdminCall) { desk.remove(id, actor: call.actor) { call.end($0) } }

    /// `POST credentials/rotate`: 200 with what was done.
    func rotate(_ call: AdminCall) {
        desk.rotate(actor: call.actor) { result in
            switch result {
            case .failure(let refusal): call.refuse(refusal)
            case .success(let rotation):
                call.object(200) { writer in
                    writer.object { writer in
                        writer.member("renewed", rotation.renewed)
                        writer.member("current", rotation.current)
                        writer.member("unreadable", rotation.unreadable)
                    }
                }
            }
        }
    }

    private func write(_ credential: ProviderCredential, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", bytes: credential.id.hex)
            writer.member("provider", credential.provider)
            writer.member("name", credential.name)
            writer.member("version", Int(clamping: credential.version))
            writer.member("masked", desk.mask(credential))
            writer.member("updated_at", time: credential.updated)
        }
    }
}
