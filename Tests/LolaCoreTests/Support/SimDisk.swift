// A disk in memory that fails on demand, tears writes, and on a power cut forgets what was not synced: any sectors of
// 512 octets and any changes of names. The same seed makes the same faults.
@testable import LolaCore

final class SimDisk: Disk {
    enum Call: String, CaseIterable {
        case names, create, open, size, read, write, truncate, sync, syncDirectory, rename, remove, lock
    }

    /// Calls number `from` ... `from + times - 1` of a kind fail; a failing write may leave a part of its octets.
    struct Failure {
        var from: Int
        var times = 1
        var fault: DiskFault
    }

    static let sector = 512

    /// How often each kind of call was made.
    private(set) var calls: [Call: Int] = [:]
    var failures: [Call: [Failure]] = [:]
    /// Asked before every call: the fault it ends with, by whatever chance there is outside.
    var trouble: ((Call) -> DiskFault?)?
    /// Octets of all files together; a write beyond it is short and then fails as `full`.
    var capacity = Int.max

    private var chance: SeededGenerator
    private var present: [String: Node] = [:]
    private var durableNames: [String: Node] = [:]
    private var nameChanges: [NameChange] = []
    private var open: [Int32: Node] = [:]
    private var lastID: Int32 = 2
    private var locked: Set<String> = []

    /// A file apart from its names.
    private final class Node {
        var octets: [UInt8]
        var durable: [UInt8]
        var changes: [Change] = []

        init(octets: [UInt8], durable: [UInt8]) {
            self.octets = octets
            self.durable = durable
        }
    }

    private enum Change {
        case write(at: Int, [UInt8])
        case truncate(to: Int)
    }

    private enum NameChange {
        case make(String, Node)
        case rename(String, String, Node)
        case remove(String)
    }

    init(seed: UInt64 = 1, files: [String: [UInt8]] = [:]) {
        chance = SeededGenerator(seed: seed)
        for (name, octets) in files { present[name] = Node(octets: octets, durable: octets) }
        durableNames = present
    }

    /// What a reader sees now, by name.
    var files: [String: [UInt8]] { present.mapValues(\.octets) }
    var octets: Int { present.values.reduce(0) { $0 + $1.octets.count } }

    /// The next `times` calls of a kind, after `skipping` good ones, fail.
    func fail(_ call: Call, skipping: Int = 0, times: Int = 1, with fault: DiskFault = .io) {
        let from = (calls[call] ?? 0) + skipping + 1
        failures[call, default: []].append(Failure(from: from, times: times, fault: fault))
    }

    // MARK: Ends of a process

    /// The process is gone, the machine lives: handles and locks are void, all octets are there.
    func endProcess() {
        open = [:]
        locked = []
    }

    /// Power goes: what was synced lasts, of the rest a part that the seed chooses.
    func cutPower() {
        present = survivors(&chance).mapValues { Node(octets: $0, durable: $0) }
        durableNames = present
        nameChanges = []
        endProcess()
    }

    /// What a power cut now would leave; this disk goes on.
    func afterPowerCut(seed: UInt64) -> SimDisk {
        var chance = SeededGenerator(seed: seed)
        return SimDisk(seed: seed, files: survivors(&chance))
    }

