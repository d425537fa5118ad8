// Two engines and the network between them: octets are carried in pieces of chosen or random sizes, in memory.
@testable import LolaCore

final class TLSPair {
    let client: TLSEngine
    let server: TLSEngine
    var toServer: [UInt8] = []
    var toClient: [UInt8] = []
    private(set) var clientReceived: [UInt8] = []
    private(set) var serverReceived: [UInt8] = []

    init(_ clientContext: TLSContext, _ serverContext: TLSContext, name: String = "example.test") {
        client = TLSEngine(client: clientContext, serverName: name)
        server = TLSEngine(server: serverContext)
    }

    /// Carries octets both ways until neither end has more to say; `size` gives the length of the next piece.
    func settle(_ size: () -> Int = { .max }) {
        collect()
        while !toServer.isEmpty || !toClient.isEmpty {
            if !toServer.isEmpty { server.receive(Self.piece(&toServer, size()).span) }
            collect()
            if !toClient.isEmpty { client.receive(Self.piece(&toClient, size()).span) }
            collect()
        }
    }

    /// Takes what both ends have, without carrying it.
    func collect() {
        client.takeCiphertext(into: &toServer)
        server.takeCiphertext(into: &toClient)
        let before = clientReceived.count
        precondition(client.takePlaintext(into: &clientReceived) == clientReceived.count - before)
        _ = server.takePlaintext(into: &serverReceived)
    }

    private static func piece(_ octets: inout [UInt8], _ size: Int) -> [UInt8] {
        let count = min(max(size, 1), octets.count)
        defer { octets.removeFirst(count) }
        return [UInt8](octets[..<count])
    }
}
