// The layers of Sources/LolaCore as data: which folder may know which, and what it may import (docs/ARCHITECTURE.md).

enum Layers {
    /// From the bottom up: a folder may name the types of folders before it, never of those after it.
    static let order = [
        "Base", "Wire", "Crypto", "World", "Loop", "Store", "Gateway", "Guard", "Channels", "Middlewares", "Agents",
        "Tickets", "Outbound", "Flow", "MCP", "Admin", "Daemon", "Dev", "Commands",
    ]

    /// World/Linux stands beside World: it knows what World knows, and only those who assemble a process know it.
    static let linux = "World/Linux"
    private static let assemblers: Set = ["Daemon", "Dev", "Commands"]

    /// Where the code differs from the order on purpose, with the reason. At most five.
    static let exceptions: [(folder: String, type: String, reason: String)] = []

    /// `World/Linux` for Sources/LolaCore/World/Linux/EventFD.swift; nil outside LolaCore.
    static func layer(of path: String) -> String? {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count >= 4, parts[0] == "Sources", parts[1] == "LolaCore" else { return nil }
        return parts.count > 4 && parts[2] + "/" + parts[3] == linux ? linux : parts[2]
    }

    /// Whether `folder` may name what `other` declares.
    static func may(_ folder: String, know other: String) -> Bool {
        if folder == other { return true }
        if other == linux { return assemblers.contains(folder) }
        let own = folder == linux ? "World" : folder
        guard let from = order.firstIndex(of: own), let to = order.firstIndex(of: other) else { return false }
        return to <= from
    }

    static func mayImport(_ folder: String, _ module: String) -> Bool {
        switch module {
        case "Synchronization": true
        case "CSSL": folder == "Crypto"
        case "CLinux", "Glibc": folder == linux
        default: false
        }
    }

    static func mayUse(unsafeIn folder: String) -> Bool { ["Base", "Crypto", linux].contains(folder) }
    static func mayPrint(in folder: String) -> Bool { ["Commands", linux].contains(folder) }
}
