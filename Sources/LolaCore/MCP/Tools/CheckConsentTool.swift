// `comms_check_consent`: what a person said last.

final class CheckConsentTool: Tool {
    let facts = ToolFacts(
        .checkConsent, title: "Check consent",
        text: """
            Tells what a person said last about being contacted on a channel. hasConsent false with status none means \
            that nothing was recorded. Other rules of the gate may still refuse a message. Changes nothing.
            """,
        hints: .init(isReadOnly: true, isIdempotent: true), input: ConsentResults.input,
        output: ConsentResults.output)

    private let book: ConsentBook

    init(_ book: ConsentBook) { self.book = book }

    func carryOut(_ call: ToolCall) {
        call.run { () throws(ToolFault) in
            let question = try ConsentResults.question(call)
            book.find(book.id(question.address, question.channel, question.type)) { result in
                switch result {
                case .failure(let refusal): call.fail(ToolFault(refusal))
                case .success(let record): call.done { ConsentResults.write(question, record, to: &$0) }
                }
            }
        }
    }
}
