import Testing

@testable import LolaCore

@Suite("Files")
struct FilesTests {
    @Test("a folder is made with all that is missing above it, and found when it stands")
    func directories() throws {
        let name = Hex.encode(SystemRandom.bytes(8)).text
        let top = "/tmp/lola-files-\(name)"
        #expect(Files.makeDirectories(top + "/a/b") && Files.exists(top + "/a/b"))
        #expect(Files.makeDirectories(top + "/a/b/"))
        #expect(Files.replace(top + "/file", [1]) && !Files.makeDirectories(top + "/file/c"))
    }
}
