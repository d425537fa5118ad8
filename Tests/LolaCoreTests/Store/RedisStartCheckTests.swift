import Foundation
import Testing

@testable import LolaCore

@Suite("Redis at start: what keeps nothing is refused, and TLS and passwords are believed only when right", .serialized)
struct RedisStartCheckTests {
    private func check(
        _ address: RedisAddress, tls: TLSContext? = nil, acceptsLoss: Bool = false, patience: Interval = .seconds(10)
    ) throws -> RedisStartCheck.Outcome {
        RedisStartCheck.run(
            try RealLoop().loop, address: address, tls: tls, acceptsLoss: acceptsLoss, patience: patience)
    }

    @Test(
        "persistence and eviction",
        arguments: [
            ([], nil), (["--appendfsync", "everysec"], "appendfsync is everysec"),
            (["--appendonly", "no"], "appendonly is off"),
            (["--maxmemory-policy", "allkeys-lru"], "maxmemory-policy is allkeys-lru"),
        ] as [([String], String?)])
    func persistence(options: [String], complaint: String?) throws {
        let server = try RedisServer(options)
        let strict = try check(server.address())
        let lenient = try check(server.address(), acceptsLoss: true)
        guard let complaint else {
            #expect(strict == .passed(warnings: []) && lenient == strict)
            return
        }
        guard case .refused(let text) = strict, case .passed(let warnings) = lenient else {
            Issue.record("\(strict) \(lenient)")
            return
        }
        #expect(text.contains(complaint) && text.contains("store.redis.accept_loss"))
        #expect(warnings.count == 1 && warnings[0].contains(complaint))
    }

    @Test("a server that hides its configuration passes with a warning; a cluster and a replica never pass")
    func hidden() throws {
        let hiding = try RedisServer(["--rename-command", "CONFIG", ""])
        guard case .passed(let warnings) = try check(hiding.address()) else { throw CancellationError() }
        #expect(warnings.count == 1 && warnings[0].contains("appendfsync"))
        let cluster = try RedisServer(["--cluster-enabled", "yes"])
        #expect(
            try check(cluster.address(), acceptsLoss: true)
                == .refused(
                    "this is a Redis cluster; expected a single primary"))
        let replica = try RedisServer(["--replicaof", "127.0.0.1 \(hiding.port)"])
        #expect(
            try check(replica.address(), acceptsLoss: true)
                == .refused(
                    "this Redis is a replica; expected the primary"))
    }

    @Test("passwords and users: right ones are let in, wrong ones are told at once and never logged")
    func passwords() throws {
        let server = try RedisServer(
            ["--requirepass", "se cret", "--user"] + ["lola", "on", ">pass", "~*", "&*", "+@all"])
        #expect(try check(server.address(password: "se cret")) == .passed(warnings: []))
        #expect(try check(server.address(password: "pass", username: "lola")) == .passed(warnings: []))
        for address in [
            server.address(), server.address(password: "no"), server.address(password: "no", username: "lola"),
        ] {
            let outcome = try check(address)
            #expect(outcome == .unreachable(.notAllowed))
        }
        let member = try RedisMember(server.address(database: 5, password: "se cret"))
        #expect(member.open())
        #expect(try member.ask(.put(StoreKey(.state, RecordID(high: 1, low: 1)), [1], expires: nil)) == .done)
        member.end()
        #expect(!"\(server.address(password: "se cret"))".contains("se cret"))
    }

    @Test("nobody there")
    func nobody() throws {
        let server = try RedisServer()
        server.kill()
        #expect(try check(server.address(), patience: .milliseconds(300)) == .unreachable(.unreachable))
    }

    @Test(
        "versions that are too old, or write beyond their memory when entries are taken over, are refused",
        arguments: [
            ("6.0.16", false), ("6.2.0", true), ("7.0.0", false), ("7.0.3", false), ("7.0", false), ("7.0.4", true),
            ("7.0.15", true), ("7.2.0", true), ("8.0.1", true), ("", false), ("x", false),
        ])
    func versions(version: String, isTaken: Bool) {
        let information = [UInt8](text: "# Server\r\nredis_version:\(version)\r\nrole:master\r\n")
        #expect((RedisStartCheck.unusable(information) == nil) == isTaken)
    }

    @Test("TLS: the right authority and name are let in, every other certificate is refused")
    func tls() throws {
        let files = try TLSTestFiles.made.get()
        func server(_ certificate: String) throws -> RedisServer {
            try RedisServer(
                [
                    "--tls-cert-file", files.path(certificate), "--tls-key-file", files.path("server.key"),
                    "--tls-ca-cert-file", files.path("ca.pem"), "--tls-auth-clients", "no", "--requirepass", "secret",
                ], isTLS: true)
        }
        func address(_ server: RedisServer, host: String = "127.0.0.1") -> RedisAddress {
            RedisAddress(
                host: [UInt8](text: host), port: server.port, isTLS: true, username: nil,
                password: SecretBytes([UInt8](text: "secret")), database: 0)
        }
        let good = try server("good.pem")
        #expect(try check(address(good), tls: try TLSTestFiles.client()) == .passed(warnings: []))
        let member = try RedisMember(address(good), tls: try TLSTestFiles.client())
        #expect(member.open())
        let value = [UInt8](repeating: 7, count: 300_000)
        let key = StoreKey(.state, RecordID(high: 1, low: 1))
        #expect(try member.ask(.put(key, value, expires: nil)) == .done)
        #expect(try member.ask(.get(key)) == .value(value))
        #expect(RealLoop.run([member.real]) { member.store.wake.isOpen })
        member.end()
        let short = Interval.seconds(2)
        #expect(
            try check(address(good, host: "localhost"), tls: try TLSTestFiles.client(), patience: short)
                == .unreachable(.tls))
        #expect(
            try check(address(good), tls: try TLSTestFiles.client(authority: nil), patience: short)
                == .unreachable(.tls))
        let expired = try server("expired.pem")
        #expect(try check(address(expired), tls: try TLSTestFiles.client(), patience: short) == .unreachable(.tls))
    }
}
