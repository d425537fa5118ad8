// Why a tool does not do what it was asked, in words that a model can act on: as the result of a call over MCP, as a
// problem document over REST. Pure values.

struct ToolFault: Error, Sendable {
    enum Code: String, CaseIterable, Sendable {
        case agentRequired = "agent_required"
        case agentForeign = "agent_foreign"
        case agentUnknown = "agent_unknown"
        case scopeMissing = "scope_missing"
        case adminRequired = "admin_required"
        case argumentsInvalid = "arguments_invalid"
        case notFound = "not_found"
        case exists
        case quotaReached = "quota_reached"
        case credentialsKeyMissing = "credentials_key_missing"
        /// The provider does not take the credentials.
        case credentialsRefused = "credentials_refused"
        case providerUnavailable = "provider_unavailable"
        case unavailable

        /// Over REST, as the same refusals of `/v1/messages` and of the admin surface have it.
        var status: Int {
            switch self {
            case .agentRequired, .argumentsInvalid: 400
            case .agentForeign, .agentUnknown, .scopeMissing, .adminRequired: 403
            case .notFound: 404
            case .exists, .quotaReached, .credentialsKeyMissing: 409
            case .credentialsRefused: 422
            case .providerUnavailable, .unavailable: 503
            }
        }
    }

    private enum Cause: Sendable {
        case own(Code, String)
        /// The outbound gate's, at a time.
        case gate(OutboundRefusal, WallTime)
    }

    private let cause: Cause

    init(_ code: Code, _ text: String) { cause = .own(code, text) }
    init(_ refusal: OutboundRefusal, at now: WallTime) { cause = .gate(refusal, now) }

    /// The refusals of the desks behind the tools.
    init(_ refusal: Refusal) {
        switch refusal {
        case .routeUnknown: self.init(.notFound, "There is nothing of that id that you may see.")
        case .exists: self.init(.exists, "There is one of that name already.")
        case .quotaReached: self.init(.quotaReached, "As many as may be kept are kept.")
        case .credentialsKeyMissing:
            self.init(.credentialsKeyMissing, "The gateway has no CREDENTIALS_ENCRYPTION_KEY: nothing can be sealed.")
        case .bodyInvalid, .fieldInvalid: self.init(.argumentsInvalid, "The arguments are not right together.")
        case .accessDenied: self.init(.scopeMissing, "The token may not do this.")
        default: self.init(.unavailable, "The gateway cannot do this now. Nothing was changed. Try again in a while.")
        }
    }

    /// The closed word of the refusal.
    var code: String {
        switch cause {
        case .own(let code, _): code.rawValue
        case .gate(let refusal, _): refusal.code.rawValue
        }
    }

    /// `{error, code, limitType?, current?, max?, retryAfterSeconds?, resetsAt?, nextAllowedAt?}` (CONTRACT §9).
    var json: [UInt8] {
        var writer = JSONWriter(capacity: 384)
        writer.object { writer in
            switch cause {
            case .own(let code, let text):
                writer.member("error", text)
                writer.member("code", code.rawValue)
            case .gate(let refusal, let now):
                writer.member("error", refusal.sentence(at: now))
                writer.member("code", refusal.code.rawValue)
                OutboundJSON.members(refusal, &writer, at: now)
            }
        }
        return writer.bytes
    }

    /// The same over REST, the sentence as `detail`.
    func problem(requestID: [UInt8]) -> HTTPResponse {
        switch cause {
        case .gate(let refusal, let now): return OutboundJSON.problem(refusal, requestID: requestID, at: now)
        case .own(let code, let text):
            var response = HTTPResponse.problem(code.status, code: code.rawValue, requestID: requestID) { writer in
                writer.member("detail", text)
            }
            if response.status == 503 {
                response.fields.append(ResponseField(name: "Retry-After", value: [UInt8](text: "5")))
            }
            return response
        }
    }
}
