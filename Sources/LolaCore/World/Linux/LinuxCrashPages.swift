// Crash pages in a small file that is mapped and shared: what was written is in the file whatever ends the process.
// Opened once at start, after the store's lock is taken; each loop writes its own slot.
import Glibc
import Synchronization

/// All slots of a process. The file is a head and `slots` slots of 32 octets each, numbers in the machine's own order:
/// it is read only by the machine that wrote it. Head: magic, digest of the boot id (two words), zero. Slot: state,
/// high, low, zero.
final class LinuxCrashPages: Sendable {
    private typealias Word = Atomic<UInt64>

    private static let slotCount = 32
    private static let wordsPerSlot = 4
    /// Slots looked at, whatever the number of loops was.
    private static let fileMax = ByteCount.kibibytes(64)
    private static let magic: UInt64 = 0x3165_6761_5068_7343
    private static let held: UInt64 = 0x3164_6C65_4841_4C4C

    /// What was held when the last process on this file died; empty after an orderly end, after a start of the machine
    /// (octets of a file that was not synced say nothing then), and when the file is no crash page.
    let blamed: [CrashMark]

    private let slots: Int
    private let mappedCount: Int
    /// Start of the mapping; it is kept as a number because any thread may ask for its slot.
    private let address: UInt

    /// Reads and empties the page of the last process, or makes one (mode 0600). Nil when the file cannot be made,
    /// filled or mapped: then nobody is ever blamed.
    /// - Parameter slots: number of loops.
    init?(_ path: String, slots: Int, bootID: [UInt8] = LinuxCrashPages.systemBootID) {
        precondition((1...1_024).contains(slots), "one slot for each loop")
        let boot = Self.words(Digest.sha256(bootID))
        let old = Files.read(path, max: Self.fileMax) ?? []
        blamed = Self.blamed(old, boot: boot)
        self.slots = slots
        mappedCount = (slots + 1) * Self.slotCount
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { _ = Glibc.close(descriptor) }
        // Written, not only extended: a hole that the disk cannot fill later would end the process.
        let head = Self.octets([Self.magic, boot[0], boot[1], 0])
        let empty = head + [UInt8](repeating: 0, count: slots * Self.slotCount)
        let written = unsafe empty.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard written == empty.count, ftruncate(descriptor, empty.count) == 0 else { return nil }
        let mapped = unsafe mmap(nil, mappedCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { return nil }
        address = UInt(bitPattern: mapped)
    }

    deinit { unsafe munmap(UnsafeMutableRawPointer(bitPattern: address), mappedCount) }

    /// The page of one loop, 0 and up.
    func page(_ loop: Int) -> LinuxCrashPage {
        precondition((0..<slots).contains(loop), "one slot for each loop")
        return LinuxCrashPage(self, slot: loop)
    }

    /// One word of a slot: 0 state, 1 and 2 the id. The writer's order is kept, so a slot that says it is held is
    /// whole.
    fileprivate func store(_ value: UInt64, slot: Int, word: Int) {
        let place = address + UInt((slot + 1) * Self.slotCount + word * 8)
        guard let word = unsafe UnsafeMutablePointer<Word>(bitPattern: place) else { return }
        unsafe word.pointee.store(value, ordering: .releasing)
    }

    fileprivate func hold(_ high: UInt64, _ low: UInt64, slot: Int) {
        store(0, slot: slot, word: 0)
        store(high, slot: slot, word: 1)
        store(low, slot: slot, word: 2)
        store(Self.held, slot: slot, word: 0)
    }

    // MARK: Reading what is left

    private static func blamed(_ bytes: [UInt8], boot: [UInt64]) -> [CrashMark] {
        guard bytes.count >= slotCount, bytes.count % slotCount == 0 else { return [] }
        let words = words(bytes)
        guard words[0] == magic, words[1] == boot[0], words[2] == boot[1] else { return [] }
        return stride(from: wordsPerSlot, to: words.count, by: wordsPerSlot).compactMap { start in
            words[start] == held ? CrashMark(high: words[start + 1], low: words[start + 2]) : nil
        }
    }

    private static func words(_ bytes: [UInt8]) -> [UInt64] {
        stride(from: 0, to: bytes.count - 7, by: 8).map { start in
            bytes[start..<(start + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private static func octets(_ words: [UInt64]) -> [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    }

    /// Changes with every start of the machine (Linux `random(4)`).
    static var systemBootID: [UInt8] { Files.read("/proc/sys/kernel/random/boot_id") ?? [] }
}

/// The slot of one loop.
final class LinuxCrashPage: CrashPage {
    private let pages: LinuxCrashPages
    private let slot: Int

    fileprivate init(_ pages: LinuxCrashPages, slot: Int) {
        self.pages = pages
        self.slot = slot
    }

    func hold(_ high: UInt64, _ low: UInt64) { pages.hold(high, low, slot: slot) }
    func release() { pages.store(0, slot: slot, word: 0) }
}
