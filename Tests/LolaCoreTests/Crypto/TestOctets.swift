// Octets out of the loosely typed members of vector files; a member of another shape fails the test.
import Foundation
import Testing

@testable import LolaCore

enum TestOctets {
    static func hex(_ member: Any?) throws -> [UInt8] { try #require(Hex.decode(text(member).utf8)) }
    static func base64url(_ member: Any?) throws -> [UInt8] { try #require(Base64.decode(text(member).utf8)) }
    static func base64(_ member: Any?) throws -> [UInt8] { [UInt8](try #require(Data(base64Encoded: text(member)))) }
    static func text(_ member: Any?) throws -> String { try #require(member as? String) }
}
