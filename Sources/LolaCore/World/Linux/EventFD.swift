// A descriptor that other threads write to in order to wake a loop out of epoll_wait.
import CLinux
import Glibc

struct EventFD: Waker {
    let descriptor: Int32

    /// A blocking one makes `clear` wait for the next `wake`. Nil when the process has no descriptor left.
    init?(blocking: Bool = false) {
        let made = eventfd(0, Int32(EFD_CLOEXEC) | (blocking ? 0 : Int32(EFD_NONBLOCK)))
        guard made >= 0 else { return nil }
        descriptor = made
    }

    func wake() {
        var one: UInt64 = 1
        _ = unsafe Glibc.write(descriptor, &one, 8)
    }

    /// Waits until somebody has woken, at most so long (nil is for ever), and clears. For threads without a loop.
    func wait(atMost limit: Interval?) {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds = limit.map { Int32(clamping: max(0, ($0 + .microseconds(999)).inMilliseconds)) } ?? -1
        if unsafe poll(&state, 1, milliseconds) > 0 { clear() }
    }

    /// For one that does not live as long as the process. Nobody may wake it any more.
    func close() { _ = Glibc.close(descriptor) }

    func clear() {
        var value: UInt64 = 0
        _ = unsafe Glibc.read(descriptor, &value, 8)
    }
}
