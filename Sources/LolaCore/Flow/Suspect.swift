// How often handling one message has killed the process: a small record of its own, for the message itself may be in
// the hands of another gateway. Pure values; asked by the start and by the inbox.

struct Suspect {
    let id: RecordID

    init(_ id: RecordID) { self.id = id }

    private var key: StoreKey { StoreKey(.suspect, id) }

    var question: StoreOperation { .get(key) }

    /// Reads the answer to `question`; a store that does not answer accuses nobody.
    func crashes(_ answer: StoreAnswer) -> Int {
        guard case .value(let value?) = answer else { return 0 }
        return ASCII.decimal(value) ?? 0
    }

    /// The message came to its end: whatever killed the process was not it.
    var acquittal: StoreOperation { .remove(key) }

    func record(crashes: Int) -> StoreOperation {
        var digits: [UInt8] = []
        ASCII.append(crashes, to: &digits)
        return .put(key, digits, expires: Limits.deadLetterRetention)
    }
}
