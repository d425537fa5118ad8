// What calls to the channels' APIs have in common: the shape of a request, and the wait that a provider asks for.
// Values; used by the encoders and judges of this folder.

/// The API of a provider: where it is and who we are there.
struct ChannelAPI: Sendable {
    let url: HTTPURL
    /// Credentials, beside `Content-Type`.
    let fields: [OutboundField]

    /// `POST` of a JSON document to a path below the base URL.
    ///
    /// - Parameters:
    ///   - more: fields of this request alone.
    ///   - isRepeatable: a second arrival has no effect.
    func post(
        _ path: [UInt8], _ json: JSONWriter, more: [OutboundField] = [], isRepeatable: Bool = false
    ) -> OutboundRequest {
        let type = OutboundField(name: "Content-Type", value: OutboundField.json)
        return request(.post, path, type, more, json.bytes, isRepeatable: isRepeatable)
    }

    /// `POST` of a form; never repeatable.
    func post(_ path: [UInt8], form: FormWriter) -> OutboundRequest {
        let type = OutboundField(name: "Content-Type", value: [UInt8](text: "application/x-www-form-urlencoded"))
        return request(.post, path, type, [], form.bytes, isRepeatable: false)
    }

    /// `GET` of a path below the base URL.
    func get(_ path: [UInt8], responseMax: ByteCount) -> OutboundRequest {
        request(.get, path, nil, [], [], isRepeatable: true, responseMax: responseMax)
    }

    private func request(
        _ method: HTTPMethod, _ path: [UInt8], _ type: OutboundField?, _ more: [OutboundField], _ body: [UInt8],
        isRepeatable: Bool, responseMax: ByteCount = Limits.channelResponseMax
    ) -> OutboundRequest {
        var target: [UInt8] = []
        target.reserveCapacity(url.target.count + path.count)
        target += url.target
        while target.last == 0x2F { target.removeLast() }
        target += path
        var all: [OutboundField] = []
        all.reserveCapacity(fields.count + 1 + more.count)
        all += fields
        if let type { all.append(type) }
        all += more
        return OutboundRequest(
            purpose: .delivery, method: method, origin: url.origin, target: target, fields: all,
            body: body, timeout: Limits.deliveryTimeout, responseMax: responseMax, isRepeatable: isRepeatable)
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
