// `lola keys new ec|hex` and `lola keys jwks`: key material on standard output and nothing else.

enum KeyCommands {
    static func new(_ invocation: Invocation) -> Int32 {
        let key: String
        if invocation.arguments.first == "ec" {
            guard let pem = try? ES256PrivateKey.generatePEM() else { return ExitCode.failure }
            key = pem.text
        } else {
            key = Hex.encode(SystemRandom.bytes(32)).text
        }
        if invocation.wantsJSON {
            var writer = JSONWriter(capacity: 512)
            writer.object { $0.member("key", key) }
            Process.print(writer.bytes.text)
        } else {
            Process.print(key.hasSuffix("\n") ? String(key.dropLast()) : key)
        }
        return ExitCode.ok
    }

    /// The public keys of the variables, whatever else the configuration lacks.
    static func jwks(_ invocation: Invocation) -> Int32 {
        let variables = ToolVariables.load()
        guard let current = variables.secret("LOLA_JWT_PRIVATE_KEY") else {
            Process.print("LOLA_JWT_PRIVATE_KEY: missing: expected a P-256 private key as PEM", to: 2)
            return ExitCode.configuration
        }
        var keys: [ES256PublicKey] = []
        for (name, pem) in [("LOLA_JWT_PRIVATE_KEY", current)] + variables.previousKeys() {
            guard let key = KeySet.publicKey(pem) else {
                Process.print("\(name): wrong value: expected a P-256 key as PEM", to: 2)
                return ExitCode.configuration
            }
            keys.append(key)
        }
        Process.print(JWKSet.document(keys).text)
        return ExitCode.ok
    }
}
