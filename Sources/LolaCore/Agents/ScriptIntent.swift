// What a sender wants of a built-in agent, and the amount in a text: buttons first, then a few words. Pure
// functions, any thread; no model.

enum ScriptIntent: String, Sendable, CaseIterable {
    case send
    case payees
    case help
    case confirm
    case modify
    case cancel
    /// Onboarding: how it works, what is needed.
    case how
    case needs
    /// Ways in which a payee gets the money.
    case bankDeposit = "payer_bank"
    case cashPickup = "payer_cash"
    case wallet = "payer_wallet"

    /// The id that a button of this intent carries.
    var id: [UInt8] { [UInt8](text: rawValue) }

    /// The pressed button, or the first word that names an intent; nil for everything else.
    init?(_ message: InboundMessage) {
        if let choice = message.choiceID {
            self.init(rawValue: choice.text)
            return
        }
        for word in ScriptWords.of(message.text ?? []) {
            if let intent = Self.words[word] {
                self = intent
                return
            }
        }
        return nil
    }

    private static let words: [String: ScriptIntent] = [
        "send": .send, "transfer": .send, "enviar": .send, "envia": .send, "mandar": .send, "transferir": .send,
        "payee": .payees, "payees": .payees, "recipients": .payees, "destinatario": .payees,
        "destinatarios": .payees, "beneficiarios": .payees,
        "help": .help, "ayuda": .help, "menu": .help, "support": .help, "soporte": .help,
        "confirm": .confirm, "yes": .confirm, "confirmar": .confirm, "confirmo": .confirm, "si": .confirm,
        "modify": .modify, "change": .modify, "modificar": .modify, "cambiar": .modify,
        "cancel": .cancel, "no": .cancel, "cancelar": .cancel, "cancela": .cancel,
        "how": .how, "como": .how, "need": .needs, "needs": .needs, "necesito": .needs, "requisitos": .needs,
    ]
}

/// An amount of money in cents, as scripts understand it.
struct ScriptAmount: Hashable, Sendable {
    let cents: Int

    static let min = ScriptAmount(cents: 100)
    static let max = ScriptAmount(cents: 500_000)

    init(cents: Int) { self.cents = cents }

    /// The one number in a text: `100`, `$1,250.50`, `1.250,50 USD`. Nil for none, several, or one too long.
    init?(_ text: [UInt8]) {
        var runs = text.split { !ASCII.isDigit($0) && $0 != 0x2C && $0 != 0x2E }
        runs.removeAll { !$0.contains(where: ASCII.isDigit) }
        guard runs.count == 1, var run = runs.first else { return nil }
        while let last = run.last, !ASCII.isDigit(last) { run = run.dropLast() }
        guard let first = run.first, ASCII.isDigit(first) else { return nil }
        let marks = run.filter { !ASCII.isDigit($0) }
        var groups = run.split(omittingEmptySubsequences: false) { !ASCII.isDigit($0) }
        var decimals: ArraySlice<UInt8> = []
        if groups.count > 1, let last = groups.last, last.count < 3 {
            decimals = groups.removeLast()
            guard !marks.dropLast().contains(where: { $0 == marks.last }) else { return nil }
        }
        // Thousands: three digits behind each mark, the same mark throughout.
        let thousandMarks = decimals.isEmpty ? marks[...] : marks.dropLast()
        guard groups.dropFirst().allSatisfy({ $0.count == 3 }), groups.count == 1 || groups[0].count <= 3,
            Set(thousandMarks).count <= 1
        else { return nil }
        let whole = Array(groups.joined())
        guard whole.count <= 9, let units = ASCII.decimal(whole) else { return nil }
        let part = (ASCII.decimal(decimals) ?? 0) * (decimals.count == 1 ? 10 : 1)
        cents = units * 100 + part
    }

    /// `1250.50 USD`
    var text: String {
        let part = cents % 100
        return "\(cents / 100).\(part < 10 ? "0" : "")\(part) USD"
    }
}
