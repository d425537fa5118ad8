// First in, first out, each step at constant cost: an array's own removeFirst moves everything that stands behind.
// A value; used for messages and calls that wait for their turn.

struct FIFO<Element> {
    private static var kept: Int { 1_024 }

    /// Newest last.
    private var arriving: [Element] = []
    /// Oldest last.
    private var leaving: [Element] = []

    var isEmpty: Bool { arriving.isEmpty && leaving.isEmpty }
    var count: Int { arriving.count + leaving.count }
    /// The oldest.
    var first: Element? { leaving.last ?? arriving.first }

    mutating func append(_ element: Element) { arriving.append(element) }

    mutating func popFirst() -> Element? {
        if leaving.isEmpty {
            // Both keep their memory, unless it was a rush that needed it.
            if leaving.capacity > Self.kept { leaving = [] }
            swap(&leaving, &arriving)
            leaving.reverse()
        }
        return leaving.popLast()
    }
}
