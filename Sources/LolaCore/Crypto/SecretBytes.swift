// Key material and tokens: wiped when the last owner lets go, printed as `***`, compared in constant time.
// Immutable, so any thread may hold one. Settings make them; the other types of this folder read them.
internal import CSSL

final class SecretBytes: Sendable, CustomStringConvertible, CustomReflectable {
    /// A buffer of its own: never handed out as an array, so nobody shares it and wiping it is safe.
    private let storage: [UInt8]

    /// Copies `bytes`; the caller's own copy is the caller's to drop.
    convenience init(_ bytes: [UInt8]) { self.init(bytes.span) }

    init(_ bytes: Span<UInt8>) {
        storage = unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, initialized in
            for index in bytes.indices { unsafe buffer[index] = bytes[index] }
            initialized = bytes.count
        }
    }

    /// A secret of `count` octets that `fill` writes in place, so that no other copy exists; nil when it fails.
    init?(count: Int, fill: (UnsafeMutableBufferPointer<UInt8>) -> Bool) {
        var filled = false
        storage = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe buffer.initialize(repeating: 0)
            filled = unsafe fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            initialized = count
        }
        guard filled else { return nil }
    }

    deinit {
        unsafe storage.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return }
            unsafe OPENSSL_cleanse(UnsafeMutableRawPointer(mutating: start), buffer.count)
        }
    }

    /// `count` random octets.
    static func random(_ count: Int) -> SecretBytes { SecretBytes(SystemRandom.bytes(count)) }

    var count: Int { storage.count }
    var isEmpty: Bool { storage.isEmpty }
    var description: String { "***" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// Lends the octets to `body`. They must not be copied into anything that outlives the call.
    func withBytes<Result, Fault: Error>(
        _ body: (Span<UInt8>) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        let lent = storage
        return try body(lent.span)
    }

    /// Whether `other` is this secret. Compares SHA-256 digests, so neither content nor length shows in the time.
    func equals(_ other: [UInt8]) -> Bool { equals(other[...]) }

    /// The same for part of a buffer, such as a header value.
    func equals(_ other: ArraySlice<UInt8>) -> Bool {
        ConstantTime.equal(withBytes { Digest.sha256($0) }, Digest.sha256(other.span))
    }

    /// Whether two secrets are the same, in the same manner.
    func equals(_ other: SecretBytes) -> Bool { equals(other.storage[...]) }
}
