// The store's closed set of operations and its one atomic batch (DESIGN §5). Bytes below, typed keys above.
// Memory, journal and Redis stand behind this door; each keeps Tests' StoreContract.

/// What identifies a record within its room: the first 128 bits of a keyed hash, so that no key on disk tells who it is
/// about (CONTRACT §11 "At rest").
struct RecordID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    static let count = 16

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Ids are keyed hashes: half of one tells as much.
    func hash(into hasher: inout Hasher) { hasher.combine(low) }

    /// What the tables of the standard library ask for. Nobody outside chooses the ids that tables keep, so one
    /// multiplication, which gives each table an order of its own, is enough: records are looked for about twenty times
    /// for one message. A table of ids that somebody else may choose needs another hash.
    func _rawHashValue(seed: Int) -> Int {
        let product = (low ^ UInt64(truncatingIfNeeded: seed)).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }

    /// Of a name that nobody has to guess: from its SHA-256.
    init(hashOf name: [UInt8]) { (high, low) = Digest.words(of: name.span) }

    /// From the first 16 octets of a digest (at least 16 octets), big-endian.
    init(digest: some Collection<UInt8>) {
        precondition(digest.count >= Self.count, "a record id is made of 16 octets")
        var words: (UInt64, UInt64) = (0, 0)
        var place = 0
        for byte in digest {
            if place < 8 { words.0 = words.0 << 8 | UInt64(byte) } else { words.1 = words.1 << 8 | UInt64(byte) }
            place += 1
            if place == Self.count { break }
        }
        (high, low) = words
    }

    /// From 32 lower-case hex digits; nil for anything else.
    init?(hex: some Collection<UInt8>) {
        guard hex.count == 2 * Self.count, !hex.contains(where: { (0x41...0x46).contains($0) }),
            let bytes = Hex.decode(hex)
        else { return nil }
        self.init(digest: bytes)
    }

    /// 16 octets, big-endian.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(Self.count)
        append(to: &out)
        return out
    }
    /// 32 hex digits, as operators see and name a record.
    var hex: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(2 * Self.count)
        Hex.append(high, to: &out)
        Hex.append(low, to: &out)
        return out
    }

    /// Appends the 16 octets.
    func append(to out: inout [UInt8]) {
        out.write(atMost: Self.count) { pen in
            pen.put(littleEndian: high.byteSwapped)
            pen.put(littleEndian: low.byteSwapped)
        }
    }
}

struct StoreKey: Hashable, Sendable {
    let room: StoreRoom
    let id: RecordID

    init(_ room: StoreRoom, _ id: RecordID) {
        self.room = room
        self.id = id
    }
}

/// The rooms of the store. One line per kind of record; the numbers stand in journals and never change meaning.
enum StoreRoom: UInt8, CaseIterable, Sendable {
    /// What the store knows of itself: its index key, its epoch.
    case meta = 0
    /// Claims: native message ids already accepted.
    case seen = 1
    /// The inbound queue: accepted messages that are not done. Made by `append` only.
    case inbound = 2
    /// What an agent answered, until all of it is sent.
    case outbox = 3
    /// How many requests of an outbox record the channel has accepted.
    case progress = 4
    /// Given up: an operator decides.
    case dead = 5
    /// Put aside: not understood, or it killed the process three times.
    case quarantine = 6
    /// State an agent keeps for a conversation.
    case state = 7
    /// Phone that a sender without a number shared, by sender.
    case contact = 8
    /// How often handling a message has killed the process.
    case suspect = 9
    /// Agents that act by themselves, with their limits.
    case agent = 10
    /// Agent tokens by their digests, and when each was last used.
    case token = 11
    /// Credentials of providers, under keys of their own.
    case credential = 16
    /// What people have agreed to.
    case consent = 20
    /// Addresses that nobody may write to: keyed hashes that outlive an erasure.
    case suppression = 21
    /// Wrong credentials that were shown, one record each.
    case failure = 12
    /// Address blocks that are locked out, and those let in again before their time.
    case lockout = 13
    /// Requests that the HTTP limits have counted, in batches.
    case limit = 14
    /// What operators must look at.
    case alert = 15
    /// Tickets, by their id.
    case ticket = 17
    /// What leads to a ticket: its link, and its conversation with its operation.
    case link = 18
    /// Claims: tickets that are closed, turns of a new ticket, and agents that are made.
    case spent = 19
    /// Counters of what agents have used of their limits.
    case usage = 23
    /// What agents have sent: one record for each order, and what a provider calls it.
    case ledger = 24
    /// Claims: senders of whom something came in within a day.
    case heard = 25
    /// What people wrote to agents that act by themselves.
    case mailbox = 26
    /// Claims: places of mailboxes, messages that are in one, and those that were taken; orders whose price is settled,
    /// and those that have an id at a provider.
    case posted = 27

