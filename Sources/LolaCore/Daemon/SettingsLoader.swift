// `Settings.load`: reads every row of the table, checks what one row alone cannot know, and builds the typed value.
// Pure; called by the commands at start-up and on reload, on the main thread.

/// Judgements that belong to layers settings do not know.
struct SettingsChecks: Sendable {
    /// Whether a PEM holds a P-256 private key.
    let isSigningKey: @Sendable (SecretBytes) -> Bool
    /// Whether a PEM holds a P-256 key, private or public.
    let isVerificationKey: @Sendable (SecretBytes) -> Bool
    /// Whether a text can be normalised to an international phone number.
    let isPhone: @Sendable ([UInt8]) -> Bool
}

extension Settings {
    /// Precedence: flag, environment, file, generated, default. A wrong value is a problem even when a higher source
    /// overrides it.
    /// - Throws: all problems at once.
    static func load(mode: Mode, _ sources: SettingsSources, checks: SettingsChecks) throws(SettingsProblems)
        -> Settings
    {
        let reader = SettingsReader(sources, table: SettingsTable.all)
        let loader = SettingsLoader(reader: reader, checks: checks)
        guard let settings = loader.settings(mode), reader.problems.isEmpty else {
            throw SettingsProblems(problems: reader.problems)
        }
        return settings
    }
}

private struct SettingsLoader {
    let reader: SettingsReader
    let checks: SettingsChecks

    /// Nil only when a required setting is missing or wrong; the reader then knows why.
    func settings(_ mode: Settings.Mode) -> Settings? {
        let listen = reader.value(SettingsTable.listen)
        let server = server(listen)
        let management = ManagementSettings(listen: reader.value(SettingsTable.managementListen))
        let orchestratorToken = reader.optional(SettingsTable.orchestratorToken)
        let demoMode = demoMode([listen, management.listen])
        if listen == management.listen {
            let expected = "another address than server.listen"
            reader.refuse(.conflict, SettingsTable.managementListen.definition, expected: expected)
        }
        let data = DataSettings(
            directory: reader.value(SettingsTable.dataDirectory), keys: reader.optional(SettingsTable.dataKeys) ?? [])
        let (store, identity, pipeline) = (store(), identity(), pipeline())
        let commands = commands(pipeline)
        let channelAccess = channelAccess(pipeline)
        let (whatsapp, telegram, twilio, resend) = (whatsapp(), telegram(), twilio(), resend())
        let (agents, callback, session) = (agents(), callback(), session())
        let widgets = WidgetSettings(
            cipURL: reader.optional(SettingsTable.widgetCIPURL), cardURL: reader.optional(SettingsTable.widgetCardURL),
            own: reader.value(SettingsTable.widgetOperations),
            vaultKey: reader.optional(SettingsTable.widgetVaultKey))
        let (httpLimits, agentLimits, ipFilters) = (httpLimits(), agentLimits(), ipFilters())
        let credentialsKeys = reader.optional(SettingsTable.credentialsKeys) ?? []
        let compliance = ComplianceSettings(
            contentFilter: reader.value(SettingsTable.contentFilter),
            callingHours: reader.value(SettingsTable.callingHours))
        let watch = watch()
        guard let server, let identity, let session, let orchestratorToken, let store else { return nil }
        return Settings(
            mode: mode, server: server, management: management, data: data, store: store, identity: identity,
            pipeline: pipeline, commands: commands, channelAccess: channelAccess, whatsapp: whatsapp,
            telegram: telegram,
            twilio: twilio, resend: resend, agents: agents, callback: callback, session: session, widgets: widgets,
            orchestratorToken: orchestratorToken, demoMode: demoMode, credentialsKeys: credentialsKeys,
            httpLimits: httpLimits, agentLimits: agentLimits, ipFilters: ipFilters, compliance: compliance,
            watch: watch,
            effective: reader.effectiveSettings)
    }

    // MARK: Server and management

    private func server(_ listen: SocketAddressText) -> ServerSettings? {
        let publicURL = reader.optional(SettingsTable.publicURL)
        let (proxies, loops) = (reader.value(SettingsTable.trustedProxies), reader.optional(SettingsTable.loops))
        let certificate = reader.optional(SettingsTable.tlsCertificateFile)
        let key = reader.optional(SettingsTable.tlsKeyFile)
        let (first, second) = (SettingsTable.tlsCertificateFile.definition, SettingsTable.tlsKeyFile.definition)
        if reader.isGiven(first) { reader.require(second) }
        if reader.isGiven(second) { reader.require(first) }
        guard let publicURL else { return nil }
        var tls: TLSFileSettings?
        if let certificate, let key { tls = TLSFileSettings(certificateFile: certificate, keyFile: key) }
        return ServerSettings(listen: listen, publicURL: publicURL, trustedProxies: proxies, loops: loops, tls: tls)
    }

