// What a call is held by that may be taken back before its answer: wherever it waits, whoever holds it there is told at
// once; an answer that has come already is then kept from who asked. One for calls that follow each other; stays on the
// loop of its calls.

final class CallLeash {
    private(set) var isGivenUp = false
    /// Set by who holds the call at the moment; called once at most.
    var whenGivenUp: () -> Void = {}

    /// Nothing is under way any more: who held a call is not held by it.
    func loosen() { whenGivenUp = {} }

    /// The call that is under way is taken back, and none after it goes out.
    func giveUp() {
        if isGivenUp { return }
        isGivenUp = true
        let told = whenGivenUp
        whenGivenUp = {}
        told()
    }
}
