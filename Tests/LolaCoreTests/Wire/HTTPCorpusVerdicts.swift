enum HTTPCorpusVerdicts {
    struct Verdict { let index: Int; let asGiven: String; let withHost: String?; let reason: String? }
    static let all: [Verdict] = []
    static let rules: [String: String] = [:]
}
