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

    @Test("every fault has its row, its word and its counter")
    func covered() {
        let elsewhere: Set<RedisFault> = [.unreachable, .tls, .closed, .overloaded, .storeChanged, .noScript]
        #expect(Set(Self.rows.map(\.fault)).union(elsewhere) == Set(RedisFault.allCases))
        #expect(RedisFault.tls.counter == .redisConnectionFaults && RedisFault.noScript.counter == .redisErrors)
    }
}
