// Why a journal cannot be opened at all, and what an operator does about it. Damage inside of it is no fault: it is
// reported, and what is readable is used.

enum JournalFault: Error, Hashable, Sendable {
    /// A file of a later version of Lola.
    case newerVersion(file: String, version: UInt16)
    case disk(DiskFault, file: String)

    /// Stable, for logs.
    var word: String {
        switch self {
        case .newerVersion: "newer_version"
        case .disk(let fault, _): fault.rawValue
        }
    }

    /// One sentence that says what to do.
    var text: String {
        switch self {
        case .newerVersion(let file, let version):
            "\(file) was written by a later Lola (format \(version), this one reads \(JournalHeader.version)): "
                + "run that version, or restore the data folder as it was before"
        case .disk(let fault, let file): "\(file): \(Self.advice(fault))"
        }
    }

    private static func advice(_ fault: DiskFault) -> String {
        switch fault {
        case .notFound: "is not there: check the data folder, and that nobody else removes its files"
        case .exists: "is there already: run `lola store check`, and move that file away"
        case .permission: "no permission: let the user of the gateway read and write the data folder and its files"
        case .full: "no space is left: make room on the device, then start again"
        case .readOnly: "the device is read-only: mount it for writing"
        case .locked: "another gateway uses this data folder: stop it, or give this one another `data.dir`"
        case .exhausted: "descriptors or memory are used up: raise the limits of the process"
        case .io: "the device fails: copy the data folder to another one, then run `lola store check` there"
        }
    }
}
