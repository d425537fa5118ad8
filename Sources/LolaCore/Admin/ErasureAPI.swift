// `POST erasures` (CONTRACT §10): everything of one subject goes, and the operator gets a receipt that names nobody.

final class ErasureAPI {
    private let parts: ErasureParts

    init(_ parts: ErasureParts) { self.parts = parts }

    /// `POST erasures {"subject"}`: 201 with the receipt.
    func erase(_ call: AdminCall) {
        call.run { () throws(Refusal) in
            let fields = try AdminFields(call.request, "subject")
            let text = try fields.required("subject", max: Limits.erasureSubjectMax)
            guard let subject = ErasureSubject(text) else { throw .fieldInvalid }
            let erasure = Erasure(subject, text: text, actor: call.actor, parts) { result in
                switch result {
                case .failure(let refusal): call.refuse(refusal)
                case .success(let receipt): call.object(201) { Self.write(receipt, to: &$0) }
                }
            }
            erasure.start()
        }
    }

    private static func write(_ receipt: ErasureReceipt, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", bytes: receipt.id)
            writer.member("subject", receipt.subject)
            writer.member("removed") { writer in
                writer.object { writer in
                    for (word, count) in receipt.removed.sorted(by: { $0.key < $1.key }) {
                        writer.key(bytes: [UInt8](text: word))
                        writer.integer(count)
                    }
                }
            }
            writer.member("unreadable", receipt.unreadable)
            writer.member("at", time: receipt.at)
        }
    }
}
