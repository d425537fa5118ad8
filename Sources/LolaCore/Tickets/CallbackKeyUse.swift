// How often the callback keys have made a token, over restarts and on all gateways of a store (reliability D7):
// counted in the store, a block at a time, an alert before the end and no token after it. One per loop, on its
// thread.

final class CallbackKeyUse {
    private let store: any Store
    private let keys: [StoreKey]
    private let alerts: (any AlertDesk)?
    /// Tokens that may still be made of the block that was counted.
    private var left: Int64 = 0

    /// `makers` are the names of the keys that make tokens now.
    init(store: any Store, makers: [[UInt8]], alerts: (any AlertDesk)?) {
        self.store = store
        self.alerts = alerts
        keys = makers.enumerated().map { place, id in
            let name = [UInt8](text: place == 0 ? "lola callback encryption use v1" : "lola callback signature use v1")
            return StoreKey(.meta, RecordID(hashOf: name + id))
        }
    }

    /// Goes on when so many more tokens may be made. `refusal`: the keys are used up, or the store does not answer.
    func take(_ count: Int64, _ body: @escaping (_ refusal: Refusal?) -> Void) {
        if left >= count {
            left -= count
            return body(nil)
        }
        countNext(keys[...], body) { [self] in
            left += Limits.callbackKeyUseStep - count
            body(nil)
        }
    }

    private func countNext(
        _ rest: ArraySlice<StoreKey>, _ body: @escaping (Refusal?) -> Void, _ done: @escaping () -> Void
    ) {
        guard let key = rest.first else { return done() }
        let life = Limits.callbackKeyUseRetention
        store.submit(.add(key, Limits.callbackKeyUseStep, within: life)) { [self] answer in
            guard case .sum(let sum) = answer else { return body(.storeUnavailable) }
            guard sum <= Limits.callbackKeyUseMax else { return body(.callbackKeyExhausted) }
            if sum >= Limits.callbackKeyUseAlarm {
                alerts?.raise(Alert(
                    kind: .callbackKeyUse, subject: "", text: "a callback key has made \(sum) tokens: rotate it"))
            }
            countNext(rest.dropFirst(), body, done)
        }
    }
}
