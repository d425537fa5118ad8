// One message on its way through the pipeline: what the stages have found out so far, and the trace.
// Owned by the conversation's loop; a value of work in progress, rebuilt from the message after a crash.

/// A slash command as an agent sees it: `{"name":"/info","arguments":""}`.
struct SlashCommand: Hashable, Sendable {
    let name: [UInt8]
    let arguments: [UInt8]

    /// Nil when the text is not a command. On Telegram `/name@bot` is the command `/name`.
    init?(_ text: [UInt8], on channel: ChannelName) {
        guard text.first == 0x2F else { return nil }
        let end = text.firstIndex { $0 <= 0x20 } ?? text.endIndex
        let word = text[..<end]
        name = word.prefix { channel != .telegram || $0 != 0x40 }.map(ASCII.lowercased)
        arguments = Array(text[end...].drop { $0 <= 0x20 })
    }
}

final class Turn {
    let verified: VerifiedMessage
    /// The store's id of whoever sent it.
    let senderID: RecordID
    /// A dry run changes nothing; the identity lookup is its only effect (CONTRACT §10).
    let isDry: Bool

    /// The spelling of the sender's phone, from the channel or from a contact shared earlier.
    var phoneSpelling: [UInt8]?
    /// Whether the contact book has been asked for this message.
    var askedContactBook = false
    var command: SlashCommand?
    var phone: E164?
    /// Forms of the number the identity service is asked for, in order (CONTRACT §11).
    var candidates: [E164] = []
    var identity = Identity.unknown
    /// How many candidates the identity service has been asked for, the one under way included.
    var candidatesAsked = 0
    /// Whether the service has said of a candidate that it knows nobody (`sender` is null).
    var isUnknownByAnswer = false
    /// Attachments after decoding: phones of contact cards in E.164 or absent.
    var attachments: [Attachment]

    /// 32 hex digits under which the services that this message calls know it; made up when the message has none.
    private var traceID: [UInt8]?
    /// The steps that nobody has taken yet.
    private(set) var trace: [TraceStep] = []
    /// What the stage that runs wants the trace to say beside its verdict.
    var detail = ""

    /// - Parameter traceID: 32 hex digits, the same whenever this message is taken up again; nil for a dry run.
    init(_ verified: VerifiedMessage, senderID: RecordID, traceID: [UInt8]? = nil, isDry: Bool = false) {
        self.verified = verified
        self.senderID = senderID
        self.isDry = isDry
        self.traceID = traceID
        phoneSpelling = verified.message.phone
        attachments = verified.message.attachments
        trace.reserveCapacity(8)
    }

    var message: InboundMessage { verified.message }

    /// The `traceparent` of one call (W3C Trace Context, version 00, sampled): the trace of the message, a new span.
    func traceparent(_ entropy: any Entropy) -> [UInt8] {
        let trace = traceID ?? Self.traceID(entropy)
        traceID = trace
        var out: [UInt8] = []
        out.reserveCapacity(55)
        out.append(word: "00-")
        out += trace
        out.append(0x2D)
        Hex.append(Self.spanID(entropy), to: &out)
        out.append(word: "-01")
        return out
    }

    /// An id of zeros only is not valid, nor is a span's.
    private static func traceID(_ entropy: any Entropy) -> [UInt8] {
        var id: [UInt8] = []
        Hex.append(entropy.word(), to: &id)
        Hex.append(spanID(entropy), to: &id)
        return id
    }

    private static func spanID(_ entropy: any Entropy) -> UInt64 { max(entropy.word(), 1) }

    /// - Parameter told: what the trace says beside the verdict, in the place of `detail`.
    func record(
        _ stage: TraceStep.Stage, _ verdict: TraceStep.Verdict, took: Interval, _ told: TraceStep.Detail? = nil
    ) {
        trace.append(TraceStep(stage: stage, verdict: verdict, took: took, detail: told ?? .text(detail)))
        detail = ""
    }

    /// The steps since this was called last: whoever keeps them has the others, and none is copied.
    func takeTrace() -> [TraceStep] {
        let steps = trace
        trace = []
        return steps
    }
}
