// What one order takes of its agent's limits, as shares of counters that the store takes all or none of. Minutes and
// hours begin with the first action; days and months are those of UTC. Values and pure functions, any thread.

struct OutboundBudget: Sendable {
    let shares: [StoreShare]
    /// Which limit each share is of.
    let members: [AgentLimits.Member]
    /// When a window ends that has not begun: those of the calendar, whatever the counters say.
    private let ends: [WallTime?]

    /// - Parameters:
    ///   - limits: what holds for the agent; nothing is taken of a limit that there is not.
    ///   - sameNumber: the counter of calls to this number; nil for what is no call.
    init(
        _ agent: AgentID, _ limits: AgentLimits, price: SpendAmount, sameNumber: StoreKey?, at now: WallTime,
        actions: Int64 = 1
    ) {
        var (shares, members, ends): ([StoreShare], [AgentLimits.Member], [WallTime?]) = ([], [], [])
        for member in AgentLimits.Member.allCases {
            guard let limit = limits[member] else { continue }
            let window = LimitWindow(member)
            let end = window.end(at: now)
            let key: StoreKey
            var amount = actions
            var most = Int64(limit)
            if member == .callsPerDaySameNumber {
                guard let sameNumber else { continue }
                key = sameNumber
            } else {
                key = Self.key(agent, member, at: now)
                if member.isMoney { (amount, most) = (price.hundredths, SpendAmount(cents: limit).hundredths) }
            }
            shares.append(StoreShare(key, amount, most: most, within: end.map { $0 - now } ?? window.span))
            members.append(member)
            ends.append(end)
        }
        self.shares = shares
        self.members = members
        self.ends = ends
    }

    /// Only what is to be given back when nothing was sent: the money, not the action.
    var gift: [StoreShare] { money { -$0 } }

    /// What the true price takes beyond what was reserved, or gives back; nothing is refused any more.
    func settlement(reserved: SpendAmount, paid: SpendAmount) -> [StoreShare] {
        paid == reserved ? [] : money { _ in paid.hundredths - reserved.hundredths }
    }

    private func money(_ amount: (Int64) -> Int64) -> [StoreShare] {
        zip(shares, members).filter { $1.isMoney && $0.amount != 0 }.map { share, _ in
            StoreShare(share.key, amount(share.amount), most: .max, within: share.within)
        }
    }

    /// Money that an order costs more than was reserved for it, or less, told after the order's end: to the counters of
    /// the day and the month in which it was given, as far as these go on. Settings have limits of both, so both count.
    static func later(
        _ agent: AgentID, _ amount: SpendAmount, orderedAt: WallTime, at now: WallTime
    ) -> [StoreOperation] {
        [AgentLimits.Member.spendPerDay, .spendPerMonth].compactMap { member in
            guard let end = LimitWindow(member).end(at: orderedAt), end > now else { return nil }
            return .add(key(agent, member, at: orderedAt), amount.hundredths, within: end - now)
        }
    }

    // MARK: Answers

    /// Why the order was refused.
    func refusal(_ place: Int, _ reading: CounterReading) -> OutboundRefusal {
        let (share, member) = (shares[place], members[place])
        var refusal = OutboundRefusal(member.isMoney ? .spendLimited : .rateLimited)
        refusal.limitType = member
        refusal.current = member.isMoney
            ? SpendAmount(hundredths: reading.sum).centsRoundedUp : Int(clamping: reading.sum)
        refusal.max = member.isMoney
            ? SpendAmount(hundredths: share.most).centsRoundedDown : Int(clamping: share.most)
        // What is more than the whole limit does not fit into the next window either.
        if share.amount <= share.most { refusal.resetsAt = ends[place] ?? reading.ends }
        return refusal
    }

