// CRC-32C (Castagnoli), the checksum of journal records: it tells damage from data, it proves nothing about who wrote.
// Polynomial 0x1EDC6F41 reflected, as in RFC 3720 §12.1; eight octets a step through eight tables.

enum CRC32C {
    /// 8 × 256 words: the effect of an octet that is followed by 0 to 7 others.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for octet in 0..<256 {
            var word = UInt32(truncatingIfNeeded: octet)
            for _ in 0..<8 { word = word & 1 == 1 ? (word >> 1) ^ 0x82F6_3B78 : word >> 1 }
            tables[octet] = word
        }
        for place in 256..<tables.count {
            let before = tables[place - 256]
            tables[place] = (before >> 8) ^ tables[Int(before & 0xFF)]
        }
        return tables
    }()

    /// The checksum of a whole array.
    static func of(_ bytes: [UInt8]) -> UInt32 { of(bytes, 0..<bytes.count) }

    /// The checksum of a part of an array, which must lie inside it; with `after`, of the octets with that checksum and
    /// then these.
    static func of(_ bytes: [UInt8], _ range: Range<Int>, after: UInt32 = 0) -> UInt32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "octets that are not there")
        return unsafe tables.withUnsafeBufferPointer { tables in
            unsafe bytes.withUnsafeBytes { octets in
                unsafe run(octets, range, tables, after)
            }
        }
    }

    private static func run(
        _ octets: UnsafeRawBufferPointer, _ range: Range<Int>, _ tables: UnsafeBufferPointer<UInt32>, _ before: UInt32
    ) -> UInt32 {
        guard let octets = octets.baseAddress, let table = tables.baseAddress else { return before }
        var crc = ~before
        var at = range.lowerBound
        let end = range.upperBound
        while end &- at >= 8 {
            let word = UInt64(littleEndian: unsafe octets.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let low = UInt32(truncatingIfNeeded: word) ^ crc
            let high = UInt32(truncatingIfNeeded: word &>> 32)
            let first =
                unsafe table[1_792 &+ Int(low & 0xFF)] ^ table[1_536 &+ Int((low &>> 8) & 0xFF)]
                ^ table[1_280 &+ Int((low &>> 16) & 0xFF)] ^ table[1_024 &+ Int(low &>> 24)]
            let second =
                unsafe table[768 &+ Int(high & 0xFF)] ^ table[512 &+ Int((high &>> 8) & 0xFF)]
                ^ table[256 &+ Int((high &>> 16) & 0xFF)] ^ table[Int(high &>> 24)]
            crc = first ^ second
            at &+= 8
        }
        while at < end {
            let octet = unsafe octets.load(fromByteOffset: at, as: UInt8.self)
            crc = unsafe (crc &>> 8) ^ table[Int((crc ^ UInt32(octet)) & 0xFF)]
            at &+= 1
        }
        return ~crc
    }
}
