// Why octets at rest are not the record they should be. Thrown by RecordReader and by the codecs above it.

/// Closed; the raw value is the log word.
enum RecordFault: String, Error, CaseIterable, Sendable {
    /// The octets end inside a value.
    case cut
    /// Octets follow the last value.
    case surplus
    /// A form this version does not know; probably a newer Lola wrote it.
    case versionUnknown = "version_unknown"
    /// A value that no writer gives.
    case malformed
}
