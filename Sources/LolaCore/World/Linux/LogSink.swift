// Log lines to a descriptor without ever waiting for its reader: what a full pipe does not take is dropped and
// counted. One per process, any thread.
import CLinux
import Glibc
import Synchronization

final class LogSink: Sendable {
    private let descriptor: Int32
    private let lost = Atomic<Int>(0)
    /// The rest of a line that was taken only in part; it goes out before anything else.
    private let torn = Mutex<[UInt8]>([])

    /// 1 is standard output, 2 standard error.
    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Lines nobody took since the start.
    var dropped: Int { lost.load(ordering: .relaxed) }

    /// Writes whole lines.
    func write(_ bytes: [UInt8]) {
        torn.withLock { torn in
            if !torn.isEmpty {
                torn.removeFirst(put(torn))
                guard torn.isEmpty else { return lose(bytes[...]) }
            }
            let taken = put(bytes)
            var whole = taken
            if taken > 0, taken < bytes.count, bytes[taken - 1] != 0x0A {
                whole = (bytes[taken...].firstIndex(of: 0x0A) ?? bytes.count - 1) + 1
                torn = Array(bytes[taken..<whole])
            }
            lose(bytes[whole...])
        }
    }

    private func lose(_ lines: ArraySlice<UInt8>) {
        if lines.isEmpty { return }
        lost.wrappingAdd(lines.count { $0 == 0x0A }, ordering: .relaxed)
    }

    /// How many octets the reader takes now. A pipe that is ready takes one page without waiting (POSIX PIPE_BUF).
    private func put(_ bytes: [UInt8]) -> Int {
        var offset = 0
        while offset < bytes.count {
            var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&state, 1, 0) == 1 else { break }
            let piece = min(bytes.count - offset, 4_096)
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + offset }, piece)
            }
            guard count > 0 else { break }
            offset += count
        }
        return offset
    }
}
