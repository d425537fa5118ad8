import Testing

@testable import LolaCore

@Suite("IdentityLookup")
struct IdentityLookupTests {
    private let known = #"{"sender":{"id":"u-1","verdict":"passed"}}"#
    private let nobody = #"{"sender":null}"#

    private func stage(token: String? = nil, notFoundIsUnknown: Bool = false) -> IdentityLookup {
        IdentityLookup(
            IdentityService(
                origin: Origin(isTLS: true, host: [UInt8](text: "id.bank.test"), port: 443),
                target: { [UInt8](text: "/v1/senders?phone=") + Percent.encode($0.bytes) },
                token: token.map { SecretBytes([UInt8](text: $0)) }, timeout: .seconds(3),
                treatsNotFoundAsUnknown: notFoundIsUnknown), entropy: CountingEntropy())
    }

    /// A turn whose phone has been normalised.
    private func turn(_ phone: String = "15550100") -> Turn {
        let turn = TurnSample(phone: phone).turn
        _ = PhoneNormalization().process(turn)
        return turn
    }

    private func answer(_ status: Int, _ body: String = "") throws -> EffectAnswer {
        .http(.success(try ResponseSample.make(status, body)))
    }

    @Test("asks with GET, the number percent-encoded, the time-out and the cap")
    func request() throws {
        let request = try #require(stage(token: "s3cret").process(turn()).request)
        #expect(request.method == .get && request.purpose == .identity)
        #expect(request.origin.authority == [UInt8](text: "id.bank.test"))
        #expect(request.target == [UInt8](text: "/v1/senders?phone=%2B15550100"))
        #expect(request.timeout == .seconds(3) && request.responseMax == Limits.identityResponseMax)
        #expect(request.isRepeatable && request.body.isEmpty)
        let fields = request.fields.map { "\($0.name): \($0.value.text)" }
        let trace = "traceparent: 00-0102030405060708090a0b0c0d0e0f10-1112131415161718-01"
        #expect(fields == ["Accept: application/json", trace, "Authorization: Bearer s3cret"])
    }

    @Test("without a token there is no Authorization")
    func noToken() throws {
        let request = try #require(stage().process(turn()).request)
        #expect(request.fields.map { "\($0.name)" } == ["Accept", "traceparent"])
    }

    @Test("every candidate is asked in the trace of the message, each under a span of its own")
    func traces() throws {
        let (stage, turn) = (stage(), turn("5215512345678"))
        let requests = try [
            #require(stage.process(turn).request),
            #require(stage.resume(turn, with: try answer(200, nobody)).request),
        ]
        let parts = requests.map { $0.fields[1].value.text.split(separator: "-") }
        #expect(parts[0][1] == parts[1][1] && parts[0][2] != parts[1][2])
    }

    @Test("a known sender")
    func found() throws {
        let (stage, turn) = (stage(), turn())
        _ = stage.process(turn)
        #expect(stage.resume(turn, with: try answer(200, known)).word == "next")
        #expect(turn.identity.word == "known")
        #expect(turn.detail == "known_passed")
    }

    @Test("without a phone nobody is asked: onboarding")
    func noPhone() {
        for sample in [TurnSample.telegram(), TurnSample(phone: "not a phone")] {
            let turn = sample.turn
            #expect(stage().process(turn).word == "next")
            #expect(turn.identity.word == "unknown")
        }
    }

    @Test("what an earlier stage could not check stays unavailable, unasked")
    func unavailableBefore() {
        let turn = turn()
        turn.identity = .unavailable(word: "contact_book_unavailable")
        #expect(stage().process(turn).word == "next")
        #expect(turn.identity.word == "unavailable contact_book_unavailable")
    }

