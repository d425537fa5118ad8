// What the guard reports as it happens: lines bounded in number, addresses as pseudonyms. The daemon writes them; tests
// collect them.

protocol GuardLog: AnyObject {
    /// A request was turned away on its head. `address` is asked for only when a line is written.
    func requestRefused(_ refusal: Refusal, requestID: [UInt8], address: () -> String)
    func lockoutBegan(address: String, failures: Int)
    func lockoutLifted(address: String)
}
