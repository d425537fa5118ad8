// A byte stream over one socket, with or without TLS between. Owns what waits to be sent; what arrives is
// appended to the caller's buffer as plain octets. Used by both ends: server and client connections.

final class Transport {
    enum Received {
        /// New plain octets were appended (perhaps none, when TLS needed them itself). `isAll`: the kernel had no more
        /// of them; what came since is told by another event.
        case octets(isAll: Bool)
        case wouldBlock
        /// The peer said goodbye in good order.
        case end
        case failed
    }

    let socket: Socket
    let tls: TLSEngine?
    private(set) var isBroken = false
    private var outgoing: [UInt8] = []
    private var sent = 0

    init(socket: Socket, tls: TLSEngine?) {
        self.socket = socket
        self.tls = tls
    }

    /// Octets accepted by `send` and not yet by the kernel.
    var backlog: Int { outgoing.count - sent }
    /// Not once the TLS conversation has ended: what is sent then reaches nobody.
    var isOpen: Bool { tls.map { $0.state == .open } ?? !isBroken }

    /// One read from the socket; plain octets are appended to `plain`.
    func receive(_ loop: Loop, into plain: inout [UInt8]) -> Received {
        loop.withScratch { receive(loop.net, scratch: &$0, into: &plain) }
    }

    private func receive(_ net: any Net, scratch: inout [UInt8], into plain: inout [UInt8]) -> Received {
        switch net.read(socket, into: &scratch) {
        case .wouldBlock:
            return .wouldBlock
        case .failed:
            isBroken = true
            return .failed
        case .end:
            guard let tls else { return .end }
            tls.peerClosed()
            if case .closed = tls.state { return .end }
            isBroken = true
            return .failed
        case .octets(let count):
            guard let tls else {
                plain.append(copying: scratch.span.extracting(0..<count))
                return .octets(isAll: count < scratch.count)
            }
            tls.receive(scratch.span.extracting(0..<count))
            _ = tls.takePlaintext(into: &plain)
            tls.takeCiphertext(into: &outgoing)
            switch tls.state {
            case .failed:
                _ = flush(net)
                isBroken = true
                return .failed
            case .closed: return .end
            case .handshaking, .open: return .octets(isAll: count < scratch.count)
            }
        }
    }

    /// Queues plain octets; `flush` gives them to the kernel.
    func send(_ bytes: [UInt8]) {
        guard let tls else {
            if outgoing.isEmpty { outgoing = bytes } else { outgoing.append(contentsOf: bytes) }
            return
        }
        tls.send(bytes.span)
        tls.takeCiphertext(into: &outgoing)
    }

    /// The same, and the kernel gets at once what it takes: no memory is needed for that, and `bytes` may be lent.
    func send(_ bytes: [UInt8], by net: any Net) {
        if tls != nil { return send(bytes) }
        guard outgoing.isEmpty, !isBroken else { return outgoing.append(contentsOf: bytes) }
        var taken = 0
        switch net.write(socket, bytes, from: 0) {
        case .octets(let count): taken = count
        case .wouldBlock: break
        case .failed: isBroken = true
        }
        if taken < bytes.count { outgoing = [UInt8](copying: bytes.span.extracting(taken...)) }
    }

    /// Starts or ends the TLS conversation's own messages (client hello, close notify).
    func pump() { tls?.takeCiphertext(into: &outgoing) }

    /// Says goodbye in TLS; the octets still have to be flushed.
    func sendClose() {
        guard let tls else { return }
        tls.close()
        tls.takeCiphertext(into: &outgoing)
    }

    /// Writes what waits until the kernel takes no more. True when nothing is left.
    func flush(_ net: any Net) -> Bool { outgoing.isEmpty || write(net) }

    private func write(_ net: any Net) -> Bool {
        while sent < outgoing.count {
            switch net.write(socket, outgoing, from: sent) {
            case .octets(let count): sent += count
            case .wouldBlock: return false
            case .failed:
                isBroken = true
                return false
            }
        }
        outgoing = []
        sent = 0
        return true
    }
}
