// The HTTP/1.1 server of one loop: listeners, connections, and the application they ask. The application is
// asked once per request, on the head: may this go on, how large may the body be, and who takes it once complete.

/// A complete request as the application sees it.
struct HTTPRequest: Sendable {
    let head: HTTPRequestHead
    let body: [UInt8]
    let role: ListenerRole
    /// The peer of the socket; behind the gatekeeper, the caller as trusted proxies tell of him.
    var peer: IPAddress
    /// Unique per request; stands in problem documents and logs.
    let requestID: [UInt8]
}

/// What the octets of an answer depend on in its request: all that is kept of a head while the application works.
struct AnswerTerms: Sendable {
    let minorVersion: Int
    let keepsAlive: Bool
    let isHEAD: Bool

    init(_ head: HTTPRequestHead) {
        minorVersion = head.minorVersion
        keepsAlive = head.keepsAlive
        isHEAD = head.method == .head
    }
}

/// Where an answer belongs. Outlives the connection harmlessly.
struct Exchange: Hashable, Sendable {
    let connection: Handle
    let number: UInt32
}

/// What the application says after the head.
enum Admission {
    /// Read the body, up to this size, and give the whole request to the handler.
    case proceed(bodyMax: ByteCount, handler: RequestHandler)
    /// Decided already; the body, if any, is dropped. An answer that closes does not wait for it.
    case answer(HTTPResponse)
    /// The same, sent when the action calls back, once, never before it returns.
    case answerLater(HTTPResponse, when: (@escaping () -> Void) -> Void)
}

/// Takes a complete request. Must lead to exactly one `respond` for the exchange, now or later.
typealias RequestHandler = (HTTPRequest, Exchange) -> Void

protocol HTTPApplication: AnyObject {
    func admit(_ head: HTTPRequestHead, role: ListenerRole, peer: IPAddress, requestID: [UInt8]) -> Admission
    /// What the answer must carry when the body of an admitted request cannot be read.
    func fieldsOfFault(_ head: HTTPRequestHead, role: ListenerRole) -> [ResponseField]
}

extension HTTPApplication {
    func fieldsOfFault(_ head: HTTPRequestHead, role: ListenerRole) -> [ResponseField] { [] }
}

final class HTTPServer {
    private struct Complete {
        let request: HTTPRequest
        let exchange: Exchange
        let handler: RequestHandler
    }

    let loop: Loop
    let headers: SecurityHeaders
    private(set) var isDraining = false
    private let connectionsMax: Int
    private let bodiesMax: ByteCount
    /// Octets of unfinished request bodies.
    private var bodyOctets = 0
    private let tls: TLSContext?
    private var application: (any HTTPApplication)?
    private var complete: WorkBatch<Complete>?
    /// Open connections by the door they came through.
    private var connections: [ListenerRole: Set<Handle>] = [.public: [], .management: []]
    private var listeners: [(handle: Handle, role: ListenerRole)] = []
    private let requestPrefix: [UInt8]
    private var requestNumber: UInt32 = 0
    private var dateSecond: Int64 = .min
    private var dateText: [UInt8] = []
    /// The answer to most webhooks, for the second that runs: an empty 200 on a connection that stays open.
    private var empty200: [UInt8] = []
    private var empty200Second: Int64 = .min

    /// `tls` is for the public listener; `connectionsMax` counts public connections of this loop, `bodiesMax` is its
    /// share of the memory for unfinished request bodies.
    init(
        _ loop: Loop, headers: SecurityHeaders, tls: TLSContext?, connectionsMax: Int,
        bodiesMax: ByteCount = Limits.bodiesHeldMax
    ) {
        self.bodiesMax = bodiesMax
        self.loop = loop
        self.headers = headers
        self.tls = tls
        self.connectionsMax = connectionsMax
        requestPrefix = Hex.encode(loop.entropy.bytes(8))
        complete = WorkBatch(loop) { [self] one in
            release(bodyOctets: one.request.body.count)
            one.handler(one.request, one.exchange)
        }
    }

    func serve(_ application: any HTTPApplication) { self.application = application }

