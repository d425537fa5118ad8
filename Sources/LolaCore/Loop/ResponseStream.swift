// An answer without an end: its owner sends octets as they come. Made by HTTPServer.stream, used on its loop by what
// streams events (administration, MCP). Outlives its connection harmlessly.

final class ResponseStream {
    private let server: HTTPServer
    private let exchange: Exchange

    init(_ server: HTTPServer, _ exchange: Exchange) {
        self.server = server
        self.exchange = exchange
    }

    /// Whether somebody still reads.
    var isOpen: Bool { connection?.isStreaming(exchange.number) ?? false }

    /// Octets that the peer has not taken yet: who has much to tell waits while they are many.
    var waiting: Int { connection?.backlog ?? 0 }

    /// Sends octets of the body. False when the stream is over: the peer has left, or has left more than
    /// `Limits.responseBacklogMax` unread and is closed for it. Nothing is kept for later then.
    func send(_ octets: [UInt8]) -> Bool { connection?.send(exchange.number, octets) ?? false }

    /// The body is complete. Nothing happens when the stream is over already.
    func end() { connection?.endStream(exchange.number) }

    private var connection: ServerConnection? { server.loop.entity(exchange.connection) as? ServerConnection }
}

/// A stream as its connection sees it.
struct OpenStream {
    /// HTTP/1.1: chunks. A caller of HTTP/1.0 learns of the end by the close (RFC 9112 §6.1).
    let isChunked: Bool
    /// Whether further requests may follow on this connection.
    let keepsAlive: Bool
    let onClose: () -> Void

    func framed(_ bytes: [UInt8]) -> [UInt8] {
        guard isChunked else { return bytes }
        var chunk: [UInt8] = []
        chunk.reserveCapacity(bytes.count + 12)
        HTTPResponseWriter.chunk(bytes, to: &chunk)
        return chunk
    }

    var lastOctets: [UInt8] {
        var chunk: [UInt8] = []
        if isChunked { HTTPResponseWriter.lastChunk(to: &chunk) }
        return chunk
    }
}
