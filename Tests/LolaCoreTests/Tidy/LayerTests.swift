// The layers of Sources/LolaCore, held by reading the sources: imports, and which folder names whose types.
import Testing

@Suite("Layers: each folder knows only those below it")
struct LayerTests {
    private typealias Source = (path: String, layer: String, text: SwiftText)

    private static let layered: [Source] = Repository.sources.compactMap { source in
        Layers.layer(of: source.file.path).map { (source.file.path, $0, source.text) }
    }

    @Test("every folder of LolaCore is a known layer")
    func foldersAreKnown() {
        #expect(Self.layered.count > 150)
        for source in Self.layered {
            #expect(Layers.order.contains(source.layer) || source.layer == Layers.linux, "\(source.path)")
        }
        for layer in Layers.order { #expect(Self.layered.contains { $0.layer == layer }, "\(layer) has no file") }
    }

    @Test("a folder imports only what its layer allows")
    func imports() {
        for source in Self.layered {
            for module in source.text.imports {
                #expect(Layers.mayImport(source.layer, module), "\(source.path) imports \(module)")
            }
        }
        for source in Repository.sources where Layers.layer(of: source.file.path) == nil {
            #expect(source.file.path == "Sources/LolaServer/main.swift")
            #expect(Set(source.text.imports) == ["Glibc", "LolaCore"])
        }
    }

    @Test("type names are unique across the folders")
    func uniqueNames() {
        var places: [String: String] = [:]
        for source in Self.layered {
            for type in source.text.fileLevelTypes {
                let place = "\(source.path):\(type.line)"
                if let other = places.updateValue(place, forKey: type.text) {
                    Issue.record("\(type.text) is declared in \(other) and in \(place)")
                }
            }
        }
        #expect(places.count > 300)
    }

    @Test("no folder names a type of a folder above it")
    func order() {
        var home: [String: String] = [:]
        for source in Self.layered {
            for type in source.text.fileLevelTypes { home[type.text] = source.layer }
        }
        for source in Self.layered {
            for word in source.text.words {
                guard let other = home[word.text], !Layers.may(source.layer, know: other) else { continue }
                let isExcused = Layers.exceptions.contains { $0.folder == source.layer && $0.type == word.text }
                #expect(isExcused, "\(source.path):\(word.line) names \(word.text) of \(other)")
            }
        }
        #expect(Layers.exceptions.count <= 5)
        #expect(Layers.exceptions.allSatisfy { !$0.reason.isEmpty && home[$0.type] != nil })
    }

    @Test("a lower folder cannot know a higher one, and only assemblers know World/Linux", arguments: [
        ("Base", "Wire", false), ("Wire", "Base", true), ("Loop", "Gateway", false), ("Commands", "Dev", true),
        ("Loop", "World/Linux", false), ("Daemon", "World/Linux", true), ("World/Linux", "World", true),
        ("World/Linux", "Loop", false), ("Nowhere", "Base", false),
    ])
    func rule(folder: String, other: String, expected: Bool) {
        #expect(Layers.may(folder, know: other) == expected)
    }
}
