// The last word over a whole run: every acknowledged message at its end, every part of every answer with its person,
// the books of every process right, nothing told to the log or the disk that is nobody's business.
import Foundation

@testable import LolaCore

final class SimChecks {
    private let story: SimCase
    private var world: SimWorld { story.world }
    private(set) var repeated = 0
    private(set) var settledDoubts = 0

    init(_ story: SimCase) { self.story = story }

    /// - Parameter isEmpty: connections have had the time to go.
    func all(_ fate: SimFate, isEmpty: Bool, servers: [SimServer]) {
        for text in world.leftovers(isEmpty: isEmpty) { story.violated("left over: \(text)") }
        if fate.wasOpenLate { story.violated("the doors stayed open while draining") }
        story.violations += world.network.misuse
        for server in servers { story.violations += server.complaints }
        for webhook in story.webhooks {
            if !webhook.isAccepted { story.violated("webhook \(webhook.number) was lost") }
            for post in webhook.posts { end(of: post) }
        }
        for (number, widget) in story.widgets {
            widget.check()
            if story.posts[number].acceptedAt != .max { end(of: story.posts[number]) }
        }
        for process in world.processes {
            books(of: process)
            log(of: process)
            trail(before: process)
        }
        disk()
    }

    /// However a process ended, its audit trail is whole, as far as anybody was told of it.
    private func trail(before process: SimProcess) {
        let found = process.auditFound
        if let bad = found.bad {
            let place = "record \(bad.sequence), \(bad.fault.rawValue)"
            story.violated("process \(process.generation) finds the audit trail broken: \(place)")
        }
    }

    // MARK: Messages

    /// What was acknowledged has come to an end, and by way of its agent where it has one.
    private func end(of post: SimPost) {
        let records = world.processes.compactMap { process in process.record(post).map { (process.generation, $0) } }
        guard !records.isEmpty || post.hasEndedUnseen else {
            return story.violated("\(post.key) was acknowledged and has no record")
        }
        let finals = records.filter { $0.1.status.isFinal }
        if finals.count + (post.hasEndedUnseen ? 1 : 0) != 1 {
            story.violated("\(post.key) was acknowledged and ended \(finals.count) times")
        }
        if !post.reachesAgent, post.calls > 0 { story.violated("\(post.key) (\(post.kind)) reached an agent") }
        repeated += post.parts.values.reduce(0) { $0 + max(0, $1.count(where: \.isTaken) - 1) }
        guard let (generation, record) = finals.first else { return }
        if record.finishedAt == nil { story.violated("\(post.key) ended without a time") }
        switch (post.kind, record.status) {
        case (.badCommand, .stopped), (.badCommand, .deadLetter), (.image, .done), (.image, .deadLetter): break
        case (.badCommand, _), (.image, _): story.violated("\(post.key) (\(post.kind)) ended \(record.status.rawValue)")
        case (_, .stopped), (_, .accepted), (_, .handedOver), (_, .erased):
            story.violated("\(post.key) ended \(record.status.rawValue)")
        case (_, .done), (_, .deferred):
            if post.calls == 0 { story.violated("\(post.key) is \(record.status.rawValue) and no agent saw it") }
            answer(to: post, generation)
        case (_, .deadLetter): break
        }
    }

    /// A message that is done has its whole answer with the channel.
    private func answer(to post: SimPost, _ generation: Int) {
        guard let count = post.answer?.partCount else {
            return story.violated("\(post.key) is done and its agent never answered")
        }
        for part in 0..<count {
            let sendings = post.parts[part] ?? []
            if sendings.isEmpty { story.violated("part \(part) of the answer to \(post.key) was never sent") }
        }
        // Only its end records the last part; without a receipt a later process would have sent it again.
        guard count > 0, !post.sender.isTelegram, let last = post.parts[count - 1]?.last, last.generation < generation
        else { return }
        settledDoubts += 1
    }

    // MARK: Processes

    /// Every message that a process knows came with a webhook, with a callback or out of the queue.
    private func books(of process: SimProcess) {
        let known = story.posts.count { process.record($0) != nil }
        let taken = process.sum(.webhookMessages) + process.sum(.messagesRecovered) + process.sum(.callbacksRedeemed)
        if taken != known {
            story.violated("process \(process.generation): \(taken) messages taken, \(known) different ones")
        }
    }

    /// One line for each message that ended; no text, number or provider id in any.
    private func log(of process: SimProcess) {
        let lines = process.lines.all.flatMap { $0.split(separator: 0x0A) }
        let ended = process.sum(.messagesDone) + process.sum(.messagesStopped) + process.sum(.messagesDead)
        let word = Data(#""event":"message_done""#.utf8)
        let told = lines.count { Data($0).range(of: word) != nil }
        // A process that is killed may take its last lines along.
        let mayMiss = process.generation < world.ends.count && world.ends[process.generation].isSudden
        if told != ended, !mayMiss || told > ended {
            story.violated("process \(process.generation): \(ended) messages ended, \(told) are in the log")
        }
        for line in lines where tells(Data(line)) != nil {
            return story.violated("the log tells: \(String(decoding: line, as: UTF8.self))")
        }
    }

    /// Nothing that names a person or that anybody wrote stands on the disk in clear.
    func disk() {
        for (name, octets) in world.disk.files.merging(world.auditDisk.files, uniquingKeysWith: { $1 }) {
            if let word = tells(Data(octets)) { story.violated("\(name) holds \(word)") }
        }
    }

    private static let words = [
        "hola", "tarjeta", "respuesta", "4111 1111", "4111111111111111", "wamid", "12025551", "US.1349", "931724658",
    ].map { ($0, Data($0.utf8)) }

    private func tells(_ octets: Data) -> String? {
        Self.words.first { octets.range(of: $0.1) != nil }?.0
    }
}

extension SimWorld.End {
    /// Without a word.
    var isSudden: Bool { self == .killed || self == .powerCut }
}
