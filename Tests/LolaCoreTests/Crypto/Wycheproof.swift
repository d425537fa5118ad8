// Rows of the Wycheproof files for the tests of this folder; the files keep all octets as hex.
import Foundation
import Testing

@testable import LolaCore

struct WycheproofRow {
    let group: [String: Any]
    let row: [String: Any]

    var id: Int { row["tcId"] as? Int ?? -1 }
    var isValid: Bool { row["result"] as? String == "valid" }

    func bytes(_ member: String) throws -> [UInt8] { try TestOctets.hex(row[member]) }

    func number(_ member: String) throws -> Int { try #require((row[member] ?? group[member]) as? Int) }

    static func all(_ file: String) throws -> [WycheproofRow] {
        let groups = try #require(try Vectors.object("wycheproof/\(file)")["testGroups"] as? [[String: Any]])
        return try groups.flatMap { group in
            try #require(group["tests"] as? [[String: Any]]).map { WycheproofRow(group: group, row: $0) }
        }
    }
}
