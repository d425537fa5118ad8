// Money that agents spend, in hundredths of a cent: prices of single messages are fractions of a cent, limits are in
// cents. A value; any thread.

struct SpendAmount: Hashable, Comparable, Sendable {
    /// Hundredths of a cent of a US dollar.
    let hundredths: Int64

    static let zero = SpendAmount(hundredths: 0)

    init(hundredths: Int64) { self.hundredths = hundredths }

    /// - Parameter cents: of a limit, at most `Limits.agentSpendCentsMax`.
    init(cents: Int) { hundredths = Int64(cents) &* 100 }

    /// Whole cents that are not less.
    var centsRoundedUp: Int { Int(hundredths / 100) + (hundredths % 100 > 0 ? 1 : 0) }
    /// Whole cents that are not more.
    var centsRoundedDown: Int { Int(hundredths / 100) - (hundredths % 100 < 0 ? 1 : 0) }

    static func < (left: SpendAmount, right: SpendAmount) -> Bool { left.hundredths < right.hundredths }
}
