// Every limit in one place: value, unit, reason, and how it relates to the others (asserted by a test).
// What an operator may change is in Daemon/Settings; what is here is fixed by CONTRACT §4-§6 or by a protocol.

/// A number of octets.
struct ByteCount: Hashable, Comparable, Sendable {
    let bytes: Int

    static func bytes(_ value: Int) -> ByteCount { ByteCount(bytes: value) }
    static func kibibytes(_ value: Int) -> ByteCount { ByteCount(bytes: value * 1_024) }
    static func mebibytes(_ value: Int) -> ByteCount { ByteCount(bytes: value * 1_048_576) }
    static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}

enum Limits {
    // MARK: HTTP server (CONTRACT §4)

    /// Whole request head, request line included; more is 431.
    static let requestHeadMax = ByteCount.kibibytes(16)
    /// Number of header fields; more is 431.
    static let requestFieldsMax = 100
    /// Request target; more is 414.
    static let requestTargetMax = ByteCount.kibibytes(8)
    /// Method token; a longer one is refused as malformed.
    static let requestMethodMax = ByteCount.bytes(32)
    /// One chunk-size line with its extensions.
    static let chunkLineMax = ByteCount.bytes(256 + 16)
    /// Octets of all chunk lines of one body beyond 16 a line; they carry nothing we use.
    static let chunkExtensionsMax = ByteCount.kibibytes(8)
    /// Trailer section of a chunked body; read, checked and dropped.
    static let trailersMax = ByteCount.kibibytes(4)
    static let trailerFieldsMax = 16
    /// From the first octet of a request (or from accept) to the end of its head; later is 408.
    static let requestHeadTimeout = Interval.seconds(10)
    /// Minimum body rate a second, measured over each window; slower is 408.
    static let bodyRateMinimum = ByteCount.bytes(512)
    static let bodyRateWindow = Interval.seconds(5)
    /// A whole body, however it comes: octets of unproven callers are not held for longer. A provider's 4 MiB need
    /// 70 KiB a second.
    static let bodyTimeout = Interval.seconds(60)
    /// A keep-alive connection without a request.
    static let idleTimeout = Interval.seconds(75)
    /// Octets of answers that a peer may leave unread before its connection is closed.
    static let responseBacklogMax = ByteCount.mebibytes(1)
    /// Octets of further requests that may wait behind a stream, before its connection is closed.
    static let streamUnreadMax = ByteCount.kibibytes(4)
    /// One event of a stream that a command reads.
    static let streamEventMax = ByteCount.mebibytes(1)
    /// A peer that takes none of the octets that wait for it.
    static let writeStallTimeout = Interval.seconds(15)
    /// How long a closing connection is drained so that the peer reads the last answer.
    static let lingeringClose = Interval.seconds(1)

    /// Reads of one connection before others get their turn.
    static let readBatchMax = 4
    /// Unparsed octets after which a connection is not read further in this round.
    static let unreadMax = ByteCount.kibibytes(256)
    /// Memory that a loop keeps to lend it again: what is read before that, and the room an array grows by.
    static let lentBufferMax = ByteCount.kibibytes(1_024)
    /// Connections that the kernel completes for one listener before they are taken.
    static let listenQueueMax = 4_096
    /// Connections taken from one listener before other work gets its turn.
    static let acceptBatchMax = 64
    /// How long a listener rests when the process has no descriptor left.
    static let acceptRest = Interval.milliseconds(20)
    /// Connections of the management listener.
    static let managementConnectionsMax = 64
    /// Descriptors never given to public connections: journal, management, outbound calls.
    static let descriptorReserve = 128
    /// A body that nobody wants is read and dropped up to this size, so that the connection can live on.
    static let discardedBodyMax = ByteCount.kibibytes(64)

    // MARK: Bodies (CONTRACT §4)

