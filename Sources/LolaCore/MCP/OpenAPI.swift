// `GET /v1/openapi.json`: the REST surface of agents as OpenAPI 3.1, written by code from the schemas that tools use.
// One document for the life of a loop.

final class OpenAPIArea: ActionHandler {
    private let base: String
    private let tools: [ToolFacts]
    private lazy var document = OpenAPI.document(base: base, tools: tools)

    /// - Parameter base: the public URL.
    init(base: String, tools: [ToolFacts]) {
        self.base = base
        self.tools = tools
    }

    var actions: [Action] { [.readOpenAPI] }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        answer(.json(200, document))
    }
}

enum OpenAPI {
    /// One method of one path.
    private struct Operation {
        let method: StaticString
        let id: String
        let summary: String
        var note: String?
        var body: (schema: String, isRequired: Bool)?
        /// Status and schema of the good answer; nil for one without content.
        let status: Int
        var answer: String?
        /// Statuses of problem documents.
        let problems: [Int]
    }

    static func document(base: String, tools: [ToolFacts]) -> [UInt8] {
        var writer = JSONWriter(capacity: 65_536)
        writer.object { writer in
            writer.member("openapi", word: "3.1.0")
            writer.member("info") { writer in
                writer.object { writer in
                    writer.member("title", word: "Lola for agents")
                    writer.member("version", BuildFacts.version)
                    writer.member("description", MCPResults.instructions)
                }
            }
            writer.member("servers") { writer in
                writer.array { writer in writer.object { $0.member("url", base) } }
            }
            writer.member("security") { writer in
                writer.array { writer in writer.object { $0.member("agentToken") { $0.array { _ in } } } }
            }
            writer.member("paths") { paths(tools, to: &$0) }
            writer.member("components") { components(tools, to: &$0) }
        }
        return writer.bytes
    }

    // MARK: Paths

    /// What every answer of a guarded route may be.
    private static let common = [401, 403, 429, 503]

    private static func paths(_ tools: [ToolFacts], to writer: inout JSONWriter) {
        writer.object { writer in
            path("/v1/tickets", nil, [
                Operation(
                    method: "post", id: "createTicket", summary: "Makes a ticket, with its link and first session.",
                    body: ("NewTicket", true), status: 201, answer: "CreatedTicket",
                    problems: [400, 411, 413] + common),
            ], to: &writer)
            path("/v1/tickets/{id}", ("id", "^[0-9a-f]{32}$"), [
                Operation(
                    method: "get", id: "getTicket", summary: "How a ticket of this agent stands.", status: 200,
                    answer: "Ticket", problems: [400, 404] + common),
                Operation(
                    method: "delete", id: "revokeTicket", summary: "Revokes a ticket: its link and callbacks are over.",
                    status: 204, problems: [400, 404, 410] + common),
            ], to: &writer)
            path("/v1/messages", nil, [
                Operation(
                    method: "post", id: "sendMessage", summary: "Sends a message or makes a call, through the gate.",
                    body: ("Order", true), status: 202, answer: "Receipt", problems: [400, 411, 413, 422] + common),
            ], to: &writer)
            path("/v1/messages/{key}", ("key", "^out:[0-9a-f]{32}$"), [
                Operation(
                    method: "get", id: "getMessage", summary: "What became of a message of this agent.", status: 200,
                    answer: "Message", problems: [400, 404] + common),
            ], to: &writer)
            path("/v1/openapi.json", nil, [
                Operation(
                    method: "get", id: "readOpenAPI", summary: "This document.", status: 200, answer: "Document",
                    problems: common),
            ], to: &writer)
            for tool in tools { path("/v1/tools/" + tool.name, nil, [operation(tool)], to: &writer) }
        }
    }

    /// A tool of MCP: its arguments are the body, its result the answer.
    private static func operation(_ tool: ToolFacts) -> Operation {
        Operation(
            method: "post", id: tool.name, summary: tool.title + (tool.scope == nil ? " (orchestrator)" : ""),
            note: tool.text, body: (tool.name + input, tool.needsArguments), status: 200, answer: tool.name + output,
            problems: [400, 404, 409, 411, 413, 422] + common)
    }

    /// What the names of a tool's schemas end in.
    private static let (input, output) = ("_input", "_output")

    private static func path(
        _ path: String, _ parameter: (name: String, pattern: String)?, _ operations: [Operation],
        to writer: inout JSONWriter
    ) {
        writer.key(bytes: [UInt8](text: path))
        writer.object { writer in
            if let parameter {
                writer.member("parameters") { writer in
                    writer.array { writer in
                        writer.object { writer in
                            writer.member("name", parameter.name)
                            writer.member("in", word: "path")
                            writer.member("required", true)
                            writer.member("schema") { writer in
                                writer.object { writer in
                                    writer.member("type", word: "string")
                                    writer.member("pattern", parameter.pattern)
                                }
                            }
                        }
                    }
                }
            }
            for operation in operations { write(operation, to: &writer) }
        }
    }

