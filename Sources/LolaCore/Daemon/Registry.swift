// THE list: which channels, middlewares and agents exist, in order, and how each is made from the settings.
// Adding one is its file and its line here.

enum Registry {
    /// The channels that are configured; a channel without settings does not exist.
    static func channels(_ settings: Settings, clock: any Clock) -> [any Channel] {
        var list: [any Channel] = []
        if let whatsapp = whatsapp(settings) { list.append(whatsapp) }
        if let telegram = telegram(settings, clock) { list.append(telegram) }
        list += twilio(settings, clock)
        if let resend = resend(settings, clock) { list.append(resend) }
        return list
    }

    static func whatsapp(_ settings: Settings) -> WhatsAppChannel? {
        guard let own = settings.whatsapp else { return nil }
        return WhatsAppChannel(
            phoneNumberID: [UInt8](text: own.phoneNumberID), token: own.accessToken, appSecret: own.appSecrets[0],
            previousAppSecret: own.appSecrets.count > 1 ? own.appSecrets[1] : nil, verifyToken: own.verifyToken,
            apiURL: HTTPURL(own.apiURL))
    }

    static func telegram(_ settings: Settings, _ clock: any Clock) -> TelegramChannel? {
        guard let own = settings.telegram else { return nil }
        return TelegramChannel(
            botToken: own.token.secret, secret: own.secret, apiURL: HTTPURL(own.apiURL), clock: clock)
    }

    /// One account carries both.
    static func twilio(_ settings: Settings, _ clock: any Clock) -> [TwilioChannel] {
        guard let own = settings.twilio else { return [] }
        let account = TwilioChannel.Account(
            sid: [UInt8](text: own.accountSID), authTokens: own.authTokens, sharedKey: own.sharedKey,
            publicURL: [UInt8](text: settings.server.publicURL.text), apiURL: HTTPURL(own.apiURL))
        return [.twilioSMS, .twilioWhatsApp].map { TwilioChannel($0, account, clock: clock) }
    }

    static func resend(_ settings: Settings, _ clock: any Clock) -> ResendChannel? {
        guard let own = settings.resend else { return nil }
        return ResendChannel(
            apiKey: own.apiKey, secrets: [own.webhookSecret], from: [UInt8](text: own.from),
            apiURL: HTTPURL(own.apiURL), clock: clock)
    }

    /// Our number, bot or mail address at each channel that is on.
    static func ownIDs(_ settings: Settings) -> [ChannelName: [UInt8]] {
        var ids: [ChannelName: [UInt8]] = [:]
        ids[.whatsapp] = settings.whatsapp.map { [UInt8](text: $0.phoneNumberID) }
        ids[.telegram] = settings.telegram.map { [UInt8](text: $0.token.botID) }
        for channel in [ChannelName.twilioSMS, .twilioWhatsApp] {
            ids[channel] = settings.twilio.map { [UInt8](text: $0.from) }
        }
        ids[.resend] = settings.resend.map { own in
            let from = [UInt8](text: own.from)
            return MailText.address(from) ?? from
        }
        return ids
    }

    /// The chain in the configured order.
    static func middlewares(_ settings: Settings, entropy: any Entropy) -> [any Middleware] {
        settings.pipeline.middleware.map { middleware($0, settings, entropy) }
    }

    private static func middleware(
        _ name: MiddlewareName, _ settings: Settings, _ entropy: any Entropy
    ) -> any Middleware {
        switch name {
        case .channelAccess: ChannelAccess(allowlists: allowlists(settings))
        case .commandsAuth:
            CommandsAuth(
                isActive: settings.commands.active, allowed: settings.commands.allowed)
        case .phoneNormalization: PhoneNormalization()
        case .identity:
            IdentityLookup(identityService(settings.identity), entropy: entropy)
        case .contactDecoding: ContactDecoding()
        }
    }

    private static func identityService(_ own: IdentitySettings) -> IdentityService {
        let template = own.url
        return IdentityService(
            origin: HTTPURL(template.origin).origin,
            target: { template.target(phone: $0.bytes) }, token: own.token, timeout: own.timeout,
            treatsNotFoundAsUnknown: own.notFound == .onboarding)
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

extension HTTPURL {
    /// An address of the settings as the client calls it; what the settings accept can be called.
    init(_ own: WebURL) {
        let origin = Origin(isTLS: own.scheme == .https, host: [UInt8](text: own.host), port: own.port)
        self.init(origin: origin, target: [UInt8](text: own.target))
    }
}
