// Agreement with an independent reading of the same spellings (Tests/BlackBox/phone_oracle.py). What differs
// is listed here by rule, and explained in docs/PHONE.md.
import Foundation
import Testing

@testable import LolaCore

@Suite("Phone numbers against phonenumbers")
struct PhoneOracleTests {
    struct Row: Sendable {
        let spelling: String
        /// E.164, or nil where the library refuses.
        let expected: String?
    }

    static func rows() throws -> [Row] {
        let url = Vectors.packageRoot.appendingPathComponent("Tests/BlackBox/phone_oracle.txt")
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        return try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            try #require(fields.count == 2)
            return Row(spelling: String(fields[0]), expected: fields[1] == "-" ? nil : String(fields[1]))
        }
    }

    static func normalized(_ spelling: String) -> String? {
        (try? PhoneNormalizer.normalize([UInt8](spelling.utf8), .international))?.text
    }

    @Test("the file holds at least three thousand spellings of a named version")
    func size() throws {
        let url = Vectors.packageRoot.appendingPathComponent("Tests/BlackBox/phone_oracle.txt")
        let bytes = try Data(contentsOf: url)
        #expect(String(decoding: bytes.prefix(80), as: UTF8.self).contains("phonenumbers 9.0.43"))
        #expect(bytes.count <= 250_000)
        #expect(try Self.rows().count >= 3_000)
    }

    /// Where we mean to differ; each rule is explained in docs/PHONE.md under the same word.
    enum Difference: String, CaseIterable {
        case twoTrunkPrefixes, carrierCode, tooShort

        static func explaining(_ row: Row) -> Difference? {
            let theirs = row.expected ?? ""
            for code in ["57", "82"] where row.spelling.hasPrefix("+\(code)0") { return .carrierCode }
            if theirs.utf8.count <= PhoneNormalizer.digitsMin { return .tooShort }
            guard let number = E164(Array(row.spelling.utf8)), let plan = PhonePlan(of: number.digits[...]) else {
                return nil
            }
            return number.digits.dropFirst(plan.codeDigits).starts(with: [0x30, 0x30]) ? .twoTrunkPrefixes : nil
        }
    }

    @Test("every spelling is read as the library reads it, but for the rules we list")
    func agreement() throws {
        var unexplained: [String] = []
        var used: Set<Difference> = []
        var explained = 0
        for row in try Self.rows() {
            let ours = Self.normalized(row.spelling)
            guard ours != row.expected else { continue }
            if let rule = Difference.explaining(row) {
                used.insert(rule)
                explained += 1
            } else {
                unexplained.append("\(row.spelling): ours \(ours ?? "-"), theirs \(row.expected ?? "-")")
            }
        }
        #expect(unexplained == [])
        #expect(used == Set(Difference.allCases))
        #expect(explained <= 20)
    }
}
