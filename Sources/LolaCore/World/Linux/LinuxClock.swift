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
}

/// OpenSSL's generator, seeded by the kernel.
final class LinuxEntropy: Entropy {
    func bytes(_ count: Int) -> [UInt8] { SystemRandom.bytes(count) }
}
