// What the flow reports as it happens: one line each, fixed keys, people only as pseudonyms. The daemon writes
// them as JSON lines; the simulator and the tests collect them.

/// What operators must hear of: one line each.
protocol OperatorLog: AnyObject {
    /// Put aside: it has killed the process so often, or (0) its record cannot be read.
    func quarantined(_ id: RecordID, crashes: Int)
}

protocol EventLog: AnyObject {
    /// Given up: an operator has to look. The message ends with `finished` all the same.
    func deadLetter(_ turn: Turn, _ names: MessageNames, word: String)
    /// `refusal` is why the pipeline stopped it, nil for a message that went through.
    func finished(
        _ turn: Turn, _ names: MessageNames, _ status: MessageRecord.Status, _ agent: AgentName?, _ refusal: Refusal?)
}

/// What the webhooks' door reports. Lines are bounded in number: a flood of refusals must not fill a disk.
protocol RefusalLog: AnyObject {
    /// A webhook was turned away; nothing of what it held is told. `address` is asked for only when a line is written.
    func webhookRefused(
        _ refusal: Refusal, _ channel: ChannelName, requestID: [UInt8], address: () -> String)
}
