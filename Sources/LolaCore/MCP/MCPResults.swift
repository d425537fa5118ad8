// The results that MCP asks for, by revision. Pure functions; used by MCPSession and MCPStateless.

enum MCPResults {
    static let name: StaticString = "lola"

    /// What a model is told of the gateway before it sees the tools.
    static let instructions = """
        Lola is the guarded door of agents to people. Every message and call passes one gate: consent, do-not-contact, \
        quiet hours at the recipient, content, and limits of actions and spending. A refusal is a result with isError \
        and a code: read code, limitType, retryAfterSeconds and nextAllowedAt, and do not repeat the same call before \
        that time. A success says what is left of each limit. Card numbers never belong into a message.
        """

    static func initialized(_ revision: MCPRevision, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("protocolVersion", revision.rawValue)
            writer.member("capabilities") { capabilities(hasLogging: true, to: &$0) }
            writer.member("serverInfo") { server(to: &$0) }
            writer.member("instructions", instructions)
        }
    }

    static func discovered(to writer: inout JSONWriter) {
        writer.object { writer in
            modern(to: &writer)
            writer.member("supportedVersions") { $0.words(MCPRevision.newestFirst.map(\.rawValue)) }
            writer.member("capabilities") { capabilities(hasLogging: false, to: &$0) }
            writer.member("instructions", instructions)
            age(to: &writer)
        }
    }

    /// The answer to `tools/list`, written into a buffer of its size.
    static func toolList(_ id: RPCID, _ page: ToolView.Page, _ revision: MCPRevision) -> [UInt8] {
        let capacity = page.tools.reduce(512) { $0 + $1.facts.listed(revision).count + 1 }
        return RPC.result(id, capacity: capacity) { tools(page, revision, to: &$0) }
    }

    private static func tools(_ page: ToolView.Page, _ revision: MCPRevision, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("tools") { writer in
                writer.array { writer in for tool in page.tools { writer.raw(written: tool.facts.listed(revision)) } }
            }
            if let next = page.next { writer.member("nextCursor", next) }
            guard !revision.hasSession else { return }
            modern(to: &writer)
            age(to: &writer)
        }
    }

    static func called(_ outcome: ToolOutcome, _ revision: MCPRevision, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("content") { writer in
                writer.array { writer in
                    writer.object { writer in
                        writer.member("type", word: "text")
                        writer.member("text", bytes: outcome.json)
                    }
                }
            }
            if revision.hasStructuredContent { writer.member("structuredContent") { $0.raw(outcome.json) } }
            writer.member("isError", outcome.isError)
            if !revision.hasSession { modern(to: &writer) }
        }
    }

    /// What every result of the stateless revision says.
    private static func modern(to writer: inout JSONWriter) {
        writer.member("resultType", word: "complete")
        writer.member("_meta") { writer in
            writer.object { writer in
                writer.member("io.modelcontextprotocol/serverInfo") { server(to: &$0) }
            }
        }
    }

    /// The list depends on the token: nobody may keep it for others.
    private static func age(to writer: inout JSONWriter) {
        writer.member("ttlMs", Int(Limits.mcpListAge.inMilliseconds))
        writer.member("cacheScope", word: "private")
    }

    private static func server(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", word: name)
            writer.member("version", BuildFacts.version)
        }
    }

    private static func capabilities(hasLogging: Bool, to writer: inout JSONWriter) {
        writer.object { writer in
            if hasLogging { writer.member("logging") { $0.object { _ in } } }
            writer.member("tools") { writer in writer.object { $0.member("listChanged", false) } }
        }
    }
}
