// One connection to a server we call: dialling (address after address), TLS, one call at a time, then idle in the
// pool. Any octet that nobody asked for ends it. Lives on its loop; owned by the outbound client's pool.

final class ClientConnection: LoopEntity {
    private let client: OutboundClient
    private let handle: Handle
    private let origin: Origin
    private let tls: TLSContext?
    private var endpoints: [Endpoint]
    private var transport: Transport?
    private var isConnected = false
    private var isClosed = false
    private var call: OutboundCall?
    /// How many calls this connection has carried to the end.
    private var served = 0
    private var hasAnswered = false
    private var parser = HTTPResponseParser(requestWasHead: false, bodyLimit: 0)
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []
    /// Octets that arrived and are not parsed yet; none while they are read and parsed.
    private var unread: [UInt8] = []
    private var idleSince = Instant.distantFuture
    /// The wheel holds a deadline of this connection.
    private var isTimed = false

    init(_ client: OutboundClient, handle: Handle, origin: Origin, tls: TLSContext?, endpoints: [Endpoint]) {
        self.client = client
        self.handle = handle
        self.origin = origin
        self.tls = tls
        self.endpoints = endpoints.reversed()
    }

    private var loop: Loop { client.loop }

    // MARK: Dialling

    func dial(for call: OutboundCall) {
        self.call = call
        dialNext()
    }

    private func dialNext() {
        while let endpoint = endpoints.popLast() {
            if let socket = try? loop.net.connect(endpoint) {
                let engine = origin.isTLS ? tls.map { TLSEngine(client: $0, serverName: origin.host.text) } : nil
                transport = Transport(socket: socket, tls: engine)
                loop.net.watch(socket, .write, word: handle.word)
                loop.counters.add(.outboundConnects)
                return
            }
        }
        end(.connect)
    }

    private func connected() {
        guard let transport else { return }
        if loop.net.connectFault(transport.socket) != nil {
            loop.net.close(transport.socket)
            self.transport = nil
            return dialNext()
        }
        isConnected = true
        endpoints = []
        transport.pump()
        if let call { write(call) }
    }

    // MARK: Calls

    /// Whether this idle connection can carry a call now. An octet that arrived while nobody asked would be taken
    /// for the answer to the next call, so the socket is looked at first and such a connection is closed.
    func mayCarry() -> Bool {
        guard !isClosed, let transport else { return false }
        // Whatever was read before has been parsed.
        var unasked: [UInt8] = []
        while true {
            switch transport.receive(loop, into: &unasked) {
            case .wouldBlock where transport.isOpen: return true
            case .octets where unasked.isEmpty: continue
            case .wouldBlock, .octets, .end, .failed:
                close()
                return false
            }
        }
    }

    /// Carries another call over this open, idle connection.
    func carry(_ call: OutboundCall) {
        self.call = call
        idleSince = .distantFuture
        write(call)
    }

    /// The caller no longer waits; an exchange cut in the middle cannot be continued.
    func abandon(_ call: OutboundCall) {
        guard self.call === call else { return }
        self.call = nil
        close()
    }

    private func write(_ call: OutboundCall) {
        let request = call.request
        let most = call.isStream ? Int.max : request.responseMax.bytes
        parser = HTTPResponseParser(requestWasHead: request.method == .head, bodyLimit: most)
        head = nil
        body = []
        hasAnswered = false
        var octets: [UInt8] = []
        let isLent = loop.writing.lend(to: &octets)
        let isWhole = Self.write(request, to: &octets)
        if isWhole { transport?.send(octets, by: loop.net) }
        octets.removeAll(keepingCapacity: true)
        if isLent { loop.writing.takeBack(from: &octets) }
        if isWhole { settle() } else { end(.malformed) }
    }

    /// False when the request cannot be written without breaking its own framing.
    private static func write(_ request: OutboundRequest, to out: inout [UInt8]) -> Bool {
        out.reserveCapacity(request.fields.reduce(384 + request.body.count) { $0 + 32 + $1.value.count })
        do throws(HTTPFault) {
            let authority = request.origin.authority
            try HTTPRequestWriter.start(request.method, target: request.target[...], host: authority[...], to: &out)
            HTTPRequestWriter.field(name: "User-Agent", value: "lola", to: &out)
            let all = request.fields
            let fields = all.span
            for place in fields.indices {
                try HTTPRequestWriter.field(name: fields[place].name, value: fields[place].value, to: &out)
            }
        } catch {
            return false
        }
        if request.method != .get || !request.body.isEmpty { HTTPRequestWriter.length(request.body.count, to: &out) }
        HTTPRequestWriter.endHead(to: &out)
        out.append(contentsOf: request.body)
        return true
    }

    // MARK: Readiness

