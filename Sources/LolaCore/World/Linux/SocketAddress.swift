// Endpoints to and from the kernel's sockaddr forms. Pure conversions.
import CLinux
import Glibc

enum SocketAddress {
    /// Calls `body` with the kernel form of an endpoint.
    static func with<Result>(
        _ endpoint: Endpoint, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        if endpoint.address.octets.count == 4 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = endpoint.port.bigEndian
            unsafe withUnsafeMutableBytes(of: &address.sin_addr) { unsafe $0.copyBytes(from: endpoint.address.octets) }
            return unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = endpoint.port.bigEndian
        unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { unsafe $0.copyBytes(from: endpoint.address.octets) }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }

    /// The endpoint in a kernel form; nil for families other than IPv4 and IPv6.
    static func endpoint(_ address: UnsafePointer<sockaddr>) -> Endpoint? {
        switch Int32(unsafe address.pointee.sa_family) {
        case AF_INET:
            return unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                let octets = unsafe withUnsafeBytes(of: pointer.pointee.sin_addr) { unsafe Array($0) }
                return Endpoint(address: IPAddress(octets), port: UInt16(bigEndian: unsafe pointer.pointee.sin_port))
            }
        case AF_INET6:
            return unsafe address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                let octets = unsafe withUnsafeBytes(of: pointer.pointee.sin6_addr) { unsafe Array($0) }
                return Endpoint(address: IPAddress(octets), port: UInt16(bigEndian: unsafe pointer.pointee.sin6_port))
            }
        default:
            return nil
        }
    }
}
