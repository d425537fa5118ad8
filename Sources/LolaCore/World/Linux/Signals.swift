// Signals are taken by one thread that waits for them; every other thread has them blocked, and nothing runs in
// a handler. Blocked first thing in the process, before any thread starts.
import CLinux
import Glibc

enum Signals {
    enum Event { case terminate, reload }

    /// Blocks what `wait` takes and ignores what would end the process where an error says enough: SIGPIPE, and
    /// SIGXFSZ, which comes with EFBIG when a file reaches the limit of the process. Threads started later inherit it.
    static func block() {
        var set = waited()
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        for number in [SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2] { signal(number, SIG_IGN) }
    }

    /// Sleeps until a signal comes.
    static func wait() -> Event {
        var set = waited()
        var number: Int32 = 0
        while true {
            guard unsafe sigwait(&set, &number) == 0 else { continue }
            return number == SIGHUP ? .reload : .terminate
        }
    }

    private static func waited() -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&set, number) }
        return set
    }
}
