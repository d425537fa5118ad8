// What the contract of stores works with.
@testable import LolaCore

/// Two loops' views of the same records, and how to get answers out of them.
struct StorePair {
    let left: any Store
    let right: any Store
    /// Lets whatever is behind the stores get on; called while an answer is awaited.
    var pump: () -> Void = {}
    /// How often `pump` is called before an answer counts as lost.
    var patience = 100
    /// Where time is real: lets so much of it pass. Nil: the contract gives the time, and expiries are exact.
    var passTime: ((Interval) -> Void)?
    /// Life of what the contract lets expire: enough for some answers, short where time is real.
    var life = Interval.seconds(10)
    /// The same records as the next process finds them; nil when nothing survives.
    var reopen: (() throws -> StorePair)?
}
