// The crash page door: tells the next process whose code ran when this one died, so that the message that kills the
// process is known from those that merely stood beside it. World/Linux/LinuxCrashPages maps it; one page per loop.

/// An id of 128 bits; this layer does not know of what.
struct CrashMark: Hashable, Sendable {
    let high: UInt64
    let low: UInt64
}

/// One loop's page. Neither call leaves the process (no system call) or fails.
protocol CrashPage: AnyObject {
    /// From now on code runs on behalf of this id. Replaces the one before.
    func hold(_ high: UInt64, _ low: UInt64)
    /// The code has returned.
    func release()
}
