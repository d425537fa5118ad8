// One connection of the server: octets in, requests to the application, answers out; one request at a time, so
// that pipelined answers keep their order. Keeps no buffer while it is idle. Lives on its loop.

final class ServerConnection: LoopEntity {
    private let server: HTTPServer
    private let handle: Handle
    private let transport: Transport
    private let role: ListenerRole
    private let peer: IPAddress
    private var life: ConnectionLife
    private var parser = HTTPRequestParser()
    private var unread: [UInt8] = []
    /// The head of the request that is being read; the application has it once the request is complete.
    private var head: HTTPRequestHead?
    /// What the answer under way depends on; nil when the request was not understood.
    private var terms: AnswerTerms?
    /// Takes the request once it is complete.
    private var handler: RequestHandler?
    private var requestID: [UInt8] = []
    private var body: [UInt8] = []
    /// The answer decided on the head while its body is being dropped.
    private var decided: HTTPResponse?
    /// What the answer decided on waits for besides.
    private var holdUp: ((@escaping () -> Void) -> Void)?
    private var exchangeNumber: UInt32 = 0
    /// The stream under way.
    private var stream: OpenStream?
    private var peerHasEnded = false
    /// Octets came while a request was being answered: they stay in the kernel until the answer is out.
    private var isReadingPaused = false
    private var isProcessing = false
    private var isClosed = false
    /// The earliest deadline the wheel holds for this connection.
    private var asked = Instant.distantFuture

    init(_ server: HTTPServer, handle: Handle, transport: Transport, role: ListenerRole, peer: IPAddress) {
        self.server = server
        self.handle = handle
        self.transport = transport
        self.role = role
        self.peer = peer
        life = ConnectionLife(acceptedAt: server.loop.now)
    }

    private var loop: Loop { server.loop }

    func start() {
        if server.isDraining { drain() } else { settle() }
    }

    func drain() {
        life.drain(at: loop.now)
        settle()
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        forgetStream()
        dropBody()
        loop.net.close(transport.socket)
        server.closed(handle, role)
    }

    // MARK: Readiness

    func ready(_ event: NetEvent) {
        if isClosed { return }
        withUnread { octets in
            let isLent = loop.reading.lend(to: &octets)
            take(event, &octets)
            if isLent { loop.reading.takeBack(from: &octets) }
        }
    }

    /// Out of the object, which would be asked at each step whether somebody else is at them.
    private func withUnread(_ body: (inout [UInt8]) -> Void) {
        var octets: [UInt8] = []
        swap(&octets, &unread)
        body(&octets)
        unread = octets.isEmpty ? [] : octets
    }

    private func take(_ event: NetEvent, _ octets: inout [UInt8]) {
        if event.writable {
            let before = transport.backlog
            _ = transport.flush(loop.net)
            life.output(waiting: transport.backlog > 0, progressed: transport.backlog < before, at: loop.now)
        }
        if event.readable || event.hungUp {
            switch life.phase {
            case .answering where !event.readable, .streaming where !event.readable, .flushing where !event.readable:
                // Both directions are gone; nobody is left to answer.
                return close()
            case .answering, .flushing:
                isReadingPaused = true
            case .streaming:
                receive(&octets, untilEnd: event.hungUp)
                // Who reads a stream keeps the way back open; who has shut it has left.
                if peerHasEnded { return close() }
            case .lingering:
                // The last answer is out; what the peer still sends is read and dropped until it closes.
                receive(&octets, untilEnd: event.hungUp)
                octets.removeAll(keepingCapacity: true)
                if peerHasEnded { close() }
                return
            default:
                receive(&octets, untilEnd: event.hungUp)
            }
        }
        process(&octets)
    }

    /// `untilEnd`: the peer has ended its side, so that an end follows the octets.
    private func receive(_ octets: inout [UInt8], untilEnd: Bool) {
        for _ in 0..<Limits.readBatchMax {
            switch transport.receive(loop, into: &octets) {
            case .octets(let isAll):
                if octets.count >= Limits.unreadMax.bytes || isAll && !untilEnd { return }
            case .wouldBlock:
                return
            case .end:
                peerHasEnded = true
                return
            case .failed:
                return close()
            }
        }
    }

    // MARK: Requests

    /// Parses and handles until octets, the application or the peer has to be waited for.
    private func process() {
        if !isProcessing { withUnread { process(&$0) } }
    }

