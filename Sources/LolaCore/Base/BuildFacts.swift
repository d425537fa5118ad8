// What `lola version` and the start line say about this binary.

enum BuildFacts {
    static let version = "0.1.0"
    static let swift = "6.3"
}
