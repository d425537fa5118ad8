// `lola tail`: follows the messages of a running gateway by its stream of events and prints each step as it is known.
// Redacted by construction: the records hold no text, no name, no number.

enum TailCommand {
    /// The gateway says something every two seconds; after so long a silence the connection is dead.
    private static let silence = Interval.seconds(40)
    /// Before a gateway that has gone is asked again.
    private static let pause = Interval.seconds(1)

    static func run(_ invocation: Invocation) -> Int32 {
        let variables = ToolVariables.load()
        let base = variables.managementURL(invocation)
        guard let token = variables.orchestratorToken() else { return ExitCode.configuration }
        guard let client = ToolClient() else { return ExitCode.failure }
        // The newest change that was shown: the next stream goes on behind it.
        var since = "0"
        var isFirst = true
        var shown: [String: Int] = [:]
        while true {
            var parser = ServerSentEventParser()
            let path = "/admin/api/events?since=\(since)"
            let outcome = client.follow(base, path, fields: [ToolClient.bearer(token)], silence: silence) { octets in
                if isFirst { Process.print("following \(base), stop with Ctrl-C", to: 2) }
                isFirst = false
                for event in (try? parser.feed(octets)) ?? [] where event.name.text == "message" {
                    guard let document = try? JSONDocument.parse(event.data) else { continue }
                    show(document.root, &shown, asJSON: invocation.wantsJSON)
                    since = event.id.text
                }
            }
            switch outcome {
            case nil: return ExitCode.usage
            case .failure(let fault) where isFirst:
                Process.print("\(base): \(fault.rawValue)", to: 2)
                return ExitCode.failure
            case .success(let response) where response.status != 200 && (isFirst || response.status == 401):
                Process.print("\(base): status \(response.status)", to: 2)
                return ExitCode.failure
            case .failure, .success: client.pause(pause)
            }
        }
    }

    private static func wait(_ response: OutboundResponse, _ name: StaticString) -> Interval? {
        response.head.field(name).flatMap { ASCII.decimal($0) }.map { .seconds(Int64(min($0, 900))) }
    }

    /// Leaves half of the requests a minute that this address may make to the operator's other commands.
    private static func pace(_ response: OutboundResponse) -> Interval {
        guard let policy = response.head.field("ratelimit-policy")?.text, let mark = policy.firstRange(of: ";q="),
            let quota = Int(policy[mark.upperBound...].prefix { $0.isNumber }), quota > 0
        else { return .zero }
        return .milliseconds(Int64(120_000 / quota))
    }

    private static func show(_ record: JSONView, _ shown: inout [String: Int], asJSON: Bool) {
        if asJSON { return Process.print(Array(record.raw).text) }
        let key = record["key"]?.text ?? ""
        let status = record["status"]?.text ?? ""
        if shown.count > 10_000 { shown.removeAll() }
        let from = shown[key] ?? 0
        let steps = record["trace"].map { Array($0.elements) } ?? []
        let time = (record["received_at"]?.text ?? "").dropFirst(11).prefix(12)
        let head = "\(time) \(record["channel"]?.text ?? "") \(record["sender"]?.text ?? "")"
        if shown[key] == nil { Process.print("\(head)  received  \(record["type"]?.text ?? "")  \(key)") }
        for step in steps.dropFirst(from) {
            let microseconds = step["us"]?.integer ?? 0
            let words = [step["stage"]?.text, step["verdict"]?.text, step["detail"]?.text].compactMap { $0 }
            Process.print("\(head)    \(words.filter { !$0.isEmpty }.joined(separator: "  "))  \(microseconds) µs")
        }
        if status != "accepted", from < steps.count || shown[key] == nil {
            Process.print("\(head)  \(status)  \(record["agent"]?.text ?? "")")
        }
        shown[key] = steps.count
    }
}
