// `lola verify twilio`: the reader of `X-Twilio-Signature`. Which address was signed is the usual question, for
// Twilio signs the one it called and a proxy shows another.

enum VerifyTwilio {
    static func finding(
        _ invocation: Invocation, _ variables: ToolVariables, _ body: [UInt8], _ signature: [UInt8]
    ) -> Result<VerifyCommand.Finding, VerifyFault> {
        guard let token = invocation.flags["secret"] ?? variables.value("TWILIO_AUTH_TOKEN"), !token.isEmpty else {
            return .failure(.unset("TWILIO_AUTH_TOKEN"))
        }
        guard let url = invocation.flags["url"].map({ [UInt8](text: $0) }), HTTPURL(url) != nil else {
            return .failure(.usage("--url: the whole address that Twilio called is expected"))
        }
        let code = Base64.decode(signature, .standard)
        var list: [VerifyCommand.Variant] = []
        func add(_ name: String, url: [UInt8], body: [UInt8], token: [UInt8], isForm: Bool = true) {
            list.append(.init(name: name) { matches(code, url, body, token, isForm: isForm) })
        }
        let key = [UInt8](text: token)
        add("the address and the form as they are, with the auth token", url: url, body: body, token: key)
        add("the address alone (a JSON body, or a GET)", url: url, body: body, token: key, isForm: false)
        if let previous = variables.value("TWILIO_AUTH_TOKEN_PREVIOUS"), !previous.isEmpty {
            add("the previous auth token", url: url, body: body, token: [UInt8](text: previous))
        }
        for (name, other) in addresses(url, variables) { add(name, url: other, body: body, token: key) }
        for (name, other) in VerifyCommand.changedBodies(body) { add(name, url: url, body: other, token: key) }
        add("the auth token with a line feed at its end", url: url, body: body, token: key + [0x0A])
        let form = code?.count == 20 ? nil : "the base64 of 20 octets is expected"
        return .success(VerifyCommand.Finding(form: form, list))
    }

    private static func matches(
        _ code: [UInt8]?, _ url: [UInt8], _ body: [UInt8], _ token: [UInt8], isForm: Bool
    ) -> Bool {
        guard let code, !token.isEmpty else { return false }
        let fields = isForm ? try? FormFields(body[...]).pairs : []
        guard let fields else { return false }
        return TwilioProof(publicURL: [], authTokens: [SecretBytes(token)], sharedKey: nil).isSigned(url, fields, code)
    }

    /// Addresses that proxies and settings make of one.
    private static func addresses(_ url: [UInt8], _ variables: ToolVariables) -> [(String, [UInt8])] {
        var list: [(String, [UInt8])] = []
        let text = url.text
        let start = text.hasPrefix("https://") ? 8 : 7
        let rest = String(text.dropFirst(start))
        list.append(("the address with the other scheme", [UInt8](text: (start == 8 ? "http://" : "https://") + rest)))
        let target = rest.firstIndex { $0 == "/" || $0 == "?" }.map { String(rest[$0...]) } ?? "/"
        if let own = variables.value("LOLA_PUBLIC_URL") {
            let base = own.hasSuffix("/") ? String(own.dropLast()) : own
            list.append(("the public URL of the settings, \(base)", [UInt8](text: base + target)))
        }
        let path = target.prefix { $0 != "?" }
        list.append(("the address without its query", [UInt8](text: String(text.prefix { $0 != "?" }))))
        let isSlashed = path.hasSuffix("/")
        let other = isSlashed ? String(text.prefix { $0 != "?" }.dropLast()) : text.prefix { $0 != "?" } + "/"
        let query = text.firstIndex(of: "?").map { String(text[$0...]) } ?? ""
        list.append(
            (
                isSlashed ? "the address without its last slash" : "the address with a slash at its end",
                [UInt8](text: other + query)
            ))
        return list
    }
}
