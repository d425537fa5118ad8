// What Resend's answer to a mail means (reference: protocols §4). Decided by status and name of the error; messages
// are for people and are not looked at. Pure.

enum ResendJudge {
    static func verdict(on response: OutboundResponse) -> DeliveryVerdict {
        let root = (try? JSONDocument.parse(response.body))?.root
        let after = RetryAfter.interval(response.head)
        let name = root?["name"]?.text ?? ""
        switch response.status {
        case 200...299:
            // Accepted even when the answer is not understood: to send again would be to send twice.
            return .accepted(providerID: root?["id"]?.textBytes ?? [])
        case 401: return .alarm(word: "token_invalid")
        case 403: return .alarm(word: name == "validation_error" ? "sender_invalid" : "token_invalid")
        case 409:
            // Under this key another text has gone out before: the person has an answer.
            return name == "invalid_idempotent_request"
                ? .accepted(providerID: []) : .retry(word: "provider_unavailable", after: after)
        case 429:
            let isQuota = name == "daily_quota_exceeded" || name == "monthly_quota_exceeded"
            return isQuota ? .alarm(word: "quota_exceeded") : .retry(word: "rate_limited", after: after)
        case 408, 425, 500...: return .retry(word: "provider_unavailable", after: after)
        default: return .final(word: "request_refused")
        }
    }
}
