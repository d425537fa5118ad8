// What a webhook's body must look like beside its proof (CONTRACT §4). Asked after the proof, so that a stranger
// learns nothing but 401. Pure, called by `authenticate` of the channels.

enum WebhookShape {
    /// - Throws: `.contentTypeWrong` unless there is one `application/json`, with or without parameters;
    ///   `.contentEncoded` for any coding but `identity`, because the proof covers the octets as sent.
    static func requireJSON(_ head: HTTPRequestHead) throws(Refusal) { try require(head, ["application/json"]) }

    /// The same for forms and JSON: Twilio sends both.
    static func requireFormOrJSON(_ head: HTTPRequestHead) throws(Refusal) {
        try require(head, ["application/x-www-form-urlencoded", "application/json"])
    }

    /// Whether there is one `Content-Type` and it is this media type.
    static func isMedia(_ head: HTTPRequestHead, _ type: StaticString) -> Bool {
        guard let value = head.only("Content-Type") else { return false }
        return ASCII.equalIgnoringCase(HTTPSyntax.trimmed(value.prefix { $0 != 0x3B }), type)
    }

    private static func require(_ head: HTTPRequestHead, _ types: [StaticString]) throws(Refusal) {
        guard types.contains(where: { isMedia(head, $0) }) else { throw .contentTypeWrong }
        guard head.count("Content-Encoding") > 0 else { return }
        guard let coding = head.only("Content-Encoding"), ASCII.equalIgnoringCase(coding, "identity") else {
            throw .contentEncoded
        }
    }
}
