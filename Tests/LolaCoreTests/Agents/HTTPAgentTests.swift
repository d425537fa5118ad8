import Testing

@testable import LolaCore

@Suite("HTTPAgent")
struct HTTPAgentTests {
    private let pem: [UInt8]
    private let now = WallTime(seconds: 1_795_168_800)

    init() throws { pem = try ES256PrivateKey.generatePEM() }

    private func agent(entropy: any Entropy = CountingEntropy()) throws -> HTTPAgent {
        HTTPAgent(
            name: .senderHome, url: try #require(HTTPURL([UInt8](text: "https://agents.bank.test/home?v=1"))),
            timeout: .seconds(30), key: try ES256PrivateKey(pem: pem),
            issuer: [UInt8](text: "https://lola.bank.test"), entropy: entropy)
    }

    private func field(_ name: String, of request: OutboundRequest) -> String? {
        let all = request.fields.filter { "\($0.name)" == name }
        return all.count == 1 ? all[0].value.text : nil
    }

    @Test("posts the envelope to the agent's URL with the fields of CONTRACT")
    func request() throws {
        let turn = TurnSample().turn
        let request = try agent().request(turn, state: nil, at: now)
        #expect(request.method == .post && request.purpose == .agent && request.isRepeatable)
        #expect(request.origin.authority == [UInt8](text: "agents.bank.test") && request.origin.isTLS)
        #expect(request.target == [UInt8](text: "/home?v=1"))
        #expect(request.timeout == .seconds(30) && request.responseMax == Limits.agentResponseMax)
        #expect(request.body == AgentEnvelope.write(.senderHome, turn, state: nil))
        #expect(field("Content-Type", of: request) == "application/json")
        #expect(field("Idempotency-Key", of: request) == "whatsapp:wamid.A")
        #expect(
            field("traceparent", of: request) == "00-1112131415161718191a1b1c1d1e1f20-2122232425262728-01")
        #expect(request.fields.count == 5)
    }

    @Test("the bearer is an ES256 token for this agent, good for sixty seconds")
    func bearer() throws {
        let request = try agent().request(TurnSample().turn, state: nil, at: now)
        let value = try #require(field("Authorization", of: request))
        #expect(value.hasPrefix("Bearer "))
        let key = try ES256PrivateKey(pem: pem)
        let claims = try JWT.verify(
            [UInt8](text: String(value.dropFirst(7))), keys: [key.publicKey.thumbprint: key.publicKey])
        let root = try JSONDocument.parse(claims).root
        #expect(root["iss"]?.text == "https://lola.bank.test")
        #expect(root["aud"]?.text == "sender_home")
        #expect(root["iat"]?.integer == 1_795_168_800 && root["nbf"]?.integer == 1_795_168_800)
        #expect(root["exp"]?.integer == 1_795_168_860)
        #expect(root["jti"]?.text?.count == 22)
        #expect(root.count == 6)
    }

    @Test("a repetition is the same call in the same trace, with a new bearer and a new span")
    func repetition() throws {
        let (agent, turn) = (try agent(), TurnSample().turn)
        let first = try agent.request(turn, state: nil, at: now)
        let second = try agent.request(turn, state: nil, at: now + .seconds(30))
        #expect(first.body == second.body)
        #expect(field("Idempotency-Key", of: first) == field("Idempotency-Key", of: second))
        #expect(field("Authorization", of: first) != field("Authorization", of: second))
        let traces = try [first, second].map { try #require(field("traceparent", of: $0)).split(separator: "-") }
        #expect(traces[0][1] == traces[1][1] && traces[0][2] != traces[1][2])
    }

    @Test("calls of twenty seconds have one bearer, which then still has two thirds of its life; later ones a new one")
    func bearerReuse() throws {
        let (agent, turn) = (try agent(), TurnSample().turn)
        let value = { (later: Interval) in
            field("Authorization", of: try agent.request(turn, state: nil, at: now + later))
        }
        let first = try value(.zero)
        #expect(try value(.milliseconds(19_999)) == first)
        let second = try value(Limits.agentTokenReuse)
        #expect(second != first)
        #expect(try value(.seconds(39)) == second)
        // A clock that was set back: the token would be one of the future.
        #expect(try value(.seconds(10)) != second)
        #expect(Limits.agentTokenReuse.nanoseconds * 3 <= Limits.agentTokenLifetime.nanoseconds)
    }

    @Test("after a failed call the next one has a new bearer, after an answered one the same")
    func bearerAfterFailure() throws {
        let (agent, turn) = (try agent(), TurnSample().turn)
        let value = { field("Authorization", of: try agent.request(turn, state: nil, at: now)) }
        let first = try value()
        _ = agent.read(.success(try ResponseSample.make(200, #"{"replies":[]}"#, fields: [])))
        #expect(try value() == first)
        _ = agent.read(.success(try ResponseSample.make(401, "", fields: [])))
        let second = try value()
        #expect(second != first)
        _ = agent.read(.failure(.timeout))
        #expect(try value() != second)
    }

    @Test("a message that has a trace is called in it")
    func trace() throws {
        let own = String(repeating: "ab", count: 16)
        let sample = TurnSample().turn
        let turn = Turn(sample.verified, senderID: sample.senderID, traceID: [UInt8](text: own))
        let request = try agent().request(turn, state: nil, at: now)
        #expect(field("traceparent", of: request) == "00-\(own)-1112131415161718-01")
    }

    @Test("a trace is never of zeros only, which W3C forbids")
    func zeroEntropy() throws {
        let entropy = CountingEntropy(from: 0, step: 0)
        let request = try agent(entropy: entropy).request(TurnSample().turn, state: nil, at: now)
        let zeros = { String(repeating: "0", count: $0) }
        #expect(field("traceparent", of: request) == "00-\(zeros(31))1-\(zeros(15))1-01")
    }

    @Test("no native id can add a field", arguments: ["a\r\nX-Admin: 1", "a b", "ключ", "\u{0}", "a\u{7F}"])
    func hostileKey(id: String) throws {
        var sample = TurnSample()
        sample.nativeID = id
        let request = try agent().request(sample.turn, state: nil, at: now)
        let value = try #require(request.fields.first { "\($0.name)" == "Idempotency-Key" }?.value)
        #expect(DisplayText.isVisibleASCII(value))
        #expect(Percent.decode(value) == sample.message.key.bytes)
    }

    // MARK: Answers

    private func read(_ status: Int, _ body: String = "", fields: [String] = []) throws -> String {
        let response = try ResponseSample.make(status, body, fields: fields)
        return describe(try agent().read(.success(response)))
    }

    private func describe(_ result: Result<AgentAnswer, AgentFailure>) -> String {
        switch result {
        case .success(let answer): "replies \(answer.replies.count) deferred \(answer.isDeferred)"
        case .failure(.retry(let word, let after)): "retry \(word) \(after.map { "\($0.inSeconds)" } ?? "-")"
        case .failure(.final(let word)): "final \(word)"
        }
    }

    @Test(
        "every status means what CONTRACT says",
        arguments: [
            (200, "replies 0 deferred false"), (202, "replies 0 deferred true"), (201, "final status_unexpected"),
            (204, "final status_unexpected"), (206, "final status_unexpected"), (301, "final redirect"),
            (302, "final redirect"), (304, "final redirect"), (307, "final redirect"), (308, "final redirect"),
            (400, "final status_4xx"), (401, "final status_4xx"), (403, "final status_4xx"), (404, "final status_4xx"),
            (409, "final status_4xx"), (413, "final status_4xx"), (422, "final status_4xx"), (499, "final status_4xx"),
            (408, "retry status_408 -"), (425, "retry status_425 -"), (429, "retry status_429 -"),
            (500, "retry status_5xx -"), (501, "retry status_5xx -"), (502, "retry status_5xx -"),
            (503, "retry status_5xx -"), (504, "retry status_5xx -"), (599, "retry status_5xx -"),
        ])
    func statuses(status: Int, expected: String) throws {
        #expect(try read(status) == expected)
    }

    @Test(
        "Retry-After is honoured in seconds, up to a day",
        arguments: [
            ("7", "7"), ("0", "0"), ("86400", "86400"), ("99999999999999999", "86400"), ("-1", "-"), ("1.5", "-"),
            ("99999999999999999999", "-"), ("soon", "-"), ("Fri, 20 Nov 2026 10:00:30 GMT", "-"), ("", "-"),
        ])
    func retryAfter(value: String, expected: String) throws {
        #expect(try read(429, fields: ["Retry-After: \(value)"]) == "retry status_429 \(expected)")
        #expect(try read(503, fields: ["Retry-After: \(value)"]) == "retry status_5xx \(expected)")
        #expect(try read(400, fields: ["Retry-After: \(value)"]) == "final status_4xx")
    }

    @Test("a fault of the exchange may pass, a broken or endless answer will not", arguments: OutboundFault.allCases)
    func faults(fault: OutboundFault) throws {
        let isFinal = fault == .malformed || fault == .tooLarge
        let expected = isFinal ? "final \(fault.rawValue)" : "retry \(fault.rawValue) -"
        #expect(describe(try agent().read(.failure(fault))) == expected)
    }

    @Test("a malformed 200 is final and says what is wrong")
    func malformed() throws {
        #expect(try read(200, #"{"replies":[{"type":"card"}]}"#) == "final answer_reply_type_unknown")
        #expect(AgentFailure.final(word: "answer_not_json").word == "answer_not_json")
        #expect(Set(AgentAnswerFault.allCases.map { "\($0.word)" }).count == AgentAnswerFault.allCases.count)
    }

    @Test("a 202 is deferred, whatever stands in its body")
    func deferred() throws {
        let response = try ResponseSample.make(202, #"{"replies":[{"type":"text","text":"x"}],"state":{}}"#)
        let answer = try agent().read(.success(response)).get()
        #expect(answer == AgentAnswer(isDeferred: true))
    }
}
