import Testing

@testable import LolaCore

@Suite("Redis that misbehaves: unavailable in time, never a guess, and back when it is well")
struct RedisFaultTests {
    private static let key = StoreKey(.state, RecordID(high: 1, low: 2))
    private static let get = StoreOperation.get(key)
    private static let put = StoreOperation.put(key, [1], expires: nil)

    private struct Row: Sendable, CustomTestStringConvertible {
        let reply: String
        let fault: RedisFault
        let stays: Bool
        var testDescription: String { reply.debugDescription }

        init(_ reply: String, _ fault: RedisFault, stays: Bool = false) {
            self.reply = reply
            self.fault = fault
            self.stays = stays
        }
    }

    private static let rows = [
        Row("-LOADING Redis is loading the dataset in memory\r\n", .loading),
        Row("-READONLY You can't write against a read only replica.\r\n", .readOnly),
        Row("-NOAUTH Authentication required.\r\n", .notAllowed), Row("-WRONGPASS no\r\n", .notAllowed),
        Row("-OOM command not allowed when used memory > 'maxmemory'.\r\n", .outOfMemory, stays: true),
        Row(
            "-ERR Error running script (call to f_1): @user_script:7: OOM command not allowed\r\n", .outOfMemory,
            stays: true),
        Row("-WRONGTYPE Operation against a key\r\n", .wrongType, stays: true),
        Row("-NOPERM this user has no permissions\r\n", .refused, stays: true),
        Row("-MISCONF Redis is configured to save\r\n", .refused, stays: true), Row("-\r\n", .refused, stays: true),
        Row(":1\r\n", .unexpected), Row("*1\r\n:9\r\n", .unexpected), Row("*0\r\n", .unexpected),
        Row("#t\r\n", .unexpected),
        Row("*2\r\n:1\r\n$1\r\na\r\n", .unexpected), Row("%1\r\n:1\r\n:1\r\n", .unexpected),
        Row("$104857600\r\n", .malformed), Row("*2147483647\r\n", .malformed), Row("$-7\r\n", .malformed),
        Row("HTTP/1.1 400 Bad Request\r\n\r\n", .malformed), Row("\u{0}\u{1}\u{2}", .malformed),
        Row("$10\r\nabc", .timeout), Row("*3\r\n:1\r\n", .timeout), Row("", .timeout),
    ]

    @Test("every wrong answer to a question and to a change", arguments: rows)
    private func wrongAnswers(row: Row) {
        for (name, operation) in [("GET", Self.get), ("apply", Self.put)] {
            let fake = RedisFake()
            #expect(fake.opens(within: .seconds(1)))
            var isStalled = false
            fake.misbehave = { command, _ in
                if isStalled { return [] }
                guard command == name else { return nil }
                isStalled = row.fault == .timeout
                return octets(row.reply)
            }
            let (answer, took) = fake.ask(operation)
            #expect(answer == .unavailable && took < .seconds(5))
            let said = row.stays ? RedisEvent.refused(row.fault) : .away(row.fault)
            #expect(fake.events.contains(said), "\(fake.events)")
            #expect(fake.store.isOpen == row.stays)
            #expect(fake.rig.counters.value(row.fault.counter) > 0)
            let again = fake.ask(operation, within: .seconds(5))
            #expect(again.answer == .unavailable && (row.stays || again.took < .milliseconds(100)))
            fake.misbehave = { _, _ in nil }
            #expect(fake.opens(within: .seconds(2)))
            #expect(fake.ask(Self.put).answer == .done)
            #expect(fake.ask(Self.get).answer == .value([0x76]))
        }
    }

