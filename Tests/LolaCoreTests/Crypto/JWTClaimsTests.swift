import Testing

@testable import LolaCore

@Suite("Claims of a token")
struct JWTClaimsTests {
    static let rows: [(claims: String, fault: JWTFault?)] = [
        (#"{"iss":"i","aud":"a","exp":1001}"#, nil),
        (#"{"iss":"i","aud":["b","a"],"exp":1001,"nbf":999,"iat":1}"#, nil),
        (#"{"exp":1001,"aud":"a","iss":"i","other":{"exp":"1"}}"#, nil),
        // The grace of 60 s, to the second, both ways.
        (#"{"iss":"i","aud":"a","exp":941}"#, nil), (#"{"iss":"i","aud":"a","exp":940}"#, .expired),
        (#"{"iss":"i","aud":"a","exp":0}"#, .expired), (#"{"iss":"i","aud":"a","exp":2000,"nbf":1060}"#, nil),
        (#"{"iss":"i","aud":"a","exp":2000,"nbf":1061}"#, .notYetValid),
        (#"{"iss":"i","aud":"a","exp":253402300799}"#, nil), (#"{"iss":"i","aud":"a","exp":253402300800}"#, .claims),
        (#"{"iss":"i","aud":"a","exp":9223372036854775807}"#, .claims),
        (#"{"iss":"i","aud":"a","exp":99999999999999999999999999}"#, .claims),
        (#"{"iss":"i","aud":"a","exp":"1001"}"#, .claims), (#"{"iss":"i","aud":"a","exp":1001.5}"#, .claims),
        (#"{"iss":"i","aud":"a","exp":1e9}"#, .claims), (#"{"iss":"i","aud":"a","exp":-1}"#, .claims),
        (#"{"iss":"i","aud":"a","exp":null}"#, .claims), (#"{"iss":"i","aud":"a","exp":[1001]}"#, .claims),
        (#"{"iss":"i","aud":"a","exp":true}"#, .claims), (#"{"iss":"i","aud":"a"}"#, .claims),
        (#"{"iss":"i","aud":"a","exp":1001,"exp":9999}"#, .claims),
        (#"{"iss":"i","aud":"a","exp":1001,"nbf":"999"}"#, .claims),
        (#"{"iss":"i","aud":"a","exp":1001,"nbf":null}"#, .claims),
        (#"{"iss":"i","aud":"a","exp":1001,"iat":"now"}"#, .claims),
        (#"{"aud":"a","exp":1001}"#, .issuer), (#"{"iss":"I","aud":"a","exp":1001}"#, .issuer),
        (#"{"iss":"i/","aud":"a","exp":1001}"#, .issuer), (#"{"iss":["i"],"aud":"a","exp":1001}"#, .issuer),
        (#"{"iss":null,"aud":"a","exp":1001}"#, .issuer),
        (#"{"iss":"i","exp":1001}"#, .audience), (#"{"iss":"i","aud":"b","exp":1001}"#, .audience),
        (#"{"iss":"i","aud":[],"exp":1001}"#, .audience), (#"{"iss":"i","aud":["b"],"exp":1001}"#, .audience),
        (#"{"iss":"i","aud":["a",1],"exp":1001}"#, .audience), (#"{"iss":"i","aud":{"a":"a"},"exp":1001}"#, .audience),
        (#"{"iss":"i","aud":"a b","exp":1001}"#, .audience), (#"{"iss":"i","aud":"","exp":1001}"#, .audience),
        ("", .claims), ("foo", .claims), ("[]", .claims), ("null", .claims), (#""a""#, .claims), ("{}x", .claims),
    ]

    @Test("are judged at second 1000 as this table says", arguments: rows)
    func check(claims: String, fault: JWTFault?) throws {
        let octets = [UInt8](text: claims)
        let now = WallTime(seconds: 1_000)
        if let fault {
            #expect(throws: fault) { try JWT.check(octets, issuer: [0x69], audience: [0x61], now: now) }
        } else {
            let document = try JWT.check(octets, issuer: [0x69], audience: [0x61], now: now)
            #expect(document.root["iss"]?.isText("i") == true)
        }
    }

    @Test("every fault has its own stable word")
    func words() {
        #expect(Set(JWTFault.allCases.map(\.rawValue)).count == JWTFault.allCases.count)
        #expect(JWTFault.allCases.allSatisfy { $0.rawValue.utf8.allSatisfy { ASCII.isLower($0) || $0 == 0x5F } })
    }
}
