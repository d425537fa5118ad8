// The request methods the server distinguishes (RFC 9110 §9). Methods are case-sensitive: `get` is `.other`.

enum HTTPMethod: Hashable, Sendable, CaseIterable {
    case get, head, post, put, delete, options, patch, trace, connect
    /// A well-formed token that is none of the above; the server answers 501.
    case other

    /// The method a token names. The octets are packed into one number, so this is one comparison per method.
    init(_ token: ArraySlice<UInt8>) {
        var packed: UInt64 = 0
        if token.count <= 7 {
            for byte in token { packed = packed << 8 | UInt64(byte) }
        }
        switch packed {
        case 0x47_4554: self = .get
        case 0x504F_5354: self = .post
        case 0x4845_4144: self = .head
        case 0x50_5554: self = .put
        case 0x4445_4C45_5445: self = .delete
        case 0x4F_5054_494F_4E53: self = .options
        case 0x50_4154_4348: self = .patch
        case 0x54_5241_4345: self = .trace
        case 0x43_4F4E_4E45_4354: self = .connect
        default: self = .other
        }
    }

    /// The octets on the wire; empty for `.other`.
    var word: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        case .other: ""
        }
    }
}
