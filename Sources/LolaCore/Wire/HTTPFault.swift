// Everything that can be wrong with an HTTP message from outside: one closed list with the status to answer and a
// stable word for logs, metrics and problem documents. Thrown and returned by the parsers of this folder.

enum HTTPFault: Error, Hashable, Sendable, CaseIterable {
    // Request line (RFC 9112 §3)
    case badMethod, badTarget, badVersion
    case targetTooLong, unsupportedVersion
    /// absolute-form whose authority is not the Host field.
    case targetHostMismatch

    // Lines and fields (RFC 9112 §2.2, §5)
    case bareCR, bareLF, obsFold, indentedField
    case badFieldName, spaceBeforeColon, missingColon, badFieldValue
    case headTooLarge, tooManyFields

    // Host (RFC 9112 §3.2), framing (§6), expectation (RFC 9110 §10.1.1)
    case hostMissing, hostRepeated, badHost
    case badLength, lengthRepeated, lengthAndCoding
    case badCoding, codingInOldVersion, unknownCoding
    case expectation

    // Bodies (RFC 9112 §7)
    case badChunk, chunkLineTooLong, chunkExtensionsTooLarge
    case trailersTooLarge, forbiddenTrailer
    case bodyTooLarge

    /// The peer was too slow; raised by the connection's timers, never by a parser.
    case timeout

    // Content of a well-framed request: routed path, form or query
    case badPath, badForm, tooManyPairs

    // Only of answers that we receive
    case badStatusLine, switchingProtocols, tooManyInterim, bodyNotAllowed, truncated

    /// The status to answer. Faults of an answer are 502: the server beyond us misbehaves.
    var status: Int {
        switch self {
        case .targetTooLong: 414
        case .unsupportedVersion: 505
        case .headTooLarge, .tooManyFields: 431
        case .unknownCoding: 501
        case .expectation: 417
        case .bodyTooLarge: 413
        case .timeout: 408
        case .badStatusLine, .switchingProtocols, .tooManyInterim, .bodyNotAllowed, .truncated: 502
        default: 400
        }
    }

    /// Whether the connection must be closed after the answer: yes unless the framing of the request was sound.
    var closesConnection: Bool {
        switch self {
        case .badPath, .badForm, .tooManyPairs: false
        default: true
        }
    }

    var word: String {
        switch self {
        case .badMethod: "bad_method"
        case .badTarget: "bad_target"
        case .badVersion: "bad_version"
        case .targetTooLong: "target_too_long"
        case .unsupportedVersion: "unsupported_version"
        case .targetHostMismatch: "target_host_mismatch"
        case .bareCR: "bare_cr"
        case .bareLF: "bare_lf"
        case .obsFold: "obs_fold"
        case .indentedField: "indented_field"
        case .badFieldName: "bad_field_name"
        case .spaceBeforeColon: "space_before_colon"
        case .missingColon: "missing_colon"
        case .badFieldValue: "bad_field_value"
        case .headTooLarge: "head_too_large"
        case .tooManyFields: "too_many_fields"
        case .hostMissing: "host_missing"
        case .hostRepeated: "host_repeated"
        case .badHost: "bad_host"
        case .badLength: "bad_content_length"
        case .lengthRepeated: "content_length_repeated"
        case .lengthAndCoding: "length_and_coding"
        case .badCoding: "bad_transfer_coding"
        case .codingInOldVersion: "coding_in_old_version"
        case .unknownCoding: "unknown_transfer_coding"
        case .expectation: "expectation"
        case .badChunk: "bad_chunk"
        case .chunkLineTooLong: "chunk_line_too_long"
        case .chunkExtensionsTooLarge: "chunk_extensions_too_large"
        case .trailersTooLarge: "trailers_too_large"
        case .forbiddenTrailer: "forbidden_trailer"
        case .bodyTooLarge: "body_too_large"
        case .timeout: "timeout"
        case .badPath: "bad_path"
        case .badForm: "bad_form"
        case .tooManyPairs: "too_many_pairs"
        case .badStatusLine: "bad_status_line"
        case .switchingProtocols: "switching_protocols"
        case .tooManyInterim: "too_many_interim"
        case .bodyNotAllowed: "body_not_allowed"
        case .truncated: "truncated"
        }
    }
}