    /// Starts listening; returns the port, which matters when 0 was asked for.
    func listen(_ endpoint: Endpoint, role: ListenerRole) throws(NetFault) -> UInt16 {
        let (socket, port) = try loop.net.listen(endpoint)
        let handle = loop.insert { handle in
            Listener(loop, handle: handle, socket: socket) { [self] socket, peer in open(socket, peer, role) }
        }
        listeners.append((handle, role))
        return port
    }

    var publicConnectionCount: Int { connections[.public]?.count ?? 0 }

    // MARK: Drain

    /// The public door closes, answers say `Connection: close`, idle connections go after a second (CONTRACT §11).
    /// The management door stays open to the end: probes are told that we drain.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        for (handle, role) in listeners where role == .public { (loop.entity(handle) as? Listener)?.close() }
        listeners.removeAll { $0.role == .public }
        for handle in open(.public) { (loop.entity(handle) as? ServerConnection)?.drain() }
        // A stream has no end of its own: it gets one now, on the management door too.
        for handle in open(.public) + open(.management) { (loop.entity(handle) as? ServerConnection)?.endStream() }
    }

    /// Closes whatever is left.
    func closeAll() {
        for (handle, _) in listeners { (loop.entity(handle) as? Listener)?.close() }
        for handle in open(.public) + open(.management) { (loop.entity(handle) as? ServerConnection)?.close() }
    }

    /// In a fixed order, which a set does not have: a simulated run must repeat itself.
    private func open(_ role: ListenerRole) -> [Handle] {
        (connections[role] ?? []).sorted { $0.slot < $1.slot }
    }

    // MARK: Answers

    /// Answers one exchange. Nothing happens when its connection is gone.
    func respond(_ exchange: Exchange, _ response: HTTPResponse) {
        guard let connection = loop.entity(exchange.connection) as? ServerConnection else { return }
        connection.respond(exchange.number, response)
    }

    /// Answers one exchange by a stream: the head goes out now, the rest as it comes, for as long as both sides want.
    /// `head` has a status with a body, and no body. Nil when there will be no stream: the connection is gone, the
    /// request was HEAD, or the server drains; then it is answered already, and `onClose` is not told.
    ///
    /// `onClose` is told exactly once, on this loop, however the stream ends (`end`, the peer, a peer that takes
    /// nothing, a drain), and never before a call of the owner returns.
    func stream(_ exchange: Exchange, head: HTTPResponse, onClose: @escaping () -> Void) -> ResponseStream? {
        guard let connection = loop.entity(exchange.connection) as? ServerConnection,
            connection.stream(exchange.number, head, onClose)
        else { return nil }
        return ResponseStream(self, exchange)
    }

    /// How the peer learns where the body ends.
    enum AnswerFraming { case length, chunked, close }

    /// The octets of an answer. `terms` is nil when the request was not understood; `isBodiless` when the method was
    /// HEAD, understood or not (RFC 9110 §9.3.2).
    func serialize(
        _ response: HTTPResponse, to terms: AnswerTerms?, isBodiless: Bool = false, keepsAlive: Bool,
        framing: AnswerFraming = .length
    ) -> [UInt8] {
        let isUsual = framing == .length && response.isEmpty200 && keepsAlive && terms?.minorVersion == 1
        if isUsual, empty200Second == loop.wall.inSeconds { return empty200 }
        let out = write(response, to: terms, isBodiless: isBodiless, keepsAlive: keepsAlive, framing)
        if isUsual {
            empty200 = out
            empty200Second = loop.wall.inSeconds
        }
        return out
    }

    private func write(
        _ response: HTTPResponse, to terms: AnswerTerms?, isBodiless: Bool, keepsAlive: Bool,
        _ framing: AnswerFraming
    ) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(512 + response.body.count)
        HTTPResponseWriter.statusLine(response.status, to: &out)
        put("Date", date(), &out)
        if let type = response.contentType { HTTPResponseWriter.field(name: "Content-Type", value: type, to: &out) }
        for field in response.fields { put(field.name, field.value, &out) }
        out.append(contentsOf: headers.block(response.policy))
        let hasBody = response.status != 204 && response.status != 304
        switch framing {
        case .length: if hasBody { HTTPResponseWriter.length(response.body.count, to: &out) }
        case .chunked: HTTPResponseWriter.field(name: "Transfer-Encoding", value: "chunked", to: &out)
        case .close: break
        }
        if !keepsAlive {
            HTTPResponseWriter.field(name: "Connection", value: "close", to: &out)
        } else if terms?.minorVersion == 0 {
            HTTPResponseWriter.field(name: "Connection", value: "keep-alive", to: &out)
        }
        HTTPResponseWriter.endHead(to: &out)
        if !isBodiless, hasBody { out.append(contentsOf: response.body) }
        return out
    }

    /// A value that could not stand in a header is left out: nothing from outside may end a line.
    private func put(_ name: StaticString, _ value: [UInt8], _ out: inout [UInt8]) {
        try? HTTPResponseWriter.field(name: name, value: value, to: &out)
    }

    func count(_ status: Int) {
        switch status {
        case ..<300: loop.counters.add(.responses2xx)
        case ..<400: loop.counters.add(.responses3xx)
        case ..<500: loop.counters.add(.responses4xx)
        default: loop.counters.add(.responses5xx)
        }
    }

    func makeRequestID() -> [UInt8] {
        requestNumber &+= 1
        var id: [UInt8] = []
        id.reserveCapacity(requestPrefix.count + 8)
        id += requestPrefix
        for shift in [24, 16, 8, 0] as [UInt32] {
            let byte = UInt8(truncatingIfNeeded: requestNumber >> shift)
            id.append(Hex.digit(byte >> 4))
            id.append(Hex.digit(byte & 15))
        }
        return id
    }

    /// The `Date` value, made once a second.
    func date() -> [UInt8] {
        let second = loop.wall.inSeconds
        if second != dateSecond {
            dateSecond = second
            dateText = CivilDate(loop.wall).imfFixdate()
        }
        return dateText
    }

    // MARK: Connections

    func admit(_ head: HTTPRequestHead, role: ListenerRole, peer: IPAddress, requestID: [UInt8]) -> Admission {
        guard let application else { return .answer(.problem(503, code: "unavailable", requestID: requestID)) }
        return application.admit(head, role: role, peer: peer, requestID: requestID)
    }

    /// A whole request is there; the handler gets it once what arrived with it has been read. Until then its body
    /// counts.
    func hand(_ request: HTTPRequest, _ exchange: Exchange, to handler: @escaping RequestHandler) {
        complete?.add(Complete(request: request, exchange: exchange, handler: handler))
    }

    /// The answer to a request that is not read to its end; `head` is nil when not even that was understood.
    func refusal(
        of head: HTTPRequestHead?, role: ListenerRole, requestID: [UInt8], _ fault: HTTPFault
    ) -> HTTPResponse {
        var response = HTTPResponse.problem(fault.status, code: fault.word, requestID: requestID)
        response.closes = true
        if let head, let application { response.fields = application.fieldsOfFault(head, role: role) }
        return response
    }

    /// Room for octets of a body; false when unfinished requests hold too many already.
    func reserve(bodyOctets count: Int) -> Bool {
        guard bodyOctets + count <= bodiesMax.bytes else { return false }
        bodyOctets += count
        return true
    }

    func release(bodyOctets count: Int) { bodyOctets -= count }

    func closed(_ handle: Handle, _ role: ListenerRole) {
        connections[role]?.remove(handle)
        loop.remove(handle)
        loop.counters.add(.connectionsClosed)
    }

    private func open(_ socket: Socket, _ peer: IPAddress, _ role: ListenerRole) {
        let most = role == .public ? connectionsMax : Limits.managementConnectionsMax
        if connections[role]?.count ?? 0 >= most {
            turnAway(socket)
            return
        }
        loop.counters.add(.connectionsAccepted)
        let engine = role == .public ? tls.map { TLSEngine(server: $0) } : nil
        let handle = loop.insert { handle in
            ServerConnection(
                self, handle: handle, transport: Transport(socket: socket, tls: engine), role: role, peer: peer)
        }
        connections[role]?.insert(handle)
        (loop.entity(handle) as? ServerConnection)?.start()
    }

    /// Above the limit: a short answer, then the close.
    private func turnAway(_ socket: Socket) {
        loop.counters.add(.connectionsRefused)
        if tls == nil {
            let answer = HTTPResponse.overloaded(requestID: makeRequestID())
            _ = loop.net.write(socket, serialize(answer, to: nil, keepsAlive: false), from: 0)
        }
        loop.net.shutdownWrite(socket)
        loop.net.close(socket)
    }
}
