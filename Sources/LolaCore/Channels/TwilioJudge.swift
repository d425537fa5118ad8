// What Twilio's answer to a message or a call means (reference: protocols §3). Decided by the error code; messages are
// for people and are not looked at. Pure.

enum TwilioJudge {
    /// The person has told Twilio to stop: nothing goes to this number until they write START.
    static let optedOut = 21_610
    static let refusedByStop = DeliveryVerdict.final(word: "opted_out")

    static func verdict(on response: OutboundResponse) -> DeliveryVerdict {
        let root = (try? JSONDocument.parse(response.body))?.root
        let after = RetryAfter.interval(response.head)
        if (200...299).contains(response.status) {
            return taken(root)
        }
        guard let code = root?["code"]?.integer else { return verdict(status: response.status, after: after) }
        return verdict(code: code, status: response.status, after: after)
    }

    /// What Twilio has taken it may have given up at once, and says so. An answer without an id says nothing at all.
    private static func taken(_ root: JSONView?) -> DeliveryVerdict {
        if let status = root?["status"]?.text, ["failed", "undelivered", "canceled"].contains(status) {
            return givenUp(root?["error_code"]?.integer)
        }
        guard let id = root?["sid"]?.textBytes, !id.isEmpty else { return .unclear(word: "answer_unclear") }
        return .accepted(providerID: id)
    }

    /// Final whatever the code: Twilio would answer the same message again with a new id.
    private static func givenUp(_ code: Int64?) -> DeliveryVerdict {
        guard let code else { return .final(word: "undeliverable") }
        switch verdict(code: code, status: 400, after: nil) {
        case .retry(let word, _), .final(let word), .alarm(let word), .unclear(let word): return .final(word: word)
        case .accepted: return .final(word: "undeliverable")
        }
    }

    private static func verdict(code: Int64, status: Int, after: Interval?) -> DeliveryVerdict {
        switch code {
        case Int64(optedOut): refusedByStop
        case 20_003, 20_004, 20_006, 20_008: .alarm(word: "token_invalid")
        case 20_005, 30_002: .alarm(word: "account_locked")
        case 20_404, 21_212, 21_603, 21_606, 21_659, 21_660, 30_034, 63_007: .alarm(word: "sender_invalid")
        case 20_429, 14_107, 21_611, 30_001, 63_018: .retry(word: "rate_limited", after: after)
        case 20_500, 20_503: .retry(word: "provider_unavailable", after: after)
        // No number, no mobile number, one that no carrier reaches.
        case 21_211, 21_214, 21_217, 21_614, 30_003, 30_005, 30_006, 63_003, 63_024: .final(word: "undeliverable")
        case 21_408, 21_612: .final(word: "recipient_refused")
        case 30_004: .final(word: "recipient_refused")
        case 30_007: .final(word: "filtered")
        case 63_016: .final(word: "window_closed")
        case 30_022, 30_023, 63_038: .final(word: "messaging_limit")
        default: verdict(status: status, after: after)
        }
    }

    private static func verdict(status: Int, after: Interval?) -> DeliveryVerdict {
        switch status {
        case 401, 403: .alarm(word: "token_invalid")
        case 429: .retry(word: "rate_limited", after: after)
        case 408, 425, 500...: .retry(word: "provider_unavailable", after: after)
        default: .final(word: "request_refused")
        }
    }
}
