// Which path is what, on which listener.
import Testing

@testable import LolaCore

private let id = String(repeating: "0a", count: 16)

@Suite("Routes")
struct RouteTests {
    private func find(_ path: String, _ role: ListenerRole, hasConsole: Bool = false) throws -> String? {
        // A slice that does not begin at 0, as in a request head.
        let head = [UInt8](text: "GET " + path)
        guard let found = try Route.find(head[4...], role: role, hasConsole: hasConsole) else { return nil }
        let name = found.route.pattern.prefix.text
        return found.parameter.isEmpty ? name : name + "|" + found.parameter.text
    }

    @Test("every path of the contract, on its own listener", arguments: [
        ("/livez", "/livez", true, true), ("/readyz", "/readyz", true, true),
        ("/webhooks/whatsapp", "/webhooks/whatsapp", true, false),
        ("/webhooks/telegram", "/webhooks/telegram", true, false),
        ("/webhooks/twilio/sms", "/webhooks/twilio/sms", true, false),
        ("/webhooks/twilio/whatsapp", "/webhooks/twilio/whatsapp", true, false),
        ("/webhooks/twilio/status", "/webhooks/twilio/status", true, false),
        ("/webhooks/twilio/voice", "/webhooks/twilio/voice", true, false),
        ("/webhooks/resend", "/webhooks/resend", true, false),
        ("/.well-known/jwks.json", "/.well-known/jwks.json", true, false), ("/metrics", "/metrics", false, true),
        ("/admin/api/messages", "/admin/api/messages", false, true),
        ("/admin/api/dry-run/route", "/admin/api/dry-run/route", false, true),
        ("/admin/api/messages/telegram%3A1", "/admin/api/messages/|telegram:1", false, true),
        ("/admin/api/dlq", "/admin/api/dlq", false, true),
        ("/admin/api/dlq/\(id)", "/admin/api/dlq/|\(id)", false, true),
        ("/admin/api/quarantine", "/admin/api/quarantine", false, true),
        ("/admin/api/lockouts", "/admin/api/lockouts", false, true),
        ("/w/abc", "/w/|abc", true, false), ("/w/abc/session", "/w/|abc", true, false),
        ("/callbacks/a/b", "/callbacks/|a/b", true, false), ("/v1/tickets", "/v1/tickets", true, false),
        ("/v1/tickets/\(id)", "/v1/tickets/|\(id)", true, false),
        ("/admin/api/tickets", "/admin/api/tickets", false, true),
        ("/admin/api/lockouts/\(id)", "/admin/api/lockouts/|\(id)", false, true),
    ])
    func paths(_ row: (path: String, route: String, isPublic: Bool, isManagement: Bool)) throws {
        #expect(try find(row.path, .public) == (row.isPublic ? row.route : nil))
        #expect(try find(row.path, .management) == (row.isManagement ? row.route : nil))
    }

    @Test("a path that is nearly one is none", arguments: [
        "", "/", "/livez/", "/Livez", "/livex", "/live", "/webhooks/whatsap", "/webhooks/whatsapp/",
        "/webhooks/whatsapp2", "/webhooks", "/webhooks/twilio", "/webhooks/twilio/", "/webhooks/twilio/mms",
        "/webhooks/resend/", "/metrics2", "/admin/api/messages/", "/admin/api/message",
        "/w/", "/w", "/w/a/other", "/callbacks/", "/v1/tickets/", "/v1/tickets/x",
        "/admin/api/dlq/", "/admin/api/dlq/0a",
        "/admin/api/lockouts/" + String(repeating: "0A", count: 16),
    ])
    func near(path: String) throws {
        #expect(try find(path, .public) == nil)
        #expect(try find(path, .management) == nil)
    }

    @Test("the console is there only when it is")
    func console() throws {
        for path in ["/dev", "/dev/", "/dev/api/chat"] {
            #expect(try find(path, .public) == nil && find(path, .management, hasConsole: true) == nil)
            #expect(try find(path, .public, hasConsole: true) == "/dev")
        }
    }

    @Test("a path that cannot be decoded is a fault, not a route")
    func broken() {
        for path in ["/%zz", "//livez", "/webhooks/../livez", "/a%2fb"] {
            #expect(throws: HTTPFault.badPath) { try find(path, .public) }
        }
        #expect(throws: HTTPFault.badPath) { try find("/admin/api/messages/%zz", .management) }
        #expect(throws: HTTPFault.badPath) { try find("/dev/%zz", .public, hasConsole: true) }
    }

    @Test("a webhook's path names its channel, no other one does")
    func channels() {
        for route in Route.table {
            #expect((route.channel != nil) == (route.surface == .webhook))
            guard let channel = route.channel else { continue }
            let path = route.pattern.prefix.text
            switch channel {
            case .whatsapp, .telegram, .resend: #expect(path == "/webhooks/" + channel.rawValue)
            case .twilioWhatsApp: #expect(path == "/webhooks/twilio/whatsapp")
            case .twilioSMS:
                #expect(["sms", "status", "voice"].map { "/webhooks/twilio/" + $0 }.contains(path))
            }
        }
        #expect(Set(Route.table.compactMap(\.channel)) == Set(ChannelName.allCases))
    }

    @Test("patterns: a name is one segment, decoded; what follows it belongs to the path")
    func patterns() throws {
        #expect(try find("/admin/api/messages/a/b%2Fc", .management) == "/admin/api/messages/|a/b/c")
        let pattern = RoutePattern("/agents/{name}/limits")
        func match(_ path: String) throws -> RoutePattern.Match { try pattern.match([UInt8](text: path)[...]) }
        #expect(try match("/agents/a%20b/limits") == .yes([UInt8](text: "a b")))
        for path in ["/agents//limits", "/agents/limits", "/agents/a/b/limits", "/agents/a", "/agents/a/limits/"] {
            #expect(try match(path) == .no, "\(path)")
        }
        #expect(throws: HTTPFault.badPath) { try match("/agents/%zz/limits") }
    }
}
