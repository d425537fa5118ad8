// What `check-config` and `config print` show, as text for people and as JSON for programs.
// Pure; the commands write it out.

enum SettingsReport {
    /// `{"ok":false,"problems":[{"key","source","fault","expected","nearest","found"}]}` with a line end.
    static func json(_ problems: [SettingsProblem]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("ok", problems.isEmpty)
            writer.member("problems") { writer in
                writer.array { writer in
                    for problem in problems {
                        writer.object { writer in
                            writer.member("key", problem.key)
                            writer.member("source", problem.source)
                            writer.member("fault", problem.fault.rawValue)
                            writer.member("expected", problem.expected)
                            writer.member("nearest", problem.nearest)
                            writer.member("found", problem.found)
                        }
                    }
                }
            }
        }
        return writer.bytes + [ASCII.lineFeed]
    }

    /// `{"items":[{"key","variable","value","source"}]}` with a line end; `value` is null when there is none.
    static func json(_ settings: [EffectiveSetting]) -> [UInt8] {
        var writer = JSONWriter(capacity: 8_192)
        writer.object { writer in
            writer.member("items") { writer in
                writer.array { writer in
                    for setting in settings {
                        writer.object { writer in
                            writer.member("key", setting.key)
                            writer.member("variable", setting.variable)
                            writer.member("value", setting.source == "unset" ? nil : setting.value)
                            writer.member("source", setting.source)
                        }
                    }
                }
            }
        }
        return writer.bytes + [ASCII.lineFeed]
    }

    /// Three columns: key, value, source.
    static func text(_ settings: [EffectiveSetting]) -> String {
        let keyWidth = settings.map(\.key.count).max() ?? 0
        let shown = settings.map { setting in (setting, setting.value.isEmpty ? "-" : setting.value) }
        let valueWidth = min(shown.map(\.1.count).max() ?? 0, 48)
        return shown.map { setting, value in
            "\(padded(setting.key, keyWidth))  \(padded(value, valueWidth))  \(setting.source)\n"
        }.joined()
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
