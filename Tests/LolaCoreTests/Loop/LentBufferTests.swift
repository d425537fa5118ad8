// The memory that a loop lends: one user at a time, and nobody finds what another left.
import Testing

@testable import LolaCore

@Suite("Lent buffer")
struct LentBufferTests {
    @Test("memory goes round, what is left over stays with who has it")
    func roundTrip() {
        var lender = LentBuffer()
        var octets: [UInt8] = []
        let isLent1 = lender.lend(to: &octets)
        #expect(isLent1)
        octets += [UInt8](repeating: 7, count: 1_000)
        octets.removeFirst(998)
        lender.takeBack(from: &octets)
        #expect(octets == [7, 7] && octets.capacity < 1_000)

        var next: [UInt8] = []
        let isLent2 = lender.lend(to: &next)
        #expect(isLent2)
        #expect(next.isEmpty && next.capacity >= 1_000)
        lender.takeBack(from: &next)
        #expect(next.isEmpty && next.capacity == 0)
    }

    @Test("nothing is lent twice, and nothing to who holds octets")
    func oneUser() {
        var lender = LentBuffer()
        var first: [UInt8] = []
        var second: [UInt8] = []
        let isLent3 = lender.lend(to: &first)
        #expect(isLent3)
        let isLent4 = lender.lend(to: &second)
        #expect(!isLent4)
        lender.takeBack(from: &first)
        second = [1]
        let isLent5 = lender.lend(to: &second)
        #expect(!isLent5 && second == [1])
        let isLent6 = lender.lend(to: &first)
        #expect(isLent6)
    }

    @Test("memory of an unusual size is not kept")
    func bounded() {
        var lender = LentBuffer()
        var octets: [UInt8] = []
        let isLent7 = lender.lend(to: &octets)
        #expect(isLent7)
        octets.reserveCapacity(1_000_000)
        lender.takeBack(from: &octets)
        let isLent8 = lender.lend(to: &octets)
        #expect(isLent8)
        #expect(octets.capacity < 1_000_000)
    }
}
