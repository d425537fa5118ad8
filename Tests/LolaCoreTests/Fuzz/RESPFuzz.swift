// What must hold of the parser of Redis replies for every input whatever. Called by the test over the committed corpus
// and by the fuzz target.
import Foundation
import Testing

@testable import LolaCore

/// Cuts change nothing; what was read can be written and reads back the same; limits hold.
func fuzzRESP(_ bytes: [UInt8]) {
    let whole = RESPTranscript(bytes)
    precondition(whole.violations.isEmpty, "\(whole.violations)")
    let cut = bytes.reduce(5_381) { $0 &* 33 &+ Int($1) }
    let cuts = bytes.isEmpty ? [] : [Int(cut.magnitude % UInt(bytes.count))]
    precondition(whole == RESPTranscript(bytes, cuts: cuts), "a cut changed the verdict")
    for value in whole.values {
        precondition(size(value, depth: 0) <= Limits.redisValuesMax, "too many values")
        let again = RESPTranscript(RESPTranscript.written(value))
        precondition(again.values == [value] && again.fault == nil, "a value does not survive being written")
    }
}

private func size(_ value: RESPValue, depth: Int) -> Int {
    precondition(depth <= Limits.redisDepthMax, "too deep")
    return switch value {
    case .array(let values), .set(let values), .push(let values), .map(let values):
        values.reduce(1) { $0 + size($1, depth: depth + 1) }
    default: 1
    }
}

@Suite("RESP fuzz corpus")
struct RESPFuzzTests {
    @Test("the corpus and 2,000 changes of it keep every rule")
    func corpus() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus/resp")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let seeds = try names.map { [UInt8](try Data(contentsOf: folder.appendingPathComponent($0))) }
        try #require(seeds.count >= 12)
        seeds.forEach(fuzzRESP)
        var random = SeededGenerator(seed: 41)
        var accepted = 0
        for _ in 0..<2_000 {
            var bytes = seeds.randomElement(using: &random) ?? []
            for _ in 0...Int.random(in: 0...3, using: &random) {
                let at = Int.random(in: 0...bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0 where at < bytes.count: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bytes.removeSubrange(at..<min(bytes.count, at + 3))
                case 2: bytes.insert(contentsOf: (seeds.randomElement(using: &random) ?? []).prefix(40), at: at)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
                }
            }
            fuzzRESP(bytes)
            if RESPTranscript(bytes).fault == nil { accepted += 1 }
        }
        #expect((1..<2_000).contains(accepted))
    }
}
