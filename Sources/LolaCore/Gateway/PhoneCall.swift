// A telephone call as a provider's webhooks tell of it, and the door to whoever decides what it hears. Values and a
// protocol; channels make the first and ask the second.

/// What is said of one call.
struct CallNotice: Hashable, Sendable {
    /// The provider's id of the call.
    let callID: [UInt8]
    let own: [UInt8]
    let other: [UInt8]
    /// Whether we called.
    let isOutbound: Bool
    /// The provider's word: `ringing`, `in-progress`, `completed`, `busy`, `no-answer`, `failed`, `canceled`.
    let status: [UInt8]
}

/// What a call hears before it ends.
struct CallScript: Hashable, Sendable {
    /// Said before everything else, such as that the call is recorded.
    var announcement: [UInt8]?
    let text: [UInt8]
    /// BCP 47 tag of the voice.
    var language: [UInt8] = [UInt8](text: "en-US")
}

/// Who knows the calls that agents make. Asked only with notices whose webhook is proven.
protocol CallDesk: AnyObject {
    /// What this call hears; nil for a call that nobody here made.
    func script(of call: CallNotice) -> CallScript?
    /// How far a call has come.
    func noted(_ call: CallNotice)
}
