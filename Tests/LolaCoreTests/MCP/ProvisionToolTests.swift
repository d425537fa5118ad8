// The tools of the orchestrator: agents made and unmade, limits, credentials of providers.
import Testing

@testable import LolaCore

@Suite("Tools of the orchestrator")
struct ProvisionToolTests {
    private static let who = ToolBench.orchestrator

    @Test("an agent is made with channels, limits and a token that works, once")
    func provisioned() throws {
        let bench = try ToolBench()
        let order = #"""
            {"agentId":"new","name":"Sales","channels":["sms","email"],"scopes":["comms_ping"],"expires":60,
             "limits":{"per_minute":3,"spend_per_day":2.5,"per_day":null}}
            """#
        let said = try bench.call("comms_provision_channels", order, as: Self.who)
        let token = try #require(said.root["token"]?.textBytes)
        #expect(bench.desks.verify(token)?.agent.text == "new" && bench.desks.verify(token)?.scopes == ["comms_ping"])
        #expect(said.root["limits"]?["per_minute"]?.integer == 3)
        #expect(said.root["limits"]?["spend_per_day"]?.raw.text == "2.50")
        #expect(said.root["channels"]?.count == 2)
        #expect(try bench.call("comms_provision_channels", order, as: Self.who).code == "exists")
        let off = try bench.call("comms_deprovision_channels", #"{"agentId":"new"}"#, as: Self.who)
        #expect(off.root["tokensRevoked"]?.integer == 1 && off.root["status"]?.text == "inactive")
        #expect(bench.desks.verify(token) == nil)
        #expect(try bench.call("comms_deprovision_channels", #"{"agentId":"new"}"#, as: Self.who)
            .root["tokensRevoked"]?.integer == 0)
        let unknown = try bench.call("comms_deprovision_channels", #"{"agentId":"no"}"#, as: Self.who)
        #expect(unknown.code == "agent_unknown")
        // Again: with what is named now, nothing of before.
        let again = try bench.call("comms_provision_channels", #"{"agentId":"new"}"#, as: Self.who)
        #expect(again.root["status"]?.text == "active" && again.root["channels"]?.isNull == true)
        #expect(again.root["limits"]?["per_minute"]?.integer == 10)
        #expect(bench.desks.verify(token) == nil)
    }

    @Test("nothing is made when the audit trail cannot tell of it")
    func unaudited() throws {
        let bench = try ToolBench()
        bench.desks.audit.keeps = false
        #expect(try bench.call("comms_provision_channels", #"{"agentId":"new"}"#, as: Self.who).code == "unavailable")
        bench.desks.audit.keeps = true
        #expect(bench.desks.accounts.mirror.count == 0)
    }

    @Test("limits are numbers", arguments: [
        (#"{"per_minute":5}"#, nil), (#"{"per_minute":0}"#, nil), (#"{"per_minute":null}"#, nil),
        (#"{"spend_per_day":10.55}"#, nil), ("{}", nil),
        (#"{"per_minute":"abc"}"#, "arguments_invalid"), (#"{"per_minute":-1}"#, "arguments_invalid"),
        (#"{"per_minute":1.5}"#, "arguments_invalid"), (#"{"per_minute":1e3}"#, "arguments_invalid"),
        (#"{"per_minute":true}"#, "arguments_invalid"), (#"{"per_minute":1000001}"#, "arguments_invalid"),
        (#"{"spend_per_day":"10"}"#, "arguments_invalid"), (#"{"spend_per_day":-1}"#, "arguments_invalid"),
        (#"{"spend_per_day":1.005}"#, "arguments_invalid"), (#"{"per_week":1}"#, "arguments_invalid"),
        ("[]", "arguments_invalid"), ("null", "arguments_invalid"),
    ])
    func limitSetToAString(_ row: (limits: String, code: String?)) throws {
        let bench = try ToolBench()
        _ = try bench.desks.mint("one")
        let said = try bench.call(
            "comms_set_agent_limits", #"{"agentId":"one","limits":\#(row.limits)}"#, as: Self.who)
        #expect(said.code == row.code, "\(row)")
        if row.code == nil { #expect(said.root["limits"]?["per_hour"] != nil) }
        if row.limits.contains("spend_per_day"), row.code != nil {
            #expect(said.error?.contains(".spend_per_day must be a number of dollars from 0 to ") == true, "\(row)")
        }
        let unknown = #"{"agentId":"no","limits":{"per_minute":1}}"#
        #expect(try bench.call("comms_set_agent_limits", unknown, as: Self.who).code == "agent_unknown")
    }

    private static let telegram = #"{"provider":"telegram","credentials":{"bot_token":"7:AAH"}}"#

    @Test("credentials are kept when the provider takes them", arguments: [
        (200, #"{"ok":true}"#, nil), (200, #"{"ok":false}"#, "credentials_refused"),
        (401, "{}", "credentials_refused"), (404, "", "credentials_refused"), (429, "", "provider_unavailable"),
        (500, "", "provider_unavailable"),
    ])
    func registered(_ row: (status: Int, body: String, code: String?)) throws {
        let bench = try ToolBench()
        bench.peer.onOctets = { _, end, octets in
            guard octets.text.hasSuffix("\r\n\r\n") else { return }
            let text = "HTTP/1.1 \(row.status) X\r\nContent-Length: \(row.body.utf8.count)\r\n\r\n\(row.body)"
            end.send([UInt8](text: text))
        }
        let said = try bench.call("comms_register_provider", Self.telegram, as: Self.who)
        #expect(said.code == row.code)
        #expect(bench.peer.received.first?.text.hasPrefix("GET /bot7:AAH/getMe HTTP/1.1") == true)
        let isKept = bench.desks.audit.events.contains { $0.action == .credentialChanged }
        #expect(isKept == (row.code == nil) && !bench.desks.audit.text.contains("AAH"))
    }

    @Test("each provider is asked its own way")
    func asked() throws {
        for (arguments, line, field) in [
            (
                #"{"provider":"twilio","credentials":{"account_sid":"AC/1","auth_token":"t"}}"#,
                "GET /2010-04-01/Accounts/AC%2F1.json HTTP/1.1", "Authorization: Basic QUMvMTp0"
            ),
            (
                #"{"provider":"resend","credentials":{"api_key":"re_1"}}"#, "GET /domains HTTP/1.1",
                "Authorization: Bearer re_1"
            ),
            (
                #"{"provider":"whatsapp","credentials":{"access_token":"E","phone_number_id":"1065"}}"#,
                "GET /1065 HTTP/1.1", "Authorization: Bearer E"
            ),
        ] {
            let bench = try ToolBench()
            bench.peer.onOctets = { _, end, octets in
                if octets.text.hasSuffix("\r\n\r\n") {
                    end.send([UInt8](text: "HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}"))
                }
            }
            #expect(try !bench.call("comms_register_provider", arguments, as: Self.who).isError)
            let head = bench.peer.received.first?.text ?? ""
            #expect(head.hasPrefix(line) && head.contains(field), "\(head)")
        }
    }

    @Test("what cannot be a credential is refused before anybody is asked", arguments: [
        #"{"provider":"telegram","credentials":{"bot_token":"7"}}"#,
        #"{"provider":"telegram","credentials":{"bot_token":"7:../x"}}"#,
        #"{"provider":"telegram","credentials":{"api_key":"x"}}"#,
        #"{"provider":"twilio","credentials":{"account_sid":"AC"}}"#,
        #"{"provider":"resend","credentials":{"api_key":"a\r\nX: y"}}"#,
        #"{"provider":"resend","credentials":{"api_key":"a","bot_token":"7:A"}}"#,
        #"{"provider":"resend","credentials":{"other":"a"}}"#, #"{"provider":"line","credentials":{}}"#,
    ])
    func refused(arguments: String) throws {
        let bench = try ToolBench()
        let said = try bench.call("comms_register_provider", arguments, as: Self.who)
        #expect(["arguments_invalid", "credentials_refused"].contains(said.code), "\(arguments)")
        #expect(bench.peer.received.isEmpty)
    }

    @Test("without a key nothing is kept; a demo asks nobody")
    func keyless() throws {
        let bench = try ToolBench(hasKeys: false)
        let said = try bench.call("comms_register_provider", Self.telegram, as: Self.who)
        #expect(said.code == "credentials_key_missing")
        let demo = try ToolBench(isDemo: true)
        let caller = ToolBench.principal(.demo, agent: nil)
        #expect(try demo.call("comms_register_provider", Self.telegram, as: caller).root["verified"]?.bool == true)
        #expect(demo.peer.received.isEmpty)
        #expect(try bench.call("comms_register_provider", "{}", as: ToolBench.principal()).code == "admin_required")
    }

    @Test("the desks' refusals become words that a model can act on", arguments: [
        (Refusal.routeUnknown, "not_found"), (.exists, "exists"), (.quotaReached, "quota_reached"),
        (.credentialsKeyMissing, "credentials_key_missing"), (.fieldInvalid, "arguments_invalid"),
        (.accessDenied, "scope_missing"), (.storeUnavailable, "unavailable"), (.auditUnavailable, "unavailable"),
    ])
    func words(_ row: (refusal: Refusal, code: String)) throws {
        let root = try JSONDocument.parse(ToolFault(row.refusal).json).root
        #expect(root["code"]?.text == row.code)
    }

    @Test("no provider that does not answer is waited for longer than ten seconds")
    func silent() throws {
        let bench = try ToolBench()
        let started = bench.desks.rig.clock.now
        #expect(try bench.call("comms_register_provider", Self.telegram, as: Self.who).code == "provider_unavailable")
        #expect(bench.desks.rig.clock.now - started <= Limits.providerCheckTimeout + .seconds(1))
    }
}
