// What a simulated network is told: how rough it is, and which scripted servers receive callers how. Values and one
// protocol; read by SimNetwork.

@testable import LolaCore

/// How rough the network is. Chances are per thousand.
struct SimWeather {
    var latencyMax = 2
    var segments = 0
    var shortTransfers = 0
    var resets = 0
    var stalls = 0
    var exhaustion = 0
    var spurious = 0
    var refusals = 0
    var nameFailures = 0
    var bufferMin = 65_536
    /// A loop's thread is not run for a while.
    var pauses = 0
    static let calm = SimWeather()
}

/// The scripted side of a connection.
protocol SimHandler: AnyObject {
    func connected(_ end: SimEnd)
    func received(_ end: SimEnd, _ bytes: [UInt8])
    /// The other side sends nothing more.
    func ended(_ end: SimEnd)
    /// Reset, or never came to be.
    func failed(_ end: SimEnd)
}

/// How a scripted server receives a caller.
enum SimAdmission {
    case accept
    case refuse
    /// Neither yes nor no.
    case silence
    /// The call fails on the spot.
    case fault(NetFault)
}

struct SimService {
    let admission: () -> SimAdmission
    let accept: (SimEnd) -> any SimHandler
}
