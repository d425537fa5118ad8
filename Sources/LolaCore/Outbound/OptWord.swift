// The words by which a person stops and starts what is sent to them, and asks for help: the whole message is the word,
// in any case, with any marks around it, in English, Spanish or French (as carriers require). Pure, any thread.

enum OptWord: String, CaseIterable, Sendable {
    case stop, start, help

    /// What a message says; nil when it is about something else.
    init?(_ text: [UInt8]) {
        guard let found = Self.found(text) else { return nil }
        self = found.word
    }

    /// Whether a message that says such a word says it in Spanish.
    static func isSpanish(_ text: [UInt8]) -> Bool { found(text)?.isSpanish ?? false }

    /// Every message is asked: a sentence is known by its many letters before anything is folded. The longest word has
    /// 11; the rest is for marks and pictures.
    private static func mayBe(_ text: [UInt8]) -> Bool {
        var letters = 0
        for octet in text where ASCII.isLetter(octet) || octet >= 0xC0 {
            letters += 1
            if letters > 16 { return false }
        }
        return letters > 0
    }

    private static func found(_ text: [UInt8]) -> (word: OptWord, isSpanish: Bool)? {
        guard mayBe(text) else { return nil }
        let folded = FoldedText(text)
        return folded.words.count <= 2 ? words[folded.words.joined(separator: " ")] : nil
    }

    /// CONTRACT §9 names the English words for stop; carriers add the rest.
    private static let words: [String: (word: OptWord, isSpanish: Bool)] = {
        let lists: [(OptWord, isSpanish: Bool, String)] = [
            (.stop, false, "stop,stopall,stop all,unsubscribe,cancel,end,quit,revoke,optout,opt out,arret"),
            (.stop, true, "alto,parar,pare,detener,cancelar,baja,dar baja,darse baja"),
            (.start, false, "start,unstop,yes start,optin,opt in,subscribe"),
            (.start, true, "iniciar,alta,comenzar,suscribir"),
            (.help, false, "help,aide"), (.help, true, "ayuda"),
        ]
        var words: [String: (word: OptWord, isSpanish: Bool)] = [:]
        for (word, isSpanish, list) in lists {
            for text in list.split(separator: ",") { words[String(text)] = (word, isSpanish) }
        }
        return words
    }()
}
