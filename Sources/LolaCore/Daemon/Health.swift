// What probes are told, shared by all loops: whether the process may get work.
import Synchronization

final class Health: Sendable {
    private let loopsReady = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)
    private let failed = Atomic<Bool>(false)
    private let loopsQuiet = Atomic<Int>(0)
    /// Loops that cannot reach the store.
    private let storesAway = Atomic<Int>(0)
    let loopCount: Int

    init(loopCount: Int) { self.loopCount = loopCount }

    var isDraining: Bool { draining.load(ordering: .relaxed) }
    /// Every loop listens and no drain has begun.
    private var isReady: Bool { !isDraining && loopsReady.load(ordering: .relaxed) == loopCount }
    /// Every loop has finished its work of the drain.
    var isQuiet: Bool { loopsQuiet.load(ordering: .relaxed) >= loopCount }

    /// Every loop but the one that asks has finished.
    var areOthersQuiet: Bool { loopsQuiet.load(ordering: .relaxed) >= loopCount - 1 }

    func loopIsReady() { loopsReady.wrappingAdd(1, ordering: .relaxed) }
    func loopIsQuiet() { loopsQuiet.wrappingAdd(1, ordering: .relaxed) }
    /// Every loop reaches the store: a probe is answered by one of them and speaks for all.
    var isStoreReached: Bool { storesAway.load(ordering: .relaxed) == 0 }
    func storeIsAway() { storesAway.wrappingAdd(1, ordering: .relaxed) }
    func storeIsBack() { storesAway.wrappingSubtract(1, ordering: .relaxed) }
    /// The drain that begins was not asked for: the process must end and start anew. False when it was on its way out.
    func beginFailing() -> Bool {
        guard !draining.exchange(true, ordering: .relaxed) else { return false }
        failed.store(true, ordering: .relaxed)
        return true
    }
    /// With which the process ends after its drain.
    var exitCode: Int32 { failed.load(ordering: .relaxed) ? 74 : 0 }
    func beginDrain() { draining.store(true, ordering: .relaxed) }

    /// `GET /livez`: the loop answers, so it lives.
    static let alive = HTTPResponse.json(200, [UInt8](text: #"{"status":"ok"}"#))

    /// `GET /readyz`. A gateway whose store cannot answer would turn away what it is given.
    func readiness(storeIsOpen: Bool) -> HTTPResponse {
        let word = word(storeIsOpen: storeIsOpen)
        return word == "ok" ? Self.alive : .json(503, [UInt8](text: #"{"status":"\#(word)"}"#))
    }

    /// `ok`, or why the gateway takes nothing.
    func word(storeIsOpen: Bool) -> String {
        if isReady, storeIsOpen { return "ok" }
        return isDraining ? "draining" : isReady ? "store_unavailable" : "starting"
    }
}
