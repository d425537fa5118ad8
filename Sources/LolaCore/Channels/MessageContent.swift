// What the sender put into one message, read by a channel's decoder: the part of `InboundMessage` that depends on
// the kind of message. Plain values and the small readers that all decoders share.

struct MessageContent: Sendable {
    var type: MessageType
    var text: [UInt8]?
    var choiceID: [UInt8]?
    var startPayload: [UInt8]?
    var attachments: [Attachment] = []
    /// The sender has shared the own contact, and nothing in it can be a number.
    var isOwnContactUnreadable = false

    init(_ type: MessageType, text: [UInt8]? = nil, choiceID: [UInt8]? = nil, attachments: [Attachment] = []) {
        self.type = type
        self.text = text
        self.choiceID = choiceID
        self.attachments = attachments
    }

    /// The number that the sender has proven to own by sharing the own contact; empty when that holds none.
    var ownPhone: [UInt8]? {
        for case .contact(_, let phone?, isOwn: true) in attachments { return phone }
        return isOwnContactUnreadable ? [] : nil
    }
}

extension JSONView {
    /// The text of a string that is not empty: channels write "" for what is absent.
    var filledText: [UInt8]? {
        guard let text = textBytes, !text.isEmpty else { return nil }
        return text
    }

    /// The view itself unless it is `null`: channels write that, too, for what is absent.
    var present: JSONView? { isNull ? nil : self }

    /// `latitude` and `longitude` of an object, when they are a place on earth.
    func location(name: [UInt8]?) -> Attachment? {
        guard let latitude = self["latitude"]?.double, let longitude = self["longitude"]?.double else { return nil }
        guard (-90...90).contains(latitude), (-180...180).contains(longitude) else { return nil }
        return .location(latitude: latitude, longitude: longitude, name: name)
    }

    /// Seconds since 1970, as a number or as decimal text, up to the year 9999.
    var unixTime: WallTime? {
        let seconds = integer ?? textBytes.flatMap { ASCII.decimal($0) }.map { Int64($0) }
        guard let seconds, (0...253_402_300_799).contains(seconds) else { return nil }
        return WallTime(seconds: seconds)
    }
}
