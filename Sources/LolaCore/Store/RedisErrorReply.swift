// What an error reply of Redis means to us, and where faults are counted. Pure.

extension RedisFault {
    /// Of an error reply: `CODE text`. Redis before 7 puts its own words before the code of a script's error.
    init(reply: [UInt8]) {
        let codes: [(StaticString, RedisFault)] = [
            ("LOADING", .loading), ("OOM", .outOfMemory), ("READONLY", .readOnly), ("NOSCRIPT", .noScript),
            ("NOAUTH", .notAllowed), ("WRONGPASS", .notAllowed), ("WRONGTYPE", .wrongType),
        ]
        let words = reply.split(separator: ASCII.space)
        let isOfScript = reply.starts(with: [UInt8](text: "ERR Error running script"))
        for word in isOfScript ? words[...] : words.prefix(1) {
            if let (_, fault) = codes.first(where: { [UInt8](text: "\($0.0)").elementsEqual(word) }) {
                self = fault
                return
            }
        }
        self = .refused
    }

    var counter: Counter {
        switch self {
        case .unreachable, .tls, .closed, .storeChanged: .redisConnectionFaults
        case .timeout: .redisTimeouts
        case .malformed, .unexpected: .redisProtocolFaults
        case .overloaded: .redisOverloads
        case .loading, .outOfMemory, .readOnly, .noScript, .notAllowed, .wrongType, .refused: .redisErrors
        }
    }
}
