// The disk door on Linux: one directory, named by its descriptor, so that nobody can put another in its place. Calls
// block; helper threads and commands use it, one thread at a time.
import CLinux
import Glibc

final class LinuxDisk: Disk {
    enum Access {
        /// Makes the directory (0700) when it is missing.
        case everything
        /// For a look at a directory that is not ours to change.
        case reading
    }

    private let directory: Int32
    private let access: Access
    private var locks: [Int32] = []

    /// Opens a directory; the one above it must exist.
    init(_ path: String, _ access: Access = .everything) throws(DiskFault) {
        let isNew = unsafe access == .everything && mkdir(path, 0o700) == 0
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.fault(of: errno) }
        if isNew, let fault = Self.syncAbove(descriptor) {
            _ = Glibc.close(descriptor)
            throw fault
        }
        directory = descriptor
        self.access = access
    }

    deinit {
        for descriptor in locks { _ = Glibc.close(descriptor) }
        _ = Glibc.close(directory)
    }

    /// What an error number means here.
    static func fault(of number: Int32) -> DiskFault {
        switch number {
        case ENOENT: .notFound
        case EEXIST: .exists
        // A symbolic link where a file of ours should be is somebody else's doing.
        case EACCES, EPERM, ELOOP: .permission
        case ENOSPC, EDQUOT, EFBIG: .full
        case EROFS: .readOnly
        case EWOULDBLOCK: .locked
        case EMFILE, ENFILE, ENOMEM: .exhausted
        default: .io
        }
    }

    // MARK: Files

    func names() throws(DiskFault) -> [String] {
        let descriptor = unsafe openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.fault(of: errno) }
        guard let stream = unsafe fdopendir(descriptor) else {
            let fault = Self.fault(of: errno)
            _ = Glibc.close(descriptor)
            throw fault
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe String(cString: lola_entry_name(entry))
            if name != ".", name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw Self.fault(of: errno) }
        return names
    }

    func create(_ name: String) throws(DiskFault) -> DiskFile {
        DiskFile(id: try openFile(name, O_RDWR | O_CREAT | O_EXCL))
    }

    func open(_ name: String) throws(DiskFault) -> DiskFile {
        DiskFile(id: try openFile(name, access == .reading ? O_RDONLY : O_RDWR))
    }

    private func openFile(_ name: String, _ flags: Int32) throws(DiskFault) -> Int32 {
        while true {
            let descriptor = unsafe openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
            if descriptor >= 0 { return descriptor }
            if errno != EINTR { throw Self.fault(of: errno) }
        }
    }

    func size(_ file: DiskFile) throws(DiskFault) -> Int {
        var status = stat()
        guard unsafe fstat(file.id, &status) == 0 else { throw Self.fault(of: errno) }
        return Int(status.st_size)
    }

    func read(_ file: DiskFile, at offset: Int, count: Int) throws(DiskFault) -> [UInt8] {
        guard count > 0 else { return [] }
        var failure: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let taken = unsafe pread(
                    file.id, buffer.baseAddress.map { unsafe $0 + filled }, count - filled, off_t(offset + filled))
                if taken < 0 && errno == EINTR { continue }
                if taken < 0 { failure = errno }
                if taken <= 0 { return }
                filled += taken
            }
        }
        guard failure == 0 else { throw Self.fault(of: failure) }
        return bytes
    }

    func write(_ file: DiskFile, _ bytes: [UInt8], at offset: Int) throws(DiskFault) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe pwrite(
                    file.id, $0.baseAddress.map { unsafe $0 + written }, bytes.count - written, off_t(offset + written))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw count < 0 ? Self.fault(of: errno) : .io }
            written += count
        }
    }

    func truncate(_ file: DiskFile, to size: Int) throws(DiskFault) {
        while ftruncate(file.id, off_t(size)) != 0 {
            guard errno == EINTR else { throw Self.fault(of: errno) }
        }
    }

    func sync(_ file: DiskFile) throws(DiskFault) {
        guard fdatasync(file.id) == 0 else { throw Self.fault(of: errno) }
    }

    func close(_ file: DiskFile) { _ = Glibc.close(file.id) }

    // MARK: Names

    func syncDirectory() throws(DiskFault) {
        guard fsync(directory) == 0 else { throw Self.fault(of: errno) }
    }

    func rename(_ old: String, to new: String) throws(DiskFault) {
        guard unsafe renameat(directory, old, directory, new) == 0 else { throw Self.fault(of: errno) }
    }

    func remove(_ name: String) throws(DiskFault) {
        guard unsafe unlinkat(directory, name, 0) == 0 else { throw Self.fault(of: errno) }
    }

    /// The lock ends with this object or the process, however that ends.
    func lock(_ name: String) throws(DiskFault) {
        let descriptor = try openFile(name, O_RDWR | O_CREAT)
        guard lola_lock(descriptor) == 0 else {
            let fault = Self.fault(of: errno)
            _ = Glibc.close(descriptor)
            throw fault
        }
        locks.append(descriptor)
    }

    /// A directory that was just made lasts only when the one above it is durable.
    private static func syncAbove(_ directory: Int32) -> DiskFault? {
        let above = unsafe openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard above >= 0 else { return fault(of: errno) }
        defer { _ = Glibc.close(above) }
        return fsync(above) == 0 ? nil : fault(of: errno)
    }
}