    /// Octets of unfinished request bodies in the process; above it their senders are told 503.
    static let bodiesHeldMax = ByteCount.mebibytes(128)
    static let bodyWhatsAppMax = ByteCount.mebibytes(4)
    static let bodyWebhookMax = ByteCount.mebibytes(1)
    static let bodyTwilioMax = ByteCount.kibibytes(64)
    static let bodyAPIMax = ByteCount.mebibytes(1)
    /// Pairs of a form body or a query.
    static let formPairsMax = 1_000

    // MARK: Floods of refused webhooks (CONTRACT §11), for one loop

    /// Refused proofs of one address within the window, above which its webhooks are slowed. A provider with a wrong
    /// secret stays below it at ten messages a second.
    static let webhookPaceRefusalsMax = 100
    static let webhookPaceWindow = Interval.seconds(10)
    /// Time between two checks of a slowed address, and how long a check is put off at most: a provider at the same
    /// address waits no longer than this.
    static let webhookPaceInterval = Interval.milliseconds(50)
    static let webhookPaceDelayMax = Interval.seconds(1)
    /// Requests that wait for their check, and octets of their bodies; more are told to come again.
    static let webhookPaceWaitingMax = 1_024
    static let webhookPaceOctetsMax = ByteCount.mebibytes(16)
    /// Addresses remembered; the one whose last refusal is the oldest goes first.
    static let webhookPaceBlocksMax = 4_096
    /// Log lines of refused webhooks in a second; the others are told as one number.
    static let refusalLinesMax = 10

    // MARK: Entropy

    /// Random octets that a loop draws at a time: a call of the generator costs as much as a thousand octets of it.
    static let entropyAhead = ByteCount.kibibytes(4)

    // MARK: JSON

    /// Nesting depth of a JSON document; deeper is refused.
    static let jsonDepthMax = 64
    /// A JSON document; far above every body, and what lets a node of the parser use 32-bit offsets.
    static let jsonDocumentMax = ByteCount.mebibytes(64)
    /// A settings file.
    static let settingsFileMax = ByteCount.mebibytes(1)

    // MARK: Keys and tokens

    /// One PEM text; a P-256 key takes some 250 octets.
    static let pemMax = ByteCount.kibibytes(16)
    /// A compact JWS before any of it is decoded.
    static let tokenMax = ByteCount.kibibytes(8)
    /// Clocks of two machines may differ by this much (`exp`, `nbf`).
    static let clockSkewMax = Interval.seconds(60)

    // MARK: TLS

    /// Plain octets of one record (RFC 8446 §5.1).
    static let tlsRecordMax = ByteCount.kibibytes(16)
    /// Sessions a client keeps for resumption: tickets of one server, and servers.
    static let tlsTicketsPerServerMax = 4
    static let tlsServersRememberedMax = 256

    // MARK: Life cycle

    /// SIGTERM to exit at the latest.
    static let drainMax = Interval.seconds(25)
    /// Idle connections are closed this long after the drain begins.
    static let drainIdleGrace = Interval.seconds(1)

    /// How long a loop sleeps at most when nothing is due; and while it drains.
    static let tickMax = Interval.seconds(60)
    static let drainTick = Interval.milliseconds(20)
    /// Events of one round after which the work they brought is done before the next ones.
    static let eventsPerStep = 64

    // MARK: Outbound HTTP

    static let responseHeadMax = ByteCount.kibibytes(16)
    static let responseFieldsMax = 100
    /// Interim 1xx answers of one exchange; more is a fault of the peer.
    static let interimResponsesMax = 4
    static let identityResponseMax = ByteCount.kibibytes(64)
    static let agentResponseMax = ByteCount.kibibytes(256)
    static let channelResponseMax = ByteCount.kibibytes(64)
    static let poolConnectionsPerOriginMax = 64
    static let poolIdleTimeout = Interval.seconds(30)
    /// Calls waiting for a connection of one origin; more fail as busy.
    static let poolWaitingMax = 4_096
    /// A looked-up name is believed this long.
    static let nameCacheTime = Interval.seconds(30)
    static let nameCacheMax = 256
    /// A breaker looks at calls of this window and opens when so many, and at least half, got no answer.
    static let breakerWindow = Interval.seconds(10)
    static let breakerFailuresMin = 20
    static let breakerPause = Interval.seconds(1)

