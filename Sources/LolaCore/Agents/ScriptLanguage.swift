// Which of the two languages of the built-in agents a sender reads, and the words by which they understand one.
// Pure functions, any thread.

enum ScriptLanguage: String, Sendable, CaseIterable {
    case english = "en"
    case spanish = "es"

    /// First that decides: the channel's hint, a Spanish-speaking country of the sender, the words of the message,
    /// the language spoken before. Else English.
    static func of(_ turn: Turn, spokenBefore: ScriptLanguage? = nil) -> ScriptLanguage {
        if let hint = turn.message.language?.prefix(2), let language = Self(rawValue: hint.text) { return language }
        if let country = country(of: turn), spanishSpeaking.contains(country) { return .spanish }
        if let text = turn.message.text, let language = byWords(text) { return language }
        return spokenBefore ?? .english
    }

    private static func country(of turn: Turn) -> String? {
        if case .known(let user) = turn.identity, !user.country.isEmpty { return user.country.text }
        return turn.phone?.country
    }

    /// The language of the first telling word.
    private static func byWords(_ text: [UInt8]) -> ScriptLanguage? {
        for word in ScriptWords.of(text) {
            if spanishWords.contains(word) { return .spanish }
            if englishWords.contains(word) { return .english }
        }
        return nil
    }

    private static let spanishSpeaking: Set<String> = [
        "AR", "BO", "CL", "CO", "CR", "CU", "DO", "EC", "ES", "GQ", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "PY",
        "SV", "UY", "VE",
    ]

    private static let spanishWords: Set<String> = [
        "hola", "buenas", "buenos", "dias", "tardes", "noches", "gracias", "quiero", "necesito", "enviar", "envio",
        "mandar", "dinero", "plata", "ayuda", "destinatarios", "cuenta", "como", "cuanto", "donde", "cancelar",
        "confirmar", "modificar", "si", "para", "mi", "mis", "por",
    ]

    private static let englishWords: Set<String> = [
        "hello", "hi", "hey", "good", "morning", "thanks", "thank", "want", "need", "send", "money", "help", "payees",
        "account", "how", "much", "where", "cancel", "confirm", "change", "yes", "the", "to", "my", "please",
    ]
}

/// Words of a typed text: lower-case ASCII letters, the accents of Spanish folded. Bounded, for scripts only.
enum ScriptWords {
    private static let octetsMax = 512

    static func of(_ text: [UInt8]) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        var decoder = JSONScalarDecoder()
        for octet in text.prefix(octetsMax) {
            var step = decoder.feed(octet)
            if step == .broken { step = decoder.feed(octet) }
            switch step {
            case .more: continue
            case .scalar(let value):
                if let letter = folded(value) {
                    word.append(letter)
                    continue
                }
            case .invalid, .broken: break
            }
            if !word.isEmpty { words.append(word.text) }
            word = []
        }
        if !word.isEmpty { words.append(word.text) }
        return words
    }

    private static func folded(_ scalar: UInt32) -> UInt8? {
        switch scalar {
        case 0x41...0x5A: UInt8(scalar) | 0x20
        case 0x61...0x7A: UInt8(scalar)
        case 0xC1, 0xE1: 0x61
        case 0xC9, 0xE9: 0x65
        case 0xCD, 0xED: 0x69
        case 0xD1, 0xF1: 0x6E
        case 0xD3, 0xF3: 0x6F
        case 0xDA, 0xDC, 0xFA, 0xFC: 0x75
        default: nil
        }
    }
}
