// The authorities a client believes: the system's, and optionally those of one file. Read once and shared by the
// contexts of all loops; OpenSSL locks the store itself, so its address may cross threads.
internal import CSSL

final class TLSTrust: Sendable {
    private let address: UInt

    /// OpenSSL's own folder of single authorities, and the variable that names others, separated by colons.
    static let folder = unsafe String(cString: X509_get_default_cert_dir())
    static let folderVariable = unsafe String(cString: X509_get_default_cert_dir_env())

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

    /// Whether a bundle held any. Authorities of a folder are read when they are needed and do not count.
    var hasAuthorities: Bool { unsafe OPENSSL_sk_num(X509_STORE_get0_objects(store)) > 0 }

    var store: OpaquePointer? { unsafe OpaquePointer(bitPattern: address) }
}