    // MARK: Messages

    /// State an agent may keep for a conversation (CONTRACT §6).
    static let agentStateMax = ByteCount.kibibytes(16)
    /// Requests in flight to one agent from one process (bulkhead).
    static let agentInFlightMax = 64
    /// Accepted messages not yet done, in the process; more answers 503 to the channel.
    static let backlogMax = 65_536
    /// The same for one lane, so that one conversation cannot take everybody's place.
    static let backlogLaneMax = backlogMax / 8
    /// How often the journal is asked what it has to tell.
    static let storeWatchInterval = Interval.seconds(1)
    /// How long the end of the process waits for the threads of the store.
    static let storeEndMax = Interval.seconds(2)
    /// How long the start waits for one answer of the store.
    static let storeOpenTimeout = Interval.seconds(10)
    /// How long a message waits before it asks a store again that did not answer.
    static let storeRetry = Interval.seconds(1)
    /// A delivery of which nobody knows whether the channel took it waits so long for a receipt.
    static let doubtWait = Interval.seconds(10)
    /// State an agent keeps, after its last change.
    static let agentStateRetention = Interval.days(400)
    /// What was given up or put aside waits so long for an operator.
    static let deadLetterRetention = Interval.days(30)
    /// Proven webhooks that were not understood are told so many, of the newest; some hundred kibibytes in all.
    static let quarantinedWebhooksMax = 1_024
    /// A message that has killed the process so often is put aside.
    static let crashesMax = 3
    /// A provider's `Retry-After` is honoured up to this.
    static let retryAfterMax = Interval.hours(1)
    /// How long a native message id is remembered: as long as its provider may deliver it again.
    static let seenWhatsApp = Interval.days(8)
    static let seenTelegram = Interval.hours(48)
    /// Twilio tries once and by configuration a few times within minutes.
    static let seenTwilio = Interval.hours(48)
    /// Resend tries for about 28 hours, and an operator may have an event sent again.
    static let seenResend = Interval.days(30)
    /// Message records kept for `GET messages`.
    static let messageRecordsMax = 10_000
    /// Receipts kept that came before the answer to their delivery.
    static let receiptsEarlyMax = 256
    /// `<channel>:<own>:<sender>` with two mail addresses.
    static let conversationKeyMax = ByteCount.bytes(540)
    /// Phone spelling as received (reference: protocols §7).
    static let phoneTextMax = ByteCount.bytes(250)

    // MARK: Identity and what agents see

    /// Identifier of a sender at the identity service; a longer one is refused, never cut.
    static let identityIDMax = ByteCount.bytes(128)
    /// A name or display text from outside; longer ones are cut at a character.
    static let displayTextMax = ByteCount.bytes(200)
    /// Cards, and payment methods, of one sender; more are left out.
    static let displayItemsMax = 32
    /// Attachments of one message that an agent sees.
    static let attachmentsMax = 16

    // MARK: Agents (CONTRACT §6, §11)

    static let agentRepliesMax = 10
    /// One text of a reply; channels split what is too long for one message of theirs.
    static let replyTextMax = ByteCount.kibibytes(64)
    static let replyButtonsMax = 3
    static let replyItemsMax = 10
    /// Identifier of a choice (WhatsApp Cloud API allows 256).
    static let choiceIDMax = ByteCount.bytes(256)
    /// Title of a choice, label of a list button; channels shorten it to their own limit.
    static let choiceTitleMax = ByteCount.bytes(256)
    static let choiceDescriptionMax = ByteCount.bytes(512)
    static let replyURLMax = ByteCount.kibibytes(2)
    /// Name of the operation that an agent wants a ticket for.
    static let operationNameMax = ByteCount.bytes(32)
    /// Life of the bearer token of calls to an agent.
    static let agentTokenLifetime = Interval.seconds(60)
    /// For so long calls have the same one: at least two thirds of its life are left when it is sent.
    static let agentTokenReuse = Interval.seconds(20)

