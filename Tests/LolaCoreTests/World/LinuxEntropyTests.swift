// The entropy of a loop: drawn ahead, and nothing of it given twice.
import Testing

@testable import LolaCore

@Suite("LinuxEntropy")
struct LinuxEntropyTests {
    @Test("every count is served, across the borders of what was drawn ahead")
    func counts() {
        let entropy = LinuxEntropy()
        for count in [0, 1, 12, 16, 333, 1_024, 1_025, 5_000] {
            for _ in 0..<20 { #expect(entropy.bytes(count).count == count) }
        }
    }

    @Test("no eight octets come twice, from one source or from two")
    func distinct() {
        let sources = [LinuxEntropy(), LinuxEntropy()]
        var seen: Set<[UInt8]> = []
        let rounds = Limits.entropyAhead.bytes / 4
        for _ in 0..<rounds {
            for source in sources { seen.insert(source.bytes(8)) }
        }
        #expect(seen.count == 2 * rounds)
    }
}
