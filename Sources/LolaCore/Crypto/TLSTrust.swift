// The authorities a client believes: the system's, and optionally those of one file. Read once at start and shared by
// the contexts of all loops; OpenSSL locks the store itself, so its address may cross threads.
internal import CSSL

final class TLSTrust: Sendable {
    private let address: UInt

    /// `authorityFile`: PEM certificates of private authorities, trusted besides the system's.
    init(authorityFile: String? = nil) throws(TLSContextFault) {
        ERR_clear_error()
        guard let store = unsafe X509_STORE_new() else { throw .libraryFailed }
        address = UInt(bitPattern: store)
        guard unsafe X509_STORE_set_default_paths(store) == 1 else { throw .libraryFailed }
        if let authorityFile {
            guard unsafe X509_STORE_load_file(store, authorityFile) == 1 else { throw .authorityFile }
        }
    }

    deinit { unsafe X509_STORE_free(store) }

    var store: OpaquePointer? { unsafe OpaquePointer(bitPattern: address) }
}