    // MARK: Channels (reference: protocols §1, §2)

    /// A native message id (`wamid…`); longer is malformed.
    static let nativeIDMax = ByteCount.bytes(512)
    /// Challenge of the WhatsApp handshake.
    static let challengeMax = ByteCount.bytes(128)
    /// One call to a channel's API, from resolve to the last octet.
    static let deliveryTimeout = Interval.seconds(10)
    /// The longest wait that a provider's `Retry-After` may ask of us.
    static let deliveryRetryAfterMax = Interval.hours(1)
    /// WhatsApp allows about one message in 6 s to one user (error 131056).
    static let whatsAppPairInterval = Interval.seconds(6)
    /// Characters of a text message.
    static let whatsAppTextMax = 4_096
    /// Characters of the text above buttons or a list.
    static let whatsAppBodyMax = 1_024
    static let whatsAppButtonsMax = 3
    /// Characters of a button's title, and of the button that opens a list.
    static let whatsAppButtonTitleMax = 20
    static let whatsAppButtonIDMax = ByteCount.bytes(256)
    static let whatsAppRowsMax = 10
    static let whatsAppRowTitleMax = 24
    static let whatsAppRowDescriptionMax = 72
    static let whatsAppRowIDMax = ByteCount.bytes(200)
    /// `biz_opaque_callback_data`.
    static let whatsAppReferenceMax = ByteCount.bytes(512)
    /// Our reference of a delivery: hex digits of a digest, a dot, a number.
    static let deliveryReferenceMax = ByteCount.bytes(72)
    /// UTF-16 units of a text message.
    static let telegramTextMax = 4_096
    /// Rows of an inline keyboard made from a reply.
    static let telegramRowsMax = 10
    /// UTF-16 units of a button's title: what a telephone shows on one line, the API names no limit.
    static let telegramButtonTitleMax = 64
    static let telegramCallbackDataMax = ByteCount.bytes(64)
    static let telegramStartPayloadMax = ByteCount.bytes(64)

    /// Characters of one message by Twilio; carriers get it in segments.
    static let twilioTextMax = 1_600
    /// Characters of the parameter `Twiml` of a call, markup and all (Twilio, Calls resource).
    static let twilioScriptMax = 4_000
    /// A number, short code, name or id behind `From`.
    static let twilioAddressMax = ByteCount.bytes(135)
    /// How far the signed time of a mail webhook may be from ours, both ways (Svix).
    static let svixTolerance = Interval.seconds(300)
    /// Signatures in one header; a rotation needs two.
    static let svixSignaturesMax = 16
    /// The id under which a mail is fetched.
    static let mailIDMax = ByteCount.bytes(1_024)
    /// One mail with its HTML, from Resend's API.
    static let mailResponseMax = ByteCount.mebibytes(4)
    /// What an agent sees of a mail's text; more is cut at a character.
    static let mailTextMax = ByteCount.kibibytes(32)
    /// A mail address (RFC 5321 §4.5.3.1).
    static let mailAddressMax = ByteCount.bytes(254)
    /// Characters of a subject, and octets of a message id, that an answer repeats.
    static let mailSubjectMax = 200
    static let mailMessageIDMax = ByteCount.bytes(512)

    // MARK: Console of `lola dev`

    /// Messages kept of one sandbox chat, and chats; the oldest go first.
    static let sandboxEntriesMax = 200
    static let sandboxChatsMax = 200
    /// One text from the console: 4096 characters, the most a channel carries.
    static let sandboxTextMax = ByteCount.kibibytes(16)
    /// How long the first message on Telegram waits for the answer to the shared contact.
    static let sandboxIntroductionMax = Interval.seconds(1)
    /// The gateway's answer to a webhook of the console.
    static let sandboxWebhookTimeout = Interval.seconds(10)
}
