// What can be wrong with key material or sealed octets. Closed; the raw value is the log word.
// Failures that only a programming error can cause are preconditions, not faults.

enum CryptoFault: String, Error {
    /// Not a PEM block, or not the kind of key that was asked for.
    case keyMalformed = "key_malformed"
    /// A key of another algorithm or curve, or one whose parts do not belong together.
    case keyUnsuitable = "key_unsuitable"
    /// An encrypted PEM: Lola never asks for a passphrase.
    case keyEncrypted = "key_encrypted"
    /// Sealed octets that are cut, altered, or sealed under another key, nonce or associated data.
    case notAuthentic = "not_authentic"
    /// A length that the algorithm does not define.
    case lengthInvalid = "length_invalid"
    /// The library refused an operation on good input (memory, entropy, self-test).
    case libraryFailed = "library_failed"
}
