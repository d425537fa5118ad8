// The only way from thread to thread: values go in under a lock, the owner takes them all at once and is
// woken when it sleeps. Any thread posts; the owning loop drains.
import Synchronization

final class Mailbox<Message: Sendable>: Sendable {
    private let box = Mutex<[Message]>([])
    private let waker: any Waker

    init(waker: any Waker) { self.waker = waker }

    func post(_ message: Message) {
        let wasEmpty = box.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        if wasEmpty { waker.wake() }
    }

    /// Everything posted so far, in order.
    func drain() -> [Message] {
        box.withLock { messages in
            if messages.isEmpty { return [] }
            let taken = messages
            messages = []
            return taken
        }
    }
}
