// Which OpenSSL this process runs with: the one that is loaded, not the one it was built against.
internal import CSSL

enum OpenSSLVersion {
    /// For example `OpenSSL 3.0.19 27 Jan 2026`.
    static var text: String {
        guard let version = unsafe OpenSSL_version(OPENSSL_VERSION) else { return "OpenSSL" }
        return unsafe String(cString: version)
    }
}
