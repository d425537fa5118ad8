import Foundation
import Testing

@testable import LolaCore

@Suite("JSON views")
struct JSONViewTests {
    /// Shape and size of the webhook that the speed goal speaks of.
    static let webhook = """
        {"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":{\
        "messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881",\
        "phone_number_id":"106540352242922"},"contacts":[{"profile":{"name":"Sheena \\u00d1elson"},\
        "wa_id":"16505551234"}],"messages":[{"from":"16505551234",\
        "id":"wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=","timestamp":"1749416383",\
        "type":"text","text":{"body":"Does it come in another color?"}}]},"field":"messages"}]}]}
        """

    private func view(_ text: String) throws -> JSONView { try JSONDocument.parse([UInt8](text: text)).root }

    @Test("the values of a webhook are found by key and place")
    func webhook() throws {
        let root = try view(Self.webhook)
        #expect(root["object"]?.isText("whatsapp_business_account") == true)
        let change = try #require(root["entry"]?[0]?["changes"]?[0])
        #expect(change["field"]?.text == "messages")
        let value = try #require(change["value"])
        #expect(value["contacts"]?[0]?["profile"]?["name"]?.text == "Sheena \u{D1}elson")
        #expect(value["messages"]?[0]?["text"]?["body"]?.text == "Does it come in another color?")
        #expect(value["messages"]?[0]?["timestamp"]?.textBytes == [UInt8](text: "1749416383"))
        #expect(value["messages"]?[1] == nil)
        #expect(value["statuses"] == nil)
        #expect(value.count == 4)
        #expect(value["metadata"]?.raw.text.hasPrefix("{\"display_phone_number\"") == true)
        #expect(value["metadata"]?.raw.last == 0x7D)
    }

    @Test("every accessor answers only for its own kind", arguments: [
        ("null", JSONView.Kind.null), ("true", .bool), ("false", .bool), ("0", .number), ("\"\"", .string),
        ("[]", .array), ("{}", .object),
    ])
    func kinds(_ text: String, _ kind: JSONView.Kind) throws {
        let value = try view(text)
        #expect(value.kind == kind)
        #expect(value.isNull == (kind == .null))
        #expect((value.bool != nil) == (kind == .bool))
        #expect((value.integer != nil) == (kind == .number))
        #expect((value.double != nil) == (kind == .number))
        #expect((value.text != nil) == (kind == .string))
        #expect((value.textBytes != nil) == (kind == .string))
        #expect(value.isText("") == (kind == .string))
        #expect(value.count == 0)
        #expect(value["a"] == nil)
        #expect(value.member([]) == nil)
        #expect(value[0] == nil)
        #expect(Array(value.elements).isEmpty)
        #expect(Array(value.members).isEmpty)
        #expect(value.raw.text == text)
    }

    @Test("elements and members come in order, nested ones are skipped")
    func order() throws {
        let list = try view(" [ 1 , [2,{\"x\":[3]}], \"4\" , {} , 5 ] ")
        #expect(list.elements.map { $0.raw.text } == ["1", "[2,{\"x\":[3]}]", "\"4\"", "{}", "5"])
        #expect(list.count == 5)
        #expect(list[4]?.integer == 5)
        #expect(list[1]?[1]?["x"]?[0]?.integer == 3)
        #expect(list[5] == nil)
        #expect(list[-1] == nil)
        let object = try view("{\"b\":{\"a\":0},\"a\":[1],\"\":2,\"\\u0063\":3}")
        #expect(object.members.map { $0.key.text } == ["b", "a", "", "c"])
        #expect(object.members.map { $0.value.raw.text } == ["{\"a\":0}", "[1]", "2", "3"])
        #expect(object["a"]?[0]?.integer == 1)
        #expect(object["c"]?.integer == 3)
        #expect(object[""]?.integer == 2)
        #expect(object.member([0x63])?.integer == 3)
        #expect(object.member([0x64]) == nil)
        #expect(object["B"] == nil)
        #expect(list.count == 5 && object.count == 4)
        #expect(Array(list.members).isEmpty && Array(object.elements).isEmpty)
    }

