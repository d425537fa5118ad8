// What a call is held by that may be taken back before its answer: wherever it waits, whoever holds it there is told at
// once; an answer that has come already is then kept from who asked. One for calls that follow each other; stays on the
// loop of its calls.

/// What holds a call that may be taken back: where it waits, or what carries it.
protocol CallHolder: AnyObject {
    /// The call is taken back. Told once at most.
    func givenUp()
}

/// What whoever asks keeps in hand: gives up the call under way and all that would follow it.
final class CallLeash {
    private(set) var isGivenUp = false
    private var holder: (any CallHolder)?

    /// The call is held there from now on.
    func bind(_ holder: any CallHolder) { self.holder = holder }

    /// Nothing is under way any more: who held a call is not held by it.
    func loosen() { holder = nil }

    /// The call that is under way is taken back, and none after it goes out.
    func giveUp() {
        if isGivenUp { return }
        isGivenUp = true
        let told = holder
        holder = nil
        told?.givenUp()
    }
}
