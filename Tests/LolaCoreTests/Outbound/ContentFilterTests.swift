// What may not be said, in the spellings that people find for it, and two hundred sentences that must pass.
import Foundation
import Testing

@testable import LolaCore

@Suite("Content filter")
struct ContentFilterTests {
    private static let filter = ContentFilter()

    private static func verdict(_ text: String) -> ContentFilter.Category? { filter.verdict([UInt8](text.utf8)) }

    @Test("threats, hate and profanity in both languages", arguments: [
        ("Pay today or I will kill you.", .threat), ("i'm going to kill you", .threat),
        ("We know where you live, friend", .threat), ("Te voy a matar si no pagas", .threat),
        ("sabemos dónde vives", .threat), ("Te vas a morir", .threat), ("we will break your legs", .threat),
        ("I will kill all of you", .threat), ("go back to your country", .hate), ("all foreigners must die", .hate),
        ("vete a tu país", .hate), ("muerte a los ricos", .hate), ("you fucking idiot", .profanity),
        ("What the fuck", .profanity), ("this is bullshit", .profanity), ("hijo de puta", .profanity),
        ("Eres un cabrón", .profanity), ("vaya mierda de banco", .profanity), ("¡PENDEJO!", .profanity),
    ] as [(String, ContentFilter.Category)])
    func found(_ row: (text: String, category: ContentFilter.Category)) {
        #expect(Self.verdict(row.text) == row.category, "\(row.text)")
    }

