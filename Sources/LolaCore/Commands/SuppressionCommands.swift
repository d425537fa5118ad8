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
            var reader = CSVReader(bytes)
            while let record = reader.next() {
                let line = "line \(record.line): "
                switch SuppressionRow(record) {
                case .nothing: continue
                case .fault(let words):
                    Process.print(line + words, to: 2)
                    refused += 1
                case .entry(let address, let reason):
                    if enter(client, address, reason, prefix: line) == nil { refused += 1 } else { entered += 1 }
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

/// What a record of a list asks for.
enum SuppressionRow: Equatable, Sendable {
    case entry(address: String, reason: String?)
    /// An empty line, or the heading.
    case nothing
    /// Why it is refused: the column, and what is wrong there.
    case fault(String)

    init(_ record: CSVReader.Record) {
        switch record.content {
        case .fault(let fault, let column): self = .fault("column \(column): \(fault.rawValue)")
        case .values(let values): self.init(values.map { Self.oneLine($0) }, isFirst: record.line == 1)
        }
    }

    private init(_ values: [String], isFirst: Bool) {
        let address = values.first ?? ""
        let reason = values.count > 1 ? values[1] : ""
        if values.allSatisfy({ $0.isEmpty }) || isFirst && address == "address" {
            self = .nothing
        } else if address.isEmpty {
            self = .fault("address is empty")
        } else if PersonAddress([UInt8](text: address)) == nil {
            self = .fault("address is neither a number in E.164, a mail address, telegram:<id> nor whatsapp:<id>")
        } else if reason.utf8.count > Limits.operatorTextMax.bytes {
            self = .fault("reason is longer than \(Limits.operatorTextMax.bytes) octets")
        } else if !reason.isEmpty, DisplayText.clean(reason.utf8, max: Limits.operatorTextMax) != Array(reason.utf8) {
            self = .fault("reason has characters that do not show")
        } else {
            self = .entry(address: address, reason: reason.isEmpty ? nil : reason)
        }
    }

    /// Each line break as one blank, no blanks around: what is kept is one line.
    private static func oneLine(_ text: String) -> String {
        var lines: [ArraySlice<UInt8>] = []
        for line in [UInt8](text: text).split(whereSeparator: { $0 == ASCII.lineFeed || $0 == ASCII.carriageReturn }) {
            var line = line
            while let first = line.first, first == ASCII.space || first == ASCII.tab { line = line.dropFirst() }
            while let last = line.last, last == ASCII.space || last == ASCII.tab { line = line.dropLast() }
            if !line.isEmpty { lines.append(line) }
        }
        return Array(lines.joined(separator: [ASCII.space])).text
    }
}