    @Test("whether there is room is told by the heartbeat, once each way, and reading says nothing of it")
    func room() {
        let fake = RedisFake()
        #expect(fake.opens(within: .seconds(1)))
        var isFull = true
        fake.misbehave = { command, _ in
            isFull && command != "GET" && command != "read" ? octets("-OOM command not allowed\r\n") : nil
        }
        func told() -> [RedisEvent] { fake.events.filter { $0 == .room(false) || $0 == .room(true) } }
        fake.rig.run(for: .minutes(1))
        #expect(told() == [.room(false)] && fake.store.isOpen)
        #expect(fake.ask(Self.put).answer == .unavailable && fake.ask(Self.get).answer != .unavailable)
        #expect(told() == [.room(false)])
        isFull = false
        fake.rig.run(for: .minutes(1))
        #expect(told() == [.room(false), .room(true)] && fake.ask(Self.put).answer == .done)
    }

    @Test("half an answer and the end, a reset, an answer to nobody: closed, and everything under way is unavailable")
    func broken() {
        let endings: [(String, (SimEnd) -> Void, RedisFault)] = [
            ("$10\r\nab", { $0.closeWhenSent() }, .closed), ("", { $0.reset() }, .closed),
            ("$1\r\nv\r\n+OK\r\n", { _ in }, .unexpected),
        ]
        for (octetsBefore, ending, fault) in endings {
            let fake = RedisFake()
            #expect(fake.opens(within: .seconds(1)))
            var answers: [StoreAnswer] = []
            fake.misbehave = { command, end in
                guard command == "GET" else { return nil }
                end.send(octets(octetsBefore))
                ending(end)
                return []
            }
            fake.store.submit(Self.get) { answers.append($0) }
            fake.store.submit(Self.put) { answers.append($0) }
            fake.rig.run(for: .seconds(5)) { answers.count == 2 && !fake.store.isOpen }
            #expect(answers.last == .unavailable || fault == .unexpected)
            #expect(fake.events.contains(.away(fault)), "\(fake.events)")
            fake.misbehave = { _, _ in nil }
            #expect(fake.opens(within: .seconds(2)))
        }
    }

    @Test("a script the server has forgotten is sent whole, once")
    func noScript() {
        let fake = RedisFake()
        #expect(fake.opens(within: .seconds(1)))
        var isFirst = true
        fake.misbehave = { command, _ in
            guard command == "apply", isFirst else { return nil }
            isFirst = false
            return octets("-NOSCRIPT No matching script.\r\n")
        }
        #expect(fake.ask(Self.put).answer == .done)
        fake.misbehave = { command, _ in command == "apply" ? octets("-NOSCRIPT No matching script.\r\n") : nil }
        #expect(fake.ask(Self.put).answer == .unavailable)
        #expect(fake.events.contains(.refused(.noScript)) && fake.store.isOpen)
    }

    @Test("a server that starts slowly is asked again and again, less and less often, and is open a second after")
    func loading() {
        for command in ["SCRIPT", "epoch", "AUTH", "SELECT"] {
            let fake = RedisFake(password: "p", database: 2)
            fake.misbehave = { $0 == command ? octets("-LOADING wait\r\n") : nil ?? ($1.isOpen ? nil : []) }
            #expect(!fake.opens(within: .seconds(10)))
            #expect((12...60).contains(fake.events.count { $0 == .away(.loading) }), "\(fake.events.count)")
            #expect(fake.ask(Self.get).took < .milliseconds(10))
            fake.misbehave = { _, _ in nil }
            #expect(fake.opens(within: .seconds(1)))
        }
    }

    @Test("nobody there, no name, a greeting that never ends")
    func unreachable() {
        let fake = RedisFake()
        fake.admission = .refuse
        #expect(!fake.opens(within: .seconds(5)))
        #expect(fake.events.contains(.away(.unreachable)))
        #expect(fake.ask(Self.get).answer == .unavailable)
        fake.admission = .accept
        fake.misbehave = { command, _ in command == "CLIENT" ? [] : nil }
        #expect(!fake.opens(within: .seconds(5)))
        #expect(fake.events.contains(.away(.timeout)))
        fake.misbehave = { _, _ in nil }
        #expect(fake.opens(within: .seconds(4)))
        #expect(fake.store.epoch == [UInt8](text: "e1"))
    }

