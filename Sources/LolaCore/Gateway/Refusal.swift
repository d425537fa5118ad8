// Every reason for which Lola turns something away: one closed list, so that the HTTP status, the log word,
// the metric label and the test that names it cannot drift apart.

enum Refusal: String, Error, Hashable, Sendable, CaseIterable {
    // Webhooks, before anything is parsed
    case signatureMissing = "signature_missing"
    case signatureInvalid = "signature_invalid"
    /// Signed, but at another time than now.
    case signatureStale = "signature_stale"
    case contentTypeWrong = "content_type_wrong"
    case contentEncoded = "content_encoded"
    case challengeInvalid = "challenge_invalid"
    case channelOff = "channel_off"
    case backlogFull = "backlog_full"
    case storeUnavailable = "store_unavailable"
    /// So many webhooks of addresses with refused ones wait for their check that another cannot.
    case flooded

    // Routes
    case routeUnknown = "not_found"
    case methodUnknown = "method_unknown"
    case methodNotAllowed = "method_not_allowed"
    case lengthRequired = "length_required"
    case authenticationRequired = "unauthorized"
    /// A caller who is known and may not do this.
    case accessDenied = "access_denied"
    /// On the denylist, or not on the allowlist of the management listener.
    case addressDenied = "address_denied"
    case rateLimited = "rate_limited"
    case lockedOut = "locked_out"
    /// A page of somebody else that a browser shows.
    case originRefused = "origin_refused"
    /// A name under which nobody was told to reach us.
    case hostUnknown = "host_unknown"
    /// The client takes no answer that we could give.
    case notAcceptable = "not_acceptable"
    case bodyInvalid = "body_invalid"
    case fieldInvalid = "field_invalid"
    case recordUnreadable = "record_unreadable"
    /// What is asked for must stand in the audit trail, and the trail cannot be written or read.
    case auditUnavailable = "audit_unavailable"
    /// A dead letter whose message is not over yet: its notice is on its way.
    case messageInHand = "message_in_hand"
    /// Something of that name is there already.
    case exists
    /// As many as may be kept are kept.
    case quotaReached = "quota_reached"
    /// Credentials of providers need CREDENTIALS_ENCRYPTION_KEY.
    case credentialsKeyMissing = "credentials_key_missing"

    // Tickets and callbacks (CONTRACT §7)
    case sessionInvalid = "session_invalid"
    /// A session, or a body, of another ticket than that of the callback.
    case ticketForeign = "ticket_foreign"
    /// Somebody else closed the ticket at the same moment.
    case callbackLost = "callback_lost"
    /// Used, revoked or expired.
    case ticketClosed = "ticket_closed"
    case payloadInvalid = "payload_invalid"
    /// What is said to be sealed to the ticket's key does not open.
    case sealInvalid = "seal_invalid"
    case cardDataRefused = "card_data_refused"
    /// A callback key has made as many tokens as one key may.
    case callbackKeyExhausted = "callback_key_exhausted"

    // Pipeline
    case senderNotAllowed = "sender_not_allowed"
    case commandsDisabled = "commands_disabled"
    case commandNotAllowed = "command_not_allowed"
    /// Nobody wrote it: an automatic reply.
    case automaticMessage = "automatic_message"
    /// The provider has answered its own keyword.
    case answeredByProvider = "answered_by_provider"
    /// STOP, START or HELP: Lola answers itself.
    case optWord = "opt_word"

    /// The status when the refusal answers an HTTP request; pipeline refusals never do.
    var status: Int {
        switch self {
        case .signatureMissing, .signatureInvalid, .signatureStale, .authenticationRequired, .sessionInvalid: 401
        case .contentTypeWrong, .contentEncoded: 415
        case .challengeInvalid, .accessDenied, .addressDenied, .ticketForeign, .originRefused: 403
        case .hostUnknown: 421
        case .notAcceptable: 406
        case .rateLimited, .lockedOut: 429
        case .channelOff, .routeUnknown: 404
        case .backlogFull, .storeUnavailable, .auditUnavailable, .flooded, .callbackKeyExhausted: 503
        case .recordUnreadable, .messageInHand, .exists, .quotaReached, .credentialsKeyMissing, .callbackLost: 409
        case .ticketClosed: 410
        case .payloadInvalid, .sealInvalid, .cardDataRefused: 422
        case .methodUnknown: 501
        case .methodNotAllowed: 405
        case .lengthRequired: 411
        case .bodyInvalid, .fieldInvalid: 400
        case .senderNotAllowed, .commandsDisabled, .commandNotAllowed, .automaticMessage, .answeredByProvider,
            .optWord:
            200
        }
    }

    /// What the outside may read. Never says which part of an authentication failed (CONTRACT §4).
    var publicCode: String {
        switch self {
        case .signatureMissing, .signatureInvalid, .signatureStale, .authenticationRequired, .sessionInvalid:
            "unauthorized"
        case .contentTypeWrong, .contentEncoded: "unsupported_media_type"
        case .challengeInvalid, .accessDenied, .addressDenied, .ticketForeign, .originRefused: "forbidden"
        case .hostUnknown: "misdirected"
        case .notAcceptable: "not_acceptable"
        case .rateLimited, .lockedOut: "too_many_requests"
        case .channelOff, .routeUnknown: "not_found"
        case .backlogFull, .storeUnavailable, .auditUnavailable, .flooded, .callbackKeyExhausted: "unavailable"
        case .callbackLost: "conflict"
        case .ticketClosed: "gone"
        case .payloadInvalid, .sealInvalid: "invalid_payload"
        case .cardDataRefused: "card_data_refused"
        case .recordUnreadable: "unreadable"
        case .messageInHand: "in_hand"
        case .exists: "exists"
        case .quotaReached: "quota_reached"
        case .credentialsKeyMissing: "credentials_key_missing"
        case .methodUnknown: "not_implemented"
        case .methodNotAllowed: "method_not_allowed"
        case .lengthRequired: "length_required"
        case .bodyInvalid: "invalid_body"
        case .fieldInvalid: "invalid_field"
        case .senderNotAllowed, .commandsDisabled, .commandNotAllowed, .automaticMessage, .answeredByProvider,
            .optWord:
            "refused"
        }
    }
}

extension HTTPResponse {
    /// The problem document of a refusal, with the fields its status calls for.
    static func refusal(_ refusal: Refusal, requestID: [UInt8]) -> HTTPResponse {
        var response = problem(refusal.status, code: refusal.publicCode, requestID: requestID)
        switch refusal {
        case .backlogFull, .storeUnavailable, .auditUnavailable:
            response.fields.append(ResponseField(name: "Retry-After", value: [UInt8](text: "5")))
        case .flooded:
            response.fields.append(ResponseField(name: "Retry-After", value: [UInt8](text: "1")))
        case .addressDenied:
            // Nothing of this caller is read but the head.
            response.closes = true
        case .lengthRequired:
            // A body of unknown length may follow: nothing after the head can be taken for a request.
            response.closes = true
        case .authenticationRequired, .sessionInvalid:
            response.fields.append(ResponseField(name: "WWW-Authenticate", value: [UInt8](text: "Bearer")))
        default: break
        }
        return response
    }
}
