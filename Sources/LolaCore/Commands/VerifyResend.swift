// `lola verify resend`: the reader of `svix-signature`. A body that was parsed and written again, and a secret that
// was not decoded, are the usual mistakes; the time is checked too.

enum VerifyResend {
    static func finding(
        _ invocation: Invocation, _ variables: ToolVariables, _ body: [UInt8], _ signature: [UInt8]
    ) -> Result<VerifyCommand.Finding, VerifyFault> {
        guard let text = invocation.flags["secret"] ?? variables.value("RESEND_WEBHOOK_SECRET") else {
            return .failure(.unset("RESEND_WEBHOOK_SECRET"))
        }
        guard let id = invocation.flags["id"].map({ [UInt8](text: $0) }),
            let time = invocation.flags["timestamp"].map({ [UInt8](text: $0) })
        else { return .failure(.usage("--id and --timestamp: the values of svix-id and svix-timestamp are expected")) }
        guard let secret = try? SettingGrammar.webhookSecret.parse([UInt8](text: text)) else {
            return .failure(.wrong("RESEND_WEBHOOK_SECRET: whsec_ and the base64 of 16 to 128 octets is expected"))
        }
        let codes = signature.split(separator: ASCII.space).compactMap { entry in
            entry.starts(with: "v1,".utf8) ? Base64.decode(entry.dropFirst(3), .standard) : nil
        }
        var list: [VerifyCommand.Variant] = []
        func add(_ name: String, _ id: [UInt8], _ time: [UInt8], _ body: [UInt8], _ secret: SecretBytes) {
            list.append(
                .init(name: name) {
                    codes.contains(HMACKey(.sha256, key: secret).code(id + [0x2E] + time + [0x2E] + body))
                })
        }
        add("the body as it is, with the signing secret", id, time, body, secret)
        add("the secret as text, not decoded from base64", id, time, body, SecretBytes([UInt8](text: text)))
        add("the id and the time exchanged", time, id, body, secret)
        for (name, other) in VerifyCommand.changedBodies(body) { add(name, id, time, other, secret) }
        return .success(VerifyCommand.Finding(form: form(codes, time), list))
    }

    private static func form(_ codes: [[UInt8]], _ time: [UInt8]) -> String? {
        if codes.isEmpty { return "no entry is v1, and the base64 of 32 octets" }
        guard !time.isEmpty, time.allSatisfy(ASCII.isDigit), let seconds = ASCII.decimal(time) else {
            return "the time must be seconds in digits"
        }
        // Milliseconds are the usual mistake; an old recording is none.
        return seconds > 100_000_000_000 ? "the time must be in seconds, not in milliseconds" : nil
    }
}