    /// What is left of each limit after the order.
    func remaining(_ readings: [CounterReading]) -> [AgentLimits.Member: Int] {
        var left: [AgentLimits.Member: Int] = [:]
        left.reserveCapacity(shares.count)
        for (place, reading) in readings.enumerated() where place < shares.count {
            let rest = max(0, shares[place].most &- reading.sum)
            left[members[place]] = members[place].isMoney
                ? SpendAmount(hundredths: rest).centsRoundedDown : Int(clamping: rest)
        }
        return left
    }

    /// What the counters say of each limit.
    func lines(_ readings: [CounterReading]) -> [OutboundUsage.Line] {
        zip(shares.indices, readings).map { place, reading in
            let (share, member) = (shares[place], members[place])
            return OutboundUsage.Line(
                limit: member,
                used: member.isMoney
                    ? SpendAmount(hundredths: reading.sum).centsRoundedUp : Int(clamping: reading.sum),
                max: member.isMoney
                    ? SpendAmount(hundredths: share.most).centsRoundedDown : Int(clamping: share.most),
                resetsAt: reading.sum > 0 ? ends[place] ?? reading.ends : nil)
        }
    }

    // MARK: Counters

    /// An agent's name is the bank's word for a program: no key is needed to hide it.
    static func key(_ agent: AgentID, _ member: AgentLimits.Member, at now: WallTime) -> StoreKey {
        var name = usage(agent, member.rawValue)
        name.append(0x20)
        name += LimitWindow(member).name(at: now)
        return StoreKey(.usage, RecordID(hashOf: name))
    }

    /// Sends of an agent by one channel, as long as the ledger is kept.
    static func sentKey(_ agent: AgentID, _ channel: AgentChannel) -> StoreKey {
        StoreKey(.usage, RecordID(hashOf: usage(agent, "sent", channel.rawValue)))
    }

    /// Orders of an agent that the gate refused for one reason: a number each, for an agent that nobody stops may be
    /// refused without end. Each of them stands in the audit trail.
    static func refusedKey(_ agent: AgentID, _ code: OutboundRefusal.Code) -> StoreKey {
        StoreKey(.usage, RecordID(hashOf: usage(agent, "refused", code.rawValue)))
    }

    /// `lola usage` and words, a blank before each: how the names of all counters begin.
    private static func usage(_ agent: AgentID, _ words: String...) -> [UInt8] {
        var name: [UInt8] = []
        name.reserveCapacity(64)
        name.append(word: "lola usage ")
        name += agent.text.utf8
        for word in words {
            name.append(0x20)
            name += word.utf8
        }
        return name
    }
}

/// The window of a limit.
struct LimitWindow: Hashable, Sendable {
    /// Of a window that begins with the first action.
    let span: Interval
    /// Whether it is a day of UTC, or a month.
    private let isDay: Bool
    private let isMonth: Bool

    init(_ member: AgentLimits.Member) {
        switch member {
        case .perMinute: (span, isDay, isMonth) = (.minutes(1), false, false)
        case .perHour: (span, isDay, isMonth) = (.hours(1), false, false)
        case .perDay, .callsPerDaySameNumber, .spendPerDay: (span, isDay, isMonth) = (.days(1), true, false)
        case .spendPerMonth: (span, isDay, isMonth) = (.days(31), false, true)
        }
    }

    /// The name of the window around `now`: `2026-11-21`, `2026-11`, or nothing.
    func name(at now: WallTime) -> ArraySlice<UInt8> {
        isDay || isMonth ? CivilDate(now).rfc3339().prefix(isDay ? 10 : 7) : []
    }

    /// Midnight of UTC after `now`, or the first one of the next month; nil for what begins with the first action.
    func end(at now: WallTime) -> WallTime? {
        let day: Int64 = 86_400
        if !isDay && !isMonth { return nil }
        let today = now.inSeconds - ((now.inSeconds % day) + day) % day
        if isDay { return WallTime(seconds: today + day) }
        // No month has fewer days than 28.
        var next = WallTime(seconds: today + day * Int64(max(1, 29 - CivilDate(now).day)))
        while CivilDate(next).day != 1 { next = next + .days(1) }
        return next
    }
}
