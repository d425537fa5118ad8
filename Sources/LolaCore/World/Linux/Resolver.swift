// getaddrinfo blocks, so it runs on a thread of its own; questions and answers are values in mailboxes.
// One resolver thread per loop, started by its first question.
import CLinux
import Glibc
import Synchronization

final class Resolver: Sendable {
    private struct Question: Sendable {
        let host: [UInt8]
        let port: UInt16
        let ticket: UInt64
    }

    private let questions = Mutex<[Question]>([])
    private let answers = Mutex<[Resolution]>([])
    private let asked: EventFD
    private let loop: EventFD

    /// `loop` is woken when an answer is ready. Nil when the process has no descriptor left.
    init?(waking loop: EventFD) {
        guard let asked = EventFD(blocking: true) else { return nil }
        self.asked = asked
        self.loop = loop
    }

    func start() {
        LinuxThread.start(name: "lola-resolver") { self.run() }
    }

    func ask(_ host: [UInt8], port: UInt16, ticket: UInt64) {
        questions.withLock { $0.append(Question(host: host, port: port, ticket: ticket)) }
        asked.wake()
    }

    func takeAnswers() -> [Resolution] {
        answers.withLock { ready in
            if ready.isEmpty { return [] }
            let taken = ready
            ready = []
            return taken
        }
    }

    private func run() {
        while true {
            asked.clear()
            let batch = questions.withLock { waiting in
                let taken = waiting
                waiting = []
                return taken
            }
            for question in batch {
                let endpoints = Self.lookUp(question.host, port: question.port)
                answers.withLock { $0.append(Resolution(ticket: question.ticket, endpoints: endpoints)) }
                loop.wake()
            }
        }
    }

    private static func lookUp(_ host: [UInt8], port: UInt16) -> [Endpoint] {
        guard !host.contains(0) else { return [] }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let name = host.map { CChar(bitPattern: $0) } + [0]
        guard unsafe getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { unsafe freeaddrinfo(list) }
        var found: [Endpoint] = []
        var next = unsafe list
        while let entry = unsafe next, found.count < 16 {
            if let address = unsafe entry.pointee.ai_addr, let endpoint = unsafe SocketAddress.endpoint(address) {
                found.append(Endpoint(address: endpoint.address, port: port))
            }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }
}
