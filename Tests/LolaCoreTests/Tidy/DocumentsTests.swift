// The pages of the project against the program: what a page names exists, and what exists is named.
import Testing

@testable import LolaCore

@Suite("Documents: true today")
struct DocumentsTests {
    /// What stands in code fences, line by line.
    private static func fenced(_ text: String) -> [String] {
        var inside = false
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                inside.toggle()
            } else if inside {
                lines.append(String(line))
            }
        }
        return lines
    }

    /// The section under a heading, up to the next one of the same or a higher level.
    private static func section(_ heading: String, of path: String) throws -> String {
        let file = try #require(Repository.file(path))
        let start = try #require(file.lines.firstIndex { $0 == heading }, "\(path) has no \(heading)")
        let level = heading.prefix { $0 == "#" }.count
        let rest = file.lines[(start + 1)...]
        let end = rest.firstIndex { line in
            let own = line.prefix { $0 == "#" }.count
            return own > 0 && own <= level && line.dropFirst(own).hasPrefix(" ")
        }
        return rest[..<(end ?? rest.endIndex)].joined(separator: "\n")
    }

    /// First cells of the rows of a table, without their backticks.
    private static func firstCells(_ section: String) -> [String] {
        section.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("| `"), let end = line.dropFirst(3).firstIndex(of: "`") else { return nil }
            return String(line[line.index(line.startIndex, offsetBy: 3)..<end])
        }
    }

    @Test("every command in the README is a command, with flags that it has")
    func commands() throws {
        let readme = try #require(Repository.file("README.md"))
        let makefile = try #require(Repository.file("Makefile"))
        var count = 0
        for line in Self.fenced(readme.text) {
            // A comment, a pipe, a redirection or a substitution ends what the program sees.
            let shown = line.replacing("$(", with: " ").prefix { !"#|>)".contains($0) }
            let own = shown.split(separator: " ").map(String.init)
            let start = own.firstIndex { ["make", "lola", ".build/release/lola"].contains($0) }
            guard let start else { continue }
            count += 1
            let words = Array(own[(start + 1)...])
            if own[start] == "make" {
                let target = try #require(words.first)
                #expect(makefile.lines.contains { $0.hasPrefix(target + ":") }, "make \(target) is no target")
            } else {
                #expect(throws: Never.self, "\(line)") { try CommandLineParser.parse(words) }
            }
        }
        #expect(count >= 8)
        let first = Self.fenced(try Self.section("## First message", of: "README.md"))
        #expect(first.contains { $0.contains("trigger whatsapp.text") } && first.contains { $0.hasSuffix("lola tail") })
    }

    @Test("every variable the README names is one of the settings table")
    func variables() throws {
        let readme = try #require(Repository.file("README.md"))
        let known = Set(SettingsTable.all.map(\.variable))
        var count = 0
        for line in Self.fenced(readme.text) where line.contains("=") && !line.hasPrefix(" ") {
            let name = line.prefix { $0 != "=" }
            guard name.utf8.allSatisfy({ (0x41...0x5A).contains($0) || $0 == 0x5F }) else { continue }
            count += 1
            let isFile = name.hasSuffix("_FILE") && known.contains(String(name.dropLast(5)))
            #expect(known.contains(String(name)) || isFile, "\(name) is no setting")
        }
        #expect(count >= 10)
    }

    @Test("the metrics of the operating page are the series of the program")
    func metrics() throws {
        let page = MetricsPage(
            counters: [Counters()], store: JournalStatus(), storeIsOpen: true, backlog: 0, logLinesDropped: 0,
            uptime: .zero, isDraining: false, audit: AuditTrail.Status(), alerts: AlertBoard(loop: SimWaker()).totals
        ).render().text
        let types = page.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
        let real = types.map { String($0.split(separator: " ")[2]) }
        let said = Self.firstCells(try Self.section("## Metrics", of: "docs/OPERATING.md"))
        #expect(real.sorted() == said.sorted())
    }

    @Test("the log lines of the operating page are the events of the program")
    func events() throws {
        var real: Set<String> = []
        for source in Repository.sources {
            for level in ["debug", "info", "warn", "error"] {
                for piece in source.file.text.split(separator: ".\(level), \"").dropFirst() {
                    real.insert(String(piece.prefix { $0 != "\"" }))
                }
            }
        }
        let said = Self.firstCells(try Self.section("## Log lines", of: "docs/OPERATING.md"))
        #expect(real.sorted() == said.sorted())
    }

    @Test("the exit codes of the operating page are those of the program")
    func exitCodes() throws {
        let said = Self.firstCells(try Self.section("## Exit codes", of: "docs/OPERATING.md"))
        let real = [
            ExitCode.ok, ExitCode.failure, ExitCode.usage, ExitCode.auditBroken, ExitCode.cannotCreate,
            ExitCode.inputOutput, ExitCode.configuration,
        ]
        #expect(said.compactMap { Int32($0) }.sorted() == real.sorted())
    }

    @Test("the layers of the architecture page are the layers of the test")
    func layers() throws {
        let said = Self.firstCells(try Self.section("## Layers", of: "docs/ARCHITECTURE.md"))
        #expect(said.filter { $0 != Layers.linux } == Layers.order)
        #expect(said.contains(Layers.linux))
    }

    @Test("a file or test that a page names is there", arguments: [
        "README.md", "docs/ARCHITECTURE.md", "docs/STYLE.md", "docs/THREATS.md", "docs/OPERATING.md",
        "docs/DEFECTS.md",
    ])
    func paths(page: String) throws {
        let file = try #require(Repository.file(page))
        let endings = [".swift", ".py", ".md", ".json5", ".sh"]
        for (number, line) in file.lines.enumerated() {
            for (index, piece) in line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            where index % 2 == 1 && endings.contains(where: { piece.hasSuffix($0) }) && !piece.contains(" ") {
                let isThere = Repository.files.contains { $0.path == piece || $0.path.hasSuffix("/" + piece) }
                #expect(isThere, "\(page):\(number + 1) names \(piece)")
            }
        }
    }

    @Test("the page of defects names every test of a defect, and no other; no number is left out")
    func defects() throws {
        let page = try #require(Repository.file("docs/DEFECTS.md"))
        let tests = try #require(Repository.file("Tests/BlackBox/test_defects.py"))
        let there = tests.lines.filter { $0.hasPrefix("def test_b") }.map { $0.dropFirst(4).prefix { $0 != "(" } }
        let named = page.text.split(separator: "`").filter { $0.hasPrefix("test_b") && !$0.hasSuffix("…") }
        #expect(there.sorted() == named.sorted() && !there.isEmpty)
        let rows = page.lines.filter { $0.hasPrefix("| ") }.dropFirst()
        let numbers = rows.flatMap { row in
            row.dropFirst(2).prefix { $0 != "|" }.split { $0 == "," || $0 == " " }.compactMap { Int($0) }
        }
        #expect(numbers == Array(1...63))
    }
}