    @Test("integers are exact or nil", arguments: [
        ("0", 0 as Int64?), ("-0", 0), ("7", 7), ("-7", -7), ("9223372036854775807", .max),
        ("-9223372036854775808", .min), ("9223372036854775808", nil), ("-9223372036854775809", nil),
        ("99999999999999999999999999", nil), ("1.0", nil), ("1e0", nil), ("1E2", nil), ("-1.5", nil), ("\"1\"", nil),
    ])
    func integers(_ text: String, _ expected: Int64?) throws {
        #expect(try view(text).integer == expected)
        #expect(try view("[\(text)]")[0]?.integer == expected)
    }

    @Test("doubles are the nearest finite value or nil", arguments: [
        ("0", 0.0 as Double?), ("1.5", 1.5), ("-1.25e2", -125), ("1E-2", 0.01), ("1e400", nil), ("-1e400", nil),
        ("1e-400", 0), ("0.1", 0.1), ("9007199254740993", 9_007_199_254_740_992), ("5e-324", .leastNonzeroMagnitude),
        ("1e-99999999999999999999", 0),
        ("1e99999999999999999999", nil), ("0e99999999999999999999", 0), ("-0", -0.0), ("1e23", 1e23),
        ("1.7976931348623157e308", 1.7976931348623157e308), ("\"1\"", nil), ("true", nil),
    ])
    func doubles(_ text: String, _ expected: Double?) throws { #expect(try view(text).double == expected) }

    @Test("a number of a million digits is read in linear time")
    func digits() throws {
        let digits = String(repeating: "7", count: 1_000_000)
        #expect(try view("0.\(digits)").double == 7.0 / 9)
        #expect(try view("-\(digits)").double == nil)
        #expect(try view("-\(digits)").integer == nil)
    }

    @Test("escapes are undone", arguments: [
        (#""\"\\\/\b\f\n\r\t""#, [0x22, 0x5C, 0x2F, 0x08, 0x0C, 0x0A, 0x0D, 0x09] as [UInt8]),
        (#""\u0000""#, [0x00]), (#""\u007f""#, [0x7F]), (#""\u0080""#, [0xC2, 0x80]), (#""\u07fF""#, [0xDF, 0xBF]),
        (#""\u0800""#, [0xE0, 0xA0, 0x80]), (#""\uFFFF""#, [0xEF, 0xBF, 0xBF]), (#""\uD7ff""#, [0xED, 0x9F, 0xBF]),
        (#""\ue000""#, [0xEE, 0x80, 0x80]), (#""\ud800\udc00""#, [0xF0, 0x90, 0x80, 0x80]),
        (#""\uDBFF\uDFFF""#, [0xF4, 0x8F, 0xBF, 0xBF]), (#""a\u00e9b""#, [0x61, 0xC3, 0xA9, 0x62]),
        (#""\\u0041""#, [0x5C, 0x75, 0x30, 0x30, 0x34, 0x31]), (#""\\\"""#, [0x5C, 0x22]),
        (#""\ud83d\ude00\ud83d\ude00""#, [0xF0, 0x9F, 0x98, 0x80, 0xF0, 0x9F, 0x98, 0x80]),
        (#""😀é""#, [0xF0, 0x9F, 0x98, 0x80, 0xC3, 0xA9]),
    ])
    func escapes(_ text: String, _ expected: [UInt8]) throws {
        let value = try view(text)
        #expect(value.textBytes == expected)
        #expect(value.text.map { [UInt8](text: $0) } == expected)
        let object = try view("{\(text):1}")
        #expect(object.member(expected)?.integer == 1)
        #expect(object.members.map { $0.key } == [expected])
    }

    @Test("isText compares the unescaped text")
    func isText() throws {
        #expect(try view(#""te\u0078t""#).isText("text"))
        #expect(try view(#""text""#).isText("text"))
        #expect(try !view(#""te\u0078ts""#).isText("text"))
        #expect(try !view(#""tex""#).isText("text"))
        #expect(try !view(#""Text""#).isText("text"))
        #expect(try view(#""\u00e9""#).isText("é"))
        #expect(try view(#""a long word of many octets""#).isText("a long word of many octets"))
    }

    @Test("a view outlives the document and the octets it came from")
    func lifetime() throws {
        var bytes = [UInt8](text: "[\"kept\"]")
        let element = try #require(try JSONDocument.parse(bytes).root[0])
        bytes[2] = 0x21
        #expect(element.text == "kept")
    }
}
