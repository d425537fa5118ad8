// What the three tools of consent share: how they are asked, and a record as they tell it.

enum ConsentResults {
    struct Question {
        let address: PersonAddress
        let channel: AgentChannel
        let type: ConsentRecord.Kind
    }

    static let input: [ToolSchema.Field] = [
        ToolFields.agent, ToolFields.consentAddress,
        .init("channel", ToolFields.channels, "The channel that the consent is for.", isRequired: true),
        ToolFields.consentType,
    ]

    static let output: [ToolSchema.Field] = [
        .init("contactAddress", ToolFields.address, "In its one spelling.", isRequired: true),
        .init("channel", ToolFields.channels, "", isRequired: true),
        .init("consentType", .word(ConsentRecord.Kind.allCases.map(\.rawValue)), "", isRequired: true),
        .init("hasConsent", .flag, "", isRequired: true),
        .init("status", .word(ConsentRecord.Status.allCases.map(\.rawValue) + ["none"]), "", isRequired: true),
        .init("at", .orNull(.time), "When it was last said.", isRequired: true),
    ]

    static func question(_ call: ToolCall) throws(ToolFault) -> Question {
        _ = try call.agent()
        guard let channel = call.word("channel", AgentChannel.self),
            let address = channel.address(call.text("contactAddress") ?? [])
        else { throw ToolFault(.argumentsInvalid, "contactAddress is no address of the channel.") }
        return Question(
            address: address, channel: channel, type: call.word("consentType", ConsentRecord.Kind.self) ?? .express)
    }

    static func put(_ call: ToolCall, _ book: ConsentBook, _ status: ConsentRecord.Status) {
        call.run { () throws(ToolFault) in
            let question = try question(call)
            book.put(question.address, question.channel, question.type, status, actor: call.actor) { result in
                switch result {
                case .failure(let refusal): call.fail(ToolFault(refusal))
                case .success(let record): call.done { write(question, record, to: &$0) }
                }
            }
        }
    }

    static func write(_ question: Question, _ record: ConsentRecord?, to writer: inout JSONWriter) {
        writer.member("contactAddress", bytes: question.address.bytes)
        writer.member("channel", question.channel.rawValue)
        writer.member("consentType", question.type.rawValue)
        writer.member("hasConsent", record?.status == .granted)
        writer.member("status", record?.status.rawValue ?? "none")
        writer.member("at", time: record?.at)
    }
}
