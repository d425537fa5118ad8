// Runs the `openssl` command line, an independent maker of keys and certificates for the tests of this folder.
import Dispatch
import Foundation
import Testing

enum OpenSSLTool {
    /// Standard output of one call; fails the test when the command does.
    @discardableResult
    static func run(_ arguments: [String], in folder: URL? = nil) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let exit = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in exit.signal() }
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        try #require(exit.wait(timeout: .now() + 30) == .success, "openssl does not end")
        try #require(process.terminationStatus == 0, "openssl \(arguments.joined(separator: " "))")
        return [UInt8](data)
    }
}
