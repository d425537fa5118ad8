// The network of one loop: non-blocking sockets, level-triggered epoll, an eventfd to be woken by, and one
// descriptor in reserve so that running out of descriptors turns callers away instead of spinning.
import CLinux
import Glibc

@safe final class LinuxNet: Net {
    /// Word under which the waker is watched; no handle has it (generations start at 1).
    private static let wakerWord: UInt64 = 0

    private let waker: EventFD
    private let epoll: Int32
    private let resolver: Resolver
    /// Its thread is started by the first question.
    private var isResolving = false
    private var reserve: Int32
    private var raw: [epoll_event]
    /// Interest by descriptor: spares the system call when nothing changes. 0xFF is "not registered".
    private var interests: [UInt8] = []

    /// `waker` is what other threads wake this loop by. Nil when the process has no descriptor left.
    init?(waker: EventFD) {
        guard let resolver = Resolver(waking: waker) else { return nil }
        let made = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard made >= 0 else { return nil }
        epoll = made
        self.waker = waker
        self.resolver = resolver
        reserve = unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
        unsafe raw = unsafe [epoll_event](repeating: epoll_event(), count: 256)
        _ = lola_epoll_control(epoll, EPOLL_CTL_ADD, waker.descriptor, EPOLLIN.rawValue, Self.wakerWord)
    }