    func ready(_ event: NetEvent) {
        guard !isClosed, let transport else { return }
        if !isConnected {
            guard event.writable || event.hungUp else { return }
            return connected()
        }
        if event.writable { _ = transport.flush(loop.net) }
        if event.readable || event.hungUp {
            // Out of the object, which would be asked at each step whether somebody else is at them.
            var octets: [UInt8] = []
            swap(&octets, &unread)
            let isLent = loop.reading.lend(to: &octets)
            receive(transport, into: &octets, untilEnd: event.hungUp)
            if isLent { loop.reading.takeBack(from: &octets) }
            unread = octets.isEmpty ? [] : octets
        }
        if !isClosed { settle() }
    }

    /// `untilEnd`: the server has ended its side, so that an end follows the octets.
    private func receive(_ transport: Transport, into octets: inout [UInt8], untilEnd: Bool) {
        for _ in 0..<Limits.readBatchMax where !isClosed {
            switch transport.receive(loop, into: &octets) {
            case .octets(let isAll):
                parse(&octets)
                if isAll, !untilEnd { return }
            case .wouldBlock:
                return
            case .end:
                parse(&octets)
                if !isClosed { handleEnd() }
                return
            case .failed:
                let isTLSFault = transport.tls.map { if case .failed = $0.state { true } else { false } } ?? false
                return end(isTLSFault && !hasAnswered ? .tls : .closed)
            }
        }
    }

    private func parse(_ octets: inout [UInt8]) {
        var consumed = 0
        var isComplete = false
        // Put back before anybody may begin another call.
        var parser = parser
        while call != nil, !isClosed {
            let (step, used) = parser.next(octets.span.extracting(consumed..<octets.count))
            let base = consumed
            consumed += used
            if case .end = step {
                isComplete = true
                break
            }
            if !advance(step, octets, base: base) { break }
        }
        if isClosed { return }
        self.parser = parser
        if consumed == octets.count { octets.removeAll(keepingCapacity: true) } else { octets.removeFirst(consumed) }
        // Octets that belong to no call: the server is out of step, so is whatever follows.
        if isComplete { complete(mayServeAgain: octets.isEmpty) } else if call == nil, !octets.isEmpty { close() }
    }

    private func advance(_ step: HTTPResponseParser.Step, _ input: [UInt8], base: Int) -> Bool {
        switch step {
        case .needMore: return false
        case .interim: hasAnswered = true
        case .head(let head):
            hasAnswered = true
            self.head = head
        case .body(let range):
            // Copies: an array of the whole slice would be the loop's memory itself.
            let octets = input.span.extracting((base + range.start)..<(base + range.end))
            if let call, call.isStream, head?.status == 200 {
                client.received(call, [UInt8](copying: octets))
            } else if body.count + octets.count <= call?.request.responseMax.bytes ?? 0 {
                body.append(copying: octets)
            } else {
                end(.tooLarge)
                return false
            }
        case .end: return false
        case .fault(let fault):
            end(fault == .bodyTooLarge || fault == .headTooLarge || fault == .tooManyFields ? .tooLarge : .malformed)
            return false
        }
        return true
    }

    private func handleEnd() {
        guard call != nil else { return close() }
        switch parser.endOfInput() {
        case .end: complete(mayServeAgain: false)
        default: end(.closed)
        }
    }

    private func complete(mayServeAgain: Bool) {
        guard let call, let head else { return end(.malformed) }
        self.call = nil
        served += 1
        let response = OutboundResponse(head: head, body: body)
        body = []
        self.head = nil
        // An answer that came before the request was out leaves the server in the middle of it.
        if head.keepsAlive, mayServeAgain, transport?.backlog == 0 {
            idleSince = loop.now
            watchIdleness()
            client.becameIdle(handle, after: call)
        } else {
            close()
        }
        client.answered(call, response)
    }

    // MARK: Ending

    private func end(_ fault: OutboundFault) {
        let failed = call
        call = nil
        let mayRepeat = served > 0 && !hasAnswered && fault == .closed
        close()
        guard let failed else { return }
        if mayRepeat { client.repeatOrFail(failed, fault) } else { client.fail(failed, fault) }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        if let transport {
            transport.sendClose()
            _ = transport.flush(loop.net)
            loop.net.close(transport.socket)
        }
        loop.remove(handle)
        client.released(origin, handle)
    }

    func expired() {
        isTimed = false
        guard !isClosed, call == nil, idleSince != .distantFuture else { return }
        if loop.now >= idleSince + Limits.poolIdleTimeout { close() } else { watchIdleness() }
    }

    /// One deadline at a time, however many calls the connection carries in thirty seconds.
    private func watchIdleness() {
        if isTimed { return }
        isTimed = true
        loop.schedule(handle, at: idleSince + Limits.poolIdleTimeout)
    }

    private func settle() {
        guard !isClosed, isConnected, let transport else { return }
        transport.pump()
        let isFlushed = transport.flush(loop.net)
        if transport.isBroken { return end(.closed) }
        loop.net.watch(transport.socket, isFlushed ? .read : [.read, .write], word: handle.word)
    }
}
