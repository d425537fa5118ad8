// The disk door on a real folder, and what it makes of the system's errors.
import Foundation
import Testing

@testable import LolaCore

@Suite("Disk on Linux")
struct LinuxDiskTests {
    private static func folder() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("lola-disk-\(UUID().uuidString)").path
    }

    private static func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    private static func fault(_ body: () throws(DiskFault) -> Void) -> DiskFault? {
        do throws(DiskFault) {
            try body()
            return nil
        } catch { return error }
    }

    @Test("a missing folder is made for its owner alone; files too")
    func permissions() throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(Self.fault { () throws(DiskFault) in _ = try LinuxDisk(path, .reading) } == .notFound)
        let disk = try LinuxDisk(path)
        disk.close(try disk.create("a"))
        #expect(try Self.mode(path) == 0o700 && Self.mode(path + "/a") == 0o600)
        #expect(Self.fault { () throws(DiskFault) in _ = try LinuxDisk(path + "/a") } != nil)
        #expect(Self.fault { () throws(DiskFault) in _ = try LinuxDisk(path + "/b/c") } == .notFound)
    }

    @Test("octets are where they were written, reads end with the file, names change")
    func files() throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let disk = try LinuxDisk(path)
        let file = try disk.create("a")
        try disk.write(file, [1, 2, 3, 4], at: 0)
        try disk.write(file, [9, 9], at: 3)
        try disk.write(file, [], at: 0)
        #expect(try disk.size(file) == 5)
        #expect(try disk.read(file, at: 1, count: 100) == [2, 3, 9, 9])
        #expect(try disk.read(file, at: 5, count: 1) == [] && disk.read(file, at: 0, count: 0) == [])
        try disk.sync(file)
        try disk.truncate(file, to: 2)
        #expect(try disk.read(file, at: 0, count: 10) == [1, 2])
        disk.close(file)
        #expect(Self.fault { () throws(DiskFault) in _ = try disk.create("a") } == .exists)
        #expect(Self.fault { () throws(DiskFault) in _ = try disk.open("b") } == .notFound)
        disk.close(try disk.create("b"))
        try disk.rename("a", to: "b")
        try disk.syncDirectory()
        #expect(try disk.names() == ["b"])
        let again = try LinuxDisk(path, .reading)
        let same = try again.open("b")
        #expect(try again.read(same, at: 0, count: 10) == [1, 2])
        // Opened for reading only: nothing is changed.
        #expect(Self.fault { () throws(DiskFault) in try again.write(same, [7], at: 0) } == .io)
        again.close(same)
        try disk.remove("b")
        #expect(try disk.names().isEmpty)
        #expect(Self.fault { () throws(DiskFault) in try disk.remove("b") } == .notFound)
        #expect(Self.fault { () throws(DiskFault) in try disk.rename("a", to: "b") } == .notFound)
    }

    @Test("octets of a mebibyte and more go through whole")
    func large() throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let disk = try LinuxDisk(path)
        let file = try disk.create("a")
        let octets = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try disk.write(file, octets, at: 11)
        #expect(try disk.read(file, at: 11, count: octets.count) == octets)
        disk.close(file)
    }

    @Test("the lock is one holder's, until it is gone")
    func lock() throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var first: LinuxDisk? = try LinuxDisk(path)
        try first?.lock("lock")
        let second = try LinuxDisk(path)
        #expect(Self.fault { () throws(DiskFault) in try second.lock("lock") } == .locked)
        first = nil
        #expect(Self.fault { () throws(DiskFault) in try second.lock("lock") } == nil)
    }

    @Test("a symbolic link is not followed")
    func links() throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let disk = try LinuxDisk(path)
        try FileManager.default.createSymbolicLink(atPath: path + "/a", withDestinationPath: "/dev/null")
        #expect(Self.fault { () throws(DiskFault) in _ = try disk.open("a") } == .permission)
        #expect(Self.fault { () throws(DiskFault) in _ = try disk.create("a") } == .exists)
    }

    @Test("a device without space says so")
    func full() throws {
        let devices = try LinuxDisk("/dev", .everything)
        let file = try devices.open("full")
        #expect(Self.fault { () throws(DiskFault) in try devices.write(file, [1], at: 0) } == .full)
        devices.close(file)
    }

    @Test("the system's errors mean", arguments: [
        (ENOENT, .notFound), (EEXIST, .exists), (EACCES, .permission), (EPERM, .permission), (ELOOP, .permission),
        (ENOSPC, .full), (EDQUOT, .full), (EFBIG, .full), (EROFS, .readOnly), (EWOULDBLOCK, .locked),
        (EMFILE, .exhausted), (ENFILE, .exhausted), (ENOMEM, .exhausted), (EIO, .io), (EINVAL, .io), (0, .io),
    ] as [(Int32, DiskFault)])
    func meaning(number: Int32, fault: DiskFault) {
        #expect(LinuxDisk.fault(of: number) == fault)
    }
}
