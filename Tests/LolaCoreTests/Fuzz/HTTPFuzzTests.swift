// The committed corpus and 2,000 seeded mutations of it through every fuzz function, on each run of the tests.
import Foundation
import Testing

@testable import LolaCore

@Suite("HTTP fuzz corpus") struct HTTPFuzzTests {
    @Test("the seeds of a folder and 2,000 mutations keep every rule", arguments: [
        ("http_request", fuzzHTTPRequest, 20), ("http_response", fuzzHTTPResponse, 10),
        ("http_target", fuzzHTTPTarget, 10),
    ] as [(String, @Sendable ([UInt8]) -> Void, Int)])
    func corpus(_ folder: String, _ run: @Sendable ([UInt8]) -> Void, _ seedsMin: Int) throws {
        let seeds = try Self.seeds(folder)
        #expect(seeds.count >= seedsMin)
        for seed in seeds { run(seed) }
        var mutator = Mutator(seed: 1, seeds: seeds)
        for _ in 0..<2_000 { run(mutator.next()) }
    }

    @Test("the request seeds reach acceptance and at least ten different faults")
    func reach() throws {
        let verdicts = try Self.seeds("http_request").map { HTTPTranscript.requests($0).events }
        let faults = verdicts.compactMap { events -> HTTPFault? in
            if case .fault(let fault) = events.last { fault } else { nil }
        }
        #expect(Set(faults).count >= 10)
        #expect(verdicts.count { $0.last == .end } >= 5)
    }

    private static func seeds(_ folder: String) throws -> [[UInt8]] {
        let root = Vectors.packageRoot.appendingPathComponent("Tests/LolaCoreTests/Fuzz/Corpus/\(folder)")
        let names = try FileManager.default.contentsOfDirectory(atPath: root.path).sorted()
        return try names.map { [UInt8](try Data(contentsOf: root.appendingPathComponent($0))) }
    }
}

/// Small damage to known inputs: the same seed makes the same inputs.
private struct Mutator {
    private var generator: SeededGenerator
    private let seeds: [[UInt8]]
    private static let words = [
        "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", ":", ";", "\"", "\u{0}", "%2f", "%", "..", "/", "?", "&", "=",
        "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Host: a\r\n", "0\r\n\r\n", "HTTP/1.1", "HTTP/1.0",
        "chunked", "close", "FFFFFFFFFFFFFFF", "9223372036854775807", "\u{FF}",
    ].map { octets($0) }

    init(seed: UInt64, seeds: [[UInt8]]) {
        generator = SeededGenerator(seed: seed)
        self.seeds = seeds
    }

    mutating func next() -> [UInt8] {
        var bytes = seeds[index(seeds.count)]
        for _ in 0...index(4) {
            let at = index(bytes.count + 1)
            let end = min(bytes.count, at + index(9))
            switch index(6) {
            case 0: if at < bytes.count { bytes[at] ^= 1 << UInt8(index(8)) }
            case 1: bytes.removeSubrange(at..<end)
            case 2: bytes.insert(contentsOf: Array(bytes[at..<end]), at: at)
            case 3: bytes.replaceSubrange(at..<end, with: Self.words[index(Self.words.count)])
            case 4: bytes = Array(bytes[..<at]) + seeds[index(seeds.count)].suffix(index(60) + 1)
            default: bytes.insert(UInt8(index(256)), at: at)
            }
        }
        return bytes
    }

    private mutating func index(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &generator) }
}