    private func process(_ octets: inout [UInt8]) {
        if isClosed { return }
        isProcessing = true
        var consumed = 0
        var isStarved = false
        while canParse, transport.backlog <= Limits.responseBacklogMax.bytes {
            let (step, used) = parser.next(octets.span.extracting(consumed..<octets.count))
            let base = consumed
            consumed += used
            if case .needMore = step { isStarved = true }
            if !advance(step, octets, base: base) { break }
        }
        if consumed == octets.count { octets.removeAll(keepingCapacity: true) } else { octets.removeFirst(consumed) }
        isProcessing = false
        if life.phase == .streaming, octets.count > Limits.streamUnreadMax.bytes { return close() }
        let isHeldBack = canParse && !isStarved
        if peerHasEnded, isStarved { endOfInput() }
        settle()
        // The kernel has taken at once what held us back: no event will tell, and requests are still unread.
        if isHeldBack, !isClosed, transport.backlog == 0 { loop.soon { self.process() } }
    }

    private var canParse: Bool { !isClosed && life.takesRequests }

    /// One parser event. False when there is nothing more to do now.
    private func advance(_ step: HTTPRequestParser.Step, _ octets: [UInt8], base: Int) -> Bool {
        switch step {
        case .needMore:
            if !parser.isAtMessageStart, life.phase == .fresh || life.phase == .idle { life.enter(.head, at: loop.now) }
            return false
        case .head(let head):
            begin(head)
        case .body(let range):
            life.received(bodyOctets: range.count)
            if decided != nil { return true }
            guard server.reserve(bodyOctets: range.count) else {
                answer(.overloaded(requestID: requestID))
                return false
            }
            // A copy: an array of the whole slice would be the loop's memory itself.
            body.append(copying: octets.span.extracting((base + range.start)..<(base + range.end)))
        case .end:
            finish()
        case .fault(let fault):
            refuse(fault)
            return false
        }
        return true
    }

    private func begin(_ head: HTTPRequestHead) {
        self.head = head
        terms = AnswerTerms(head)
        requestID = server.makeRequestID()
        loop.counters.add(.requests)
        life.enter(.body, at: loop.now)
        switch server.admit(head, role: role, peer: peer, requestID: requestID) {
        case .proceed(let bodyMax, let handler):
            self.handler = handler
            parser.bodyLimit = bodyMax.bytes
            if head.expectsContinue, !head.framing.exceeds(bodyMax) { transport.send(HTTPResponseWriter.continueLine) }
        case .answer(let response): decide(response, head)
        case .answerLater(let response, let when):
            holdUp = when
            decide(response, head)
        }
    }

    /// The answer stands before the body is read.
    private func decide(_ response: HTTPResponse, _ head: HTTPRequestHead) {
        var response = response
        let limit = Limits.discardedBodyMax
        if response.closes || head.expectsContinue || head.framing.exceeds(limit) {
            // The body is not wanted and may not even be sent: answer now, then close.
            response.closes = true
            answer(response)
        } else {
            parser.bodyLimit = limit.bytes
            decided = response
        }
    }

    private func finish() {
        guard let head else { return }
        exchangeNumber &+= 1
        life.enter(.answering, at: loop.now)
        if let response = decided {
            decided = nil
            return send(response)
        }
        guard let handler else { return }
        self.handler = nil
        let request = HTTPRequest(head: head, body: body, role: role, peer: peer, requestID: requestID)
        self.head = nil
        body = []
        server.hand(request, Exchange(connection: handle, number: exchangeNumber), to: handler)
    }

    private func refuse(_ fault: HTTPFault) {
        loop.counters.add(.requestFaults)
        if requestID.isEmpty { requestID = server.makeRequestID() }
        answer(server.refusal(of: head, role: role, requestID: requestID, fault))
    }

    /// An answer without the application.
    private func answer(_ response: HTTPResponse) {
        life.enter(.answering, at: loop.now)
        exchangeNumber &+= 1
        send(response)
    }

    private func send(_ response: HTTPResponse) {
        guard let holdUp else { return respond(exchangeNumber, response) }
        self.holdUp = nil
        let exchange = Exchange(connection: handle, number: exchangeNumber)
        holdUp { [server] in server.respond(exchange, response) }
    }

    private func dropBody() {
        server.release(bodyOctets: body.count)
        body = []
    }

    /// The peer sends nothing more and all that it sent is handled. Answers on their way still go out.
    private func endOfInput() {
        if transport.backlog > 0 { life.enter(.flushing, at: loop.now) } else { close() }
    }

    // MARK: Answers

    func respond(_ number: UInt32, _ response: HTTPResponse) {
        guard !isClosed, number == exchangeNumber, life.phase == .answering else { return }
        let keepsAlive = !response.closes && !server.isDraining && (terms?.keepsAlive ?? false)
        let isBodiless = terms?.isHEAD ?? parser.isReadingHEAD
        transport.send(server.serialize(response, to: terms, isBodiless: isBodiless, keepsAlive: keepsAlive))
        server.count(response.status)
        forgetRequest()
        proceed(keepsAlive)
    }

