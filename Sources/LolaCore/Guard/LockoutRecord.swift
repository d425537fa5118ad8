// What the store keeps of wrong credentials and lock-outs, sealed: the address stands in it, for the operator who lifts
// a lock-out must know whom he lets in. Written by Lockouts, read by every gateway of the store.

/// One wrong credential.
struct FailureRecord: Hashable, Sendable {
    let block: AddressBlock
    let at: WallTime

    private static let version: UInt8 = 1

    var encoded: [UInt8] {
        var writer = RecordWriter(version: Self.version)
        writer.word(at.milliseconds)
        writer.octets(block.octets)
        return writer.bytes
    }

    init(block: AddressBlock, at: WallTime) {
        self.block = block
        self.at = at
    }

    init(_ bytes: [UInt8]) throws(RecordFault) {
        var reader = try RecordReader(bytes, version: Self.version)
        at = WallTime(milliseconds: try reader.signedWord())
        guard let block = AddressBlock(octets: try reader.octets()) else { throw .malformed }
        self.block = block
        try reader.end()
    }
}

/// A lock-out, or that it was lifted.
struct LockoutRecord: Hashable, Sendable {
    let block: AddressBlock
    /// When it began, or was lifted.
    let since: WallTime
    /// When it ends; of a lifted one, when nobody needs to know of it any more.
    let until: WallTime
    let failures: Int
    let isLifted: Bool

    private static let version: UInt8 = 1

    var encoded: [UInt8] {
        var writer = RecordWriter(version: Self.version)
        writer.flag(isLifted)
        writer.word(since.milliseconds)
        writer.word(until.milliseconds)
        writer.number(UInt64(max(0, failures)))
        writer.octets(block.octets)
        return writer.bytes
    }

    init(block: AddressBlock, since: WallTime, until: WallTime, failures: Int, isLifted: Bool) {
        self.block = block
        self.since = since
        self.until = until
        self.failures = failures
        self.isLifted = isLifted
    }

    init(_ bytes: [UInt8]) throws(RecordFault) {
        var reader = try RecordReader(bytes, version: Self.version)
        isLifted = try reader.flag()
        since = WallTime(milliseconds: try reader.signedWord())
        until = WallTime(milliseconds: try reader.signedWord())
        let failures = try reader.number()
        guard failures <= UInt64(UInt32.max), let block = AddressBlock(octets: try reader.octets()) else {
            throw .malformed
        }
        self.failures = Int(failures)
        self.block = block
        try reader.end()
    }

    func isActive(at now: WallTime) -> Bool { !isLifted && now < until }
}
