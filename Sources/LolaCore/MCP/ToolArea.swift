// `POST /v1/tools/{name}`: what the tools of MCP do, for programs that speak plain HTTP. The body is the arguments, the
// answer the result; the checks, limits and audit are those of the tools. One per loop.

final class ToolArea: ActionHandler {
    private let box: ToolBox

    init(_ box: ToolBox) { self.box = box }

    var actions: [Action] { [.callTool] }

    /// 200 with the tool's output, or a problem with the tool's own code and what can be done about it.
    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        let request = admitted.request
        guard let tool = box.tool(admitted.parameter) else {
            return answer(.refusal(.routeUnknown, requestID: request.requestID))
        }
        guard let arguments = Self.arguments(request.body) else {
            return answer(.refusal(.bodyInvalid, requestID: request.requestID))
        }
        box.call(tool, arguments.view, by: admitted.principal) { outcome in
            switch outcome {
            case .done(let json): answer(.json(200, json))
            case .failed(let fault): answer(fault.problem(requestID: request.requestID))
            }
        }
    }

    /// No body at all stands for no arguments. Nil for what is no JSON object.
    private static func arguments(_ body: [UInt8]) -> (view: JSONView?, Void)? {
        if body.isEmpty { return (nil, ()) }
        guard let document = try? JSONDocument.parse(body), document.root.kind == .object else { return nil }
        return (document.root, ())
    }
}
