// Random octets from OpenSSL's generator, which the kernel seeds. Any thread; the simulator has its own source.
internal import CSSL

enum SystemRandom {
    /// `count` unpredictable octets. Without entropy there is no safe way to go on, so failure ends the process.
    static func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
            if count > 0 {
                let done = unsafe RAND_bytes_ex(nil, output.baseAddress, count, 0)
                precondition(done == 1, "the system has no random octets")
            }
            initialized = count
        }
    }
}
