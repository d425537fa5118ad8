// What is wrong with a configuration: every problem at once, with key, source, expectation and the nearest valid
// name. Of values only short harmless ones are carried, never a secret. Made by the loader, shown by commands.

/// Why a setting was refused. The raw value is the stable word for logs and `--json`.
enum SettingsFault: String, Error, CaseIterable, Sendable {
    /// A key of the file that no setting has.
    case unknownKey = "unknown_key"
    /// A `LOLA_*` variable that no setting has.
    case unknownVariable = "unknown_variable"
    /// The file holds something that may come from the environment only.
    case secretInFile = "secret_in_file"
    /// The file holds another JSON type than the setting takes.
    case wrongType = "wrong_type"
    case wrongValue = "wrong_value"
    case outOfRange = "out_of_range"
    /// Set, but to nothing.
    case empty
    /// Required and not set anywhere.
    case missing
    /// Two settings that exclude each other.
    case conflict
    /// Well formed, but weaker than the gateway accepts.
    case insecure
    /// A `NAME_FILE` that cannot be read.
    case unreadableFile = "unreadable_file"
    /// The settings file is not JSON5.
    case malformedFile = "malformed_file"

    /// The word as people read it.
    var phrase: String { rawValue.split(separator: "_").joined(separator: " ") }
}

/// One thing to correct.
struct SettingsProblem: Hashable, Sendable {
    let fault: SettingsFault
    /// Key in the file (`server.listen`), or the unknown name as found.
    let key: String
    /// `config/lola.json5:12`, `LOLA_LISTEN` or `flag --listen`.
    let source: String
    let expected: String
    /// The valid name closest to an unknown one.
    let nearest: String?
    /// What stood there, when it can be shown.
    let found: String?

    init(
        _ fault: SettingsFault, key: String, source: String, expected: String, nearest: String? = nil,
        found: String? = nil
    ) {
        self.fault = fault
        self.key = key
        self.source = source
        self.expected = expected
        self.nearest = nearest
        self.found = found
    }

    /// One line without control characters.
    var line: String {
        let hint = nearest.map { "; did you mean \($0)?" } ?? ""
        let seen = found.map { " \"\($0)\"" } ?? ""
        return "\(source): \(key): \(fault.phrase)\(seen): expected \(expected)\(hint)"
    }
}

/// All problems of one configuration, in the order of the table; never empty when thrown.
struct SettingsProblems: Error, Sendable {
    let problems: [SettingsProblem]

    /// One problem a line.
    var text: String { problems.map { $0.line + "\n" }.joined() }
}

/// The closest of a set of names, for "did you mean".
enum NearestName {
    /// The name with the fewest insertions, deletions, changes and swaps of neighbours, if they are few for its
    /// length; the first one on a tie. Nil for a name longer than 128 octets.
    static func of(_ name: String, in names: some Sequence<String>) -> String? {
        let wanted = Array(name.utf8)
        guard wanted.count <= 128 else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in names {
            let distance = distance(wanted, Array(candidate.utf8))
            guard distance <= max(2, candidate.utf8.count / 3), distance < best?.distance ?? .max else { continue }
            best = (candidate, distance)
        }
        return best?.name
    }

    /// Optimal string alignment distance, ASCII case ignored.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var older: [Int] = []
        var old = Array(0...right.count)
        for row in 0..<left.count {
            var new = [row + 1]
            for column in 0..<right.count {
                let same = ASCII.lowercased(left[row]) == ASCII.lowercased(right[column])
                var cost = min(old[column] + (same ? 0 : 1), old[column + 1] + 1, new[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, older[column - 1] + 1)
                }
                new.append(cost)
            }
            older = old
            old = new
        }
        return old[right.count]
    }
}
