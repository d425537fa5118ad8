// The authorities' way from the thread that reads them to the loops.
import Foundation
import Testing

@testable import LolaCore

@Suite("System authorities: read beside the loops, delivered to each once")
struct TrustDeliveryTests {
    @Test("each loop is woken and takes once; before that there is nothing")
    func delivery() {
        let wakers = [SimWaker(), SimWaker()]
        let delivery = TrustDelivery(wakers: wakers)
        #expect(delivery.take(loop: 0) == nil && wakers.allSatisfy { !$0.isAwake })
        delivery.deliver(.failure(.noAuthorities))
        #expect(wakers.allSatisfy { $0.isAwake })
        for number in 0..<2 {
            guard case .failure(.noAuthorities) = delivery.take(loop: number) else {
                Issue.record("loop \(number) was told nothing")
                continue
            }
            #expect(delivery.take(loop: number) == nil)
        }
    }

    @Test("they are read once, when they are first wanted")
    func wanted() {
        let waker = SimWaker()
        let delivery = TrustDelivery(wakers: [waker]) { $0.deliver(.failure(.noAuthorities)) }
        #expect(delivery.take(loop: 0) == nil && !waker.isAwake)
        delivery.want()
        #expect(waker.isAwake && delivery.take(loop: 0) != nil)
        delivery.want()
        #expect(delivery.take(loop: 0) == nil)
    }

    @Test("a loop that is told there are none says so in the log")
    func unavailable() throws {
        let world = try SimWorld(seed: 1, loops: 2, weather: .calm, environment: [:])
        world.run(for: .seconds(1))
        #expect(!said(world))
        world.shared.trust.deliver(.failure(.noAuthorities))
        world.run(for: .seconds(1))
        #expect(said(world))
    }

    private func said(_ world: SimWorld) -> Bool {
        world.lines.all.contains { line in
            let text = String(decoding: line, as: UTF8.self)
            return text.contains("https_unavailable") && text.contains("no_authorities") && text.contains("error")
        }
    }

    @Test("a bundle with authorities counts, a folder counts by its hashed names")
    func authorities() throws {
        let files = try TLSTestFiles.made.get()
        #expect(try TLSTrust(authorityFile: files.path("ca.pem")).hasAuthorities)
        #expect(!SystemTrust.holdsAuthorities(files.folder.path), "certificates without hashed names are not found")
        #expect(!SystemTrust.holdsAuthorities(files.path("missing")))
        let folder = files.folder.appendingPathComponent("hashed-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["0123456g.0", "0123456.0", "01234567.", "01234567.r0", "ca-certificates.crt"] {
            try Data().write(to: folder.appendingPathComponent(name))
        }
        #expect(!SystemTrust.holdsAuthorities(folder.path))
        try Data().write(to: folder.appendingPathComponent("0123abcd.0"))
        #expect(SystemTrust.holdsAuthorities(folder.path))
    }

    @Test("the folders are OpenSSL's own or those of its variable")
    func folders() {
        #expect(SystemTrust.folders([:]) == [TLSTrust.folder])
        #expect(SystemTrust.folders(["SSL_CERT_DIR": "/a:/b"]) == ["/a", "/b"])
        #expect(SystemTrust.folders(["SSL_CERT_DIR": ""]).isEmpty)
    }
}
