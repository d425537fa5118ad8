// The cast of `lola dev`: people in every state a sender can be in, with the address each has on a channel and what
// the sandbox identity service says of them. Values; read by the console, the identity service and the forge.

/// Somebody who can write to the gateway under `lola dev`.
struct SandboxPerson: Sendable {
    /// What the sandbox identity service answers when it is asked for this person's number.
    enum Standing: Sendable {
        case known(ComplianceVerdict)
        case unknown
        /// The service is down for this number: 503.
        case unreachable
    }

    /// The word in the console's API; a number in E.164 for people outside the cast.
    let id: String
    let name: String
    /// The person's number, also of the one who does not show it.
    let phone: E164
    /// Whether channels tell the number: without it WhatsApp gives a business-scoped id and Telegram only a user id.
    let showsPhone: Bool
    let standing: Standing
    /// What will happen to a message, for people.
    let about: String
    /// The language of the person's Telegram; nil when it does not say.
    let language: String?
    /// Telegram user and private chat; WhatsApp's business-scoped id ends in it.
    let telegramID: Int64
    private var givenMail: [UInt8]?

    /// What the service answers once the person's identity check has come back: it passes whoever was not blocked.
    func standing(isVerified: Bool) -> Standing {
        switch standing {
        case .known(.pending) where isVerified, .unknown where isVerified: .known(.passed)
        default: standing
        }
    }

    /// Where replies on a channel go.
    func address(on channel: ChannelName) -> ReplyAddress {
        switch channel {
        case .whatsapp: showsPhone ? .whatsappNumber(phone.digits) : .whatsappUser(userID)
        case .telegram: .telegramChat(telegramID)
        case .twilioSMS: .sms(own: [], sender: phone.bytes)
        case .twilioWhatsApp: .twilioWhatsApp(own: [], sender: phone.bytes)
        case .resend: .mail(MailThread(own: [], sender: mail, subject: [], messageID: nil))
        }
    }

    /// The mail address: unless it is told, the word or the digits of the person, at a domain that nobody can own.
    var mail: [UInt8] { givenMail ?? id.utf8.filter { $0 != 0x2B } + [UInt8](text: "@people.example") }

    /// WhatsApp's business-scoped user id, `US.` and digits.
    var userID: [UInt8] {
        var out = [UInt8](text: (phone.country ?? "US") + ".")
        ASCII.append(Int(telegramID &+ 1_000_000_000_000_000), to: &out)
        return out
    }

    /// Anybody with a number: `lola trigger --from`. The Telegram id is the number itself (15 digits fit into the
    /// 52 bits of an id), so that the same person always has the same chat.
    init(phone: E164) {
        self.init(
            id: phone.text, name: phone.text, phone: phone, standing: .unknown,
            about: "A number from outside the cast. The identity service does not know it: onboarding.")
    }

    /// Somebody at a mail address.
    init(mail: [UInt8], phone: E164) {
        self.init(id: mail.text, name: "Somebody", phone: phone, standing: .unknown, about: "")
        givenMail = mail
    }

    init(
        id: String, name: String, phone: E164, showsPhone: Bool = true, standing: Standing, about: String,
        language: String? = nil, telegramID: Int64? = nil
    ) {
        self.id = id
        self.name = name
        self.phone = phone
        self.showsPhone = showsPhone
        self.standing = standing
        self.about = about
        self.language = language
        self.telegramID = telegramID ?? Int64(ASCII.decimal(phone.digits) ?? 0)
    }
}

/// The cast, made once per process.
struct SandboxCast: Sendable {
    let people: [SandboxPerson]

    /// `startedAt` gives the person without a number a new identity at each start: a contact once shared stays known.
    init(startedAt: WallTime) {
        let stranger = 7_000_000_000_000 &+ max(0, startedAt.inSeconds)
        let parts: [(String, String, StaticString, SandboxPerson.Standing, String)] = [
            ("passed", "Ana Torres", "+15550100", .known(.passed),
                "Known and verified. The home agent greets her by name and can prepare a payment."),
            ("pending", "Luis Ortega", "+15550101", .known(.pending),
                "Known, but his identity check is not finished. The pending agent sends him a link; once the check "
                    + "is done there, the bank knows him as verified until the next start."),
            ("blocked", "Marta Ruiz", "+15550102", .known(.blocked),
                "Known and blocked. The blocked agent answers, whatever she writes."),
            ("unknown", "Somebody new", "+15550103", .unknown,
                "A number that the bank does not know. The onboarding agent welcomes the newcomer and sends a link to "
                    + "prove who it is."),
            ("no-phone", "Camila Reyes", "+15550104", .known(.passed),
                "Writes without showing a number, so nobody can be looked up. Onboarding asks for the contact; "
                    + "once it is shared, Camila is recognised."),
            ("identity-down", "Pedro Vidal", "+15550105", .unreachable,
                "The identity service answers 503 for this number. Nobody becomes anonymous because a check "
                    + "failed: the service-unavailable agent answers."),
        ]
        people = parts.compactMap { id, name, number, standing, about in
            guard let phone = E164([UInt8](text: "\(number)")) else { return nil }
            let hides = id == "no-phone"
            return SandboxPerson(
                id: id, name: name, phone: phone, showsPhone: !hides, standing: standing, about: about,
                language: "es", telegramID: hides ? stranger : nil)
        }
    }

    /// Somebody of the cast by id, or anybody by number; nil for every other text.
    func person(_ id: [UInt8]) -> SandboxPerson? {
        people.first { $0.id.utf8.elementsEqual(id) } ?? E164(id).map { person(phone: $0) }
    }

    func person(phone: E164) -> SandboxPerson {
        people.first { $0.phone == phone } ?? SandboxPerson(phone: phone)
    }
}

extension ReplyAddress {
    /// The person's side of it: which number of ours was written to, and in which thread, makes no other chat.
    var sandboxChat: ReplyAddress {
        switch self {
        case .whatsappNumber, .whatsappUser, .telegramChat: self
        case .sms(_, let sender): .sms(own: [], sender: sender)
        case .twilioWhatsApp(_, let sender): .twilioWhatsApp(own: [], sender: sender)
        case .mail(let thread): .mail(MailThread(own: [], sender: thread.sender, subject: [], messageID: nil))
        }
    }
}
