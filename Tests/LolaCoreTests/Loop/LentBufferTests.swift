// The memory that a loop lends: one user at a time, and nobody finds what another left.
import Testing

@testable import LolaCore

@Suite("Lent buffer")
struct LentBufferTests {
    @Test("memory goes round, what is left over stays with who has it")
    func roundTrip() {
        var lender = LentBuffer()
        var octets: [UInt8] = []
        let isLent1 = lender.lend(to: &octets)
        #expect(isLent1)
        octets += [UInt8](repeating: 7, count: 1_000)
        octets.removeFirst(998)
        lender.takeBack(from: &octets)
        #expect(octets == [7, 7] && octets.capacity < 1_000)

        var next: [UInt8] = []
        let isLent2 = lender.lend(to: &next)
        #expect(isLent2)
        #expect(next.isEmpty && next.capacity >= 1_000)
        lender.takeBack(from: &next)
        #expect(next.isEmpty && next.capacity == 0)
    }

    @Test("nothing is lent twice, and nothing to who holds octets")
    func oneUser() {
        var lender = LentBuffer()
        var first: [UInt8] = []
        var second: [UInt8] = []
        let isLent3 = lender.lend(to: &first)
        #expect(isLent3)
        let isLent4 = lender.lend(to: &second)
        #expect(!isLent4)
        lender.takeBack(from: &first)
        second = [1]
        let isLent5 = lender.lend(to: &second)
        #expect(!isLent5 && second == [1])
        let isLent6 = lender.lend(to: &first)
        #expect(isLent6)
    }

    @Test("memory of an unusual size is not kept")
    func bounded() {
        var lender = LentBuffer()
        var octets: [UInt8] = []
        let isLent7 = lender.lend(to: &octets)
        #expect(isLent7)
        octets.reserveCapacity(Limits.lentBufferMax.bytes + 1)
        lender.takeBack(from: &octets)
        let isLent8 = lender.lend(to: &octets)
        #expect(isLent8)
        #expect(octets.capacity <= Limits.lentBufferMax.bytes)
    }

    private final class Application: HTTPApplication {
        private(set) var bodies: [[UInt8]] = []
        var server: HTTPServer?

        func admit(_ head: HTTPRequestHead, role: ListenerRole, peer: IPAddress, requestID: [UInt8]) -> Admission {
            .proceed(bodyMax: .kibibytes(200)) { [self] request, exchange in
                bodies.append(request.body)
                server?.respond(exchange, .text(200, []))
            }
        }
    }

    @Test("a body never holds the loop's memory, however small its piece and whatever was read before")
    func bodies() throws {
        let rig = LoopRig(weather: SimWeather(bufferMin: 65_536))
        let application = Application()
        let server = HTTPServer(rig.loop, headers: SecurityHeaders(isHTTPS: true), tls: nil, connectionsMax: 9)
        application.server = server
        server.serve(application)
        _ = try server.listen(Endpoint(address: IPAddress([127, 0, 0, 1]), port: 80), role: .public)
        for count in [100_000, 1] {
            let client = SimClient(rig.network, port: 80)
            client.sendRaw([UInt8](text: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n"))
            rig.run(for: .seconds(1))
            client.sendRaw([UInt8](repeating: 7, count: count))
            let before = application.bodies.count
            #expect(rig.run(for: .seconds(5)) { application.bodies.count > before })
            #expect(application.bodies.last == [UInt8](repeating: 7, count: count))
        }
        #expect(try #require(application.bodies.last).capacity < 100)
    }

    @Test("a TLS connection gives its octets into the memory that it is lent, and keeps none of it")
    func plaintext() throws {
        let pair = TLSPair(try TLSTestFiles.client(), try TLSTestFiles.server())
        pair.settle()
        var octets: [UInt8] = []
        octets.reserveCapacity(100_000)
        var count = pair.server.takePlaintext(into: &octets)
        #expect(count == 0 && octets.capacity >= 100_000)
        pair.client.send([UInt8](repeating: 7, count: 500).span)
        pair.client.takeCiphertext(into: &pair.toServer)
        pair.server.receive(pair.toServer.span)
        count = pair.server.takePlaintext(into: &octets)
        #expect(count == 500 && octets.capacity >= 100_000)
        #expect(octets == [UInt8](repeating: 7, count: 500))
    }
}
