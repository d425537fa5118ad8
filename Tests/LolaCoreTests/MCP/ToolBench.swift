// The tools of one loop over desks with a store in memory, and a gate that answers what a test tells it.
import Testing

@testable import LolaCore

/// Stands in place of the gate: keeps orders, answers as told, at once or when the test says so.
final class ToldGate: OutboundDesk {
    var verdict: OutboundVerdict = .accepted(ToldGate.receipt())
    var usage = OutboundUsage(lines: [])
    var channels: [AgentChannel] = [.sms, .email]
    /// Verdicts are given when the test says so.
    var isHolding = false
    private(set) var orders: [OutboundOrder] = []
    private(set) var actors: [String] = []
    private var held: [(OutboundVerdict) -> Void] = []

    static func receipt() -> OutboundReceipt {
        var receipt = OutboundReceipt(
            key: [UInt8](text: "out:" + String(repeating: "0a", count: 16)), channel: .sms, status: .queued)
        receipt.remaining = [.perMinute: 9, .spendPerDay: 1_050]
        receipt.warnings = ["noted"]
        return receipt
    }

    func submit(_ order: OutboundOrder, by actor: String, _ completion: @escaping (OutboundVerdict) -> Void) {
        orders.append(order)
        actors.append(actor)
        if isHolding { held.append(completion) } else { completion(verdict) }
    }

    func release() {
        let waiting = held
        held = []
        for completion in waiting { completion(verdict) }
    }

    func receipt(
        _ key: [UInt8], of agent: AgentID,
        _ completion: @escaping (Result<OutboundReceipt?, OutboundRefusal>) -> Void
    ) { completion(.success(nil)) }

    func usage(of agent: AgentID, _ completion: @escaping (Result<OutboundUsage, OutboundRefusal>) -> Void) {
        completion(.success(usage))
    }
}

/// A mailbox with what the test puts in.
final class ToldMailbox: AgentMailbox {
    var messages: [MailboxMessage] = []
    private var taken: Set<[UInt8]> = []

    func list(
        _ agent: AgentID, channel: AgentChannel?, waitingOnly: Bool, limit: Int,
        _ completion: @escaping (Result<[MailboxMessage], Refusal>) -> Void
    ) {
        let found = messages.filter { message in
            (channel == nil || channel == message.channel) && !(waitingOnly && taken.contains(message.id))
        }
        completion(.success(Array(found.prefix(limit))))
    }

    func acknowledge(
        _ ids: [[UInt8]], of agent: AgentID, _ completion: @escaping (Result<Int, Refusal>) -> Void
    ) {
        let fresh = Set(ids).intersection(messages.map(\.id)).subtracting(taken)
        taken.formUnion(fresh)
        completion(.success(fresh.count))
    }
}

final class ToolBench {
    let desks: DeskBench
    let tickets: TicketBench
    let gate = ToldGate()
    let mailbox = ToldMailbox()
    let box: ToolBox
    let peer: RawPeer
    static let names = TokenScope.allCases.map(\.rawValue)
    static let adminNames = [
        "comms_provision_channels", "comms_deprovision_channels", "comms_register_provider", "comms_set_agent_limits",
    ]

    init(hasBackends: Bool = true, hasKeys: Bool = true, isDemo: Bool = false) throws {
        let desks = try DeskBench().started()
        let tickets = try TicketBench()
        (self.desks, self.tickets) = (desks, tickets)
        let loop = desks.rig.loop
        let keys = hasKeys
            ? try CredentialKeys([SecretBytes([UInt8](repeating: 5, count: 32))], entropy: loop.entropy) : nil
        peer = RawPeer(desks.rig.network, at: Endpoint(address: IPAddress([127, 0, 0, 1]), port: 9_001))
        let base = [UInt8](text: "http://127.0.0.1:9001")
        let bases = Dictionary(
            uniqueKeysWithValues: RegisterProviderTool.Provider.allCases.map { ($0, base) })
        let client = OutboundClient(loop, tls: nil) { IPAddress(text: $0) }
        box = ToolBox(loop, audit: desks.audit, accounts: desks.accounts, tools: AgentTools.all(.init(
            agents: desks.desk,
            credentials: CredentialDesk(loop, store: desks.store, audit: desks.audit, keys: keys),
            consents: ConsentBook(loop, store: desks.store, audit: desks.audit, names: desks.names),
            tickets: tickets.api, outbound: hasBackends ? gate : nil, mailbox: hasBackends ? mailbox : nil,
            providers: .init(client: client, bases: bases, isDemo: isDemo))))
    }

    static func principal(
        _ kind: Principal.Kind = .agent, agent: String? = "one", scopes: [TokenScope]? = nil
    ) -> Principal {
        var principal = Principal(kind: kind, address: IPAddress([127, 0, 0, 1]))
        principal.agent = agent.flatMap { AgentID([UInt8](text: $0)) }
        principal.scopes = scopes?.map(\.rawValue)
        return principal
    }

    static let orchestrator = principal(.orchestrator, agent: nil)

    /// As operators switch an agent off and on.
    func set(_ agent: String, _ status: AgentAccount.Status) throws {
        let id = try #require(AgentID(agent.utf8))
        let outcome: Result<AgentAccount, Refusal> = try desks.ask { answer in
            desks.desk.update(id, .agentChanged, actor: "orchestrator", { $0.status = status }, { answer($0) })
        }
        _ = try outcome.get()
    }

    struct Said {
        let root: JSONView
        let isError: Bool
        var code: String? { root["code"]?.text }
        var error: String? { root["error"]?.text }
    }

    /// What a tool answers within ten virtual seconds; a success fits the tool's own schema.
    func call(_ name: String, _ arguments: String = "{}", as caller: Principal = principal()) throws -> Said {
        let view = box.view(caller)
        let tool = try #require(view.tool([UInt8](text: name)))
        var outcomes: [ToolOutcome] = []
        box.call(tool, try JSONDocument.parse([UInt8](text: arguments)).root, by: caller) { outcomes.append($0) }
        desks.rig.run(for: .seconds(30)) { !outcomes.isEmpty }
        if outcomes.isEmpty { tickets.rig.run(for: .seconds(10)) { !outcomes.isEmpty } }
        let outcome = try #require(outcomes.first)
        #expect(outcomes.count == 1, "\(name) answered more than once")
        let root = try JSONDocument.parse(outcome.json).root
        if outcome.isError {
            #expect(root["code"]?.text != nil && root["error"]?.text?.isEmpty == false, "\(name): \(outcome.json.text)")
        } else {
            #expect(tool.facts.output.fault(of: root, at: { name }) == nil, "\(outcome.json.text)")
        }
        return Said(root: root, isError: outcome.isError)
    }
}
