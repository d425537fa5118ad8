// The disk door: files of one directory, blocking. Used by helper threads and commands, never by a loop.
// World/Linux/LinuxDisk implements it; the simulator's disk tears, fails, slows and forgets what was not synced.

enum DiskFault: String, Error, CaseIterable, Sendable {
    case notFound = "not_found"
    case exists
    case permission
    /// No space, no quota.
    case full
    case readOnly = "read_only"
    /// Another process holds the lock.
    case locked
    /// Out of descriptors or memory.
    case exhausted
    /// EIO and whatever else the device says.
    case io
}

/// An open file as the world names it. Meaningless outside the world that gave it.
struct DiskFile: Hashable, Sendable {
    let id: Int32
}

protocol Disk: AnyObject {
    /// Names in the directory, without order.
    func names() throws(DiskFault) -> [String]
    /// A new empty file (0600) for reading and writing; `exists` when there is one.
    func create(_ name: String) throws(DiskFault) -> DiskFile
    /// An existing file for reading and writing.
    func open(_ name: String) throws(DiskFault) -> DiskFile
    func size(_ file: DiskFile) throws(DiskFault) -> Int
    /// Up to `count` octets; fewer only at the end of the file.
    func read(_ file: DiskFile, at offset: Int, count: Int) throws(DiskFault) -> [UInt8]
    /// All of `bytes`. After a fault any part of them may be written.
    func write(_ file: DiskFile, _ bytes: [UInt8], at offset: Int) throws(DiskFault)
    func truncate(_ file: DiskFile, to size: Int) throws(DiskFault)
    /// Contents and size are durable when this returns (fdatasync). After a fault nothing is known of the file: it
    /// must not be synced again.
    func sync(_ file: DiskFile) throws(DiskFault)
    /// Names made, changed and removed are durable when this returns.
    func syncDirectory() throws(DiskFault)
    /// Replaces `new` when it exists.
    func rename(_ old: String, to new: String) throws(DiskFault)
    func remove(_ name: String) throws(DiskFault)
    func close(_ file: DiskFile)
    /// Takes the advisory lock for the life of the process; `locked` when another process has it.
    func lock(_ name: String) throws(DiskFault)
}
