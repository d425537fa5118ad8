// What the crash page of the last process says: the messages whose code ran when it died get one more crash to their
// name. At the third the inbox puts them aside (Flow/Inbox.swift). Read at start, before the loops.

enum CrashBlame {
    /// The pages for this process, or nil where there can be none; then nobody is blamed.
    static func read(
        _ folder: String, slots: Int, _ log: Log, _ ask: (StoreOperation) -> StoreAnswer
    ) -> LinuxCrashPages? {
        guard let pages = LinuxCrashPages(folder + "/crash-page", slots: slots) else {
            log.write(.warn, "crash_page_unavailable", at: LinuxClock().wall)
            return nil
        }
        for mark in pages.blamed {
            let suspect = Suspect(RecordID(high: mark.high, low: mark.low))
            let crashes = suspect.crashes(ask(suspect.question)) + 1
            _ = ask(suspect.record(crashes: crashes))
            log.write(.error, "message_crashed", at: LinuxClock().wall, [
                ("record", suspect.id.hex.text), ("crashes", "\(crashes)"),
            ])
        }
        return pages
    }
}
