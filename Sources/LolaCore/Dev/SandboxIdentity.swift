// The sandbox identity service of `lola dev` (CONTRACT §5): answers for the cast, knows nobody else. Pure; called by
// the console for `GET /dev/sandbox/identity/{phone}`, over real HTTP like any other identity service.

enum SandboxIdentity {
    /// - Parameter isVerified: whether the person has passed the identity check since the start.
    static func answer(
        _ phone: [UInt8], cast: SandboxCast, isVerified: (SandboxPerson) -> Bool = { _ in false }
    ) -> HTTPResponse {
        guard let phone = E164(phone) else { return failure(400, "the path must end in a number in E.164") }
        let person = cast.person(phone: phone)
        var writer = JSONWriter()
        switch person.standing(isVerified: isVerified(person)) {
        case .unreachable: return failure(503, "this sender shows what happens when the service is down")
        case .unknown: writer.object { $0.member("sender", nil as String?) }
        case .known(let verdict):
            writer.object { writer in
                writer.member("sender") { describe(person, verdict, to: &$0) }
            }
        }
        return .json(200, writer.bytes)
    }

    private static func describe(_ person: SandboxPerson, _ verdict: ComplianceVerdict, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", "sender-" + person.phone.digits.text)
            writer.member("name", person.name)
            writer.member("phone", person.phone.text)
            writer.member("country", "US")
            writer.member("verdict", verdict.rawValue)
            writer.member("is_blocked", verdict == .blocked)
            writer.member("cards") { writer in
                writer.array { if verdict == .passed { $0.string("Visa ending 4242") } }
            }
            writer.member("payment_methods") { writer in
                writer.array { writer in
                    guard verdict == .passed else { return }
                    method("card", "Visa ending 4242", to: &writer)
                    method("bank_account", "Checking account ending 6789", to: &writer)
                }
            }
        }
    }

    private static func method(_ type: String, _ display: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", type)
            writer.member("display", display)
        }
    }

    private static func failure(_ status: Int, _ text: String) -> HTTPResponse {
        var writer = JSONWriter()
        writer.object { $0.member("error", text) }
        return .json(status, writer.bytes)
    }
}
