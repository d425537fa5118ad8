// Which path is what, on which listener.
import Testing

@testable import LolaCore

@Suite("Routes")
struct RouteTests {
    private func find(_ path: String, _ role: ListenerRole, hasConsole: Bool = false) throws -> Route? {
        // A slice that does not begin at 0, as in a request head.
        let head = [UInt8](text: "GET " + path)
        return try Route.find(head[4...], role: role, hasConsole: hasConsole)
    }

    @Test("every path of the contract, on its own listener", arguments: [
        ("/livez", Route.livez, true, true), ("/readyz", .readyz, true, true),
        ("/webhooks/whatsapp", .webhook(.whatsapp), true, false),
        ("/webhooks/telegram", .webhook(.telegram), true, false),
        ("/webhooks/twilio/sms", .webhook(.twilioSMS), true, false),
        ("/webhooks/twilio/whatsapp", .webhook(.twilioWhatsApp), true, false),
        ("/webhooks/twilio/status", .webhook(.twilioSMS), true, false),
        ("/webhooks/twilio/voice", .webhook(.twilioSMS), true, false),
        ("/webhooks/resend", .webhook(.resend), true, false), ("/.well-known/jwks.json", .jwks, true, false),
        ("/metrics", .metrics, false, true), ("/admin/api/messages", .adminMessages, false, true),
        ("/admin/api/dry-run/route", .adminDryRun, false, true),
        ("/admin/api/messages/telegram%3A1", .adminMessage(key: [UInt8](text: "telegram:1")), false, true),
    ])
    func paths(_ row: (path: String, route: Route, isPublic: Bool, isManagement: Bool)) throws {
        #expect(try find(row.path, .public) == (row.isPublic ? row.route : nil))
        #expect(try find(row.path, .management) == (row.isManagement ? row.route : nil))
    }

    @Test("a path that is nearly one is none", arguments: [
        "", "/", "/livez/", "/Livez", "/livex", "/live", "/webhooks/whatsap", "/webhooks/whatsapp/",
        "/webhooks/whatsapp2", "/webhooks/twilio", "/webhooks/twilio/", "/webhooks/twilio/mms", "/webhooks/resend/",
        "/webhooks", "/metrics2", "/admin/api/messages/", "/admin/api/message",
    ])
    func near(path: String) throws {
        #expect(try find(path, .public) == nil)
        #expect(try find(path, .management) == nil)
    }

    @Test("the console is there only when it is")
    func console() throws {
        for path in ["/dev", "/dev/", "/dev/api/chat"] {
            #expect(try find(path, .public) == nil && find(path, .management, hasConsole: true) == nil)
            #expect(try find(path, .public, hasConsole: true) == .dev)
        }
    }

    @Test("a path that cannot be decoded is a fault, not a route")
    func broken() {
        for path in ["/%zz", "//livez", "/webhooks/../livez", "/a%2fb"] {
            #expect(throws: HTTPFault.badPath) { try find(path, .public) }
        }
    }

    @Test("a webhook's path names its channel, no other one does")
    func channels() {
        #expect(ChannelName.allCases.allSatisfy { Route.webhook($0).channel == $0 })
        #expect(Route.livez.channel == nil && Route.dev.channel == nil)
    }
}
