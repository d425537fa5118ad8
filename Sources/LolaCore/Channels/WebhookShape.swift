// What every webhook with a JSON body must look like beside its proof (CONTRACT §4). Asked after the proof, so that
// a stranger learns nothing but 401. Pure, called by `authenticate` of the channels.

enum WebhookShape {
    /// - Throws: `.contentTypeWrong` unless there is one `application/json`, with or without parameters;
    ///   `.contentEncoded` for any coding but `identity`, because the proof covers the octets as sent.
    static func requireJSON(_ head: HTTPRequestHead) throws(Refusal) {
        guard head.count("Content-Type") == 1, let type = head.field("Content-Type") else { throw .contentTypeWrong }
        let media = HTTPSyntax.trimmed(type.prefix { $0 != 0x3B })
        guard ASCII.equalIgnoringCase(media, "application/json") else { throw .contentTypeWrong }
        guard head.count("Content-Encoding") > 0 else { return }
        guard head.count("Content-Encoding") == 1, let coding = head.field("Content-Encoding"),
            ASCII.equalIgnoringCase(coding, "identity")
        else { throw .contentEncoded }
    }
}
