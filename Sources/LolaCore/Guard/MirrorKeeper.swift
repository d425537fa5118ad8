// Keeps the mirrors true: fills them at start and, where the store is shared, looks often whether another gateway has
// changed a room. One for the process, on the first loop's thread. A revocation anywhere holds here within a second.

final class MirrorKeeper {
    private let loop: Loop
    private let store: any Store
    private let mirrors: [any MirroredRoom]
    private let watched: [StoreKey]
    private let onChange: (StoreKey) -> Void
    /// What was last read under a key; no entry before it was.
    private var marks: [StoreKey: [UInt8]?] = [:]
    private var isLooking = false
    private var lastHeard: Instant

    /// - Parameters:
    ///   - store: with its seals.
    ///   - watched: further records of a shared store whose change is told by `onChange`, not when they are first seen.
    init(
        _ loop: Loop, _ store: any Store, mirrors: [any MirroredRoom], watched: [StoreKey] = [],
        onChange: @escaping (StoreKey) -> Void = { _ in }
    ) {
        self.loop = loop
        self.store = store
        self.mirrors = mirrors
        self.watched = watched
        self.onChange = onChange
        lastHeard = loop.clock.now
    }

    /// Goes on for the life of the loop when others can change the store, else until everything is read.
    func start() {
        lastHeard = loop.clock.now
        look()
    }

    private var isShared: Bool { store.returnsEntries }
    private var isDone: Bool { mirrors.allSatisfy(\.isLoaded) }

    private func look() {
        if isShared {
            if loop.clock.now - lastHeard > Limits.mirrorStaleMax {
                for mirror in mirrors where mirror.isLoaded { mirror.distrust() }
            }
            loop.after(Limits.mirrorInterval) { [self] in look() }
        }
        if isLooking { return }
        isLooking = true
        ask(mirrors[...], watched[...])
    }

    /// One after the other; what fails is looked at again with the next look.
    private func ask(_ mirrors: ArraySlice<any MirroredRoom>, _ keys: ArraySlice<StoreKey>) {
        if let mirror = mirrors.first {
            return get(mirror.room.versionKey) { [self] mark in
                if mirror.isLoaded, marks[mirror.room.versionKey] == .some(mark) {
                    return ask(mirrors.dropFirst(), keys)
                }
                load(mirror, found: [], after: nil, mirror.beginLoading()) { [self] in
                    marks[mirror.room.versionKey] = .some(mark)
                    ask(mirrors.dropFirst(), keys)
                }
            }
        }
        guard let key = keys.first, isShared else { return ended() }
        get(key) { [self] mark in
            let known = marks.updateValue(mark, forKey: key)
            if let known, known != mark { onChange(key) }
            ask([], keys.dropFirst())
        }
    }

    private func get(_ key: StoreKey, _ body: @escaping ([UInt8]?) -> Void) {
        store.submit(.get(key)) { [self] answer in
            guard case .value(let value) = answer else { return ended() }
            lastHeard = loop.clock.now
            body(value)
        }
    }

    private func load(
        _ mirror: any MirroredRoom, found: [StoreRecord], after: RecordID?, _ mark: UInt64, _ body: @escaping () -> Void
    ) {
        let limit = Limits.mirrorPageMax
        store.submit(.list(mirror.room, after: after, limit: limit)) { [self] answer in
            guard case .page(let records) = answer else { return ended() }
            let all = found + records
            if let last = records.last, records.count == limit {
                return load(mirror, found: all, after: last.id, mark, body)
            }
            if mirror.replace(with: all, since: mark) { return body() }
            load(mirror, found: [], after: nil, mirror.beginLoading(), body)
        }
    }

    private func ended() {
        isLooking = false
        if !isShared, !isDone { loop.after(Limits.storeRetry) { [self] in look() } }
    }
}
