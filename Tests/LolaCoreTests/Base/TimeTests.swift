import Testing

@testable import LolaCore

@Suite("Civil time")
struct TimeTests {
    @Test("known instants in both spellings", arguments: [
        (0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_827_696, "2000-02-29T12:34:56Z", "Tue, 29 Feb 2000 12:34:56 GMT"),
        (1_795_168_800, "2026-11-20T10:00:00Z", "Fri, 20 Nov 2026 10:00:00 GMT"),
        (4_107_542_400, "2100-03-01T00:00:00Z", "Mon, 01 Mar 2100 00:00:00 GMT"),
        (-1, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
    ] as [(Int64, String, String)])
    func spellings(seconds: Int64, rfc3339: String, imf: String) {
        let date = CivilDate(WallTime(seconds: seconds))
        #expect(date.rfc3339().text == rfc3339)
        #expect(date.imfFixdate().text == imf)
    }

    @Test("adding to an instant saturates instead of trapping")
    func saturation() {
        #expect(Instant(nanoseconds: .max - 1) + .seconds(5) == .distantFuture)
    }
}