    @Test("more commands than may wait are unavailable at once; those that wait keep their order")
    func overloaded() {
        let fake = RedisFake()
        #expect(fake.opens(within: .seconds(1)))
        fake.misbehave = { command, _ in command == "GET" ? [] : nil }
        var order: [Int] = []
        let count = Limits.redisCommandsMax + 50
        for number in 0..<count {
            fake.store.submit(Self.get) {
                #expect($0 == .unavailable)
                order.append(number)
            }
        }
        #expect(fake.rig.counters.value(.redisOverloads) >= 50)
        #expect(fake.events.contains(.refused(.overloaded)))
        fake.rig.run(for: .seconds(5)) { order.count == count }
        #expect(order == Array(0..<count))
    }

    @Test("another epoch: links of before must not be honoured, and what was asked in the old one is unavailable")
    func epochs() {
        let fake = RedisFake()
        #expect(fake.opens(within: .seconds(1)))
        fake.misbehave = { command, _ in command == "apply" ? octets("*1\r\n:4\r\n") : nil }
        fake.epoch = "e2"
        #expect(fake.ask(Self.put).answer == .unavailable)
        fake.misbehave = { _, _ in nil }
        #expect(fake.opens(within: .seconds(1)))
        #expect(fake.events.contains(.away(.storeChanged)) && fake.events.count { $0 == .epochChanged } == 1)
        #expect(fake.store.epoch == [UInt8](text: "e2"))
        #expect(fake.rig.counters.value(.redisStoreChanges) == 1)
    }

    private static let odd = [
        "*0\r\n", ":7\r\n", "$-1\r\n", "+OK\r\n", "*1\r\n:4\r\n", "-ERR no\r\n", "-NOPERM no\r\n", "#f\r\n",
        "*7\r\n:1\r\n:1\r\n:1\r\n:-9223372036854775808\r\n*0\r\n*0\r\n*0\r\n",
        "*7\r\n:1\r\n:1\r\n:-1\r\n:64\r\n*1\r\n:64\r\n*0\r\n*0\r\n",
        "*7\r\n:1\r\n:1\r\n:1\r\n:64\r\n*0\r\n*0\r\n*1\r\n:1\r\n",
        "*7\r\n:1\r\n:1\r\n:1\r\n:64\r\n*0\r\n*0\r\n*2\r\n:-1\r\n:1\r\n",
        "*7\r\n:1\r\n:9223372036854775807\r\n:1\r\n:0\r\n*2\r\n:1\r\n:1\r\n*1\r\n:1\r\n*4\r\n:1\r\n:1\r\n:1\r\n:1\r\n",
        "*2\r\n:1\r\n*1\r\n$1\r\n7\r\n", "*2\r\n:1\r\n*2\r\n$2\r\n64\r\n:1\r\n",
        "*2\r\n:1\r\n*5\r\n$1\r\n7\r\n:1\r\n$3\r\n1-1\r\n$2\r\nzz\r\n$1\r\nv\r\n",
        "*2\r\n:1\r\n*5\r\n$1\r\n7\r\n:1\r\n$-1\r\n$-1\r\n$-1\r\n",
        "*4\r\n$0\r\n\r\n:1\r\n:0\r\n$0\r\n\r\n", "*4\r\n$1\r\ne\r\n:-9223372036854775808\r\n:1\r\n$0\r\n\r\n",
        "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n$1\r\n1\r\n", "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\n99\r\n",
    ]