    private func demoMode(_ listeners: [SocketAddressText]) -> Bool {
        let demo = reader.value(SettingsTable.demoMode)
        if demo, listeners.contains(where: { !$0.isLoopback }) {
            let expected = "false, or loopback addresses in server.listen and management.listen"
            reader.refuse(.insecure, SettingsTable.demoMode.definition, expected: expected)
        }
        return demo
    }

    // MARK: Store, identity, pipeline

    private func store() -> StoreSettings? {
        let kind = reader.value(SettingsTable.storeKind)
        let url = reader.optional(SettingsTable.redisURL)
        let acceptLoss = reader.value(SettingsTable.redisAcceptLoss)
        guard kind == .redis else { return StoreSettings(engine: .embedded, acceptLoss: acceptLoss) }
        reader.require(SettingsTable.redisURL.definition)
        return url.map { StoreSettings(engine: .redis($0), acceptLoss: acceptLoss) }
    }

    private func identity() -> IdentitySettings? {
        let url = reader.optional(SettingsTable.identityURL)
        let token = reader.optional(SettingsTable.identityToken)
        let timeout = reader.value(SettingsTable.identityTimeout)
        let notFound = reader.value(SettingsTable.identityNotFound)
        return url.map { IdentitySettings(url: $0, token: token, timeout: timeout, notFound: notFound) }
    }

    /// Without the normalised phone the identity service would never be asked, and everybody would be nobody.
    private func pipeline() -> PipelineSettings {
        let stages = reader.value(SettingsTable.middleware)
        if stages.contains(.identity), !stages.contains(.phoneNormalization) {
            reader.refuse(.conflict, SettingsTable.middleware.definition)
        }
        return PipelineSettings(middleware: stages)
    }

    /// Rules for commands that no stage applies would be believed in.
    private func commands(_ pipeline: PipelineSettings) -> CommandSettings {
        let (active, allowed) = (SettingsTable.commandsActive, SettingsTable.commandsAllowed)
        let settings = CommandSettings(active: reader.value(active), allowed: reader.value(allowed))
        guard !pipeline.middleware.contains(.commandsAuth) else { return settings }
        let expected = "commands_auth in pipeline.middleware, or the default"
        if settings.active != active.fallback { reader.refuse(.insecure, active.definition, expected: expected) }
        if Set(settings.allowed) != Set(allowed.fallback) {
            reader.refuse(.insecure, allowed.definition, expected: expected)
        }
        return settings
    }

    /// A list that nothing enforces would be a door left open.
    private func channelAccess(_ pipeline: PipelineSettings) -> ChannelAccessSettings {
        let settings = [SettingsTable.allowedWhatsApp, SettingsTable.allowedAll]
        let lists = settings.map { setting in
            let numbers = reader.value(setting)
            if !numbers.allSatisfy({ checks.isPhone([UInt8](text: $0)) }) {
                reader.refuse(.wrongValue, setting.definition)
            }
            if !numbers.isEmpty, !pipeline.middleware.contains(.channelAccess) {
                let expected = "channel_access in pipeline.middleware, or no list"
                reader.refuse(.insecure, setting.definition, expected: expected)
            }
            return numbers
        }
        return ChannelAccessSettings(allowedWhatsApp: lists[0], allowedAll: lists[1])
    }

    // MARK: Channels

    /// A channel is on when any variable of it is set, or the file holds more than its address.
    private func isOn(_ section: String) -> Bool {
        let rows = SettingsTable.channels.filter { $0.section == section }
        let isOn = rows.contains { row in
            reader.isGivenOutsideFile(row) || (row.defaultText == nil && reader.isGiven(row))
        }
        if isOn { for row in rows where row.requirement == .channel { reader.require(row) } }
        return isOn
    }

    private func whatsapp() -> WhatsAppSettings? {
        let accessToken = reader.optional(SettingsTable.whatsappToken)
        let phoneNumberID = reader.optional(SettingsTable.whatsappPhoneNumberID)
        let verifyToken = reader.optional(SettingsTable.whatsappVerifyToken)
        let appSecret = reader.optional(SettingsTable.whatsappAppSecret)
        let previous = reader.optional(SettingsTable.whatsappAppSecretPrevious)
        let apiURL = reader.value(SettingsTable.whatsappAPIURL)
        guard isOn("whatsapp"), let accessToken, let phoneNumberID, let verifyToken, let appSecret else { return nil }
        return WhatsAppSettings(
            accessToken: accessToken, phoneNumberID: phoneNumberID, verifyToken: verifyToken,
            appSecrets: [appSecret] + (previous.map { [$0] } ?? []), apiURL: apiURL)
    }

    private func telegram() -> TelegramSettings? {
        let token = reader.optional(SettingsTable.telegramToken)
        let secret = reader.optional(SettingsTable.telegramSecret)
        let apiURL = reader.value(SettingsTable.telegramAPIURL)
        guard isOn("telegram"), let token, let secret else { return nil }
        return TelegramSettings(token: token, secret: secret, apiURL: apiURL)
    }

