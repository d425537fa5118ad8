// What a tool is: its facts as clients read them, and what carries it out. One file each in Tools/. Made once per loop
// by ToolBox, which checks caller and arguments before a tool sees them.

/// What clients are told of a tool.
final class ToolFacts: Sendable {
    /// The hints of MCP about what a call does.
    struct Hints: Sendable {
        var isReadOnly = false
        var isDestructive = false
        var isIdempotent = false
        /// Reaches people or services outside.
        var isOpenWorld = false
    }

    let name: String
    /// The octets of the name.
    let key: [UInt8]
    let title: String
    /// For a model: what it does, when it is refused.
    let text: String
    let input: ToolSchema
    let output: ToolSchema
    let hints: Hints
    /// What a token needs; nil for tools of the orchestrator.
    let scope: TokenScope?
    /// As `tools/list` shows it, one for each form that revisions have.
    private let shown: [[UInt8]]

    init(
        _ scope: TokenScope?, name: String? = nil, title: String, text: String, hints: Hints,
        input: [ToolSchema.Field], output: [ToolSchema.Field]
    ) {
        self.name = name ?? scope?.rawValue ?? ""
        key = [UInt8](text: self.name)
        self.scope = scope
        self.title = title
        self.text = text
        self.hints = hints
        self.input = .object(input)
        self.output = .object(output)
        let (name, schemas) = (self.name, (self.input, self.output))
        shown = [MCPRevision.november2024, .march2025, .june2025].map { revision in
            Self.render(name, title, text, schemas, hints, revision)
        }
    }

    /// Whether it is refused to an agent that operators have switched off, and to others in its name: all but asking
    /// how things stand. Tools of the orchestrator switch agents on again.
    var needsActiveAgent: Bool {
        guard let scope else { return false }
        switch scope {
        case .ping, .getChannelStatus, .getUsageDashboard, .checkConsent, .getTicket: return false
        case .sendMessage, .makeCall, .getMessages, .getWaitingMessages, .recordConsent, .revokeConsent,
            .createTicket:
            return true
        }
    }

    /// Whether the name that an orchestrator gives must be that of an agent there is, before anything is done or shown
    /// in it. Sends, calls, status and usage ask for the account themselves; a ping only tells the name.
    var needsKnownAgent: Bool {
        guard let scope else { return false }
        switch scope {
        case .ping, .sendMessage, .makeCall, .getChannelStatus, .getUsageDashboard: return false
        case .getMessages, .getWaitingMessages, .recordConsent, .revokeConsent, .checkConsent, .createTicket,
            .getTicket:
            return true
        }
    }

    func listed(_ revision: MCPRevision) -> [UInt8] {
        revision.hasStructuredContent ? shown[2] : revision.hasAnnotations ? shown[1] : shown[0]
    }

    /// What is wrong with the arguments; nil when nothing is.
    func fault(of arguments: JSONView?) -> String? {
        if let arguments { return input.fault(of: arguments) }
        return firstRequired.map { "arguments.\($0.name) is missing" }
    }

    /// Whether a call without any is refused.
    var needsArguments: Bool { firstRequired != nil }

    private var firstRequired: ToolSchema.Field? {
        guard case .object(let fields) = input else { return nil }
        return fields.first(where: \.isRequired)
    }

    private static func render(
        _ name: String, _ title: String, _ text: String, _ schemas: (input: ToolSchema, output: ToolSchema),
        _ hints: Hints, _ revision: MCPRevision
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 2_048)
        writer.object { writer in
            writer.member("name", name)
            if revision.hasStructuredContent { writer.member("title", title) }
            writer.member("description", text)
            writer.member("inputSchema") { schemas.input.write(to: &$0) }
            if revision.hasStructuredContent { writer.member("outputSchema") { schemas.output.write(to: &$0) } }
            guard revision.hasAnnotations else { return }
            writer.member("annotations") { writer in
                writer.object { writer in
                    writer.member("title", title)
                    writer.member("readOnlyHint", hints.isReadOnly)
                    writer.member("destructiveHint", hints.isDestructive)
                    writer.member("idempotentHint", hints.isIdempotent)
                    writer.member("openWorldHint", hints.isOpenWorld)
                }
            }
        }
        return writer.bytes
    }
}

/// What a call gives back.
enum ToolOutcome: Sendable {
    /// One JSON object that fits the tool's output.
    case done([UInt8])
    case failed(ToolFault)

    init(_ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(capacity: 512)
        writer.object(write)
        self = .done(writer.bytes)
    }

    /// As MCP shows it: an object either way.
    var json: [UInt8] {
        switch self {
        case .done(let json): json
        case .failed(let fault): fault.json
        }
    }

    var isError: Bool { if case .failed = self { true } else { false } }
}

/// A call that was checked: the arguments fit the schema, the caller may use the tool.
struct ToolCall {
    let arguments: JSONView?
    let caller: Principal
    let now: WallTime
    /// Called once, on the loop of the call.
    let complete: (ToolOutcome) -> Void

    func done(_ write: (inout JSONWriter) -> Void) { complete(ToolOutcome(write)) }
    func fail(_ fault: ToolFault) { complete(.failed(fault)) }

    /// Runs what may refuse.
    func run(_ body: () throws(ToolFault) -> Void) {
        do throws(ToolFault) { try body() } catch { fail(error) }
    }

    subscript(_ name: StaticString) -> JSONView? {
        guard let value = arguments?[name], !value.isNull else { return nil }
        return value
    }

    /// A text that stands there.
    func text(_ name: StaticString) -> [UInt8]? { self[name]?.textBytes }

    func word<Word: RawRepresentable<String>>(_ name: StaticString, _ type: Word.Type) -> Word? {
        self[name]?.text.flatMap { Word(rawValue: $0) }
    }

    func words<Word: RawRepresentable<String>>(_ name: StaticString, _ type: Word.Type) -> [Word]? {
        self[name].map { list in list.elements.compactMap { $0.text.flatMap { Word(rawValue: $0) } } }
    }

    /// As the audit trail names the caller.
    var actor: String { caller.actor }

    /// The agent in whose name the call is made: the token's own, or the one that an orchestrator names.
    func agent() throws(ToolFault) -> AgentID {
        guard let agent = try agentIfAny() else {
            throw ToolFault(.agentRequired, "agentId is required (or use an agent token)")
        }
        return agent
    }

    func agentIfAny() throws(ToolFault) -> AgentID? {
        guard let named = text("agentId") else { return caller.agent }
        if caller.kind == .agent {
            guard let own = caller.agent, [UInt8](text: own.text) == named else {
                let shown = DisplayText.clean(named, max: .bytes(AgentID.countMax)).text
                throw ToolFault(
                    .agentForeign, "Token for agent \"\(caller.agent?.text ?? "")\" cannot access agent \"\(shown)\"")
            }
            return own
        }
        guard let agent = AgentID(named) else {
            throw ToolFault(.argumentsInvalid, "agentId is 1 to 64 letters, digits, '.', '_' and '-'.")
        }
        return agent
    }
}

/// On one loop, with what it needs to do its work.
protocol Tool: AnyObject {
    var facts: ToolFacts { get }
    /// Leads to exactly one completion. Caller and arguments have been checked.
    func carryOut(_ call: ToolCall)
}
