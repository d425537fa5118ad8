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
        var arguments: JSONView?
        // No body at all stands for no arguments.
        if !request.body.isEmpty {
            guard let document = try? JSONDocument.parse(request.body), document.root.kind == .object else {
                return answer(.refusal(.bodyInvalid, requestID: request.requestID))
            }
            arguments = document.root
        }
        box.call(tool, arguments, by: admitted.principal) { outcome in
            switch outcome {
            case .done(let json): answer(.json(200, json))
            case .failed(let fault): answer(fault.problem(requestID: request.requestID))
            }
        }
    }
}
