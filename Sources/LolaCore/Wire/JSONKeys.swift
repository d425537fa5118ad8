// Finds a repeated key in one object of the tape. Small objects are compared pair by pair behind a 64-bit filter,
// large ones through a hash table keyed by the process's random seed, so no document can make it slow.

enum JSONKeys {
    /// Up to this many members pairs are compared; the cost stays at most this many times the octets of the keys.
    private static let pairwiseMax = 16

    /// A few octets of the unescaped key, the same for equal keys: length, first, middle and last octet.
    @inline(__always)
    static func fingerprint(_ source: Span<UInt8>, _ start: Int, _ end: Int, escaped: Bool) -> Int {
        if escaped {
            let key = JSONText.unescaped(source, start, end)
            return fingerprint(key.span, 0, key.count, escaped: false)
        }
        let count = end &- start
        guard count > 0 else { return 0 }
        let middle = Int(source[start &+ count >> 1]) &<< 16
        return count & 0xFF | Int(source[start]) &<< 8 | middle | Int(source[end &- 1]) &<< 24
    }

    /// The offset of the first key that repeats an earlier one of the open object at `object`; its children are the
    /// last nodes of the tape.
    static func duplicate(of object: Int, in nodes: [JSONNode], _ source: Span<UInt8>) -> Int? {
        if nodes[object].count > pairwiseMax { return duplicateByHash(of: object, in: nodes, source) }
        var seen: UInt64 = 0
        var key = object &+ 1
        while key < nodes.count {
            let bit = 1 as UInt64 &<< UInt64(truncatingIfNeeded: (nodes[key].link &* 0x9E37_79B1) >> 26)
            if seen & bit != 0 && repeats(key, object, nodes, source) { return Int(nodes[key].start) }
            seen |= bit
            key = Int(nodes[key &+ 1].link)
        }
        return nil
    }

    private static func repeats(_ key: Int, _ object: Int, _ nodes: [JSONNode], _ source: Span<UInt8>) -> Bool {
        var other = object &+ 1
        while other < key {
            if nodes[other].link == nodes[key].link && JSONText.equal(source, nodes[other], nodes[key]) { return true }
            other = Int(nodes[other &+ 1].link)
        }
        return false
    }

    /// Open addressing with linear probing, at most half full.
    private static func duplicateByHash(
        of object: Int, in nodes: [JSONNode], _ source: Span<UInt8>
    ) -> Int? {
        var size = 64
        while size < nodes[object].count &* 2 { size &*= 2 }
        // A slot holds the upper half of the hash, to skip most comparisons, and the index of the key; 0 is free
        // because no key has index 0.
        var table = [UInt64](repeating: 0, count: size)
        var key = object &+ 1
        while key < nodes.count {
            let hash = hash(nodes[key], source)
            var slot = Int(truncatingIfNeeded: hash) & (size &- 1)
            while table[slot] != 0 {
                let other = Int(table[slot] & 0xFFFF_FFFF)
                if table[slot] >> 32 == hash >> 32 && JSONText.equal(source, nodes[other], nodes[key]) {
                    return Int(nodes[key].start)
                }
                slot = (slot &+ 1) & (size &- 1)
            }
            table[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(key)
            key = Int(nodes[key &+ 1].link)
        }
        return nil
    }

    private static func hash(_ key: JSONNode, _ source: Span<UInt8>) -> UInt64 {
        var hasher = Hasher()
        var cursor = JSONTextCursor(at: Int(key.start) &+ 1, end: Int(key.end) &- 1)
        var word: UInt64 = 0
        var count: UInt64 = 0
        while let octet = cursor.next(source) {
            word = word << 8 | UInt64(octet)
            count &+= 1
            if count & 7 == 0 { hasher.combine(word) }
        }
        hasher.combine(word)
        hasher.combine(count)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
