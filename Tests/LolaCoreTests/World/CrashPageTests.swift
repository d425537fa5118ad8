// The page that outlives the process: what was held when nobody released it is blamed, once.
import Foundation
import Testing

@testable import LolaCore

@Suite("Crash pages")
struct CrashPageTests {
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("lola-crash-\(UUID().uuidString)")
    private var path: String { folder.appendingPathComponent("crash-page").path }
    private let boot: [UInt8] = [UInt8](text: "0f5c-1")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private func open(slots: Int = 3, boot other: String? = nil) throws -> LinuxCrashPages {
        try #require(LinuxCrashPages(path, slots: slots, bootID: other.map { [UInt8](text: $0) } ?? boot))
    }

    @Test("a new page blames nobody; what is held at the end is blamed by the next start, once")
    func blamesTheHolder() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try open()
        #expect(first.blamed.isEmpty)
        let (left, right) = (first.page(0), first.page(2))
        left.hold(1, 2)
        left.release()
        left.hold(.max, 3)
        right.hold(5, 6)
        right.hold(7, 8)
        first.page(1).hold(9, 9)
        first.page(1).release()
        let second = try open()
        #expect(second.blamed == [CrashMark(high: .max, low: 3), CrashMark(high: 7, low: 8)])
        #expect(try open().blamed.isEmpty)
    }

    @Test("an orderly end blames nobody")
    func orderly() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let page = try open().page(1)
        for number in 0..<1_000 as Range<UInt64> {
            page.hold(number, number)
            page.release()
        }
        #expect(try open().blamed.isEmpty)
    }

    @Test("after a start of the machine nobody is blamed")
    func otherBoot() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try open().page(0).hold(1, 1)
        #expect(try open(boot: "0f5c-2").blamed.isEmpty)
        #expect(try open().blamed.isEmpty)
    }

    @Test("the number of loops may change between two starts", arguments: [(1, 8), (8, 1), (200, 2), (2, 1_024)])
    func slots(before: Int, after: Int) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try open(slots: before).page(before - 1).hold(4, 2)
        let next = try open(slots: after)
        #expect(next.blamed == [CrashMark(high: 4, low: 2)])
        next.page(after - 1).hold(6, 6)
        #expect(try open(slots: 1).blamed == [CrashMark(high: 6, low: 6)])
    }

    @Test("a file that is no crash page blames nobody and is replaced", arguments: [0, 1, 31, 32, 96, 128, 70_000])
    func foreignFile(count: Int) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var random = SeededGenerator(seed: 4)
        let octets = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        try Data(octets).write(to: URL(fileURLWithPath: path))
        let pages = try open()
        #expect(pages.blamed.isEmpty)
        pages.page(0).hold(1, 1)
        #expect(try open().blamed.count == 1)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == 128)
    }

    @Test("a cut or damaged page blames at most those whose slots are whole")
    func damaged() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let pages = try open()
        for slot in 0..<3 { pages.page(slot).hold(UInt64(slot), 1) }
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        for count in 0...whole.count {
            try Data(whole[..<count]).write(to: URL(fileURLWithPath: path))
            #expect(try open().blamed.count == (count % 32 == 0 ? max(0, count / 32 - 1) : 0))
        }
        for place in whole.indices {
            var bytes = whole
            bytes[place] ^= 0x10
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            #expect(try open().blamed.count <= 3)
        }
    }

    @Test("where no file can be made there is no page")
    func noFolder() throws {
        try FileManager.default.removeItem(at: folder)
        #expect(LinuxCrashPages(path, slots: 1) == nil)
    }

    @Test("only the owner may read the file")
    func mode() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        _ = try open()
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    }

    @Test("the boot id of this machine is read, and stays the same between two starts")
    func systemBoot() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(LinuxCrashPages.systemBootID.count > 30)
        let pages = try #require(LinuxCrashPages(path, slots: 1))
        pages.page(0).hold(11, 12)
        let next = try #require(LinuxCrashPages(path, slots: 1))
        #expect(next.blamed == [CrashMark(high: 11, low: 12)])
    }
}
