// What the repository holds and what it must not: build products, keys, paths of one machine, tests that cannot fail.
import Testing

@Suite("Repository: nothing in it that does not belong there")
struct RepositoryTests {
    @Test("what is made by building, running and testing is ignored", arguments: [
        ".build/", "Package.resolved", ".venv/", ".lola/", "data/", "*.profraw", "__pycache__/",
    ])
    func ignored(pattern: String) throws {
        let ignore = try #require(Repository.file(".gitignore"))
        #expect(ignore.lines.contains { $0 == pattern })
    }

    @Test("nothing stands at the top but what belongs there")
    func top() {
        #expect(Repository.top.subtracting([".git"]) == [
            ".ci", ".dockerignore", ".gitignore", "CHANGELOG.md", "Dockerfile", "Makefile", "Package.swift",
            "README.md", "Sources", "Tests", "bench", "config", "docs", "scripts",
        ])
    }

    @Test("the folders and pages of the project are there", arguments: [
        "Package.swift", "Makefile", "Dockerfile", "README.md", "CHANGELOG.md", ".ci/run", "config/lola.json5",
        "docs/ARCHITECTURE.md", "docs/STYLE.md", "docs/THREATS.md", "docs/OPERATING.md", "docs/CONFIGURATION.md",
    ])
    func present(path: String) {
        #expect(Repository.file(path) != nil)
    }

    @Test("no package is depended on")
    func noDependencies() throws {
        let package = try #require(Repository.file("Package.swift"))
        #expect(!package.text.contains(".package("))
    }

    @Test("no private key outside of the tests")
    func noKeys() {
        let mark = "PRIVATE KEY" + "-----\n"
        for file in Repository.files where !file.path.hasPrefix("Tests/") {
            #expect(!file.text.contains(mark), "\(file.path) holds a private key")
        }
    }

    @Test("no path of one machine", arguments: ["work", "opt", "home", "root"])
    func noMachinePaths(name: String) {
        for file in Repository.files {
            for (number, line) in file.lines.enumerated() where Self.names(line, "/\(name)/") {
                Issue.record("\(file.path):\(number + 1) names a folder of one machine")
            }
        }
    }

    @Test("no test is switched off, expected to fail, or asleep", arguments: [
        ".disabled", "withKnownIssue", "#expect(true)", "#expect(Bool(true))", "Thread.sleep", "Task.sleep", "usleep(",
        "nanosleep(", " sleep(",
    ])
    func honestTests(phrase: String) {
        for file in Repository.tests where file.path.hasSuffix(".swift") && !file.path.contains("/Tidy/") {
            #expect(!file.text.contains(phrase), "\(file.path) says \(phrase)")
        }
    }

    @Test("no black-box test is expected to fail")
    func honestBlackBox() {
        for file in Repository.tests where file.path.hasSuffix(".py") {
            #expect(!file.text.contains("xfail"), "\(file.path) expects a failure")
        }
    }

    /// An absolute path: what stands before it is no part of a longer path.
    private static func names(_ line: Substring, _ path: String) -> Bool {
        guard let found = line.firstRange(of: path) else { return false }
        guard found.lowerBound > line.startIndex else { return true }
        let before = line[line.index(before: found.lowerBound)]
        return !(before.isLetter || before.isNumber || "._-})]*".contains(before))
    }
}