    private func twilio() -> TwilioSettings? {
        let accountSID = reader.optional(SettingsTable.twilioAccountSID)
        let authToken = reader.optional(SettingsTable.twilioAuthToken)
        let previous = reader.optional(SettingsTable.twilioAuthTokenPrevious)
        let sharedKey = reader.optional(SettingsTable.twilioSharedKey)
        let from = reader.optional(SettingsTable.twilioFrom)
        let apiURL = reader.value(SettingsTable.twilioAPIURL)
        guard isOn("twilio"), let accountSID, let authToken, let from else { return nil }
        return TwilioSettings(
            accountSID: accountSID, authTokens: [authToken] + (previous.map { [$0] } ?? []), sharedKey: sharedKey,
            from: from, apiURL: apiURL)
    }

    private func resend() -> ResendSettings? {
        let apiKey = reader.optional(SettingsTable.resendAPIKey)
        let webhookSecret = reader.optional(SettingsTable.resendWebhookSecret)
        let from = reader.optional(SettingsTable.resendFrom)
        let apiURL = reader.value(SettingsTable.resendAPIURL)
        guard isOn("resend"), let apiKey, let webhookSecret, let from else { return nil }
        return ResendSettings(apiKey: apiKey, webhookSecret: webhookSecret, from: from, apiURL: apiURL)
    }

    // MARK: Agents, callbacks, sessions

    private func agents() -> AgentSettings {
        var urls: [AgentName: WebURL] = [:]
        for (name, setting) in SettingsTable.agentURLs { urls[name] = reader.optional(setting) }
        return AgentSettings(
            urls: urls, timeout: reader.value(SettingsTable.agentTimeout), retry: reader.value(SettingsTable.agentRetry)
        )
    }

    private func callback() -> CallbackSettings {
        CallbackSettings(
            encryptionKeys: reader.optional(SettingsTable.callbackEncryptionKeys) ?? [],
            signingKeys: reader.optional(SettingsTable.callbackSigningKeys) ?? [],
            ttl: reader.value(SettingsTable.callbackTTL))
    }

    private func session() -> SessionSettings? {
        let key = reader.optional(SettingsTable.jwtPrivateKey)
        if let key, !checks.isSigningKey(key) { reader.refuse(.wrongValue, SettingsTable.jwtPrivateKey.definition) }
        let previous = reader.optional(SettingsTable.jwtPreviousKeys) ?? []
        if !previous.allSatisfy(checks.isVerificationKey) {
            reader.refuse(.wrongValue, SettingsTable.jwtPreviousKeys.definition)
        }
        let ttl = reader.value(SettingsTable.sessionTTL)
        let services = reader.optional(SettingsTable.cipServicesURL)
        let theme = reader.optional(SettingsTable.themeURL)
        return key.map { key in
            SessionSettings(
                ttl: ttl, cipServicesURL: services, themeURL: theme, jwtPrivateKey: key, jwtPreviousKeys: previous)
        }
    }

    // MARK: Watch

    private func watch() -> WatchSettings {
        let (url, secret) = (SettingsTable.alertWebhookURL, SettingsTable.alertWebhookSecret)
        if reader.isGiven(url.definition) { reader.require(secret.definition) }
        if reader.isGiven(secret.definition) { reader.require(url.definition) }
        var webhook: AlertWebhookSettings?
        // Both are read, so that both are told of.
        let given = (url: reader.optional(url), secret: reader.optional(secret))
        if let url = given.url, let secret = given.secret {
            webhook = AlertWebhookSettings(url: url, secret: secret)
        }
        return WatchSettings(
            auditKeys: reader.optional(SettingsTable.auditKeys) ?? [], alertWebhook: webhook,
            alertCoolDown: reader.value(SettingsTable.alertCoolDown),
            anomalies: AnomalyThresholds(
                actionFactor: reader.value(SettingsTable.anomalyActionFactor),
                actionsMin: reader.value(SettingsTable.anomalyActionsMin),
                failedAuthentications: reader.value(SettingsTable.anomalyFailedAuthentications),
                tokens: reader.value(SettingsTable.anomalyTokens)))
    }

    // MARK: Protection

    private func httpLimits() -> HTTPLimitSettings {
        HTTPLimitSettings(
            perIP: reader.value(SettingsTable.httpPerIP), global: reader.value(SettingsTable.httpGlobal),
            widgetPerIP: reader.value(SettingsTable.widgetPerIP))
    }

    private func agentLimits() -> AgentLimitSettings {
        AgentLimitSettings(
            actionsPerMinute: reader.value(SettingsTable.actionsPerMinute),
            actionsPerHour: reader.value(SettingsTable.actionsPerHour),
            actionsPerDay: reader.value(SettingsTable.actionsPerDay),
            callsPerDaySameNumber: reader.value(SettingsTable.callsSameNumber),
            spendPerDay: reader.value(SettingsTable.spendPerDay),
            spendPerMonth: reader.value(SettingsTable.spendPerMonth))
    }

    private func ipFilters() -> IPFilterSettings {
        IPFilterSettings(
            adminAllowlist: reader.value(SettingsTable.adminAllowlist), denylist: reader.value(SettingsTable.denylist))
    }
}
