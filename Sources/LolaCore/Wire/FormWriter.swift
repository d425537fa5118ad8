// Writes application/x-www-form-urlencoded bodies: every octet that is not unreserved is percent-encoded, so that no
// value can become another pair. A value for one body; used by the encoders of channels.

struct FormWriter {
    private(set) var bytes: [UInt8] = []

    mutating func pair(_ name: StaticString, _ value: [UInt8]) {
        if !bytes.isEmpty { bytes.append(0x26) }
        bytes.append(word: name)
        bytes.append(0x3D)
        bytes += Percent.encode(value)
    }
}
