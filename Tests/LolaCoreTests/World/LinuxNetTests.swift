// The network of one loop on the real system.
import Testing

@testable import LolaCore

@Suite("Network on Linux")
struct LinuxNetTests {
    @Test("the first question starts the resolver, later ones are answered by it too")
    func resolve() throws {
        let waker = try #require(EventFD())
        let net = try #require(LinuxNet(waker: waker))
        for ticket in [7, 8, 9] as [UInt64] {
            net.resolve([UInt8](text: "127.0.0.1"), port: 80, ticket: ticket)
            var answers: [Resolution] = []
            var events: [NetEvent] = []
            let limit = LinuxClock().now + .seconds(20)
            while answers.isEmpty, LinuxClock().now < limit {
                net.wait(until: limit, &events)
                answers = net.resolutions()
            }
            #expect(answers.map(\.ticket) == [ticket])
            #expect(answers.first?.endpoints == [Endpoint(address: IPAddress([127, 0, 0, 1]), port: 80)])
        }
    }

    @Test("a free port can be listened on")
    func freePort() throws {
        let port = try #require(LinuxNet.freePort(IPAddress([127, 0, 0, 1])))
        #expect(port > 0)
    }
}
