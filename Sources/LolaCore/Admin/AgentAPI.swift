// Agents for operators (CONTRACT §10, §11): registered, switched on and off, limited.

final class AgentAPI {
    private let desk: AgentDesk
    private let loop: Loop
    /// Tells what agents have used of their limits.
    var outbound: (any OutboundDesk)?

    init(_ loop: Loop, _ desk: AgentDesk) {
        self.loop = loop
        self.desk = desk
    }

    /// `POST agents {"id","name"?,"channels"?}`: 201, or 409 when there is one.
    func create(_ call: AdminCall) {
        call.run { () throws(Refusal) in
            let fields = try AdminFields(call.request, "id", "name", "channels")
            guard let id = AgentID(try fields.required("id")) else { throw .fieldInvalid }
            let account = AgentAccount(
                id, name: try fields.text("name")?.text, channels: try fields.words("channels", AgentChannel.self),
                created: loop.wall)
            desk.create(account, actor: call.actor) { refusal in
                if let refusal { return call.refuse(refusal) }
                call.object(201) { Self.write(account, to: &$0) }
            }
        }
    }

    /// `GET agents?limit=&cursor=`; the cursor is not an agent's id.
    func list(_ call: AdminCall) {
        call.run { () throws(Refusal) in
            let page = try AdminList(call.request)
            guard desk.isReady else { throw .storeUnavailable }
            let found = desk.accounts.mirror.page(after: page.after, limit: page.limit)
            let next = found.count == page.limit ? found.last?.0 : nil
            call.answer(AdminList.answer(found, next: next) { Self.write($0.1, to: &$1) })
        }
    }

    /// `GET agents/{id}`.
    func show(_ id: AgentID, _ call: AdminCall) {
        call.run { () throws(Refusal) in
            let account = try find(id)
            call.object(200) { Self.write(account, to: &$0) }
        }
    }

    /// `PUT agents/{id} {"name"?,"channels"?,"status"?}`: what is not named stays.
    func update(_ id: AgentID, _ call: AdminCall) {
        call.run { () throws(Refusal) in
            let fields = try AdminFields(call.request, "name", "channels", "status")
            let name = try fields.text("name")?.text
            let channels = try fields.words("channels", AgentChannel.self)
            let status = try fields.word("status", AgentAccount.Status.self)
            desk.update(id, .agentChanged, actor: call.actor, { account in
                account.name = name ?? account.name
                account.channels = channels ?? account.channels
                account.status = status ?? account.status
            }, { result in
                switch result {
                case .failure(let refusal): call.refuse(refusal)
                case .success(let account): call.object(200) { Self.write(account, to: &$0) }
                }
            })
        }
    }

    /// `GET agents/{id}/limits`: what holds, which of it is the agent's own, and what is used now.
    func limits(_ id: AgentID, _ call: AdminCall) {
        call.run { () throws(Refusal) in
            answerLimits(try find(id), call)
        }
    }

    /// `PUT agents/{id}/limits` with any of the six; `null` takes an own limit away, what is not named stays.
    func setLimits(_ id: AgentID, _ call: AdminCall) {
        call.run { () throws(Refusal) in
            let fields = try AdminFields(
                call.request, "per_minute", "per_hour", "per_day", "calls_per_day_same_number", "spend_per_day",
                "spend_per_month")
            var changes: [(AgentLimits.Member, Int?)] = []
            for member in AgentLimits.Member.allCases {
                if case .some(let value) = try fields.limit(member) { changes.append((member, value)) }
            }
            desk.update(id, .limitsChanged, actor: call.actor, { account in
                for (member, value) in changes { account.limits[member] = value }
            }, { [self] result in
                switch result {
                case .failure(let refusal): call.refuse(refusal)
                case .success(let account): answerLimits(account, call)
                }
            })
        }
    }

    private func answerLimits(_ account: AgentAccount, _ call: AdminCall) {
        guard let outbound else { return call.object(200) { writeLimits(account, nil, to: &$0) } }
        outbound.usage(of: account.id) { [self] result in
            call.object(200) { writeLimits(account, try? result.get(), to: &$0) }
        }
    }

    private func find(_ id: AgentID) throws(Refusal) -> AgentAccount {
        guard desk.isReady else { throw .storeUnavailable }
        guard let account = desk.accounts[id] else { throw .routeUnknown }
        return account
    }

    /// - Parameter usage: nil when nobody can tell.
    private func writeLimits(_ account: AgentAccount, _ usage: OutboundUsage?, to writer: inout JSONWriter) {
        let effective = account.limits.over(desk.accounts.defaults)
        writer.object { writer in
            writer.member("id", account.id.text)
            for member in AgentLimits.Member.allCases {
                writer.key(bytes: [UInt8](text: member.rawValue))
                Self.write(effective[member], of: member, to: &writer)
            }
            writer.member("used") { writer in
                guard let usage else { return writer.null() }
                writer.object { writer in
                    for line in usage.lines {
                        writer.key(bytes: [UInt8](text: line.limit.rawValue))
                        Self.write(line.used, of: line.limit, to: &writer)
                    }
                }
            }
            writer.member("own") { writer in
                writer.array { writer in
                    for member in AgentLimits.Member.allCases where account.limits[member] != nil {
                        writer.string(member.rawValue)
                    }
                }
            }
        }
    }

    private static func write(_ value: Int?, of member: AgentLimits.Member, to writer: inout JSONWriter) {
        guard let value else { return writer.null() }
        if member.isMoney {
            writer.raw(Dollars.text(cents: value).utf8)
        } else {
            writer.integer(value)
        }
    }

    private static func write(_ account: AgentAccount, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", account.id.text)
            writer.member("name", account.name)
            writer.member("status", account.status.rawValue)
            writer.member("channels") { writer in
                guard let channels = account.channels else { return writer.null() }
                writer.array { writer in for channel in channels { writer.string(channel.rawValue) } }
            }
            writer.member("created_at", time: account.created)
        }
    }
}
