// What a callback may carry: tokens and names, open or sealed; never a card number, however it is written.
import Testing

@testable import LolaCore

@Suite("Payloads of callbacks: no card number passes")
struct CallbackPayloadTests {
    private static let id = String(repeating: "4", count: 16) + "111111111111111f"
    private static let seal = Ticket.Seal(pem: [], x: [], y: [])

    private static func refusal(_ result: String, member: String = "result") -> Refusal? {
        let body = [UInt8](text: #"{"ticket_id":"\#(id)","\#(member)":\#(result)}"#)
        do throws(Refusal) {
            _ = try CallbackPayload.result(try CallbackPayload.read(body, isFailure: false), seal: seal)
            return nil
        } catch {
            return error
        }
    }

    @Test("a card number anywhere is refused", arguments: [
        #"{"pan":"4111111111111111"}"#, #"{"a":{"b":[{"c":"4111 1111 1111 1111"}]}}"#, #"{"pan":4111111111111111}"#,
        #"{"pan":4.111111111111111e15}"#, #"{"pan":-4111111111111111}"#, #"{"pan":4111111111111111.0}"#,
        #"{"4111111111111111":true}"#, #"{"note":"card 5555-5555-5555-4444, thanks"}"#,
        #"{"pan":"\u0034111111111111111"}"#, #"{"pan":"４１１１１１１１１１１１１１１１"}"#,
        #"{"pan":["4111","1111","1111","1111"]}"#, #"{"pan":[4111,1111,1111,1111]}"#,
        #"{"token":"tok_4111111111111111"}"#, #"{"vault_sealed":"4111111111111111"}"#,
        #"{"vault_sealed":"x4111111111111111x"}"#, #"{"amex":"378282246310005"}"#,
    ])
    func cards(_ result: String) {
        #expect(Self.refusal(result) == .cardDataRefused)
    }

    @Test("so it is in a member that has no place there")
    func elsewhere() {
        #expect(Self.refusal(#""4111111111111111""#, member: "pan") == .cardDataRefused)
        #expect(Self.refusal(#""nothing""#, member: "pan") == .payloadInvalid)
    }

    @Test("tokens, names, ids and amounts pass as they were written", arguments: [
        #"{"token":"tok_9f8a7b","display":"Visa ending 1234","last_four":"1111"}"#, #"{ "a" : 1.50 }"#,
        #"{"vault_sealed":"eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSJ9..AAAA.BBBB.CCCC"}"#,
        #"{"id":"9921830477101f0aa","when":"2026-11-20T10:00:00Z"}"#, #"{"amount":1234567,"list":[1,2,3]}"#, "{}",
    ])
    func passes(_ result: String) throws {
        let body = [UInt8](text: #"{"ticket_id":"\#(Self.id)","result":\#(result)}"#)
        let form = try CallbackPayload.read(body, isFailure: false)
        #expect(form.ticket.hex.text == Self.id)
        #expect(try CallbackPayload.result(form, seal: Self.seal) == [UInt8](text: result))
    }

    @Test("an open payload of a closed ticket is readable, a sealed one is not: its key is gone")
    func keyGone() {
        #expect(Self.refusal(#""a.b.c.d.e""#, member: "sealed") == .sealInvalid)
    }
}