    private static func write(_ operation: Operation, to writer: inout JSONWriter) {
        writer.member(operation.method) { writer in
            writer.object { writer in
                writer.member("operationId", operation.id)
                writer.member("summary", operation.summary)
                if let note = operation.note { writer.member("description", note) }
                if let body = operation.body {
                    writer.member("requestBody") { writer in
                        writer.object { writer in
                            writer.member("required", body.isRequired)
                            content("application/json", body.schema, to: &writer)
                        }
                    }
                }
                writer.member("responses") { writer in
                    writer.object { writer in
                        answer(operation.status, "application/json", operation.answer, to: &writer)
                        for status in operation.problems {
                            answer(status, "application/problem+json", "Problem", to: &writer)
                        }
                    }
                }
            }
        }
    }

    private static func answer(_ status: Int, _ type: String, _ schema: String?, to writer: inout JSONWriter) {
        writer.key(bytes: [UInt8](text: "\(status)"))
        writer.object { writer in
            writer.member("description", "\(HTTPStatus.reason(status))")
            if let schema { content(type, schema, to: &writer) }
        }
    }

    private static func content(_ type: String, _ schema: String, to writer: inout JSONWriter) {
        writer.member("content") { writer in
            writer.object { writer in
                writer.key(bytes: [UInt8](text: type))
                writer.object { writer in
                    writer.member("schema") { writer in
                        writer.object { $0.member("$ref", "#/components/schemas/" + schema) }
                    }
                }
            }
        }
    }

    // MARK: Components

    private static let schemas: [(name: StaticString, schema: ToolSchema)] = [
        ("NewTicket", .object(TicketFields.order)), ("CreatedTicket", .object(TicketFields.created)),
        ("Ticket", .object(TicketFields.shown)), ("Document", .open), ("Receipt", .object(ToolFields.receipt)),
        ("Order", .object([
            ToolFields.agent,
            ToolFields.orderConversation,
            .init("channel", ToolFields.channels, "With to."),
            .init("to", ToolFields.address, "Phone number, e-mail address, or Telegram chat id."),
            .init("type", .word(["text", "call"]), "call with the channel voice, else text."),
            .init("text", ToolFields.text, "What the person reads or hears.", isRequired: true),
            .init("subject", ToolFields.subject, "Of an e-mail, which needs one."),
            .init("html", ToolFields.html, "Of an e-mail."), ToolFields.purpose,
            .init("record", .flag, "Of a call."),
        ])),
        ("Message", .object([
            .init("key", .text(min: 1, max: 64), "", isRequired: true),
            .init("agentId", .text(min: 1, max: AgentID.countMax), "", isRequired: true),
            .init("channel", ToolFields.channels, "", isRequired: true),
            .init("purpose", .word(OutboundOrder.Purpose.allCases.map(\.rawValue)), "", isRequired: true),
            .init("status", .word(OutboundReceipt.Status.allCases.map(\.rawValue)), "", isRequired: true),
            .init("created_at", .time, "", isRequired: true), .init("updated_at", .time, "", isRequired: true),
        ])),
        ("Problem", .object([
            .init("type", .text(min: 1, max: 64), "", isRequired: true),
            .init("title", .text(min: 1, max: 128), "", isRequired: true),
            .init("status", .integer(400...599), "", isRequired: true),
            .init("code", .text(min: 1, max: 64), "", isRequired: true),
            .init("request_id", .text(min: 1, max: 64), "", isRequired: true),
            .init("detail", .text(min: 1, max: 1_000), "For the agent."),
            .init("limitType", .word(AgentLimits.Member.allCases.map(\.rawValue)), ""),
            .init("current", .number, ""), .init("max", .number, ""), .init("retryAfterSeconds", .number, ""),
            .init("resetsAt", .time, ""), .init("nextAllowedAt", .time, ""),
        ])),
    ]

    private static func components(_ tools: [ToolFacts], to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("securitySchemes") { writer in
                writer.object { writer in
                    writer.member("agentToken") { writer in
                        writer.object { writer in
                            writer.member("type", word: "http")
                            writer.member("scheme", word: "bearer")
                            writer.member("bearerFormat", word: "lola_at_…")
                        }
                    }
                }
            }
            writer.member("schemas") { writer in
                writer.object { writer in
                    for (name, schema) in schemas { writer.member(name) { schema.write(to: &$0) } }
                    for tool in tools {
                        writer.key(bytes: [UInt8](text: tool.name + input))
                        tool.input.write(to: &writer)
                        writer.key(bytes: [UInt8](text: tool.name + output))
                        tool.output.write(to: &writer)
                    }
                }
            }
        }
    }
}
