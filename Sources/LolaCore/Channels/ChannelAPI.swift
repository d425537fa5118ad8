// What calls to the channels' APIs have in common: the shape of a request, and the wait that a provider asks for.
// Values; used by the encoders and judges of this folder.

/// The API of a provider: where it is and who we are there.
struct ChannelAPI: Sendable {
    let url: HTTPURL
    /// Credentials, beside `Content-Type`.
    let fields: [OutboundField]

    /// `POST` of a JSON document to a path below the base URL.
    ///
    /// - Parameter isRepeatable: a second arrival has no effect.
    func post(_ path: [UInt8], _ json: JSONWriter, isRepeatable: Bool = false) -> OutboundRequest {
        var target = url.target
        while target.last == 0x2F { target.removeLast() }
        return OutboundRequest(
            purpose: .delivery, method: .post, origin: url.origin, target: target + path,
            fields: fields + [OutboundField(name: "Content-Type", value: OutboundField.json)],
            body: json.bytes, timeout: Limits.deliveryTimeout, responseMax: Limits.channelResponseMax,
            isRepeatable: isRepeatable)
    }
}

enum RetryAfter {
    /// The `Retry-After` of an answer in seconds; nil for none and for the date form, which providers do not use.
    static func interval(_ head: HTTPResponseHead) -> Interval? {
        guard let text = head.field("Retry-After"), let seconds = ASCII.decimal(text) else { return nil }
        return interval(seconds: Int64(seconds))
    }

    /// A wait between nothing and `Limits.deliveryRetryAfterMax`.
    static func interval(seconds: Int64) -> Interval {
        .seconds(min(max(seconds, 0), Limits.deliveryRetryAfterMax.inSeconds))
    }
}
