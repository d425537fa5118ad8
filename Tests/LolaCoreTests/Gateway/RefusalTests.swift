import Testing

@testable import LolaCore

@Suite("Refusals: what the outside is told (CONTRACT §4)")
struct RefusalTests {
    /// Reason, status, public code. Several reasons share one code: which part of a proof failed is not said.
    private static let table: [(reason: Refusal, status: Int, code: String)] = [
        (.signatureMissing, 401, "unauthorized"), (.signatureInvalid, 401, "unauthorized"),
        (.signatureStale, 401, "unauthorized"),
        (.authenticationRequired, 401, "unauthorized"), (.challengeInvalid, 403, "forbidden"),
        (.contentTypeWrong, 415, "unsupported_media_type"), (.contentEncoded, 415, "unsupported_media_type"),
        (.accessDenied, 403, "forbidden"), (.addressDenied, 403, "forbidden"),
        (.rateLimited, 429, "too_many_requests"), (.lockedOut, 429, "too_many_requests"),
        (.channelOff, 404, "not_found"), (.routeUnknown, 404, "not_found"), (.backlogFull, 503, "unavailable"),
        (.flooded, 503, "unavailable"), (.storeUnavailable, 503, "unavailable"),
        (.auditUnavailable, 503, "unavailable"),
        (.recordUnreadable, 409, "unreadable"),
        (.messageInHand, 409, "in_hand"), (.exists, 409, "exists"), (.quotaReached, 409, "quota_reached"),
        (.credentialsKeyMissing, 409, "credentials_key_missing"),
        (.sessionInvalid, 401, "unauthorized"), (.ticketForeign, 403, "forbidden"), (.callbackLost, 409, "conflict"),
        (.ticketClosed, 410, "gone"), (.payloadInvalid, 422, "invalid_payload"), (.sealInvalid, 422, "invalid_payload"),
        (.cardDataRefused, 422, "card_data_refused"), (.callbackKeyExhausted, 503, "unavailable"),
        (.methodUnknown, 501, "not_implemented"), (.methodNotAllowed, 405, "method_not_allowed"),
        (.lengthRequired, 411, "length_required"), (.bodyInvalid, 400, "invalid_body"),
        (.fieldInvalid, 400, "invalid_field"), (.senderNotAllowed, 200, "refused"),
        (.commandsDisabled, 200, "refused"), (.commandNotAllowed, 200, "refused"),
        (.automaticMessage, 200, "refused"), (.answeredByProvider, 200, "refused"), (.optWord, 200, "refused"),
        (.originRefused, 403, "forbidden"), (.hostUnknown, 421, "misdirected"), (.notAcceptable, 406, "not_acceptable"),
    ]

    @Test("every reason has its row")
    func complete() {
        #expect(Self.table.map(\.reason).sorted { $0.rawValue < $1.rawValue }
            == Refusal.allCases.sorted { $0.rawValue < $1.rawValue })
    }

    @Test("status and code are as the table says, and the reason itself stays inside")
    func answers() throws {
        for row in Self.table {
            let response = HTTPResponse.refusal(row.reason, requestID: [UInt8](text: "r-1"))
            let body = try JSONDocument.parse(response.body).root
            #expect(response.status == row.status, "\(row.reason)")
            #expect(body["code"]?.text == row.code, "\(row.reason)")
            #expect(body["status"]?.integer == Int64(row.status))
            #expect(body["request_id"]?.text == "r-1")
            let isInside = row.reason.rawValue == row.code || !response.body.text.contains(row.reason.rawValue)
            #expect(isInside, "\(row.reason)")
        }
    }

    @Test("without a length no end is known, and a denied address is not read: both close, no other does")
    func closing() {
        for refusal in Refusal.allCases {
            let closes = [.lengthRequired, .addressDenied].contains(refusal)
            #expect(HTTPResponse.refusal(refusal, requestID: []).closes == closes, "\(refusal)")
        }
    }

    @Test("who should come back is told when, who should show a token is told which kind")
    func fields() {
        func names(_ reason: Refusal) -> [String] {
            HTTPResponse.refusal(reason, requestID: []).fields.map { "\($0.name): \($0.value.text)" }
        }
        #expect(names(.backlogFull) == ["Retry-After: 5"])
        #expect(names(.authenticationRequired) == ["WWW-Authenticate: Bearer"])
        #expect(names(.sessionInvalid) == ["WWW-Authenticate: Bearer"])
        #expect(names(.flooded) == ["Retry-After: 1"])
        #expect(names(.signatureInvalid) == [])
    }
}
