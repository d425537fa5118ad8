// `comms_register_provider`: credentials of a provider, sealed once the provider itself has said that they are right.

final class RegisterProviderTool: Tool {
    let facts = ToolFacts(
        nil, name: "comms_register_provider", title: "Register a provider",
        text: """
            Asks the provider's API whether credentials are right and keeps them sealed. Twilio: account_sid, \
            auth_token. Resend: api_key. WhatsApp: access_token, phone_number_id. Telegram: bot_token. Values are \
            never shown again, and change nothing by themselves: the gateway sends with those of its settings until \
            an operator changes these. Refused when the provider does not take them (nothing is kept), without \
            CREDENTIALS_ENCRYPTION_KEY, and without the orchestrator token.
            """,
        hints: .init(isIdempotent: true, isOpenWorld: true),
        input: [
            .init("provider", .word(Provider.allCases.map(\.rawValue)), "", isRequired: true),
            .init(
                "credentials", .object(Provider.names.map { .init($0, .text(min: 1, max: 4_096), "") }),
                "Those of the provider, and no other.", isRequired: true),
        ],
        output: [
            .init("provider", .word(Provider.allCases.map(\.rawValue)), "", isRequired: true),
            .init("verified", .flag, "", isRequired: true),
            .init("stored", .list(.word(Provider.names), 1...4), "", isRequired: true),
        ])

    enum Provider: String, CaseIterable {
        case twilio, resend, whatsapp, telegram

        static let names = [
            "account_sid", "auth_token", "api_key", "access_token", "phone_number_id", "bot_token",
        ]

        var needed: [String] {
            switch self {
            case .twilio: ["account_sid", "auth_token"]
            case .resend: ["api_key"]
            case .whatsapp: ["access_token", "phone_number_id"]
            case .telegram: ["bot_token"]
            }
        }
    }

    /// Where each provider's API is. Nil values: a demo, which asks nobody.
    struct Services {
        let client: OutboundClient
        let bases: [Provider: [UInt8]]
        let isDemo: Bool
    }

    private let desk: CredentialDesk
    private let services: Services

    init(_ desk: CredentialDesk, _ services: Services) {
        self.desk = desk
        self.services = services
    }

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in
            guard let provider = call.word("provider", Provider.self), let given = call["credentials"] else {
                throw ToolFault(.argumentsInvalid, "provider is none that is known.")
            }
            guard desk.hasKeys else { throw ToolFault(.credentialsKeyMissing) }
            var values: [String: [UInt8]] = [:]
            for (key, value) in given.members { values[key.text] = value.textBytes }
            guard Set(values.keys) == Set(provider.needed), values.values.allSatisfy(DisplayText.isVisibleASCII) else {
                throw ToolFault(
                    .argumentsInvalid,
                    "\(provider.rawValue) needs \(provider.needed.joined(separator: " and ")), in visible ASCII.")
            }
            guard let request = request(provider, values) else {
                throw ToolFault(.credentialsRefused, "The credentials cannot be right.")
            }
            if services.isDemo { return keep(provider, values, provider.needed[...], call) }
            services.client.send(request) { [self] outcome in
                if let fault = Self.fault(of: outcome) { return call.fail(fault) }
                keep(provider, values, provider.needed[...], call)
            }
        }
    }

    /// Nil for values that could not stand in a path.
    private func request(_ provider: Provider, _ values: [String: [UInt8]]) -> OutboundRequest? {
        let value: (String) -> [UInt8] = { values[$0] ?? [] }
        let path: [UInt8]
        var authorization: [UInt8] = []
        switch provider {
        case .twilio:
            let account = Percent.encode(value("account_sid"))
            path = [UInt8](text: "/2010-04-01/Accounts/") + account + [UInt8](text: ".json")
            let pair = value("account_sid") + [0x3A] + value("auth_token")
            authorization = [UInt8](text: "Basic ") + Base64.encode(pair, .standard)
        case .resend:
            path = [UInt8](text: "/domains")
            authorization = [UInt8](text: "Bearer ") + value("api_key")
        case .whatsapp:
            path = [0x2F] + Percent.encode(value("phone_number_id"))
            authorization = [UInt8](text: "Bearer ") + value("access_token")
        case .telegram:
            // The Bot API takes the colon as it is.
            let parts = value("bot_token").split(separator: 0x3A, omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Percent.isUnreserved) }) else {
                return nil
            }
            path = [UInt8](text: "/bot") + value("bot_token") + [UInt8](text: "/getMe")
        }
        guard let base = services.bases[provider], let url = HTTPURL(base + path) else { return nil }
        var fields: [OutboundField] = []
        if !authorization.isEmpty { fields.append(OutboundField(name: "Authorization", value: authorization)) }
        return OutboundRequest(
            purpose: .delivery, method: .get, origin: url.origin, target: url.target, fields: fields, body: [],
            timeout: Limits.providerCheckTimeout, responseMax: Limits.providerCheckResponseMax, isRepeatable: true)
    }

    /// Nil when the provider has taken them.
    private static func fault(of outcome: OutboundOutcome) -> ToolFault? {
        switch outcome {
        case .success(let response) where response.status == 200:
            // Telegram says it in the body.
            let root = try? JSONDocument.parse(response.body).root
            if root?["ok"]?.bool == false { fallthrough }
            return nil
        case .success(let response) where (400..<500).contains(response.status) && response.status != 429:
            return ToolFault(.credentialsRefused, "The provider does not take these credentials. Nothing was kept.")
        case .success, .failure:
            return ToolFault(
                .providerUnavailable, "The provider could not be asked. Nothing was kept. Try again in a while.")
        }
    }

    private func keep(
        _ provider: Provider, _ values: [String: [UInt8]], _ rest: ArraySlice<String>, _ call: ToolCall
    ) {
        guard let name = rest.first else {
            return call.done { writer in
                writer.member("provider", provider.rawValue)
                writer.member("verified", true)
                writer.member("stored") { $0.words(provider.needed) }
            }
        }
        desk.set(provider.rawValue, name, values[name] ?? [], actor: call.actor) { [self] result in
            if case .failure(let refusal) = result { return call.fail(ToolFault(refusal)) }
            keep(provider, values, rest.dropFirst(), call)
        }
    }
}
