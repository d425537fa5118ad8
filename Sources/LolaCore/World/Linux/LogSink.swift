// Log lines to a descriptor without ever waiting for its reader: what a full pipe does not take is dropped and
// counted. One per process, any thread.
import CLinux
import Glibc
import Synchronization

final class LogSink: Sendable {
    private let descriptor: Int32
    private let lost = Atomic<Int>(0)
    private let turn = Mutex(())

    /// 1 is standard output, 2 standard error.
    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Lines nobody took since the start.
    var dropped: Int { lost.load(ordering: .relaxed) }

    /// Writes whole lines.
    func write(_ bytes: [UInt8]) {
        turn.withLock { _ in
            var offset = 0
            while offset < bytes.count {
                var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                // The start of a line needs room now; its rest may wait a moment, or lines would be torn.
                let isLineStart = offset == 0 || bytes[offset - 1] == 0x0A
                guard unsafe poll(&state, 1, isLineStart ? 0 : 1_000) == 1 else { break }
                let piece = min(bytes.count - offset, 4_096)
                let count = unsafe bytes.withUnsafeBytes {
                    unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + offset }, piece)
                }
                guard count > 0 else { break }
                offset += count
            }
            if offset < bytes.count { lost.wrappingAdd(bytes[offset...].count { $0 == 0x0A }, ordering: .relaxed) }
        }
    }
}
