// What Meta's answer to a message means (reference: protocols §1.5). Decided by the error code; titles and details
// change without notice and are not looked at. Pure.

enum WhatsAppJudge {
    /// 131026: no WhatsApp there, an old client, or the other form of the number.
    static let undeliverable = DeliveryVerdict.final(word: "undeliverable")

    static func verdict(on response: OutboundResponse) -> DeliveryVerdict {
        let root = (try? JSONDocument.parse(response.body))?.root
        let after = RetryAfter.interval(response.head)
        if let code = root?["error"]?["code"]?.integer {
            return verdict(code: code, status: response.status, after: after)
        }
        if (200...299).contains(response.status) {
            // Accepted even when the answer is not understood: to send again would be to send twice.
            return .accepted(providerID: root?["messages"]?[0]?["id"]?.textBytes ?? [])
        }
        return verdict(status: response.status, after: after)
    }

    private static func verdict(code: Int64, status: Int, after: Interval?) -> DeliveryVerdict {
        switch code {
        case 0, 190: .alarm(word: "token_invalid")
        case 3, 10, 200...299, 131_005: .alarm(word: "permission_missing")
        case 4, 80_007, 130_429: .retry(word: "rate_limited", after: after)
        case 131_056:
            .retry(word: "pair_rate_limited", after: max(after ?? .zero, Limits.whatsAppPairInterval))
        case 1, 2, 131_000, 131_016, 131_057, 133_004: .retry(word: "provider_unavailable", after: after)
        case 131_026: undeliverable
        case 131_048, 131_049, 131_064: .final(word: "messaging_limit")
        case 131_047: .final(word: "window_closed")
        case 131_021, 131_030, 131_062: .final(word: "recipient_refused")
        case 131_031: .alarm(word: "account_locked")
        case 131_042: .alarm(word: "payment_missing")
        case 100, 131_008, 131_009, 131_051, 132_000...132_999: .final(word: "request_refused")
        default: verdict(status: status, after: after)
        }
    }

    private static func verdict(status: Int, after: Interval?) -> DeliveryVerdict {
        switch status {
        case 401, 403: .alarm(word: "permission_missing")
        case 429: .retry(word: "rate_limited", after: after)
        case 408, 425, 500...: .retry(word: "provider_unavailable", after: after)
        default: .final(word: "request_refused")
        }
    }
}
