// Runs many seeds of the whole gateway in the simulated world. LOLA_SIM_SEED=n runs one, LOLA_SIM_SEEDS=n so many
// instead of the usual number, LOLA_SIM_FROM=n begins elsewhere, LOLA_SIM_TRACE=1 prints what happens.
import Foundation
import Testing

@testable import LolaCore

@Suite("Simulation")
struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// Seeds share nothing: they run on all processors at once.
    private static let workers = max(1, min(ProcessInfo.processInfo.activeProcessorCount, 16))

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

    /// One line brings a failing run back.
    private static func reproduction(_ seed: UInt64) -> String {
        "LOLA_SIM_SEED=\(seed) swift test --filter Simulation"
    }

    private static func number(_ name: String, or usual: UInt64) -> UInt64 {
        guard let text = environment[name] else { return usual }
        guard let value = UInt64(text) else {
            Issue.record("\(name) is no number: \(text)")
            return usual
        }
        return value
    }

    private static func run(_ seed: UInt64) -> SimScenario.Outcome? {
        let wantsTrace = environment["LOLA_SIM_TRACE"] != nil
        do {
            let sink: ((String) -> Void)? = wantsTrace ? { print($0) } : nil
            return try SimScenario(seed: seed, trace: sink).run()
        } catch {
            Issue.record("\(error)\n\(reproduction(seed))")
            return nil
        }
    }

    @Test("whatever the weather and whoever dies: proven messages only, in order, each to its end, each answer once",
        arguments: 0..<workers)
    func manySeeds(worker: Int) {
        if Self.environment["LOLA_SIM_SEED"] != nil {
            if worker > 0 { return }
            let seed = Self.number("LOLA_SIM_SEED", or: 1)
            if let outcome = Self.run(seed) { print("seed \(seed): \(outcome)") }
            return
        }
        let first = Self.number("LOLA_SIM_FROM", or: 1)
        let count = Self.number("LOLA_SIM_SEEDS", or: 200)
        var tally = SimTally()
        for seed in stride(from: first + UInt64(worker), to: first + count, by: Self.workers) {
            if let outcome = Self.run(seed) { tally.add(outcome) }
        }
        if worker == 0, first == 1 { _ = Self.run(Self.seedOfCommit()) }
        print("\(tally)")
        // A simulation in which nothing happens would find nothing.
        if count >= 200 { #expect(tally.idle == []) }
    }

    @Test("the same seed is the same run, event for event", arguments: [3, 14, 15, 92, 65, 35] as [UInt64])
    func sameSeedSameTrace(_ seed: UInt64) throws {
        let first = try SimScenario(seed: seed).run()
        let second = try SimScenario(seed: seed).run()
        #expect(first == second, "\(Self.reproduction(seed))")
    }
}

/// What happened in many runs together.
private struct SimTally: CustomStringConvertible {
    private var count = 0
    private var sums: [(name: String, value: Int, least: Int)] = []

    mutating func add(_ outcome: SimScenario.Outcome) {
        // The last number: what 200 seeds bring at the very least.
        let own = [
            ("webhooks accepted", outcome.accepted, 2_000), ("agent calls", outcome.agentCalls, 2_000),
            ("processes ended", outcome.ends, 100), ("segments abandoned", outcome.abandoned, 50),
            ("compactions", outcome.compactions, 50), ("messages recovered", outcome.recovered, 50),
            ("answers repeated in doubt", outcome.repeated, 2),
            ("doubts settled by receipts", outcome.settledDoubts, 1), ("callbacks redeemed", outcome.redeemed, 100),
        ]
        count += 1
        if sums.isEmpty { sums = own.map { ($0.0, 0, $0.2) } }
        for place in own.indices { sums[place].value += own[place].1 }
    }

    /// What happened too seldom.
    var idle: [String] {
        sums.filter { $0.value < $0.least * count / 200 }.map { "\($0.value) \($0.name)" }
    }

    var description: String { "\(count) seeds: " + sums.map { "\($0.value) \($0.name)" }.joined(separator: ", ") }
}
