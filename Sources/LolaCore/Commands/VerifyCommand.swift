// `lola verify whatsapp`: why does a signature not match? Checks a recorded webhook as the gateway would and, when
// it fails, tries the usual mistakes and names the variant that would match.

enum VerifyCommand {
    /// One guess of what went wrong.
    private struct Variant {
        let name: String
        let body: [UInt8]
        let secret: [UInt8]
    }

    static func run(_ invocation: Invocation) -> Int32 {
        guard let path = invocation.flags["body-file"], let body = read(path) else {
            Process.print("--body-file: a readable file with the raw body is expected", to: 2)
            return ExitCode.usage
        }
        guard let signature = invocation.flags["signature"].map({ [UInt8](text: $0) }) else {
            Process.print("--signature: the value of X-Hub-Signature-256 is expected", to: 2)
            return ExitCode.usage
        }
        let variables = ToolVariables.load()
        guard let secret = invocation.flags["secret"] ?? variables.value("LOLA_WHATSAPP_APP_SECRET") else {
            Process.print("LOLA_WHATSAPP_APP_SECRET is not set", to: 2)
            return ExitCode.configuration
        }
        let form = formProblem(signature)
        let wanted = Hex.decode(signature.drop { $0 != 0x3D }.dropFirst().map(ASCII.lowercased))
        let matching = wanted.flatMap { digest in
            variants(body, secret, variables).first { variant in code(variant) == digest }
        }
        let isValid = form == nil && matching?.name == exact
        report(isValid: isValid, form: form, variant: matching?.name, asJSON: invocation.wantsJSON)
        return isValid ? ExitCode.ok : ExitCode.failure
    }

    private static let exact = "the body as it is, with the app secret"

    private static func variants(_ body: [UInt8], _ secret: String, _ variables: ToolVariables) -> [Variant] {
        let key = [UInt8](text: secret)
        var list = [Variant(name: exact, body: body, secret: key)]
        func add(_ name: String, _ body: [UInt8], _ secret: [UInt8]? = nil) {
            list.append(Variant(name: name, body: body, secret: secret ?? key))
        }
        for (name, variable) in [
            ("the previous app secret", "LOLA_WHATSAPP_APP_SECRET_PREVIOUS"),
            ("the verify token instead of the app secret", "VERIFY_TOKEN_WHATSAPP"),
            ("the access token instead of the app secret", "TOKEN_WHATSAPP"),
        ] {
            if let value = variables.value(variable) { add(name, body, [UInt8](text: value)) }
        }
        add("the app secret with a line feed at its end", body, key + [0x0A])
        if let octets = Hex.decode(key) { add("the app secret decoded from hex", body, octets) }
        add("the body without its last line feed", body.last == 0x0A ? Array(body.dropLast()) : body)
        add("the body with a line feed at its end", body + [0x0A])
        add("the body with CRLF line ends turned into LF", body.filter { $0 != 0x0D })
        add("the body with \\/ turned into / (parsed and written again)", unescapedSlashes(body))
        if let document = try? JSONDocument.parse(body) {
            add("the body parsed and written again without spaces", compact(document.root))
        }
        add("an empty body", [])
        return list
    }

    private static func code(_ variant: Variant) -> [UInt8] {
        HMACKey(.sha256, key: SecretBytes(variant.secret)).code(variant.body)
    }

    private static func formProblem(_ signature: [UInt8]) -> String? {
        guard signature.starts(with: "sha256=".utf8) else { return "the value must begin with sha256=" }
        let digits = signature.dropFirst(7)
        if digits.count != 64 { return "64 hex digits are expected, there are \(digits.count)" }
        if digits.contains(where: ASCII.isUpper) { return "the hex digits must be lower-case" }
        return Hex.decode(digits) == nil ? "there are characters that are no hex digits" : nil
    }

    private static func report(isValid: Bool, form: String?, variant: String?, asJSON: Bool) {
        if asJSON {
            var writer = JSONWriter(capacity: 256)
            writer.object { writer in
                writer.member("valid", isValid)
                writer.member("form", form)
                writer.member("matching_variant", variant)
            }
            return Process.print(writer.bytes.text)
        }
        if isValid { return Process.print("the signature is valid") }
        Process.print("the signature does not match")
        if let form { Process.print("form: \(form)") }
        if let variant {
            Process.print("it would match: \(variant)")
        } else {
            Process.print("no usual mistake explains it: the body was changed on its way, or the secret is another one")
        }
    }

    private static func read(_ path: String) -> [UInt8]? {
        Files.read(path == "-" ? "/dev/stdin" : path, max: .mebibytes(8))
    }

    private static func unescapedSlashes(_ body: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for byte in body {
            if byte == 0x2F, out.last == 0x5C { out.removeLast() }
            out.append(byte)
        }
        return out
    }

    /// The value written again the way most libraries do: no spaces, text unescaped.
    private static func compact(_ value: JSONView) -> [UInt8] {
        var writer = JSONWriter(capacity: 1_024)
        write(value, to: &writer)
        return writer.bytes
    }

    private static func write(_ value: JSONView, to writer: inout JSONWriter) {
        switch value.kind {
        case .object:
            writer.object { writer in
                for (key, member) in value.members {
                    writer.key(bytes: key)
                    write(member, to: &writer)
                }
            }
        case .array: writer.array { writer in for element in value.elements { write(element, to: &writer) } }
        case .string: writer.string(bytes: value.textBytes ?? [])
        case .number, .bool, .null: writer.raw(value.raw)
        }
    }
}
