// A listening socket of one loop: accepts in bounded batches, turns callers away above the connection limit,
// rests a moment when the process has no descriptor left.

/// Which of the two doors a connection came through (CONTRACT §4).
enum ListenerRole: Sendable {
    case `public`
    case management
}

final class Listener: LoopEntity {
    private let loop: Loop
    private let handle: Handle
    private let socket: Socket
    private let accept: (Socket, IPAddress) -> Void
    private var isResting = false

    init(_ loop: Loop, handle: Handle, socket: Socket, accept: @escaping (Socket, IPAddress) -> Void) {
        self.loop = loop
        self.handle = handle
        self.socket = socket
        self.accept = accept
        loop.net.watch(socket, .read, word: handle.word)
    }

    func ready(_ event: NetEvent) {
        for _ in 0..<Limits.acceptBatchMax {
            switch loop.net.accept(socket) {
            case .accepted(let accepted, let peer):
                accept(accepted, peer)
            case .none:
                return
            case .exhausted:
                loop.counters.add(.connectionsRefused)
                rest()
                return
            }
        }
    }

    func expired() {
        guard isResting else { return }
        isResting = false
        loop.net.watch(socket, .read, word: handle.word)
    }

    /// The door closes. Who has passed it for the kernel is taken first: the close would reset those connections.
    func close() {
        for _ in 0..<Limits.listenQueueMax {
            guard case .accepted(let accepted, let peer) = loop.net.accept(socket) else { break }
            accept(accepted, peer)
        }
        loop.net.close(socket)
        loop.remove(handle)
    }

    private func rest() {
        isResting = true
        loop.net.watch(socket, [], word: handle.word)
        loop.schedule(handle, at: loop.now + Limits.acceptRest)
    }
}
