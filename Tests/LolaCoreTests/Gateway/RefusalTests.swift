import Testing

@testable import LolaCore

@Suite("Refusals")
struct RefusalTests {
    private static let table: [(Refusal, Int, String)] = [
        (.signatureMissing, 401, "unauthorized"), (.signatureInvalid, 401, "unauthorized"),
        (.authenticationRequired, 401, "unauthorized"), (.contentTypeWrong, 415, "unsupported_media_type"),
        (.contentEncoded, 415, "unsupported_media_type"), (.challengeInvalid, 403, "forbidden"),
        (.channelOff, 404, "not_found"), (.routeUnknown, 404, "not_found"), (.backlogFull, 503, "unavailable"),
        (.methodUnknown, 501, "not_implemented"), (.methodNotAllowed, 405, "method_not_allowed"),
        (.lengthRequired, 411, "length_required"), (.bodyInvalid, 400, "invalid_body"),
        (.fieldInvalid, 400, "invalid_field"), (.senderNotAllowed, 200, "refused"),
        (.commandsDisabled, 200, "refused"), (.commandNotAllowed, 200, "refused"),
    ]

    @Test("every reason has its status and its public word")
    func statuses() {
        #expect(Set(Self.table.map(\.0)) == Set(Refusal.allCases))
        for (refusal, status, code) in Self.table {
            #expect(refusal.status == status)
            #expect("\(refusal.publicCode)" == code)
        }
    }

    @Test("a problem document never says which part of an authentication failed")
    func sameAnswer() throws {
        let id = [UInt8](text: "0123456789abcdef00000001")
        let answers = [Refusal.signatureMissing, .signatureInvalid].map { HTTPResponse.refusal($0, requestID: id).body }
        #expect(answers[0] == answers[1])
        let off = HTTPResponse.refusal(.channelOff, requestID: id)
        let unknown = HTTPResponse.refusal(.routeUnknown, requestID: id)
        #expect(off.body == unknown.body && off.status == unknown.status)
    }

    @Test("who should come back is told when, who should show a token is told which kind")
    func fields() {
        func lines(_ reason: Refusal) -> [String] {
            HTTPResponse.refusal(reason, requestID: []).fields.map { "\($0.name): \($0.value.text)" }
        }
        #expect(lines(.backlogFull) == ["Retry-After: 5"])
        #expect(lines(.authenticationRequired) == ["WWW-Authenticate: Bearer"])
        #expect(lines(.signatureInvalid) == [])
    }
}
