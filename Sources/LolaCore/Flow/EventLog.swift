// What the flow reports as it happens: one line each, fixed keys, people only as pseudonyms. The daemon writes
// them as JSON lines; the simulator and the tests collect them.

protocol EventLog: AnyObject {
    func stopped(_ turn: Turn, _ refusal: Refusal, _ pseudonyms: Pseudonyms)
    func deadLetter(_ turn: Turn, word: String, _ pseudonyms: Pseudonyms)
    func finished(
        _ turn: Turn, _ status: MessageRecord.Status, _ agent: AgentName?, _ pseudonyms: Pseudonyms)
}