    @Test("spellings that slip past a word list", arguments: [
        "f u c k you", "F.U.C.K", "fuuuuck", "fück you", "f\u{200B}uck", "ｆｕｃｋ", "sh1t", "b1tch", "$hit", "fu\u{301}ck",
        "FuCk", "f-u-c-k", "аsshоlе", "k i l l yourself", "k1ll yourself", "m i e r d a", "p\u{FEFF}uta",
        "h1j0 de put4",
        "k!ll yourself", "I w!ll k!ll you", "ki!l yourself", "sh!t", "b！tch", "m¡erda", "asshole!you", "as$ho!e",
        "i will k i l l y o u", "k.i.l.l  y.o.u.r.s.e.l.f", "i w i l l k i l l y o u", "y-o-u a-r-e d-e-a-d",
        "w t f", "W.T.F.", "w-t-f", "you will d i e", "te v o y a matar", "v o y a m a t a r t e", "Hello!fuck you",
        "niggggers", "kil yourself", "I wil kil you", "you ashole", "bulshit", "you filthy kike", "paga o te mato",
        "I will kill you with a knife", "I'll kill you with kindness, then I will kill you",
        "We will shoot you an email and then we will kill you", "te voy a romper la cara", "you will die",
        "f*ck you", "F*CKING", "sh*t", "m*erda", "a*shole", "motherf*cker",
        "𝐟𝐮𝐜𝐤", "𝑓𝓊𝒸𝓀", "𝔣𝔲𝔠𝔨", "𝙁𝙐𝘾𝙆", "sℎit", "𝒷𝒾𝓉𝒸ℎ", "ℬℐ𝒯𝒞ℋ", "ℭ𝔲𝔫𝔱", "ⓕⓤⓒⓚ", "ⒻⓊⒸⓀ", "⒡⒰⒞⒦", "🄕🄤🄒🄚", "🄵🅄🄲🄺",
        "🅕🅤🅒🅚", "🅵🆄🅲🅺", "sh𝟙t", "Ｆｕ𝐜ⓚ",
        "I will murder you", "I am going to murder you", "I shall kill you", "Ill kill you", "I will rape you",
        "te mato", "Pagas o te mato", "Los vamos a matar", "te romperé las piernas", "ki\u{180E}ll yourself",
        "кіӏӏ yourself",
        "𝗳uck fuck", "I\nwill\tkill\r\nyou", "te v0y a m4tar",
    ])
    func spellings(_ text: String) { #expect(Self.verdict(text) != nil, "\(text)") }

    @Test("a mark is no letter at a word's end, and letters far from each other are no word", arguments: [
        "Kill time! Yourself?", "k! ll yourself", "The files w, t, f", "w  t  f", "Rows w t", "S H I T A K E",
        "F!RST", "B!CHON", "Great!Thanks!Bye", "w*f", "5*17", "f**k", "s*it*t", "a * b",
    ])
    func passes(_ text: String) { #expect(Self.verdict(text) == nil, "\(text)") }

    @Test("every letter in another dress is its plain one", arguments: [
        0x1D400, 0x1D41A, 0x1D434, 0x1D468, 0x1D5A0, 0x1D670, 0x1D68A, 0x249C, 0x24B6, 0x24D0, 0x1F110, 0x1F130,
        0x1F150, 0x1F170, 0xFF21, 0xFF41,
    ] as [UInt32])
    func dressed(_ first: UInt32) {
        // Italic h is among the letters that stand elsewhere; none of these rows has it.
        let text = String(String.UnicodeScalarView((0..<26).compactMap { Unicode.Scalar(first + $0) }))
        #expect(FoldedText([UInt8](text.utf8)).words == ["abcdefghijklmnopqrstuvwxyz"])
    }

    @Test("digits in mathematical type are digits, and what is beside the rows is none of a word")
    func dressedDigits() {
        let digits = String(String.UnicodeScalarView((0x1D7CE...0x1D7FF).compactMap { Unicode.Scalar($0 as UInt32) }))
        #expect(FoldedText([UInt8](digits.utf8)).words == [String(repeating: "0123456789", count: 5)])
        #expect(FoldedText([UInt8](text: "a\u{1F18E}b\u{1F1FA}c")).words == ["a", "b", "c"])
        #expect(OptWord([UInt8](text: "ⓢⓣⓞⓟ")) == .stop && OptWord([UInt8](text: "𝐒𝐓𝐎𝐏")) == .stop)
    }

    @Test("a letter that a word has twice is no word with it once, and idioms hide nothing beside them")
    func repeated() {
        #expect(Self.verdict("Niger") == nil && Self.verdict("Nigger") == .hate && Self.verdict("niiigggeeer") == .hate)
        #expect(Self.verdict("Zora") == nil && Self.verdict("zorrra") == .profanity)
        #expect(Self.verdict("fagot") == nil && Self.verdict("FAGGOTS") == .hate)
        // What an idiom leaves does not become a phrase.
        #expect(Self.verdict("I will kill time you") == nil)
        let filter = ContentFilter(blocked: ["kill time"], allowed: ["Niger"])
        #expect(filter.verdict([UInt8](text: "to kill time")) == .listed)
        #expect(filter.verdict([UInt8](text: "nigger")) == .hate)
    }

    @Test("every sentence of the harmless list passes")
    func harmless() throws {
        let url = Vectors.packageRoot.appendingPathComponent("Tests/BlackBox/harmless_sentences.txt")
        let lines = String(decoding: try Data(contentsOf: url), as: UTF8.self).split(separator: "\n")
        #expect(Set(lines).count >= 200)
        for line in lines {
            let found = Self.verdict(String(line))
            #expect(found == nil, "\(line): \(found?.rawValue ?? "")")
        }
    }

    @Test("the operator's own lists: what is blocked beside, and what is never taken for anything")
    func lists() {
        let filter = ContentFilter(blocked: ["guaranteed returns", "crypto*"], allowed: ["Shit", "zorra"])
        #expect(filter.verdict([UInt8](text: "Guaranteed  RETURNS of 9 %")) == .listed)
        #expect(filter.verdict([UInt8](text: "buy cryptocoins")) == .listed)
        #expect(filter.verdict([UInt8](text: "guaranteed by law")) == nil)
        #expect(filter.verdict([UInt8](text: "La Zorra is our partner")) == nil)
        #expect(ContentFilter(blocked: ["", " ", "*", "_ x"]).verdict([UInt8](text: "x y")) == nil)
    }

    @Test("any octets are read, and a long text in time that grows with it")
    func anything() {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<2_000 {
            let text = (0..<Int(random.next() % 64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = Self.filter.verdict(text)
        }
        #expect(Self.verdict(String(repeating: "i will kill ", count: 20_000)) == nil)
        #expect(Self.verdict(String(repeating: "a ", count: 20_000)) == nil)
        #expect(Self.verdict(String(repeating: "k i l l x  ", count: 5_000)) == nil)
        #expect(Self.verdict(String(repeating: "a!", count: 20_000)) == nil)
    }
}

@Suite("Words of opting out and in")
struct OptWordTests {
    @Test("the words of CONTRACT §9 in any case and with marks around", arguments: [
        "stop", "STOP", " Stop. ", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "OPT-OUT",
        "«stop»", "e n d", "E.N.D.", "Alto", "BAJA", "arrêt", "ｓｔｏｐ", "st\u{200B}op",
    ])
    func stops(_ text: String) { #expect(OptWord([UInt8](text.utf8)) == .stop) }

    @Test("start and help", arguments: [("START", .start), ("unstop", .start), ("Alta", .start), ("help", .help),
        ("ayuda!", .help)] as [(String, OptWord)])
    func others(_ row: (text: String, word: OptWord)) { #expect(OptWord([UInt8](row.text.utf8)) == row.word) }

    @Test("a word among others is a message", arguments: [
        "", "please stop", "stop it now", "cancel my transfer", "end of month", "the end", "I quit", "s", "stopp",
        "info card",
        "help me", "baja california", "start now please",
    ])
    func messages(_ text: String) { #expect(OptWord([UInt8](text.utf8)) == nil, "\(text)") }
}

@Suite("Consent to recording")
struct RecordingConsentTests {
    @Test("only a state known to need one party's consent goes without the announcement", arguments: [
        ("12125550100", .oneParty), ("15125550100", .oneParty), ("14155550100", .announced),
        ("13055550100", .announced),
        ("18005550100", .announced), ("14165550100", .announced), ("525512345678", .announced), ("1212", .announced),
        ("442079460000", .announced), ("", .announced),
    ] as [(String, RecordingConsent.Rule)])
    func rules(_ row: (digits: String, rule: RecordingConsent.Rule)) {
        #expect(RecordingConsent.rule(digits: Array(row.digits.utf8)) == row.rule)
    }
}