    /// Rooms of claims hold no values and take only `claim`, `mark`, `get` (an empty value, or nil) and `remove`;
    /// all other rooms take everything but `claim` and `mark`.
    var holdsClaims: Bool { [.seen, .spent, .heard, .posted].contains(self) }

    /// The word that names the room in Redis keys and in messages to operators.
    var word: StaticString {
        switch self {
        case .meta: "meta"
        case .seen: "seen"
        case .inbound: "inbound"
        case .outbox: "outbox"
        case .progress: "progress"
        case .dead: "dead"
        case .quarantine: "quarantine"
        case .state: "state"
        case .contact: "contact"
        case .suspect: "suspect"
        case .agent: "agent"
        case .token: "token"
        case .credential: "credential"
        case .consent: "consent"
        case .suppression: "suppression"
        case .failure: "failure"
        case .lockout: "lockout"
        case .limit: "limit"
        case .alert: "alert"
        case .ticket: "ticket"
        case .link: "link"
        case .spent: "spent"
        case .usage: "usage"
        case .ledger: "ledger"
        case .heard: "heard"
        case .mailbox: "mailbox"
        case .posted: "posted"
        }
    }
}

/// A share of all conversations: order is kept within a lane, and one loop of one gateway owns it at a time.
struct Lane: Hashable, Sendable {
    /// So many that they spread over loops and gateways, so few that a lane on disk tells nothing of a sender.
    static let count = 64
    let number: UInt8

    /// `number` is taken modulo 64.
    init(_ number: Int) { self.number = UInt8(truncatingIfNeeded: number & (Self.count - 1)) }
}

/// One accepted message as the store keeps it.
struct QueueEntry: Hashable, Sendable {
    /// In room `inbound`.
    let key: StoreKey
    let lane: Lane
    let value: [UInt8]
}

enum StoreOperation: Sendable {
    case get(StoreKey)
    /// Records of a room in the order of their ids, at most `limit` after `after`; expired ones are absent.
    /// For operators: not for rooms of claims.
    case list(StoreRoom, after: RecordID?, limit: Int)
    case put(StoreKey, [UInt8], expires: Interval?)
    /// Put if absent; the answer says who was first.
    case claim(StoreKey, expires: Interval)
    /// A claim that is ours or anybody's: it lives from now on, whether it was there or not.
    case mark(StoreKey, expires: Interval)
    /// A counter that starts with its first addition and ends `within` later; the answer is the sum.
    case add(StoreKey, Int64, within: Interval)
    /// Adds to every counter, or to none when any would exceed its most: `reserved` or `exceeded`. Never in a batch.
    case reserve([StoreShare])
    /// At the end of the lane's inbound queue (room `inbound`).
    case append(QueueEntry)
    /// An inbound entry that is removed is done and leaves the queue.
    case remove(StoreKey)
    /// Removes an inbound entry whoever has it in hand: whoever goes on with it is fenced. For erasures only.
    case withdraw(StoreKey)
    /// Holds only while the inbound entry is there and ours: in a batch, nothing takes effect otherwise (`fenced`).
    case holding(StoreKey)
    /// All or nothing: when any claim in it is lost or any `holding` fails, nothing of the batch takes effect.
    /// Takes every operation but `get`, `list`, `reserve` and a batch. The answer is that of its claims (`claimed`),
    /// else `done`.
    case batch([StoreOperation])
}

