// The system's authorities on their way to the loops. OpenSSL takes tens of milliseconds and a megabyte to read them,
// and only https calls need them: a thread reads them once somebody wants them, and the start does not wait.
import Synchronization

/// The authorities, or why there are none.
typealias TrustOutcome = Result<TLSTrust, TLSContextFault>

/// One box for each loop. Any thread delivers, once; each loop takes from its own.
final class TrustDelivery: Sendable {
    private let boxes: [Mailbox<TrustOutcome>]
    private let begin: @Sendable (TrustDelivery) -> Void
    private let isWanted = Atomic<Bool>(false)

    /// `wakers` are those of the loops, in their order. `begin` has the authorities read and delivered, and returns at
    /// once.
    init(wakers: [any Waker], begin: @escaping @Sendable (TrustDelivery) -> Void = { _ in }) {
        boxes = wakers.map { Mailbox(waker: $0) }
        self.begin = begin
    }

    /// Somebody calls over https, or will. Any thread, any number of times.
    func want() {
        if !isWanted.exchange(true, ordering: .relaxed) { begin(self) }
    }

    func deliver(_ outcome: TrustOutcome) {
        for box in boxes { box.post(outcome) }
    }

    /// Nil until it is delivered, and after it has been taken.
    func take(loop number: Int) -> TrustOutcome? { boxes[number].drain().first }
}

enum SystemTrust {
    /// Reads the system's bundle. `noAuthorities` when neither the bundle nor a folder holds one.
    static func read() -> TrustOutcome {
        do throws(TLSContextFault) {
            let trust = try TLSTrust()
            let isUsable = trust.hasAuthorities || folders(Process.environment).contains(where: holdsAuthorities)
            return isUsable ? .success(trust) : .failure(.noAuthorities)
        } catch {
            return .failure(error)
        }
    }

    /// Where OpenSSL looks for single authorities: its own folder, or those its variable names instead.
    static func folders(_ environment: [String: String]) -> [String] {
        let named = environment[TLSTrust.folderVariable] ?? TLSTrust.folder
        return named.split(separator: ":").map(String.init)
    }

    /// OpenSSL finds an authority in a folder by the hash of its name: eight hexadecimal digits, a dot, a number.
    static func holdsAuthorities(_ folder: String) -> Bool {
        Files.names(in: folder).contains { name in
            let octets = Array(name.utf8)
            return octets.count > 9 && octets[8] == 0x2E && octets[..<8].allSatisfy(isHexadecimal)
                && ASCII.decimal(octets[9...]) != nil
        }
    }

    private static func isHexadecimal(_ octet: UInt8) -> Bool {
        (0x30...0x39).contains(octet) || (0x61...0x66).contains(octet)
    }
}
