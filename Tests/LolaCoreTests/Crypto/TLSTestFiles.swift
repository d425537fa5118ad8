// Certificates for the TLS tests, made once per run by the `openssl` command line in a temporary folder.
import Foundation
import Testing

@testable import LolaCore

struct TLSTestFiles {
    let folder: URL
    /// By name of the authority file; "" is the system alone. Made once: a bundle of the system takes tens of ms.
    private let trusts: [String: TLSTrust]

    /// The files of this run; a failure to make them fails every test that asks.
    static let made = Result { try TLSTestFiles() }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// A client context that trusts the test authority (or another file of the folder).
    static func client(authority: String? = "ca.pem") throws -> TLSContext {
        let trust = try made.get().trusts[authority ?? ""]
        return try TLSContext(client: try #require(trust))
    }

    /// A server context with a certificate of the folder; all use the same key.
    static func server(_ certificate: String = "good.pem", ticketKey: SecretBytes? = nil) throws -> TLSContext {
        let files = try made.get()
        return try TLSContext(
            certificateFile: files.path(certificate), keyFile: files.path("server.key"), ticketKey: ticketKey)
    }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("lola-tls-\(UUID().uuidString)")
        try TLSTestFileMaker(folder: folder).make()
        atexit {
            if case .success(let files) = TLSTestFiles.made { try? FileManager.default.removeItem(at: files.folder) }
        }
        trusts = [
            "": try TLSTrust(),
            "ca.pem": try TLSTrust(authorityFile: folder.appendingPathComponent("ca.pem").path),
            "other-ca.pem": try TLSTrust(authorityFile: folder.appendingPathComponent("other-ca.pem").path),
        ]
    }
}

private struct TLSTestFileMaker {
    let folder: URL

    func make() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write("ca.cnf", Self.configuration)
        try write("index.txt", "")
        try write("serial", "01\n")
        for name in ["ca", "other-ca", "server", "other"] {
            try tool("ecparam -name prime256v1 -genkey -noout -out \(name).key")
        }
        for name in ["ca", "other-ca"] { try selfSign(name, key: name, extensions: "v3_ca") }
        try selfSign("self-signed", key: "server", extensions: "v3_server")
        try tool("req -new -key server.key -subj /CN=server -config ca.cnf -out server.csr")
        try sign("good", from: 2020, until: 2099)
        try sign("expired", from: 2020, until: 2021)
        try sign("future", from: 2098, until: 2099)
        try sign("client-only", from: 2020, until: 2099, extensions: "v3_client")
        try sign("name-in-subject", from: 2020, until: 2099, extensions: "v3_no_names")
        try sign("foreign", from: 2020, until: 2099, authority: "other-ca")
        try tool("ec -in server.key -aes256 -passout pass:secret -out encrypted.key")
        try tool("genrsa -out rsa.key 2048")
        try write("empty", "")
        try write("garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    }

    private func tool(_ arguments: String) throws {
        try OpenSSLTool.run(arguments.split(separator: " ").map(String.init), in: folder)
    }

    private func selfSign(_ name: String, key: String, extensions: String) throws {
        let subject = "-subj /CN=\(name) -days 3650 -config ca.cnf -extensions \(extensions)"
        try tool("req -x509 -new -key \(key).key \(subject) -out \(name).pem")
    }

    private func sign(
        _ name: String, from start: Int, until end: Int, extensions: String = "v3_server", authority: String = "ca"
    ) throws {
        try tool(
            "ca -batch -config ca.cnf -cert \(authority).pem -keyfile \(authority).key -in server.csr -notext "
                + "-extensions \(extensions) -startdate \(start)0101000000Z -enddate \(end)0101000000Z "
                + "-out \(name).pem")
    }

    private func write(_ name: String, _ text: String) throws {
        try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }

    private static let configuration = """
        [req]
        distinguished_name = name
        [name]
        [ca]
        default_ca = authority
        [authority]
        database = index.txt
        serial = serial
        new_certs_dir = .
        default_md = sha256
        policy = policy
        unique_subject = no
        [policy]
        commonName = supplied
        [v3_ca]
        basicConstraints = critical,CA:TRUE
        keyUsage = critical,keyCertSign
        [v3_server]
        subjectAltName = DNS:example.test,DNS:*.wild.test,IP:127.0.0.1,IP:::1
        extendedKeyUsage = serverAuth
        [v3_client]
        subjectAltName = DNS:example.test
        extendedKeyUsage = clientAuth
        [v3_no_names]
        extendedKeyUsage = serverAuth

        """
}
