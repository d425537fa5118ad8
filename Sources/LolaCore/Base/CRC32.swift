// CRC-32 (ISO-HDLC, the one of Ethernet and zip): the checksum in the text of an agent token, by which a scanner of
// source code tells a token from a word. It proves nothing. Polynomial 0x04C11DB7 reflected, an octet a step.

enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { octet in
        var word = UInt32(truncatingIfNeeded: octet)
        for _ in 0..<8 { word = word & 1 == 1 ? (word >> 1) ^ 0xEDB8_8320 : word >> 1 }
        return word
    }

    static func of(_ octets: some Sequence<UInt8>) -> UInt32 {
        let table = table
        var crc: UInt32 = 0xFFFF_FFFF
        for octet in octets { crc = crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ octet)] }
        return ~crc
    }
}
