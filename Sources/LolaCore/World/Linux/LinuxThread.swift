// Threads that live as long as the process. What a thread owns is built inside it.
import CLinux
import Glibc

enum LinuxThread {
    private final class Start: Sendable {
        let body: @Sendable () -> Void
        let name: String
        init(name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a detached thread. A process that cannot start one cannot serve: it says so and ends.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        let start = unsafe Unmanaged.passRetained(Start(name: name, body))
        var thread = pthread_t()
        let code = unsafe pthread_create(&thread, nil, { argument in
            guard let argument = unsafe argument else { return nil }
            let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
            unsafe lola_name_thread(start.name)
            start.body()
            return nil
        }, start.toOpaque())
        precondition(code == 0, "cannot start a thread: \(code)")
        pthread_detach(thread)
    }
}
