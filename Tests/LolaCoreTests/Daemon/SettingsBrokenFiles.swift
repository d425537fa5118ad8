// The rows of SettingsBrokenTests that are settings files.
@testable import LolaCore

extension SettingsBrokenTests {
    private static let known = "a key of docs/CONFIGURATION.md"

    static let files: [BrokenFile] = [
        // Unknown names, with the nearest one.
        BrokenFile(.unknownKey, "server.lisen", 1, known, nearest: "server.listen", "{ server: { lisen: 'x' } }"),
        BrokenFile(.unknownKey, "servr", 2, known, nearest: "server", "{\n  servr: { listen: '127.0.0.1:1' } }"),
        BrokenFile(.unknownKey, "listen", 1, known, nearest: "server.listen", "{ listen: '127.0.0.1:1' }"),
        BrokenFile(.unknownKey, "LOLA_LISTEN", 1, known, nearest: "server.listen", "{ LOLA_LISTEN: '127.0.0.1:1' }"),
        BrokenFile(
            .unknownKey, "server.publicUrl", 1, known, nearest: "server.public_url", "{ server: { publicUrl: 'x' } }"),
        BrokenFile(
            .unknownKey, "agents.sender-home", 1, known, nearest: "agents.sender_home",
            "{ agents: { 'sender-home': {} } }"),
        BrokenFile(
            .unknownKey, "agents.blocked.uri", 1, known, nearest: "agents.blocked.url",
            "{ agents: { blocked: { uri: 'x' } } }"),
        BrokenFile(.unknownKey, "completely_different", 1, known, "{ completely_different: 1 }"),
        BrokenFile(.unknownKey, "Server", 1, known, nearest: "server", "{ Server: {} }"),
        BrokenFile(
            .unknownKey, "server.listen", 1, "nested objects instead of a dotted key",
            "{ 'server.listen': '127.0.0.1:1' }"),
        BrokenFile(.unknownKey, "a??b", 1, known, "{ 'a\\u0007\\u001bb': 1 }"),
        BrokenFile(
            .unknownKey, "store.rediss", 3, known, nearest: "store.redis",
            "{ store: {\n kind: 'embedded',\n rediss: {} } }"),

        // Secrets.
        BrokenFile(
            .secretInFile, "data.key", 1, "LOLA_DATA_KEY or LOLA_DATA_KEY_FILE in the environment",
            "{ data: { key: 'x' } }"),
        BrokenFile(
            .secretInFile, "identity.token", 2, "LOLA_IDENTITY_TOKEN or LOLA_IDENTITY_TOKEN_FILE in the environment",
            "{ identity: {\n token: 'x' } }"),
        BrokenFile(
            .secretInFile, "session.private_key", 1,
            "LOLA_JWT_PRIVATE_KEY or LOLA_JWT_PRIVATE_KEY_FILE in the environment",
            "{ session: { private_key: null } }"),
        BrokenFile(
            .secretInFile, "store.redis.url", 1, "REDIS_URL or REDIS_URL_FILE in the environment",
            "{ store: { redis: { url: 'redis://h' } } }"),
        BrokenFile(
            .secretInFile, "management.orchestrator_token", 1,
            "ORCHESTRATOR_SECURITY_TOKEN or ORCHESTRATOR_SECURITY_TOKEN_FILE in the environment",
            "{ management: { orchestrator_token: 5 } }"),

        // Types.
        BrokenFile(.wrongType, "the settings", 1, "one object, { server: { … }, … }", "[]"),
        BrokenFile(.wrongType, "the settings", 2, "one object, { server: { … }, … }", "\n'server'"),
        BrokenFile(.wrongType, "server", 1, "an object", "{ server: '127.0.0.1:1' }"),
        BrokenFile(.wrongType, "server.tls", 1, "an object", "{ server: { tls: true } }"),
        BrokenFile(.wrongType, "agents.onboarding", 1, "an object", "{ agents: { onboarding: 'https://a.example' } }"),
        type("server.listen", "a string", "{ server: { listen: 8080 } }"),
        type("server.listen", "a string", "{ server: { listen: { host: 'x' } } }"),
        type("server.loops", "a number", "{ server: { loops: '4' } }"),
        type("server.loops", "a number", "{ server: { loops: null } }"),
        type("server.trusted_proxies", "an array of strings", "{ server: { trusted_proxies: [10] } }"),
        type("server.trusted_proxies", "an array of strings", "{ server: { trusted_proxies: [''] } }"),
        type(
            "server.trusted_proxies", "an array of strings",
            "{ server: { trusted_proxies: ['10.0.0.0/8,10.0.0.0/8'] } }"),
        type("server.trusted_proxies", "an array of strings", "{ server: { trusted_proxies: {} } }"),
        type("commands.active", "a boolean", "{ commands: { active: 'true' } }"),
        type("commands.active", "a boolean", "{ commands: { active: 1 } }"),
        type("identity.timeout", "a string", "{ identity: { timeout: 3 } }"),
        type("compliance.content_filter", "a string", "{ compliance: { content_filter: true } }"),
        type("limits.agent.spend_per_day", "a number", "{ limits: { agent: { spend_per_day: '10' } } }"),
        type("management.demo_mode", "a boolean", "{ management: { demo_mode: 'false' } }"),

        // Values.
        BrokenFile(.wrongValue, "server.listen", 1, "{ server: { listen: '8080' } }"),
        BrokenFile(.empty, "server.listen", 1, "{ server: { listen: '' } }"),
        BrokenFile(.outOfRange, "server.loops", 3, "{\n server: {\n loops: 0 } }"),
        BrokenFile(.wrongValue, "server.loops", 1, "{ server: { loops: 1.5 } }"),
        BrokenFile(.wrongValue, "server.loops", 1, "{ server: { loops: -1 } }"),
        BrokenFile(.wrongValue, "server.trusted_proxies", 1, "{ server: { trusted_proxies: ['10.0.0.1/8'] } }"),
        BrokenFile(.wrongValue, "store.kind", 1, "{ store: { kind: 'memory' } }"),
        BrokenFile(.outOfRange, "callback.ttl", 1, "{ callback: { ttl: '3h' } }"),
        BrokenFile(.outOfRange, "session.ttl", 1, "{ session: { ttl: '61m' } }"),
        BrokenFile(.conflict, "pipeline.middleware", 1, "{ pipeline: { middleware: ['identity', 'identity'] } }"),
        BrokenFile(.empty, "pipeline.middleware", 1, "{ pipeline: { middleware: [] } }"),
        BrokenFile(.wrongValue, "commands.allowed", 1, "{ commands: { allowed: ['info'] } }"),
        BrokenFile(.insecure, "agents.blocked.url", 1, "{ agents: { blocked: { url: 'http://a.example' } } }"),
        BrokenFile(.wrongValue, "limits.agent.spend_per_day", 1, "{ limits: { agent: { spend_per_day: 0.001 } } }"),
        BrokenFile(.outOfRange, "limits.http.per_ip", 1, "{ limits: { http: { per_ip: 0 } } }"),
        BrokenFile(.wrongValue, "ip_filters.denylist", 1, "{ ip_filters: { denylist: ['nobody'] } }"),
        BrokenFile(.wrongValue, "compliance.quiet_hours", 1, "{ compliance: { quiet_hours: '21-8' } }"),
        BrokenFile(
            .insecure, "management.demo_mode", 1,
            "false, or loopback addresses in server.listen and management.listen",
            "{ management: { demo_mode: true }, server: { listen: '0.0.0.0:80' } }"),
        BrokenFile(
            .conflict, "management.listen", 1, "another address than server.listen",
            "{ management: { listen: '127.0.0.1:8080' } }"),
    ]

    private static func type(_ key: String, _ name: String, _ text: String) -> BrokenFile {
        let expected = SettingsTable.all.first { $0.key == key }?.expected ?? "?"
        return BrokenFile(.wrongType, key, 1, "\(name): \(expected)", text)
    }
}
