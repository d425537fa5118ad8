// Settings that are accepted and checked but have no effect in this version: said at every start, so that nobody
// believes in a protection that is not there. A line goes when its part is built.

enum SettingsGap {
    /// Keys of the settings that were given by the operator and do nothing yet.
    static func given(_ settings: Settings) -> [String] {
        let given = Set(settings.effective.filter { $0.source != "default" && $0.source != "generated" }.map(\.key))
        return withoutEffect.filter { given.contains($0) }
    }

    private static let withoutEffect = [
        "compliance.content_filter", "compliance.quiet_hours",
    ]
}
