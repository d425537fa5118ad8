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
    case bodyInvalid = "body_invalid"
    case fieldInvalid = "field_invalid"
    case recordUnreadable = "record_unreadable"
    /// A dead letter whose message is not over yet: its notice is on its way.
    case messageInHand = "message_in_hand"

    // Pipeline
    case senderNotAllowed = "sender_not_allowed"
    case commandsDisabled = "commands_disabled"
    case commandNotAllowed = "command_not_allowed"
    /// Nobody wrote it: an automatic reply.
    case automaticMessage = "automatic_message"
    /// The provider has answered its own keyword.
    case answeredByProvider = "answered_by_provider"

    /// The status when the refusal answers an HTTP request; pipeline refusals never do.
    var status: Int {
        switch self {
        case .signatureMissing, .signatureInvalid, .signatureStale, .authenticationRequired: 401
        case .contentTypeWrong, .contentEncoded: 415
        case .challengeInvalid: 403
        case .channelOff, .routeUnknown: 404
        case .backlogFull, .storeUnavailable, .flooded: 503
        case .recordUnreadable, .messageInHand: 409
        case .methodUnknown: 501
        case .methodNotAllowed: 405
        case .lengthRequired: 411
        case .bodyInvalid, .fieldInvalid: 400
        case .senderNotAllowed, .commandsDisabled, .commandNotAllowed, .automaticMessage, .answeredByProvider: 200
        }
    }

    /// What the outside may read. Never says which part of an authentication failed (CONTRACT §4).
    var publicCode: StaticString {
        switch self {
        case .signatureMissing, .signatureInvalid, .signatureStale, .authenticationRequired: "unauthorized"
        case .contentTypeWrong, .contentEncoded: "unsupported_media_type"
        case .challengeInvalid: "forbidden"
        case .channelOff, .routeUnknown: "not_found"
        case .backlogFull, .storeUnavailable, .flooded: "unavailable"
        case .recordUnreadable: "unreadable"
        case .messageInHand: "in_hand"
        case .methodUnknown: "not_implemented"
        case .methodNotAllowed: "method_not_allowed"
        case .lengthRequired: "length_required"
        case .bodyInvalid: "invalid_body"
        case .fieldInvalid: "invalid_field"
        case .senderNotAllowed, .commandsDisabled, .commandNotAllowed, .automaticMessage, .answeredByProvider:
            "refused"
        }
    }
}

extension HTTPResponse {
    /// The problem document of a refusal, with the fields its status calls for.
    static func refusal(_ refusal: Refusal, requestID: [UInt8]) -> HTTPResponse {
        var response = problem(refusal.status, code: refusal.publicCode, requestID: requestID)
        switch refusal {
        case .backlogFull, .storeUnavailable:
            response.fields.append(ResponseField(name: "Retry-After", value: [UInt8](text: "5")))
        case .flooded:
            response.fields.append(ResponseField(name: "Retry-After", value: [UInt8](text: "1")))
        case .lengthRequired:
            // A body of unknown length may follow: nothing after the head can be taken for a request.
            response.closes = true
        case .authenticationRequired:
            response.fields.append(ResponseField(name: "WWW-Authenticate", value: [UInt8](text: "Bearer")))
        default: break
        }
        return response
    }
}
