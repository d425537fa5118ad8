// A telephone call as a provider's webhooks tell of it, and what it hears. Values; made by channels.

/// What is said of one call that we made.
struct CallReport: Hashable, Sendable {
    /// How long it was, as it is billed; nil while it lasts, and where the provider does not say.
    let seconds: Int?
}

/// What a call hears before it ends.
struct CallScript: Hashable, Sendable {
    /// Said before everything else, such as that the call is recorded.
    var announcement: [UInt8]?
    let text: [UInt8]
    /// BCP 47 tag of the voice.
    var language: [UInt8] = [UInt8](text: "en-US")
}
