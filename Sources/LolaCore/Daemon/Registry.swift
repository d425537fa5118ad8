// THE list: which channels, middlewares and agents exist, in order, and how each is made from the settings.
// Adding one is its file and its line here.

enum Registry {
    /// The channels that are configured; a channel without settings does not exist.
    static func channels(_ settings: Settings) -> [any Channel] {
        var list: [any Channel] = []
        if let whatsapp = whatsapp(settings) { list.append(whatsapp) }
        if let telegram = telegram(settings) { list.append(telegram) }
        return list
    }

    static func whatsapp(_ settings: Settings) -> WhatsAppChannel? {
        guard let own = settings.whatsapp, let api = HTTPURL([UInt8](text: own.apiURL.text)) else { return nil }
        return WhatsAppChannel(
            phoneNumberID: own.phoneNumberID, token: own.accessToken, appSecrets: own.appSecrets,
            verifyToken: own.verifyToken, apiURL: api)
    }

    static func telegram(_ settings: Settings) -> TelegramChannel? {
        guard let own = settings.telegram, let api = HTTPURL([UInt8](text: own.apiURL.text)) else { return nil }
        return TelegramChannel(botToken: own.token.secret, secret: own.secret, apiURL: api)
    }

    /// The chain in the configured order.
    static func middlewares(_ settings: Settings) -> [any Middleware] {
        settings.pipeline.middleware.map { middleware($0, settings) }
    }

    private static func middleware(_ name: MiddlewareName, _ settings: Settings) -> any Middleware {
        switch name {
        case .channelAccess: ChannelAccess(allowed: allowlists(settings))
        case .commandsAuth:
            CommandsAuth(
                isActive: settings.commands.active, allowed: settings.commands.allowed.map { [UInt8](text: $0) })
        case .phoneNormalization: PhoneNormalization()
        case .identity:
            IdentityLookup(
                service: IdentityService(settings.identity),
                notFound: settings.identity.notFound == .onboarding ? .onboarding : .unavailable)
        case .contactDecoding: ContactDecoding()
        }
    }

    /// Per channel: the list for all channels, and for WhatsApp its own besides.
    private static func allowlists(_ settings: Settings) -> [ChannelName: Set<E164>] {
        let access = settings.channelAccess
        var lists: [ChannelName: Set<E164>] = [:]
        for channel in ChannelName.allCases {
            let own = channel == .whatsapp ? access.allowedWhatsApp : []
            let numbers = (own + access.allowedAll).compactMap {
                try? PhoneNormalizer.normalize([UInt8](text: $0), .international)
            }
            if !numbers.isEmpty { lists[channel] = Set(numbers) }
        }
        return lists
    }
}