    @Test("no wrong answer to what the store asks on its own ends the process; it is got over", arguments: [
        "CLIENT", "SCRIPT", "epoch", "lanes", "read", "SUBSCRIBE", "PING",
    ])
    func oddAnswers(command: String) {
        for reply in Self.odd {
            let fake = RedisFake()
            var isFirst = true
            // Once right, so that the store gets as far as to ask.
            fake.misbehave = { name, _ in
                guard name == command else { return nil }
                defer { isFirst = false }
                return isFirst && command == "lanes" ? nil : octets(reply)
            }
            fake.rig.run(for: .seconds(4))
            fake.misbehave = { _, _ in nil }
            fake.rig.run(for: .seconds(2))
            #expect(fake.opens(within: .seconds(4)), "\(reply.debugDescription)")
            #expect(fake.ask(Self.put).answer == .done)
            #expect(fake.received.count < 1_500, "\(reply.debugDescription): asked without end")
            #expect(fake.received.contains(command) && (fake.store.lanes.held == 64 || command == "lanes"))
        }
    }

    @Test("what was read is handed out only under a lease that is confirmed, and dropped with its lane")
    func leases() throws {
        var lanes = RedisLanes(member: octets("m"))
        func learn(_ kept: [Int], _ lost: [Int], _ taken: [Int], _ until: Int64) -> RedisLanes.Changes? {
            func list(_ numbers: [Int]) -> RESPValue { .array(numbers.map { .bulk([UInt8](text: "\($0)")) }) }
            return lanes.learn(
                [.integer(1), .integer(1), .integer(1), .integer(64), list(kept), list(lost), list(taken)],
                until: Instant(nanoseconds: until))
        }
        func entry(_ lane: Int, _ number: Int) -> RESPValue {
            let (at, entry) = ([UInt8](text: "\(number)-0"), redisEntry(number, lane: lane))
            return .array([
                .bulk([UInt8](text: "\(lane)")), .integer(1), .bulk(at), .bulk(entry.key.id.hex), .bulk(entry.value),
            ])
        }
        func next(_ at: Int64) -> QueueEntry? { lanes.next(at: Instant(nanoseconds: at)) }
        func reading(_ at: Int64) -> [[UInt8]]? { lanes.readArguments(at: Instant(nanoseconds: at)) }
        #expect(learn([], [], [3, 10, 5, 11], 100)?.taken == 2)
        #expect(reading(100) == nil, "the lease is over")
        let asked = try #require(reading(99))
        #expect(asked.contains(octets("m:10")) && asked.contains(octets("m:11")))
        #expect(reading(99) == nil, "one reading at a time")
        let isRead = lanes.read([.integer(1), entry(3, 1), entry(5, 2)])
        #expect(isRead && next(100) == nil)
        #expect(learn([3, 5], [], [], 200)?.lost == 0)
        #expect(next(199) == redisEntry(1, lane: 3))
        #expect(learn([3], [5], [], 300)?.lost == 1)
        #expect(next(299) == nil && lanes.inHand == 1)
        #expect(lanes.owner(of: redisEntry(1, lane: 3).key.id)?.owner == octets("m:10"))
        #expect(lanes.owner(of: redisEntry(2, lane: 5).key.id) == nil)
        // Taken anew: what was begun under the old fence stays fenced.
        #expect(learn([], [3], [3, 12], 400)?.taken == 1)
        #expect(lanes.owner(of: redisEntry(1, lane: 3).key.id) == nil && lanes.inHand == 0)
        // All goes back: what was read meanwhile is for whoever comes next.
        #expect(reading(350) != nil)
        let isReadLate = lanes.read([.integer(1), entry(3, 3)])
        lanes.end()
        #expect(isReadLate && lanes.inHand == 1 && next(350) == nil)
    }

    @Test("every fault has its row, its word and its counter")
    func covered() {
        let elsewhere: Set<RedisFault> = [.unreachable, .tls, .closed, .overloaded, .storeChanged, .noScript]
        #expect(Set(Self.rows.map(\.fault)).union(elsewhere) == Set(RedisFault.allCases))
        #expect(RedisFault.tls.counter == .redisConnectionFaults && RedisFault.noScript.counter == .redisErrors)
    }
}
