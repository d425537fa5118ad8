// The files of the checkout as the tidy tests read them: everything but what .gitignore names.
import Foundation

struct RepositoryFile {
    /// From the root of the checkout, with slashes.
    let path: String
    let text: String

    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
    var name: String { path.split(separator: "/").last.map(String.init) ?? "" }
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
}

enum Repository {
    /// Text files that are not ignored, by path.
    static let files: [RepositoryFile] = {
        let root = Vectors.packageRoot
        let ignored = ignoredNames
        guard let walk = FileManager.default.enumerator(atPath: root.path) else { return [] }
        var found: [RepositoryFile] = []
        while let path = walk.nextObject() as? String {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            if name == ".git" || ignored.contains(name) {
                walk.skipDescendants()
                continue
            }
            guard walk.fileAttributes?[.type] as? FileAttributeType == .typeRegular else { continue }
            // What is not UTF-8 is a test's octets or a picture, and holds no rule of ours.
            guard let text = read(path) else { continue }
            found.append(RepositoryFile(path: path, text: text))
        }
        return found.sorted { $0.path < $1.path }
    }()

    /// Names of files and folders at the top, of whatever kind, that are not ignored.
    static var top: Set<String> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Vectors.packageRoot.path)) ?? []
        return Set(names).subtracting(ignoredNames)
    }

    /// Swift sources of the product, already blanked.
    static let sources: [(file: RepositoryFile, text: SwiftText)] = files
        .filter { $0.path.hasPrefix("Sources/") && $0.path.hasSuffix(".swift") }
        .map { ($0, SwiftText($0.text)) }

    static let tests: [RepositoryFile] = files.filter { $0.path.hasPrefix("Tests/") }

    static func file(_ path: String) -> RepositoryFile? { files.first { $0.path == path } }

    /// Names of folders and files in .gitignore; patterns with a star are file endings and need no skipping.
    private static var ignoredNames: Set<String> {
        let lines = (read(".gitignore") ?? "").split(separator: "\n")
        return Set(lines.map { $0.hasSuffix("/") ? String($0.dropLast()) : String($0) })
    }

    private static func read(_ path: String) -> String? {
        try? String(contentsOf: Vectors.packageRoot.appendingPathComponent(path), encoding: .utf8)
    }
}
