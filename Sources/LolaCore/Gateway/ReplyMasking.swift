// Card numbers in what goes back to a sender (CONTRACT §1: never stored, logged or shown). Only texts that people read
// are touched: ids and addresses would not work any more. Pure, any thread; used where an agent's answer is read.

extension Reply {
    /// The reply with the card numbers of its texts masked, and how many there were. Only numbers of a card network
    /// count here: the bank's own references and account numbers must arrive.
    func withoutCards() -> (reply: Reply, count: Int) {
        var count = 0
        func clean(_ text: [UInt8]) -> [UInt8] {
            let result = CardNumber.mask(text, issuedOnly: true)
            count += result.count
            return result.masked
        }
        func clean(_ choices: [Choice]) -> [Choice] {
            choices.map { Choice(id: $0.id, title: clean($0.title), description: $0.description.map { clean($0) }) }
        }
        let reply: Reply =
            switch self {
            case .text(let text): .text(clean(text))
            case .buttons(let text, let choices): .buttons(text: clean(text), choices: clean(choices))
            case .list(let text, let button, let items):
                .list(text: clean(text), button: clean(button), items: clean(items))
            case .link(let text, let url): .link(text: clean(text), url: url)
            case .contactRequest(let text, let button): .contactRequest(text: clean(text), button: clean(button))
            }
        return (reply, count)
    }
}
