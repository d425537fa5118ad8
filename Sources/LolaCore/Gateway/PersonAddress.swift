// Where one person can be reached, in the one spelling under which do-not-contact entries, consents and erasures know
// it. A plain value, any thread; read from what operators, agents and channels write.

enum PersonAddress: Hashable, Sendable {
    /// In the form that PhoneCandidates names first: all spellings of one line are one address.
    case phone(E164)
    /// Lower case.
    case email([UInt8])
    case telegram(Int64)
    /// A business-scoped id of WhatsApp, for a person whose number the channel does not tell.
    case whatsappUser([UInt8])

    enum Kind: String, CaseIterable, Sendable {
        case phone
        case email
        case telegram
        case whatsappUser = "whatsapp_user"
    }

    var kind: Kind {
        switch self {
        case .phone: .phone
        case .email: .email
        case .telegram: .telegram
        case .whatsappUser: .whatsappUser
        }
    }

    /// A number in any spelling, an e-mail address, `telegram:<id>`, or `whatsapp:` before a number or a user id. Nil
    /// for everything else.
    init?(_ text: [UInt8]) {
        guard text.count <= Limits.personAddressMax.bytes else { return nil }
        if let rest = Self.rest(of: text, after: "telegram:") {
            self.init(telegramID: rest)
        } else if let rest = Self.rest(of: text, after: "whatsapp:") {
            self.init(whatsapp: rest)
        } else if text.contains(0x40) {
            guard let email = Self.email(text) else { return nil }
            self = .email(email)
        } else {
            guard let phone = Self.phone(text) else { return nil }
            self = phone
        }
    }

    /// A number as any channel gives it.
    init(_ number: E164) { self = .phone(PhoneNormalizer.candidates(for: number).first ?? number) }

    /// A person as WhatsApp names it: a number or a user id.
    init?(whatsapp text: [UInt8]) {
        if let phone = Self.phone(text) { self = phone } else { self.init(whatsappUser: text) }
    }

    /// `-` before a group's id; no other spelling of a number than the shortest.
    init?(telegramID text: [UInt8]) {
        let digits = text.first == 0x2D ? text.dropFirst() : text[...]
        guard let value = ASCII.decimal(digits), value > 0, digits.first != 0x30 else { return nil }
        self = .telegram(Int64(text.first == 0x2D ? -value : value))
    }

    private init?(whatsappUser text: [UInt8]) {
        let isWord = text.allSatisfy { Base62.isDigit($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }
        guard (1...128).contains(text.count), isWord, text.contains(where: ASCII.isLetter) else { return nil }
        self = .whatsappUser(text)
    }

    /// The one spelling: `+15550100`, `name@bank.example`, `telegram:1234`, `whatsapp:US.1349`.
    var bytes: [UInt8] {
        switch self {
        case .phone(let number): number.bytes
        case .email(let text): text
        case .telegram(let id): [UInt8](text: "telegram:\(id)")
        case .whatsappUser(let id): [UInt8](text: "whatsapp:") + id
        }
    }

    private static func rest(of text: [UInt8], after prefix: StaticString) -> [UInt8]? {
        let count = prefix.utf8CodeUnitCount
        return text.prefix(count).equals(prefix) ? Array(text.dropFirst(count)) : nil
    }

    private static func phone(_ text: [UInt8]) -> PersonAddress? {
        (try? PhoneNormalizer.normalize(text, .international)).map { PersonAddress($0) }
    }

    /// `local@domain` without quotes, comments and letters beyond ASCII: what bounces nowhere and injects nothing.
    private static func email(_ text: [UInt8]) -> [UInt8]? {
        let parts = text.split(separator: 0x40, omittingEmptySubsequences: false)
        guard parts.count == 2, text.count <= 254, (1...64).contains(parts[0].count) else { return nil }
        let local = parts[0].split(separator: 0x2E, omittingEmptySubsequences: false)
        guard local.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isLocal) }) else { return nil }
        let labels = parts[1].split(separator: 0x2E, omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy(isLabel) else { return nil }
        return text.map { ASCII.lowercased($0) }
    }

    /// RFC 5322 §3.2.3 `atext`.
    private static func isLocal(_ octet: UInt8) -> Bool {
        ASCII.isLetter(octet) || ASCII.isDigit(octet) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(octet)
    }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        (1...63).contains(label.count) && label.first != 0x2D && label.last != 0x2D
            && label.allSatisfy { ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == 0x2D }
    }
}
