// Reads pages of the audit trail for operators, newest first, off the loops: a loop asks the shelf, a helper thread
// reads and verifies the segment, the loop takes the answer.
import Synchronization

/// What a loop asks for: records below a number.
struct AuditQuestion: Sendable {
    let ticket: UInt64
    /// Records before this number; nil for the newest.
    let before: UInt64?
    let limit: Int
}

enum AuditReader {
    /// Up to `limit` records, newest first. Reads whole segments from their beginning, for so a chain is checked;
    /// records behind damage are left out.
    static func page(
        of disk: any Disk, _ keys: AuditKeys, _ question: AuditQuestion
    ) throws(DiskFault) -> [AuditRecord] {
        let before = question.before ?? .max
        var found: [AuditRecord] = []
        for number in try disk.names().compactMap({ AuditFileName.number($0) }).sorted(by: >) {
            if found.count >= question.limit { break }
            let file = try disk.open(AuditFileName.segment(number))
            defer { disk.close(file) }
            guard case .segment(var scanner) = try AuditScanner.open(disk, file, keys),
                scanner.header.firstSequence < before
            else { continue }
            var kept = FIFO<AuditRecord>()
            while let entry = try scanner.next(before: scanner.size), entry.record.sequence < before {
                kept.append(entry.record)
                if kept.count > question.limit - found.count { _ = kept.popFirst() }
            }
            var part: [AuditRecord] = []
            while let record = kept.popFirst() { part.append(record) }
            found += part.reversed()
        }
        return found
    }
}

/// Questions and answers between the first loop and the reading thread.
final class AuditShelf: Sendable {
    private struct State {
        var questions = FIFO<AuditQuestion>()
        var answers: [(ticket: UInt64, records: [AuditRecord]?)] = []
        var isEnding = false
    }

    private let state = Mutex(State())
    private let loop: any Waker
    private let reader: any Waker

    init(loop: any Waker, reader: any Waker) {
        self.loop = loop
        self.reader = reader
    }

    /// False when too many wait.
    func ask(_ question: AuditQuestion) -> Bool {
        let isTaken = state.withLock { state in
            guard state.questions.count < Limits.auditQuestionsMax, !state.isEnding else { return false }
            state.questions.append(question)
            return true
        }
        if isTaken { reader.wake() }
        return isTaken
    }

    func takeAnswers() -> [(ticket: UInt64, records: [AuditRecord]?)] {
        state.withLock { state in
            defer { if !state.answers.isEmpty { state.answers = [] } }
            return state.answers
        }
    }

    var hasQuestions: Bool { state.withLock { !$0.questions.isEmpty } }
    func take() -> AuditQuestion? { state.withLock { $0.questions.popFirst() } }

    /// Nil when the trail could not be read.
    func put(_ question: AuditQuestion, _ records: [AuditRecord]?) {
        state.withLock { $0.answers.append((question.ticket, records)) }
        loop.wake()
    }

    func end() {
        state.withLock { $0.isEnding = true }
        reader.wake()
    }

    var isEnding: Bool { state.withLock { $0.isEnding } }
}