    private func forgetRequest() {
        head = nil
        terms = nil
        handler = nil
        requestID = []
        dropBody()
    }

    /// The answer is complete: the next request, or the end.
    private func proceed(_ keepsAlive: Bool) {
        life.enter(keepsAlive ? .idle : .flushing, at: loop.now)
        isReadingPaused = false
        if !isProcessing { process() }
    }

    // MARK: Streams

    /// Begins the answer of the exchange as a stream. False when there is none to come.
    func stream(_ number: UInt32, _ response: HTTPResponse, _ onClose: @escaping () -> Void) -> Bool {
        guard !isClosed, number == exchangeNumber, life.phase == .answering, let terms else { return false }
        if server.isDraining {
            respond(number, .overloaded(requestID: requestID))
            return false
        }
        let isChunked = terms.minorVersion > 0
        let keepsAlive = !response.closes && isChunked && terms.keepsAlive
        transport.send(server.serialize(
            response, to: terms, isBodiless: true, keepsAlive: keepsAlive, framing: isChunked ? .chunked : .close))
        server.count(response.status)
        forgetRequest()
        if terms.isHEAD {
            proceed(keepsAlive)
            return false
        }
        loop.counters.add(.streamsOpened)
        stream = OpenStream(isChunked: isChunked, keepsAlive: keepsAlive, onClose: onClose)
        life.enter(.streaming, at: loop.now)
        isReadingPaused = false
        // However this ends, `onClose` is told.
        process()
        return true
    }

    /// Octets of answers that the peer has not taken.
    var backlog: Int { transport.backlog }

    func isStreaming(_ number: UInt32) -> Bool { !isClosed && number == exchangeNumber && stream != nil }

    /// False when the stream is over. A peer that leaves too much unread is closed.
    func send(_ number: UInt32, _ bytes: [UInt8]) -> Bool {
        guard isStreaming(number), let stream else { return false }
        if bytes.isEmpty { return true }
        guard transport.backlog + bytes.count <= Limits.responseBacklogMax.bytes else {
            close()
            return false
        }
        transport.send(stream.framed(bytes))
        if !isProcessing { settle() }
        return !isClosed
    }

    /// Ends the stream of that exchange, or whichever is under way.
    func endStream(_ number: UInt32? = nil) {
        guard isStreaming(number ?? exchangeNumber), let stream else { return }
        transport.send(stream.lastOctets)
        let keepsAlive = stream.keepsAlive && !server.isDraining
        forgetStream()
        proceed(keepsAlive)
    }

    private func forgetStream() {
        guard let stream else { return }
        self.stream = nil
        loop.counters.add(.streamsClosed)
        loop.soon(stream.onClose)
    }

    // MARK: Housekeeping

    /// After anything happened: octets to the kernel, interest to the poller, deadline to the wheel.
    private func settle() {
        if isClosed { return }
        transport.pump()
        let before = transport.backlog
        let isFlushed = transport.flush(loop.net)
        if transport.isBroken { return close() }
        life.output(waiting: !isFlushed, progressed: transport.backlog < before, at: loop.now)
        if isFlushed, life.phase == .flushing {
            if peerHasEnded { return close() }
            transport.sendClose()
            _ = transport.flush(loop.net)
            loop.net.shutdownWrite(transport.socket)
            life.enter(.lingering, at: loop.now)
        }
        var interest: Interest = isFlushed ? [] : .write
        switch life.phase {
        case .fresh, .idle, .head, .body, .streaming: if isFlushed { interest.insert(.read) }
        case .lingering: interest.insert(.read)
        // Most answers come at once: the interest changes only when the peer really sends meanwhile.
        case .answering, .flushing: if isFlushed, !isReadingPaused { interest.insert(.read) }
        }
        loop.net.watch(transport.socket, interest, word: handle.word)
        let deadline = life.deadline
        if deadline < asked {
            asked = deadline
            loop.schedule(handle, at: deadline)
        }
    }

    func expired() {
        // An entry of a deadline that was put off ends here; the one that stands is still in the wheel.
        if isClosed || loop.now < asked { return }
        asked = .distantFuture
        switch life.expiry(at: loop.now) {
        case nil: settle()
        case .closeSilently: close()
        case .requestTimeout:
            loop.counters.add(.requestTimeouts)
            refuse(.timeout)
            settle()
        }
    }
}
