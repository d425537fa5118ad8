// The guard's reports as log lines, bounded in number. One per loop.

final class DoorLog: GuardLog {
    private let log: Log
    private let clock: any Clock
    private var refusals = LineAllowance(most: Limits.refusalLinesMax)

    init(_ log: Log, clock: any Clock) {
        self.log = log
        self.clock = clock
    }

    func requestRefused(_ refusal: Refusal, requestID: [UInt8], address: () -> String) {
        flush()
        guard log.isOn(.warn), refusals.take(at: clock.now) else { return }
        log.write(.warn, "request_refused", at: clock.wall, [
            ("reason", refusal.rawValue), ("address", address()), ("request_id", requestID.text),
        ])
    }

    func lockoutBegan(address: String, failures: Int) {
        log.write(.error, "lockout_began", at: clock.wall, [("address", address), ("failures", "\(failures)")])
    }

    func lockoutLifted(address: String) {
        log.write(.warn, "lockout_lifted", at: clock.wall, [("address", address)])
    }

    /// The lines of a second that is over and had too many of them, as one number. Called before the loop sleeps.
    func flush() {
        let count = refusals.settle(at: clock.now)
        guard count > 0 else { return }
        log.write(.warn, "requests_refused_more", at: clock.wall, [("count", "\(count)")])
    }
}
