// Public test data: read from ../shared/vectors beside the checkout, never copied into it.
import Foundation
import Testing

enum Vectors {
    /// The folder that holds Package.swift.
    static let packageRoot: URL = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The octets of one vector file, for example `wycheproof/hkdf_sha256_test.json`.
    static func bytes(_ name: String) throws -> [UInt8] {
        let url = packageRoot.deletingLastPathComponent().appendingPathComponent("shared/vectors/\(name)")
        return [UInt8](try Data(contentsOf: url))
    }

    /// The same, parsed by Foundation (an independent parser) for test bookkeeping.
    static func object(_ name: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(try bytes(name)))
        return try #require(value as? [String: Any])
    }
}

/// A small seeded generator: the same seed gives the same test, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
