// The path of a target as the segments that routing compares: decoded once, after the split, so that no encoded
// octet can move a boundary (RFC 3986 §2.4, §3.3). The router calls it with the raw path of a head.

enum HTTPTarget {
    /// The decoded segments of a raw path: `/` and the empty path are none, a final `/` is an empty last segment.
    ///
    /// Refused as `.badPath`: no leading `/`, an empty inner segment, `.` and `..` (encoded ones too), `;`, a `%`
    /// without two hex digits, and encoded controls, `/` or `\`: each of them is read differently by somebody.
    static func segments(of rawPath: ArraySlice<UInt8>) throws(HTTPFault) -> [[UInt8]] {
        guard let first = rawPath.first else { return [] }
        guard first == 0x2F else { throw .badPath }
        if rawPath.count == 1 { return [] }
        let parts = rawPath.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
        var segments: [[UInt8]] = []
        segments.reserveCapacity(parts.count)
        for (index, part) in parts.enumerated() {
            if part.isEmpty && index < parts.count - 1 { throw .badPath }
            segments.append(try segment(part))
        }
        return segments
    }

    private static func segment(_ part: ArraySlice<UInt8>) throws(HTTPFault) -> [UInt8] {
        if part.contains(0x3B) { throw .badPath }
        guard let decoded = Percent.decode(part) else { throw .badPath }
        if decoded == [0x2E] || decoded == [0x2E, 0x2E] { throw .badPath }
        let isPlain = decoded.allSatisfy { !ASCII.isControl($0) && $0 != 0x2F && $0 != 0x5C }
        guard isPlain else { throw .badPath }
        return decoded
    }
}
