// Certificates for the TLS tests, made once per run by the `openssl` command line in a temporary folder.
import Foundation
import Testing

@testable import LolaCore

struct TLSTestFiles {
    let folder: URL

    /// The files of this run; a failure to make them fails every test that asks.
    static let made = Result { try TLSTestFiles() }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// A client context that trusts the test authority (or another file of the folder).
    static func client(authority: String? = "ca.pem") throws -> TLSContext {
        let files = try made.get()
        return try TLSContext(client: TLSTrust(authorityFile: authority.map { files.path($0) }))
    }

    /// A server context with a certificate of the folder; all use the same key.
    static func server(_ certificate: String = "good.pem", ticketKey: SecretBytes? = nil) throws -> TLSContext {
        let files = try made.get()
        return try TLSContext(
            certificateFile: files.path(certificate), keyFile: files.path("server.key"), ticketKey: ticketKey)
    }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("lola-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write("ca.cnf", Self.configuration)
        try write("index.txt", "")
        try write("serial", "01\n")
        for name in ["ca", "other-ca", "server", "other"] {
            try tool("ecparam -name prime256v1 -genkey -noout -out \(name).key")
        }
        for name in ["ca", "other-ca"] {
            try tool("req -x509 -new -key \(name).key -subj /CN=\(name) -days 3650 -config ca.cnf -extensions v3_ca -out \(name).pem")
        }
        try tool("req -new -key server.key -subj /CN=server -config ca.cnf -out server.csr")
        try tool("req -x509 -new -key server.key -subj /CN=self -days 3650 -config ca.cnf -extensions v3_server -out self-signed.pem")
        try sign("good", from: "20200101000000Z", until: "20991231000000Z")
        try sign("expired", from: "20200101000000Z", until: "20200201000000Z")
        try sign("future", from: "20990101000000Z", until: "20991231000000Z")
        try sign("client-only", from: "20200101000000Z", until: "20991231000000Z", extensions: "v3_client")
        try sign("name-in-subject", from: "20200101000000Z", until: "20991231000000Z", extensions: "v3_no_names")
        try sign("foreign", from: "20200101000000Z", until: "20991231000000Z", authority: "other-ca")
        try tool("ec -in server.key -aes256 -passout pass:secret -out encrypted.key")
        try tool("genrsa -out rsa.key 2048")
        try write("empty", "")
        try write("garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    }

    private func tool(_ arguments: String) throws {
        try OpenSSLTool.run(arguments.split(separator: " ").map(String.init), in: folder)
    }

    private func sign(
        _ name: String, from start: String, until end: String, extensions: String = "v3_server", authority: String = "ca"
    ) throws {
        try tool(
            "ca -batch -config ca.cnf -cert \(authority).pem -keyfile \(authority).key -in server.csr -notext "
                + "-extensions \(extensions) -startdate \(start) -enddate \(end) -out \(name).pem")
    }

    private func write(_ name: String, _ text: String) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
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
