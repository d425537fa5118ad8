// Verdicts as tests read them, and every answer that a waiting stage did not ask for.
import Testing

@testable import LolaCore

extension Verdict {
    var word: String {
        switch self {
        case .next: "next"
        case .stop: "stop"
        case .wait: "wait"
        }
    }

    var refusal: Refusal? {
        if case .stop(let refusal, _) = self { refusal } else { nil }
    }

    var reply: Reply? {
        if case .stop(_, let reply) = self { reply } else { nil }
    }

    var request: OutboundRequest? {
        if case .wait(.http(let request)) = self { request } else { nil }
    }

    var storeKey: StoreKey? {
        switch self {
        case .wait(.store(.get(let key))), .wait(.store(.put(let key, _, _))), .wait(.store(.remove(let key))): key
        default: nil
        }
    }

    /// Waits for the end of a record.
    var isErasure: Bool {
        if case .wait(.store(.remove)) = self { true } else { false }
    }

    var stored: [UInt8]? {
        if case .wait(.store(.put(_, let value, _))) = self { value } else { nil }
    }
}

/// Answers that are lost, late, of the wrong kind or damaged; none is a record of the contact book.
enum OddAnswer: String, CaseIterable, Sendable {
    case unavailable, done, won, lost, http, failure, damaged, noPlus, empty

    static let all = allCases

    func answer() throws -> EffectAnswer {
        switch self {
        case .unavailable: .store(.unavailable)
        case .done: .store(.done)
        case .won: .store(.claimed(true))
        case .lost: .store(.claimed(false))
        case .http: .http(.success(try ResponseSample.make(200, #"{"sender":null}"#)))
        case .failure: .http(.failure(.closed))
        case .damaged: .store(.value([0xFF, 0x00, 0x2B]))
        case .noPlus: .store(.value([UInt8](text: "15550100")))
        case .empty: .store(.value([]))
        }
    }
}

extension Identity {
    /// `known`, `unknown`, or the word of what could not be checked.
    var word: String {
        switch self {
        case .known: "known"
        case .unknown: "unknown"
        case .unavailable(let word): "unavailable \(word)"
        }
    }
}