    /// In order of names, so that the seed alone decides.
    private func survivors(_ chance: inout SeededGenerator) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for (name, node) in survivingNames(&chance).sorted(by: { $0.key < $1.key }) {
            files[name] = Self.survivor(of: node, &chance)
        }
        return files
    }

    private func survivingNames(_ chance: inout SeededGenerator) -> [String: Node] {
        let perMille = Self.weather(&chance)
        var kept = durableNames
        for change in nameChanges where Self.below(1_000, &chance) < perMille {
            switch change {
            case .make(let name, let node): kept[name] = node
            case .rename(let old, let new, let node):
                if kept[old] === node { kept[old] = nil }
                kept[new] = node
            case .remove(let name): kept[name] = nil
            }
        }
        return kept
    }

    /// Each sector has what it held after some of the writes to it; the size is one that the file had since.
    private static func survivor(of node: Node, _ chance: inout SeededGenerator) -> [UInt8] {
        guard !node.changes.isEmpty else { return node.durable }
        let perMille = weather(&chance)
        var out = node.durable
        var reached: [Int: Int] = [:]
        var sizes = [out.count]
        for (number, change) in node.changes.enumerated() {
            let start: Int
            let octets: [UInt8]
            switch change {
            case .write(let at, let bytes):
                (start, octets) = (at, bytes)
                sizes.append(max(sizes[number], at + bytes.count))
            case .truncate(let size):
                (start, octets) = (min(size, out.count), [UInt8](repeating: 0, count: max(0, out.count - size)))
                sizes.append(size)
            }
            if out.count < start + octets.count {
                out += [UInt8](repeating: 0, count: start + octets.count - out.count)
            }
            var place = 0
            while place < octets.count {
                let sector = (start + place) / Self.sector
                let end = min(octets.count, (sector + 1) * Self.sector - start)
                let last =
                    reached[sector] ?? (below(1_000, &chance) < perMille ? below(node.changes.count + 1, &chance) : 0)
                reached[sector] = last
                if number < last { Self.overwrite(&out, at: start + place, with: octets[place..<end]) }
                place = end
            }
        }
        let size = below(1_000, &chance) < perMille ? sizes[below(sizes.count, &chance)] : sizes[sizes.count - 1]
        if size < out.count { out.removeSubrange(size...) }
        return out + [UInt8](repeating: 0, count: size - out.count)
    }

    /// How much of the unsynced lasts: nothing, nearly all, or a share.
    private static func weather(_ chance: inout SeededGenerator) -> Int {
        switch below(4, &chance) {
        case 0: 0
        case 1: 1_000
        default: below(1_000, &chance)
        }
    }

    private static func below(_ bound: Int, _ chance: inout SeededGenerator) -> Int {
        Int.random(in: 0..<bound, using: &chance)
    }

    // MARK: Disk

    private func begin(_ call: Call) throws(DiskFault) {
        let number = (calls[call] ?? 0) + 1
        calls[call] = number
        for failure in failures[call] ?? [] where (failure.from..<(failure.from + failure.times)).contains(number) {
            throw failure.fault
        }
        if let fault = trouble?(call) { throw fault }
    }

    private func node(_ file: DiskFile) throws(DiskFault) -> Node {
        guard let node = open[file.id] else { throw .io }
        return node
    }

    private func handle(_ node: Node) -> DiskFile {
        lastID += 1
        open[lastID] = node
        return DiskFile(id: lastID)
    }

    func names() throws(DiskFault) -> [String] {
        try begin(.names)
        return present.keys.sorted()
    }

    func create(_ name: String) throws(DiskFault) -> DiskFile {
        try begin(.create)
        guard present[name] == nil else { throw .exists }
        return handle(make(name))
    }

    private func make(_ name: String) -> Node {
        let node = Node(octets: [], durable: [])
        present[name] = node
        nameChanges.append(.make(name, node))
        return node
    }

    func open(_ name: String) throws(DiskFault) -> DiskFile {
        try begin(.open)
        guard let node = present[name] else { throw .notFound }
        return handle(node)
    }

    func size(_ file: DiskFile) throws(DiskFault) -> Int {
        try begin(.size)
        return try node(file).octets.count
    }

    func read(_ file: DiskFile, at offset: Int, count: Int) throws(DiskFault) -> [UInt8] {
        try begin(.read)
        let octets = try node(file).octets
        guard offset >= 0, offset < octets.count, count > 0 else { return [] }
        return Array(octets[offset..<min(octets.count, offset + min(count, octets.count))])
    }

    func write(_ file: DiskFile, _ bytes: [UInt8], at offset: Int) throws(DiskFault) {
        let node = try node(file)
        do {
            try begin(.write)
        } catch {
            put(bytes.prefix(Self.below(bytes.count + 1, &chance)), node, at: offset)
            throw error
        }
        let growth = offset + bytes.count - node.octets.count
        let room = capacity - octets
        guard growth <= room else {
            put(bytes.prefix(max(0, bytes.count - (growth - max(0, room)))), node, at: offset)
            throw .full
        }
        put(bytes[...], node, at: offset)
    }

    private func put(_ bytes: ArraySlice<UInt8>, _ node: Node, at offset: Int) {
        guard !bytes.isEmpty else { return }
        let end = offset + bytes.count
        if node.octets.count < end { node.octets += [UInt8](repeating: 0, count: end - node.octets.count) }
        Self.overwrite(&node.octets, at: offset, with: bytes)
        node.changes.append(.write(at: offset, Array(bytes)))
    }

    /// In one piece: element by element a test build takes a quarter of a million steps for the reserve of a journal.
    private static func overwrite(_ target: inout [UInt8], at place: Int, with octets: ArraySlice<UInt8>) {
        unsafe target.withUnsafeMutableBytes { unsafe $0[place..<(place + octets.count)].copyBytes(from: octets) }
    }

    func truncate(_ file: DiskFile, to size: Int) throws(DiskFault) {
        try begin(.truncate)
        let node = try node(file)
        if size < node.octets.count {
            node.octets.removeSubrange(size...)
        } else {
            node.octets += [UInt8](repeating: 0, count: size - node.octets.count)
        }
        node.changes.append(.truncate(to: size))
    }

    /// A sync that fails leaves a part of the octets durable and forgets that the rest was not: a second sync would
    /// succeed and lie, as kernels do.
    func sync(_ file: DiskFile) throws(DiskFault) {
        let node = try node(file)
        do {
            try begin(.sync)
        } catch {
            node.durable = Self.survivor(of: node, &chance)
            node.changes = []
            throw error
        }
        for change in node.changes {
            switch change {
            case .write(let at, let bytes):
                let end = at + bytes.count
                if node.durable.count < end { node.durable += [UInt8](repeating: 0, count: end - node.durable.count) }
                Self.overwrite(&node.durable, at: at, with: bytes[...])
            case .truncate(let size):
                if size < node.durable.count { node.durable.removeSubrange(size...) }
                node.durable += [UInt8](repeating: 0, count: size - node.durable.count)
            }
        }
        node.changes = []
    }

    func syncDirectory() throws(DiskFault) {
        try begin(.syncDirectory)
        durableNames = present
        nameChanges = []
    }

    func rename(_ old: String, to new: String) throws(DiskFault) {
        try begin(.rename)
        guard let node = present.removeValue(forKey: old) else { throw .notFound }
        present[new] = node
        nameChanges.append(.rename(old, new, node))
    }

    func remove(_ name: String) throws(DiskFault) {
        try begin(.remove)
        guard present.removeValue(forKey: name) != nil else { throw .notFound }
        nameChanges.append(.remove(name))
    }

    func close(_ file: DiskFile) { open[file.id] = nil }

    func lock(_ name: String) throws(DiskFault) {
        try begin(.lock)
        guard locked.insert(name).inserted else { throw .locked }
        if present[name] == nil { _ = make(name) }
    }
}
