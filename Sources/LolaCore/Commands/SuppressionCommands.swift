// `lola dnc list|add|remove|import|export`: whom nobody may write to, through a running gateway.

enum SuppressionCommands {
    static func list(_ invocation: Invocation) -> Int32 {
        run(invocation) { client in
            client.list("dnc", invocation, ["at", "id", "kind", "address", "reason"], none: "the list is empty")
        }
    }

    static func add(_ invocation: Invocation) -> Int32 {
        run(invocation) { client in
            guard let body = enter(client, invocation.arguments[0], invocation.flags["reason"]) else {
                return ExitCode.failure
            }
            let id = (try? JSONDocument.parse(body)).flatMap { $0.root["id"]?.text } ?? ""
            Process.print(invocation.wantsJSON ? body.text : "\(id)  on the list")
            return ExitCode.ok
        }
    }

    static func remove(_ invocation: Invocation) -> Int32 {
        run(invocation) { client in
            guard let id = find(client, invocation.arguments[0]) else { return ExitCode.failure }
            guard client.ask(.delete, "dnc/" + id) != nil else { return ExitCode.failure }
            Process.print(invocation.wantsJSON ? OperatorID.json(id, "removed") : "\(id)  removed")
            return ExitCode.ok
        }
    }

    static func importFile(_ invocation: Invocation) -> Int32 {
        let path = invocation.arguments[0]
        guard let bytes = Files.read(path == "-" ? "/dev/stdin" : path, max: .mebibytes(64)) else {
            Process.print("\(SettingsFile.printable(path)): cannot be read", to: 2)
            return ExitCode.failure
        }
        return run(invocation) { client in
            var (entered, refused) = (0, 0)
            for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
                guard let fields = CSVLine.fields(line) else {
                    Process.print("line \(number + 1): not a line of CSV", to: 2)
                    refused += 1
                    continue
                }
                let isHeading = number == 0 && fields.first == "address"
                guard let address = fields.first, !address.isEmpty, !isHeading else { continue }
                let reason = fields.count > 1 && !fields[1].isEmpty ? fields[1] : nil
                if enter(client, address, reason, prefix: "line \(number + 1): ") == nil {
                    refused += 1
                } else {
                    entered += 1
                }
            }
            var writer = JSONWriter(capacity: 64)
            writer.object { writer in
                writer.member("entered", entered)
                writer.member("refused", refused)
            }
            Process.print(invocation.wantsJSON ? writer.bytes.text : "\(entered) on the list, \(refused) refused")
            return refused == 0 ? ExitCode.ok : ExitCode.failure
        }
    }

    static func export(_ invocation: Invocation) -> Int32 {
        run(invocation) { client in
            Process.print("address,reason,at")
            let isWhole = client.each("dnc") { item in
                guard let address = item["address"]?.text else { return }
                Process.print(CSVLine.line([address, item["reason"]?.text ?? "", item["at"]?.text ?? ""]))
            }
            return isWhole ? ExitCode.ok : ExitCode.failure
        }
    }

    private static func run(_ invocation: Invocation, _ body: (OperatorClient) -> Int32) -> Int32 {
        var code = ExitCode.ok
        let client = OperatorClient(invocation, missing: "it is not on the list", code: &code)
        return client.map(body) ?? code
    }

    private static func enter(
        _ client: OperatorClient, _ address: String, _ reason: String?, prefix: String = ""
    ) -> [UInt8]? {
        var writer = JSONWriter(capacity: 128)
        writer.object { writer in
            writer.member("address", address)
            if let reason { writer.member("reason", reason) }
        }
        return client.ask(.post, "dnc", writer.bytes, prefix: prefix)
    }

    /// The id of an entry, given itself or by its address; nil after saying why there is none.
    private static func find(_ client: OperatorClient, _ text: String) -> String? {
        let octets = [UInt8](text: text)
        if let id = RecordID(hex: octets) { return id.hex.text }
        guard let body = client.ask(.get, "dnc?address=" + Percent.encode(octets).text) else { return nil }
        let items = (try? JSONDocument.parse(body)).flatMap { $0.root["items"] }
        if let id = items?[0]?["id"]?.text { return id }
        Process.print("it is not on the list", to: 2)
        return nil
    }
}

/// Lines of RFC 4180, without line ends inside of quotes.
enum CSVLine {
    /// Nil when the quotes do not match.
    static func fields(_ line: ArraySlice<UInt8>) -> [String]? {
        var rest = line.last == ASCII.carriageReturn ? line.dropLast() : line
        var fields: [String] = []
        while true {
            var field: [UInt8] = []
            if rest.first == 0x22 {
                rest = rest.dropFirst()
                while true {
                    guard let octet = rest.popFirst() else { return nil }
                    if octet != 0x22 {
                        field.append(octet)
                    } else if rest.first == 0x22 {
                        rest = rest.dropFirst()
                        field.append(0x22)
                    } else {
                        break
                    }
                }
            } else {
                field = Array(rest.prefix { $0 != 0x2C })
                guard !field.contains(0x22) else { return nil }
                rest = rest.dropFirst(field.count)
            }
            fields.append(field.text)
            guard let next = rest.popFirst() else { return fields }
            guard next == 0x2C else { return nil }
        }
    }

    /// Quoted where it must be; what a table program would take for a formula begins with an apostrophe.
    static func line(_ fields: [String]) -> String {
        fields.map { field in
            let isFormula = field.utf8.first.map { "=@-\t".utf8.contains($0) } ?? false
            let safe = isFormula ? "'" + field : field
            let needsQuotes = safe.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 < 0x20 }
            return needsQuotes ? "\"" + safe.replacing("\"", with: "\"\"") + "\"" : safe
        }.joined(separator: ",")
    }
}