    /// `N` nobody, `4` 404, `K` known, `5` 503: answers in order, and what comes of them.
    @Test(
        "candidates are asked in order until one is known or an answer cannot be used",
        arguments: [
            ("K", false, 1, "known"), ("NK", false, 2, "known"), ("4K", false, 2, "known"),
            ("NN", false, 2, "unknown"), ("4N", false, 2, "unknown"), ("N4", false, 2, "unknown"),
            ("44", false, 2, "unavailable not_found"), ("44", true, 2, "unknown"), ("4N", true, 2, "unknown"),
            ("5", false, 1, "unavailable status"), ("N5", false, 2, "unavailable status"),
            ("45", true, 2, "unavailable status"),
        ])
    func order(answers: String, notFoundIsUnknown: Bool, asked: Int, expected: String) throws {
        let stage = stage(notFoundIsUnknown: notFoundIsUnknown)
        let turn = turn("5215512345678")
        var verdict = stage.process(turn)
        var targets: [String] = []
        for letter in answers {
            targets.append(try #require(verdict.request).target.text)
            let given =
                switch letter {
                case "K": try answer(200, known)
                case "N": try answer(200, nobody)
                case "4": try answer(404)
                default: try answer(503)
                }
            verdict = stage.resume(turn, with: given)
        }
        #expect(verdict.word == "next")
        #expect(turn.identity.word == expected)
        let all = ["/v1/senders?phone=%2B525512345678", "/v1/senders?phone=%2B5215512345678"]
        #expect(targets == Array(all.prefix(asked)))
        if case .known(let user) = turn.identity {
            #expect(user.phone == turn.candidates[asked - 1])
        }
    }

    @Test(
        "every other status is no answer",
        arguments: [
            (201, "status"), (204, "status"), (301, "redirect"), (302, "redirect"), (304, "redirect"),
            (307, "redirect"),
            (400, "status"), (401, "status"), (403, "status"), (405, "status"), (410, "status"), (429, "status"),
            (500, "status"), (502, "status"), (503, "status"),
        ])
    func statuses(status: Int, word: String) throws {
        let (stage, turn) = (stage(notFoundIsUnknown: true), turn())
        _ = stage.process(turn)
        let body = status == 204 || status == 304 ? "" : known
        #expect(stage.resume(turn, with: try answer(status, body)).word == "next")
        #expect(turn.identity.word == "unavailable \(word)")
    }

    @Test("every fault of the exchange is no answer", arguments: OutboundFault.allCases)
    func faults(fault: OutboundFault) {
        let (stage, turn) = (stage(notFoundIsUnknown: true), turn("5215512345678"))
        _ = stage.process(turn)
        #expect(stage.resume(turn, with: .http(.failure(fault))).word == "next")
        #expect(turn.identity.word == "unavailable \(fault.rawValue)")
        #expect(turn.candidatesAsked == 1)
    }

    @Test("an answer of the wrong kind, or one nobody waited for, is lost", arguments: OddAnswer.all)
    func odd(odd: OddAnswer) throws {
        let given = try odd.answer()
        guard case .store = given else { return }
        let (stage, turn) = (stage(), turn())
        _ = stage.process(turn)
        #expect(stage.resume(turn, with: given).word == "next")
        #expect(turn.identity.word == "unavailable lost_answer")
    }

    @Test("an answer that comes before any question is lost")
    func unasked() throws {
        let turn = turn()
        #expect(stage().resume(turn, with: try answer(200, known)).word == "next")
        #expect(turn.identity.word == "unavailable lost_answer")
    }

    @Test(
        "200 counts only as JSON, said once",
        arguments: [
            (["Content-Type: application/json"], "known"), (["content-type: Application/JSON; charset=utf-8"], "known"),
            (["Content-Type: application/vnd.bank+json"], "known"), (["Content-Type: application/json ;x=1"], "known"),
            ([], "unavailable not_json"), (["Content-Type: text/html"], "unavailable not_json"),
            (["Content-Type: application/jsonp"], "unavailable not_json"),
            (["Content-Type: text/x+json"], "unavailable not_json"), (["Content-Type: "], "unavailable not_json"),
            (["Content-Type: application/+json"], "unavailable not_json"),
            (["Content-Type: application/json", "Content-Type: text/html"], "unavailable not_json"),
        ])
    func contentType(fields: [String], expected: String) throws {
        let (stage, turn) = (stage(), turn())
        _ = stage.process(turn)
        let response = try ResponseSample.make(200, known, fields: fields)
        #expect(stage.resume(turn, with: .http(.success(response))).word == "next")
        #expect(turn.identity.word == expected)
    }

    @Test(
        "an encoded answer is not read, even when its octets are plain JSON",
        arguments: [
            (["Content-Encoding: gzip"], "unavailable malformed"), (["content-encoding: br"], "unavailable malformed"),
            (["Content-Encoding: deflate, gzip"], "unavailable malformed"),
            (["Content-Encoding: identity, gzip"], "unavailable malformed"),
            (["Content-Encoding: identity", "Content-Encoding: gzip"], "unavailable malformed"),
            (["Content-Encoding: x-unknown"], "unavailable malformed"),
            (["Content-Encoding:"], "unavailable malformed"),
            (["Content-Encoding: identity"], "known"), (["Content-Encoding: Identity"], "known"),
        ])
    func contentCoding(fields: [String], expected: String) throws {
        for body in [known, nobody] {
            let (stage, turn) = (stage(), turn())
            _ = stage.process(turn)
            let response = try ResponseSample.make(200, body, fields: ["Content-Type: application/json"] + fields)
            #expect(stage.resume(turn, with: .http(.success(response))).word == "next")
            #expect(turn.identity.word == (expected == "known" && body == nobody ? "unknown" : expected))
            if expected != "known" { #expect(LogicRouter.agent(for: turn.identity) == .serviceUnavailable) }
        }
    }

    @Test("a verdict that is empty or missing is no verdict: service unavailable")
    func emptyVerdict() throws {
        for verdict in [#","verdict":"""#, #","verdict":null"#, ""] {
            let (stage, turn) = (stage(), turn())
            _ = stage.process(turn)
            _ = stage.resume(turn, with: try answer(200, #"{"sender":{"id":"u-1"\#(verdict)}}"#))
            #expect(turn.identity.word == "unavailable malformed")
            #expect(LogicRouter.agent(for: turn.identity) == .serviceUnavailable)
        }
    }

    @Test("neither number nor name stands in the trace")
    func trace() throws {
        let (stage, turn) = (stage(), turn())
        _ = stage.process(turn)
        let body = #"{"sender":{"id":"u-77","name":"Ana Ruiz","verdict":"blocked","is_blocked":true}}"#
        _ = stage.resume(turn, with: try answer(200, body))
        #expect(turn.detail == "known_blocked")
    }
}

@Suite("LogicRouter")
struct LogicRouterTests {
    @Test(
        "the first rule that fits, for every verdict",
        arguments: [
            (ComplianceVerdict.passed, false, AgentName.senderHome), (.passed, true, .blocked),
            (.pending, false, .pendingCIP), (.pending, true, .blocked),
            (.blocked, false, .blocked), (.blocked, true, .blocked),
        ])
    func known(verdict: ComplianceVerdict, isBlocked: Bool, agent: AgentName) throws {
        let user = try ContextUser.sample(verdict: verdict, isBlocked: isBlocked)
        #expect(LogicRouter.agent(for: .known(user)) == agent)
    }

    @Test("nobody known is onboarding, nothing checked is service unavailable")
    func others() {
        #expect(LogicRouter.agent(for: .unknown) == .onboarding)
        #expect(LogicRouter.agent(for: .unavailable(word: "timeout")) == .serviceUnavailable)
    }
}
