// `comms_make_call`: a call in which a text is said, through the outbound gate.

final class MakeCallTool: Tool {
    let facts = ToolFacts(
        .makeCall, title: "Make a call",
        text: """
            Calls a phone number and says the text. With record the call is recorded, after an announcement wherever \
            the law of either side asks for one. Refused like a message, and also before 8:00 and from 21:00 at the \
            person's place, and when the same number has been called as often today as the limit allows. A refusal \
            for quiet hours says nextAllowedAt.
            """,
        hints: .init(isOpenWorld: true),
        input: [
            ToolFields.agent,
            .init("to", ToolFields.address, "Phone number, E.164.", isRequired: true),
            .init(
                "text", ToolFields.text,
                "What is said: at most \(Limits.twilioScriptMax) characters as TwiML, with its markup.",
                isRequired: true),
            .init("record", .flag, "Whether the call is recorded; false when left out."),
            ToolFields.purpose,
        ],
        output: ToolFields.receipt)

    private let desk: (any OutboundDesk)?

    init(_ desk: (any OutboundDesk)?) { self.desk = desk }

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in try call.submit(try call.order(.call), to: desk) }
    }
}
