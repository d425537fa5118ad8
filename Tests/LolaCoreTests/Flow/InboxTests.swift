// Entries of the queue on their way to their conversation.
import Testing

@testable import LolaCore

@Suite("Inbox")
struct InboxTests {
    @Test("an entry keeps a drain waiting from its arrival to its end")
    func keepsDrainWaiting() throws {
        let bench = try FlowBench()
        var taken: [AcceptedMessage] = []
        let inbox = Inbox(
            bench.rig.loop, store: bench.store, log: bench.log, backlog: bench.backlog, pseudonyms: bench.pseudonyms,
            journal: bench.journal
        ) { taken.append($0) }
        let message = FlowBench.message("m")
        let names = bench.names(message)
        let entry = QueueEntry(
            key: StoreKey(.inbound, names.messageID), lane: message.message.conversation.lane,
            value: MessageCodec.encode(message))
        bench.store.onEntry?(entry)
        // The store has not said yet whether the message is suspected of having killed the process.
        #expect(bench.backlog.count == 0 && bench.backlog.busyCount == 1 && taken.isEmpty)
        #expect(bench.rig.run(for: .seconds(1)) { taken.count == 1 })
        #expect(bench.backlog.count == 1 && bench.backlog.busyCount == 1)
        bench.backlog.left(entry.lane)
        bench.store.onEntry?(QueueEntry(key: entry.key, lane: entry.lane, value: [0]))
        #expect(bench.backlog.busyCount == 1)
        #expect(bench.rig.run(for: .seconds(1)) { bench.backlog.busyCount == 0 })
        #expect(taken.count == 1 && bench.journal.lines == ["quarantined 0"])
        withExtendedLifetime(inbox) {}
    }
}
