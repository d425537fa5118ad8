// Runs many seeds of the whole gateway in the simulated world. LOLA_SIM_SEED=n runs one, LOLA_SIM_SEEDS=n so many
// more, LOLA_SIM_TRACE=1 prints what happens.
import Foundation
import Testing

@testable import LolaCore

@Suite("Simulation", .serialized)
struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment

    /// The commit is a seed too, so that every change is tried against one nobody has seen.
    private static func seedOfCommit() -> UInt64 {
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "rev-parse", "HEAD"]
        process.currentDirectoryURL = Vectors.packageRoot
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return 0x10_1A }
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: output, as: UTF8.self).prefix(15)
        return UInt64(text, radix: 16) ?? 0x10_1A
    }

    private static func run(_ seed: UInt64) -> SimScenario.Outcome? {
        let wantsTrace = environment["LOLA_SIM_TRACE"] != nil
        do {
            let sink: ((String) -> Void)? = wantsTrace ? { print($0) } : nil
            return try SimScenario(seed: seed, trace: sink).run()
        } catch {
            Issue.record("\(error)\nLOLA_SIM_SEED=\(seed) swift test --filter Simulation")
            return nil
        }
    }

    @Test("whatever the weather: proven messages only, in order, each to its end, each answer to its person")
    func manySeeds() {
        if let text = Self.environment["LOLA_SIM_SEED"] {
            guard let seed = UInt64(text) else {
                Issue.record("LOLA_SIM_SEED is no number: \(text)")
                return
            }
            if let outcome = Self.run(seed) { print("seed \(seed): \(outcome)") }
            return
        }
        let more = Self.environment["LOLA_SIM_SEEDS"].flatMap { UInt64($0) } ?? 0
        var accepted = 0
        var calls = 0
        for seed in 1...(200 + more) {
            guard let outcome = Self.run(seed) else { continue }
            accepted += outcome.accepted
            calls += outcome.agentCalls
        }
        _ = Self.run(Self.seedOfCommit())
        // A simulation in which nothing happens would find nothing.
        #expect(accepted > 2_000 && calls > 2_000)
    }

    @Test("the same seed is the same run, event for event", arguments: [3, 14, 15, 92, 65, 35] as [UInt64])
    func sameSeedSameTrace(_ seed: UInt64) throws {
        let first = try SimScenario(seed: seed).run()
        let second = try SimScenario(seed: seed).run()
        #expect(first == second, "LOLA_SIM_SEED=\(seed) swift test --filter Simulation")
    }
}
