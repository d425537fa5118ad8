// What Telegram's answer to `sendMessage` means (reference: protocols §2). Decided by codes; descriptions are for
// people and are not looked at. Pure.

enum TelegramJudge {
    static func verdict(on response: OutboundResponse) -> DeliveryVerdict {
        let root = (try? JSONDocument.parse(response.body))?.root
        let code = root?["error_code"]?.integer ?? Int64(response.status)
        let parameters = root?["parameters"]
        let after = parameters?["retry_after"]?.integer.map { RetryAfter.interval(seconds: $0) }
        let wait = after ?? RetryAfter.interval(response.head)
        switch code {
        case 200...299:
            // Accepted even when the answer is not understood: to send again would be to send twice.
            return .accepted(providerID: root?["result"]?["message_id"]?.integer.map(decimal) ?? [])
        case 401, 404:
            return .alarm(word: "token_invalid")
        case 403:
            // The person has blocked the bot or has left Telegram.
            return .final(word: "recipient_refused")
        case 429:
            return .retry(word: "rate_limited", after: wait)
        case 408, 425, 500...599:
            return .retry(word: "provider_unavailable", after: wait)
        default:
            let hasMoved = parameters?["migrate_to_chat_id"]?.integer != nil
            return .final(word: hasMoved ? "chat_moved" : "request_refused")
        }
    }

    private static func decimal(_ value: Int64) -> [UInt8] {
        var out: [UInt8] = []
        ASCII.append(Int(value), to: &out)
        return out
    }
}
