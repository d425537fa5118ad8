// The words by which a person stops and starts what is sent to them, and asks for help: the whole message is the word, in
// any case, with any marks around it, in English, Spanish or French (as carriers require). Pure functions, any thread.

enum OptWord: String, CaseIterable, Sendable {
    case stop, start, help

    /// What a message says; nil when it is about something else.
    init?(_ text: [UInt8]) {
        let folded = FoldedText(text)
        guard folded.words.count <= 2, let found = Self.words[folded.words.joined(separator: " ")] else { return nil }
        self = found
    }

    /// CONTRACT §9 names the English words for stop; carriers add the rest.
    private static let words: [String: OptWord] = {
        let lists: [(OptWord, String)] = [
            (.stop, "stop,stopall,stop all,unsubscribe,cancel,end,quit,revoke,optout,opt out"),
            (.stop, "alto,parar,pare,detener,cancelar,baja,dar baja,darse baja,arret"),
            (.start, "start,unstop,yes start,optin,opt in,subscribe,iniciar,alta,comenzar,suscribir"),
            (.help, "help,info,ayuda,aide"),
        ]
        var words: [String: OptWord] = [:]
        for (word, list) in lists { for text in list.split(separator: ",") { words[String(text)] = word } }
        return words
    }()
}
