import Testing

@testable import LolaCore

@Suite("Journal: the contract of every store")
struct JournalContractTests {
    @Test("the contract, with two loops' views of one journal and restarts between")
    func contract() throws {
        try StoreContract { Self.pair(try JournalRig()) }.run()
    }

    private static func pair(_ rig: JournalRig) -> StorePair {
        StorePair(left: rig.left, right: rig.right, pump: { rig.pump() }, reopen: { pair(try rig.reopened()) })
    }
}
