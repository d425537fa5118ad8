// A message flow with agents that have mailboxes, and the mailbox as their tools see it.
import Testing

@testable import LolaCore

final class MailboxBench {
    let flow: FlowBench
    let mailbox: StoredMailbox
    private var count = 0

    init() throws {
        let flow = try FlowBench()
        self.flow = flow
        mailbox = StoredMailbox(store: flow.store, accounts: flow.accounts)
    }

    static func id(_ name: String) throws -> AgentID { try #require(AgentID(name.utf8)) }

    /// An agent as provisioning registers it.
    func agent(
        _ name: String, _ channels: [AgentChannel]? = [.whatsapp], status: AgentAccount.Status = .active,
        created: Int64 = 1
    ) throws {
        var account = AgentAccount(try Self.id(name), channels: channels, created: WallTime(seconds: created))
        account.status = status
        flow.accounts.mirror.set(AgentAccount.record(account.id), account)
    }

    /// What the identity service says of everybody from now on.
    func known(_ verdict: ComplianceVerdict, isBlocked: Bool = false) throws {
        let phone = try #require(E164([UInt8](text: "+15550100")))
        let user = ContextUser(
            id: [0x31], name: [], phone: phone, country: [], verdict: verdict, isBlocked: isBlocked, cards: [],
            paymentMethods: [])
        flow.stage.verdicts = { turn in
            turn.identity = .known(user)
            return .next
        }
    }

    /// A message comes in and is seen to its end; its native id.
    @discardableResult
    func hear(
        _ text: String?, from sender: String = "15550100", id: String? = nil, type: MessageType = .text,
        again: Bool = false
    ) -> String {
        count += 1
        let id = id ?? "m\(count)"
        flow.take(FlowBench.message(id, from: sender, type: type, text: text), mayBeRepeated: again)
        #expect(flow.settle())
        return id
    }

    func ask<Answer>(_ question: (@escaping (Answer) -> Void) -> Void) throws -> Answer {
        var answers: [Answer] = []
        question { answers.append($0) }
        flow.rig.run(for: .seconds(10)) { !answers.isEmpty }
        #expect(answers.count == 1)
        return try #require(answers.first)
    }

    func list(
        _ agent: String, _ channel: AgentChannel? = nil, waitingOnly: Bool = true, limit: Int = 100
    ) throws -> Result<[MailboxMessage], Refusal> {
        let id = try Self.id(agent)
        return try ask { mailbox.list(id, channel: channel, waitingOnly: waitingOnly, limit: limit, $0) }
    }

    /// The texts that wait for an agent.
    func waiting(_ agent: String) throws -> [String] { try list(agent).get().map(\.text.text) }

    func acknowledge(_ ids: [[UInt8]], of agent: String) throws -> Result<Int, Refusal> {
        let id = try Self.id(agent)
        return try ask { mailbox.acknowledge(ids, of: id, $0) }
    }
}
