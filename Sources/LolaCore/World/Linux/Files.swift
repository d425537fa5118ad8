// Whole small files and the process's own circumstances. Used at start-up and by the commands, never by a loop.
import CLinux
import Glibc

enum Files {
    /// The contents, or nil when the file cannot be read or is larger than `max`.
    static func read(_ path: String, max: ByteCount = .mebibytes(1)) -> [UInt8]? {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = Glibc.close(descriptor) }
        var out: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return out }
            if count < 0 || out.count + count > max.bytes { return nil }
            out.append(contentsOf: piece[..<count])
        }
    }

    /// Replaces a file with mode 0600: written beside, synced, renamed. False when any step failed.
    static func replace(_ path: String, _ bytes: [UInt8]) -> Bool {
        let fresh = path + ".new"
        let descriptor = unsafe Glibc.open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + offset }, bytes.count - offset)
            }
            guard count > 0 else { break }
            offset += count
        }
        let isWhole = offset == bytes.count && fsync(descriptor) == 0
        _ = Glibc.close(descriptor)
        guard isWhole else { return false }
        return unsafe rename(fresh, path) == 0
    }

    /// Makes a directory with mode 0700. True when it stands, made or found.
    static func makeDirectory(_ path: String) -> Bool { unsafe mkdir(path, 0o700) == 0 || errno == EEXIST }

    /// The names in a directory; none when it cannot be read.
    static func names(in path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var found: [String] = []
        while let entry = unsafe readdir(directory) {
            found.append(unsafe withUnsafeBytes(of: &entry.pointee.d_name) { octets in
                unsafe String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
            })
        }
        return found
    }

    /// The same for every directory on the way that is missing.
    static func makeDirectories(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        var made = path.hasPrefix("/") ? "" : "."
        for part in parts {
            made += "/" + part
            if !exists(made), !makeDirectory(made) { return false }
        }
        return true
    }

    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
}

enum Process {
    static var arguments: [String] { CommandLine.arguments }

    static var environment: [String: String] {
        var found: [String: String] = [:]
        var next = unsafe Glibc.environ
        while let entry = unsafe next.pointee {
            let text = unsafe String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                found[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            unsafe next += 1
        }
        return found
    }

    static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// Descriptors this process may have open.
    static var descriptorsMax: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        return Int(min(limit.rlim_cur, 1_048_576))
    }

    /// Raises the descriptor limit to what the system allows, and forbids core dumps: they would hold secrets.
    static func prepare() {
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            limit.rlim_cur = limit.rlim_max
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        lola_forbid_dump()
        lola_tune_heap(2)
    }

    /// Once everything serves: what only the start needed is memory of the machine again.
    static func releaseStartCode() { lola_release_start_code() }

    /// Ends the process at once. Nothing that runs at exit may run here: it would take OpenSSL away under threads
    /// that still use it.
    static func exit(_ code: Int32) -> Never { _exit(code) }

    static func print(_ text: String, to descriptor: Int32 = 1) {
        var bytes = [UInt8](text: text)
        bytes.append(0x0A)
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + offset }, bytes.count - offset)
            }
            guard count > 0 else { return }
            offset += count
        }
    }
}
