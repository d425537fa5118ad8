// The `openssl` command line as the other end of a connection, and the loopback socket between it and an engine.
// Every wait has a limit, so a peer that hangs fails its test instead of stopping the run.
import Foundation
import Testing

@testable import LolaCore

/// A running `openssl s_server` or `s_client`.
final class OpenSSLPeer {
    private let process = Process()
    private let input = Pipe()
    private let outputPipe = Pipe()

    init(_ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = input
        process.standardOutput = outputPipe
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// The port that `s_server` says it accepts on.
    func port() throws -> UInt16 {
        var text = ""
        while !text.hasSuffix("\n") || !text.contains("ACCEPT") {
            let piece = outputPipe.fileHandleForReading.readData(ofLength: 1)
            try #require(!piece.isEmpty, "s_server ended")
            text += String(decoding: piece, as: UTF8.self)
        }
        let digits = text.split(separator: ":").last?.filter(\.isNumber) ?? ""
        return try #require(UInt16(digits))
    }

    func write(_ text: String) { input.fileHandleForWriting.write(Data(text.utf8)) }

    /// Everything it wrote until it ended; the connection must be over.
    func output() -> String {
        try? input.fileHandleForWriting.close()
        return String(decoding: outputPipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }

    func stop() { kill(process.processIdentifier, SIGKILL) }
}

/// A listening loopback socket on a free port.
final class TLSListener {
    fileprivate let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = descriptor
        let ready = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(socket, $0, length) == 0 && listen(socket, 1) == 0
                    && getsockname(socket, $0, &length) == 0
            }
        }
        try #require(ready)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}

/// An engine and its socket.
final class TLSLink {
    let engine: TLSEngine
    private(set) var received: [UInt8] = []
    private(set) var sentCount = 0
    private(set) var arrivedCount = 0
    private(set) var isEnded = false
    private let descriptor: Int32

    init(_ engine: TLSEngine, connectingTo port: UInt16) throws {
        self.engine = engine
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port)
        let socket = descriptor
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
    }

    init(_ engine: TLSEngine, accepting listener: TLSListener) throws {
        self.engine = engine
        try Self.wait(for: listener.descriptor)
        descriptor = accept(listener.descriptor, nil, nil)
        try #require(descriptor >= 0)
    }

    deinit { close(descriptor) }

    /// Carries octets until `isDone`, or fails after five seconds of silence.
    func pump(until isDone: (TLSLink) -> Bool) throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            try flush()
            if isDone(self) { return }
            try #require(!isEnded, "the peer ended the connection")
            try Self.wait(for: descriptor)
            let count = unsafe read(descriptor, &buffer, buffer.count)
            if count > 0 {
                arrivedCount += count
                engine.receive(buffer.span.extracting(..<count))
            } else {
                isEnded = true
                engine.peerClosed()
            }
            _ = engine.takePlaintext(into: &received)
        }
    }

    private func flush() throws {
        var out: [UInt8] = []
        engine.takeCiphertext(into: &out)
        var sent = 0
        while sent < out.count {
            let count = unsafe out.withUnsafeBytes { bytes in
                let start = unsafe bytes.baseAddress.map { unsafe $0 + sent }
                return unsafe send(descriptor, start, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
        sentCount += sent
    }

    private static func wait(for descriptor: Int32) throws {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = unsafe poll(&event, 1, 5_000)
        try #require(ready == 1, "nothing came for five seconds")
    }
}

private func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}
