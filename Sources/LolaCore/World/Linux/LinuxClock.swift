// The two clocks of the machine and its entropy. Any thread may have its own.
import Glibc

final class LinuxClock: Clock {
    var now: Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }

    var wall: WallTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(milliseconds: Int64(time.tv_sec) &* 1_000 &+ Int64(time.tv_nsec) / 1_000_000)
    }

    /// Holds up the thread that calls, which is never a loop's. A signal may end it earlier.
    func sleep(_ interval: Interval) {
        var time = timespec(
            tv_sec: Int(interval.nanoseconds / 1_000_000_000), tv_nsec: Int(interval.nanoseconds % 1_000_000_000))
        unsafe clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nil)
    }
}

/// OpenSSL's generator, seeded by the kernel. Octets are drawn ahead: a call of the generator costs as much as a
/// thousand octets of it. What was given away is wiped here. The process never forks, so none is given twice.
final class LinuxEntropy: Entropy {
    private var ahead: [UInt8] = []
    private var given = 0

    func bytes(_ count: Int) -> [UInt8] {
        var out: [UInt8] = []
        append(count, to: &out)
        return out
    }

    func append(_ count: Int, to out: inout [UInt8]) {
        if count > Limits.entropyAhead.bytes / 4 { return out += SystemRandom.bytes(count) }
        unsafe take(count) { unsafe out.append(contentsOf: $0) }
    }

    func word() -> UInt64 {
        var word: UInt64 = 0
        unsafe take(8) { piece in
            for place in 0..<8 { word = unsafe word << 8 | UInt64(piece[place]) }
        }
        return word
    }

    /// Lends the next octets, and wipes them.
    private func take(_ count: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
        if ahead.count - given < count {
            ahead = SystemRandom.bytes(Limits.entropyAhead.bytes)
            given = 0
        }
        let start = given
        given += count
        unsafe ahead.withUnsafeMutableBufferPointer { ahead in
            let piece = unsafe UnsafeMutableBufferPointer(rebasing: ahead[start..<(start + count)])
            unsafe body(piece)
            unsafe piece.update(repeating: 0)
        }
    }
}
