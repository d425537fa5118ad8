// `lola store check` and `lola store repair`: what the embedded store of a data folder holds, and what is wrong with
// it. Checking reads only; repairing takes the lock, so that no gateway runs meanwhile.

enum StoreCommands {
    /// A gateway that runs may remove a segment while it is read; then the look begins anew.
    private static let attempts = 5

    static func check(_ invocation: Invocation) -> Int32 {
        guard let folder = SettingsSource.dataDirectory(invocation) else { return ExitCode.configuration }
        var attempt = 1
        while true {
            do throws(JournalFault) {
                let inspection = try StoreInspection(try disk(folder, .reading), at: LinuxClock().wall)
                Process.print(invocation.wantsJSON ? inspection.json.text : inspection.text(of: folder))
                return inspection.report.isWhole ? ExitCode.ok : ExitCode.failure
            } catch {
                if case .disk(.notFound, let file) = error, file != folder, attempt < attempts {
                    attempt += 1
                    continue
                }
                return fail(error)
            }
        }
    }

    static func repair(_ invocation: Invocation) -> Int32 {
        guard let folder = SettingsSource.dataDirectory(invocation) else { return ExitCode.configuration }
        do throws(JournalFault) {
            // A look first, so that a folder without a store is not made one.
            _ = try disk(folder, .reading)
            let report = try JournalRepair.run(try disk(folder, .everything), at: LinuxClock().wall)
            if invocation.wantsJSON {
                Process.print(StoreInspection.json(report).text)
            } else {
                Process.print(StoreInspection.repairText(report))
            }
            return ExitCode.ok
        } catch {
            return fail(error)
        }
    }

    private static func disk(_ folder: String, _ access: LinuxDisk.Access) throws(JournalFault) -> LinuxDisk {
        do throws(DiskFault) {
            return try LinuxDisk(folder, access)
        } catch {
            throw .disk(error, file: folder)
        }
    }

    private static func fail(_ fault: JournalFault) -> Int32 {
        Process.print("lola: \(fault.text)", to: 2)
        return ExitCode.failure
    }
}