    func listen(_ endpoint: Endpoint) throws(NetFault) -> (Socket, port: UInt16) {
        let family = endpoint.address.octets.count == 4 ? AF_INET : AF_INET6
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw Self.fault(errno) }
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)
        let bound = unsafe SocketAddress.with(endpoint) { unsafe bind(descriptor, $0, $1) }
        guard bound == 0, Glibc.listen(descriptor, Int32(Limits.listenQueueMax)) == 0 else {
            let code = errno
            _ = Glibc.close(descriptor)
            throw Self.fault(code)
        }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let port = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> UInt16 in
                unsafe getsockname(descriptor, address, &length)
                return unsafe SocketAddress.endpoint(address)?.port ?? endpoint.port
            }
        }
        return (Socket(id: descriptor), port)
    }

    /// Whether somebody listens there already: a bind without SO_REUSEPORT tells.
    static func isTaken(_ endpoint: Endpoint) -> Bool {
        let family = endpoint.address.octets.count == 4 ? AF_INET : AF_INET6
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { _ = Glibc.close(descriptor) }
        var one: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        return unsafe SocketAddress.with(endpoint) { unsafe bind(descriptor, $0, $1) } != 0 && errno == EADDRINUSE
    }

    /// A port nobody uses at this moment.
    static func freePort(_ address: IPAddress) -> UInt16? {
        guard let waker = EventFD(), let net = LinuxNet(waker: waker) else { return nil }
        guard let (socket, port) = try? net.listen(Endpoint(address: address, port: 0)) else { return nil }
        net.close(socket)
        return port
    }

    func accept(_ listener: Socket) -> AcceptOutcome {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> AcceptOutcome in
                let descriptor = unsafe lola_accept4(listener.id, address, &length)
                guard descriptor >= 0 else { return refuse(listener, errno) }
                set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
                let peer = unsafe SocketAddress.endpoint(address)?.address ?? IPAddress([0, 0, 0, 0])
                return .accepted(Socket(id: descriptor), peer)
            }
        }
    }

    /// Out of descriptors: the reserve is given up for a moment to take the waiting connection and close it, so
    /// that level-triggered readiness ends and the caller learns it at once.
    private func refuse(_ listener: Socket, _ code: Int32) -> AcceptOutcome {
        if code == ENOBUFS || code == ENOMEM { return .exhausted }
        guard code == EMFILE || code == ENFILE else { return .none }
        if reserve >= 0 {
            _ = Glibc.close(reserve)
            let descriptor = lola_accept4(listener.id, nil, nil)
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
        }
        reserve = unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
        return .exhausted
    }

    func connect(_ endpoint: Endpoint) throws(NetFault) -> Socket {
        let family = endpoint.address.octets.count == 4 ? AF_INET : AF_INET6
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw Self.fault(errno) }
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        let started = unsafe SocketAddress.with(endpoint) { unsafe Glibc.connect(descriptor, $0, $1) }
        if started != 0, errno != EINPROGRESS {
            let code = errno
            _ = Glibc.close(descriptor)
            throw Self.fault(code)
        }
        return Socket(id: descriptor)
    }

    func connectFault(_ socket: Socket) -> NetFault? {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(socket.id, SOL_SOCKET, SO_ERROR, &code, &length)
        return code == 0 ? nil : Self.fault(code)
    }

    func read(_ socket: Socket, into buffer: inout [UInt8]) -> ReadOutcome {
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.recv(socket.id, $0.baseAddress, $0.count, 0) }
        if count > 0 { return .octets(count) }
        if count == 0 { return .end }
        return errno == EAGAIN || errno == EINTR ? .wouldBlock : .failed(Self.fault(errno))
    }

    func write(_ socket: Socket, _ bytes: [UInt8], from offset: Int) -> WriteOutcome {
        let count = unsafe bytes.withUnsafeBytes { all in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: all[offset...])
            return unsafe Glibc.send(socket.id, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        }
        if count >= 0 { return .octets(count) }
        return errno == EAGAIN || errno == EINTR ? .wouldBlock : .failed(Self.fault(errno))
    }

    func shutdownWrite(_ socket: Socket) { _ = shutdown(socket.id, Int32(SHUT_WR)) }

    func close(_ socket: Socket) {
        let slot = Int(socket.id)
        if slot < interests.count { interests[slot] = 0xFF }
        _ = Glibc.close(socket.id)
    }

    func watch(_ socket: Socket, _ interest: Interest, word: UInt64) {
        let slot = Int(socket.id)
        while interests.count <= slot { interests.append(0xFF) }
        let known = interests[slot]
        if known == interest.rawValue { return }
        interests[slot] = interest.rawValue
        // Only a reader is told of the peer's half-close: it lasts, so a writer would be woken without end and
        // would take a client that has said its last word for one that is gone.
        var events: UInt32 = 0
        if interest.contains(.read) { events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
        if interest.contains(.write) { events |= EPOLLOUT.rawValue }
        let operation = known == 0xFF ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        _ = lola_epoll_control(epoll, operation, socket.id, events, word)
    }

    func wait(until deadline: Instant, _ events: inout [NetEvent]) {
        events.removeAll(keepingCapacity: true)
        let now = LinuxClock().now
        let left = deadline <= now ? 0 : (deadline - now).nanoseconds / 1_000_000 + 1
        let timeout = Int32(min(left, 60_000))
        let count = unsafe epoll_wait(epoll, &raw, Int32(raw.count), timeout)
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let word = unsafe lola_epoll_word(&raw[index])
            if word == Self.wakerWord {
                waker.clear()
                continue
            }
            let flags = unsafe raw[index].events
            let failed = flags & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
            events.append(NetEvent(
                word: word,
                readable: flags & EPOLLIN.rawValue != 0,
                writable: flags & EPOLLOUT.rawValue != 0,
                hungUp: failed || flags & EPOLLRDHUP.rawValue != 0))
        }
    }

    func resolve(_ host: [UInt8], port: UInt16, ticket: UInt64) {
        resolver.ask(host, port: port, ticket: ticket)
        if isResolving { return }
        isResolving = true
        resolver.start()
    }

    func resolutions() -> [Resolution] { resolver.takeAnswers() }

    private func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var copy = value
        unsafe setsockopt(descriptor, level, option, &copy, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func fault(_ code: Int32) -> NetFault {
        switch code {
        case EADDRINUSE: .addressInUse
        case EACCES, EPERM: .permission
        case ECONNREFUSED: .refused
        case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL: .unreachable
        case ETIMEDOUT: .timeout
        case ECONNRESET, EPIPE: .reset
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: .exhausted
        default: .other
        }
    }
}
