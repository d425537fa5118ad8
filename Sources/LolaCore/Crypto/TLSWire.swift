// The network side of one TLS connection as OpenSSL sees it: octets that arrived, octets to send, both in our arrays.
// A BIO of our own instead of a BIO pair: an idle connection then keeps no buffer. Part of one TLSEngine.
internal import CSSL

@safe final class TLSWire {
    /// Arrived and not yet read by OpenSSL, from `taken` on.
    private var incoming: [UInt8] = []
    private var taken = 0
    /// Written by OpenSSL and not yet collected.
    private var outgoing: [UInt8] = []

    func feed(_ ciphertext: Span<UInt8>) {
        unsafe ciphertext.withUnsafeBufferPointer { unsafe incoming.append(contentsOf: $0) }
    }

    /// Forgets what arrived: the conversation is over.
    func dropIncoming() {
        incoming = []
        taken = 0
    }

    func collect(into out: inout [UInt8]) {
        if out.isEmpty { swap(&out, &outgoing) } else { out.append(contentsOf: outgoing) }
        if !outgoing.isEmpty { outgoing = [] }
    }

    /// A BIO over this object, which must outlive it; the caller frees it or gives it to a connection.
    func makeBIO() -> OpaquePointer? {
        guard let bio = unsafe BIO_new(Self.method.pointer) else { return nil }
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        unsafe BIO_set_init(bio, 1)
        return unsafe bio
    }

    private func read(into out: UnsafeMutableRawPointer, count: Int) -> Int {
        let step = min(count, incoming.count - taken)
        guard step > 0 else { return 0 }
        unsafe incoming.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe out.copyMemory(from: start + taken, byteCount: step)
        }
        taken += step
        if taken == incoming.count { dropIncoming() }
        return step
    }

    private func write(_ bytes: UnsafeBufferPointer<UInt8>) { unsafe outgoing.append(contentsOf: bytes) }

    private static func wire(of bio: OpaquePointer?) -> TLSWire? {
        guard let data = unsafe BIO_get_data(bio) else { return nil }
        return unsafe Unmanaged<TLSWire>.fromOpaque(data).takeUnretainedValue()
    }

    /// Built once per process and never changed after, as the other methods.
    private static let method: OpenSSLMethod = {
        let method = unsafe BIO_meth_new(BIO_get_new_index() | Int32(BIO_TYPE_SOURCE_SINK), "wire")
        unsafe BIO_meth_set_read_ex(method) { bio, out, count, done in
            unsafe lola_bio_clear_retry(bio)
            guard let wire = unsafe TLSWire.wire(of: bio), let out = unsafe out else { return 0 }
            let step = unsafe wire.read(into: UnsafeMutableRawPointer(out), count: count)
            unsafe done?.pointee = step
            if step == 0 { unsafe lola_bio_retry_read(bio) }
            return step > 0 ? 1 : 0
        }
        unsafe BIO_meth_set_write_ex(method) { bio, bytes, count, done in
            unsafe lola_bio_clear_retry(bio)
            guard let wire = unsafe TLSWire.wire(of: bio) else { return 0 }
            let start = unsafe UnsafeRawPointer(bytes)?.assumingMemoryBound(to: UInt8.self)
            unsafe wire.write(UnsafeBufferPointer(start: start, count: count))
            unsafe done?.pointee = count
            return 1
        }
        // Flushing is all that OpenSSL needs to succeed; nothing is held back here.
        unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return unsafe OpenSSLMethod(method, "BIO")
    }()
}
