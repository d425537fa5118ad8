// `lola verify`: why does a signature not match? Checks a recorded webhook as the gateway would and, when it fails,
// tries the usual mistakes and names the variant that would match. One of three readers of signatures; the others are
// in VerifyTwilio.swift and VerifyResend.swift.

enum VerifyCommand {
    /// One guess of what went wrong, and whether it explains the signature.
    struct Variant {
        let name: String
        let matches: () -> Bool
    }

    /// What a reader found out: whether it is right as it is, what is wrong with its form, and what would match.
    struct Finding {
        let isValid: Bool
        let form: String?
        let variant: String?

        /// The first variant is the right one.
        init(form: String?, _ variants: [Variant]) {
            let found = variants.firstIndex { $0.matches() }
            isValid = form == nil && found == 0
            self.form = form
            variant = found.map { variants[$0].name }
        }
    }

    static func run(_ invocation: Invocation) -> Int32 {
        guard let path = invocation.flags["body-file"], let body = read(path) else {
            Process.print("--body-file: a readable file with the raw body is expected", to: 2)
            return ExitCode.usage
        }
        guard let signature = invocation.flags["signature"].map({ [UInt8](text: $0) }) else {
            Process.print("--signature: the value of the signature header is expected", to: 2)
            return ExitCode.usage
        }
        let variables = ToolVariables.load()
        let finding: Result<Finding, VerifyFault> =
            switch invocation.arguments.first {
            case "twilio": VerifyTwilio.finding(invocation, variables, body, signature)
            case "resend": VerifyResend.finding(invocation, variables, body, signature)
            default: whatsApp(invocation, variables, body, signature)
            }
        switch finding {
        case .failure(let fault):
            Process.print(fault.text, to: 2)
            return fault.code
        case .success(let finding):
            report(finding, asJSON: invocation.wantsJSON)
            return finding.isValid ? ExitCode.ok : ExitCode.failure
        }
    }

    // MARK: WhatsApp

    private static func whatsApp(
        _ invocation: Invocation, _ variables: ToolVariables, _ body: [UInt8], _ signature: [UInt8]
    ) -> Result<Finding, VerifyFault> {
        guard let secret = invocation.flags["secret"] ?? variables.value("LOLA_WHATSAPP_APP_SECRET") else {
            return .failure(.unset("LOLA_WHATSAPP_APP_SECRET"))
        }
        let wanted = Hex.decode(signature.drop { $0 != 0x3D }.dropFirst().map(ASCII.lowercased))
        return .success(Finding(form: formProblem(signature), variants(body, secret, variables, wanted)))
    }

    private static func variants(
        _ body: [UInt8], _ secret: String, _ variables: ToolVariables, _ wanted: [UInt8]?
    ) -> [Variant] {
        let key = [UInt8](text: secret)
        var list: [Variant] = []
        func add(_ name: String, _ body: [UInt8], _ secret: [UInt8]? = nil) {
            list.append(Variant(name: name) { HMACKey(.sha256, key: SecretBytes(secret ?? key)).code(body) == wanted })
        }
        add("the body as it is, with the app secret", body)
        for (name, variable) in [
            ("the previous app secret", "LOLA_WHATSAPP_APP_SECRET_PREVIOUS"),
            ("the verify token instead of the app secret", "VERIFY_TOKEN_WHATSAPP"),
            ("the access token instead of the app secret", "TOKEN_WHATSAPP"),
        ] {
            if let value = variables.value(variable) { add(name, body, [UInt8](text: value)) }
        }
        add("the app secret with a line feed at its end", body, key + [0x0A])
        if let octets = Hex.decode(key) { add("the app secret decoded from hex", body, octets) }
        for (name, other) in changedBodies(body) { add(name, other) }
        return list
    }

    /// What happens to bodies on their way.
    static func changedBodies(_ body: [UInt8]) -> [(String, [UInt8])] {
        var list = [
            ("the body without its last line feed", body.last == 0x0A ? Array(body.dropLast()) : body),
            ("the body with a line feed at its end", body + [0x0A]),
            ("the body with CRLF line ends turned into LF", body.filter { $0 != 0x0D }),
            ("the body with \\/ turned into / (parsed and written again)", unescapedSlashes(body)),
        ]
        if let document = try? JSONDocument.parse(body) {
            list.append(("the body parsed and written again without spaces", compact(document.root)))
        }
        return list + [("an empty body", [])]
    }

    private static func formProblem(_ signature: [UInt8]) -> String? {
        guard signature.starts(with: "sha256=".utf8) else { return "the value must begin with sha256=" }
        let digits = signature.dropFirst(7)
        if digits.count != 64 { return "64 hex digits are expected, there are \(digits.count)" }
        if digits.contains(where: ASCII.isUpper) { return "the hex digits must be lower-case" }
        return Hex.decode(digits) == nil ? "there are characters that are no hex digits" : nil
    }

    private static func report(_ finding: Finding, asJSON: Bool) {
        if asJSON {
            var writer = JSONWriter(capacity: 256)
            writer.object { writer in
                writer.member("valid", finding.isValid)
                writer.member("form", finding.form)
                writer.member("matching_variant", finding.variant)
            }
            return Process.print(writer.bytes.text)
        }
        if finding.isValid { return Process.print("the signature is valid") }
        Process.print("the signature does not match")
        if let form = finding.form { Process.print("form: \(form)") }
        if let variant = finding.variant {
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

/// Why nothing can be checked.
enum VerifyFault: Error {
    case unset(String)
    case usage(String)
    case wrong(String)

    var text: String {
        switch self {
        case .unset(let name): "\(name) is not set"
        case .usage(let text), .wrong(let text): text
        }
    }

    var code: Int32 {
        switch self {
        case .unset, .wrong: ExitCode.configuration
        case .usage: ExitCode.usage
        }
    }
}