/// What one counter is asked for in `reserve`; each counter once.
struct StoreShare: Hashable, Sendable {
    let key: StoreKey
    /// More than zero is taken, if there is room. Less is given back: only to a counter whose window has not ended, and
    /// never below zero. Zero only reads. Amounts and sums are exact below 2^53.
    let amount: Int64
    let most: Int64
    /// The window of a counter that begins now.
    let within: Interval

    init(_ key: StoreKey, _ amount: Int64, most: Int64, within: Interval) {
        self.key = key
        self.amount = amount
        self.most = most
        self.within = within
    }
}

struct CounterReading: Hashable, Sendable {
    let sum: Int64
    /// When the counter ends; nil when there is none.
    let ends: WallTime?
}

enum StoreAnswer: Hashable, Sendable {
    case value([UInt8]?)
    case page([StoreRecord])
    case done
    case claimed(Bool)
    case sum(Int64)
    /// Everything was taken: what the counters say now, in the order asked for.
    case reserved([CounterReading])
    /// Nothing was taken: the first that has no room for it, by its place, and what it says.
    case exceeded(Int, CounterReading)
    /// The entry is gone or another gateway's: whoever asked must stop.
    case fenced
    /// The store cannot answer: webhooks say 503, nothing is ever assumed. What was asked may or may not last.
    case unavailable
}

struct StoreRecord: Hashable, Sendable {
    let id: RecordID
    let value: [UInt8]
}

/// A store as one loop sees it. `submit` answers exactly once, never before it returns, on the same thread. An answer
/// to anything that changes the store, and a lost claim, come only when what they tell is durable.
protocol Store: AnyObject {
    func submit(_ operation: StoreOperation, _ completion: @escaping (StoreAnswer) -> Void)

    /// Delivers answers that are ready; the loop calls it once per tick. True when any was delivered.
    func deliver(at now: WallTime) -> Bool

    /// True when appended entries come back through `onEntry`, on whichever gateway owns the lane. False when the one
    /// who appended hands the message over; then `onEntry` gives only what an earlier process left, before anything
    /// else.
    var returnsEntries: Bool { get }

    /// Entries of this loop's lanes, in order. Set before the first `deliver`.
    var onEntry: ((QueueEntry) -> Void)? { get set }

    /// Whether an entry is this loop's to handle, as far as the loop knows; the store is not asked.
    func standing(of entry: RecordID) -> EntryStanding

    /// Changes when the store has lost what it acknowledged; nil while it is not known. What was given out under
    /// another epoch must not be honoured: its use may be what was lost.
    var epoch: [UInt8]? { get }
}

enum EntryStanding: Hashable, Sendable {
    case ours
    /// Its lane may be another's by now; the store will tell.
    case unsure
    case lost
}

extension Store {
    /// Nobody else handles entries.
    func standing(of entry: RecordID) -> EntryStanding { .ours }

    /// A store that is never anything but whole.
    var epoch: [UInt8]? { [] }
}

extension Store {
    /// The values under keys, asked for together, in their order; nil when the store cannot tell all of them.
    func readAll(_ keys: [StoreKey], _ completion: @escaping ([[UInt8]?]?) -> Void) {
        if keys.isEmpty { return completion([]) }
        if keys.count == 1 {
            return submit(.get(keys[0])) { answer in
                if case .value(let value) = answer { completion([value]) } else { completion(nil) }
            }
        }
        var values: [[UInt8]?] = Array(repeating: nil, count: keys.count)
        var (open, isWhole) = (keys.count, true)
        for (place, key) in keys.enumerated() {
            submit(.get(key)) { answer in
                if case .value(let value) = answer { values[place] = value } else { isWhole = false }
                open -= 1
                if open == 0 { completion(isWhole ? values : nil) }
            }
        }
    }
}
