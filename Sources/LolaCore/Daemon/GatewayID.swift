// Which gateway this is, where several share a Redis: a name that goes with the data folder. Found or made at start.

/// The name of this gateway among those that share a Redis: it goes with the data folder.
enum GatewayID {
    private static let file = "gateway-id"
    private static let count = 16

    /// 32 hex digits, made when there are none. Without a folder they last as long as the process.
    static func find(_ folder: String) -> String {
        let path = folder + "/" + file
        if let found = read(folder) { return found }
        let made = Hex.encode(SystemRandom.bytes(count))
        _ = Files.replace(path, made)
        return made.text
    }

    /// Nil when the folder has none.
    static func read(_ folder: String) -> String? {
        guard let text = Files.read(folder + "/" + file), text.count == 2 * count, Hex.decode(text) != nil
        else { return nil }
        return text.text
    }
}
