// A proven message as octets at rest: what the inbound queue, dead letters and quarantine keep of it. Writing is for
// everybody; `WebhookGate.restored` alone makes a message of what is read. Numbers stand in stores and never change
// meaning.

/// The fields of a `VerifiedMessage` before anybody vouches for them again.
struct RestoredFields {
    let message: InboundMessage
    let receivedAt: WallTime
    let maskedCards: Int
}

enum MessageCodec {
    private static let version: UInt8 = 1

    /// A record of its own.
    static func encode(_ verified: VerifiedMessage) -> [UInt8] {
        var writer = RecordWriter(version: version)
        write(verified, to: &writer)
        return writer.bytes
    }

    /// As part of a larger record.
    static func write(_ verified: VerifiedMessage, to writer: inout RecordWriter) {
        let message = verified.message
        writer.word(verified.receivedAt.milliseconds)
        writer.number(UInt64(verified.maskedCards))
        writer.byte(number(of: message.channel))
        writer.octets(message.nativeID)
        writer.octets(message.conversation.bytes)
        write(message.replyTo, to: &writer)
        writer.octets(message.senderID)
        writer.optional(message.phone)
        writer.optional(message.language)
        writer.byte(number(of: message.type))
        writer.optional(message.text)
        writer.optional(message.startPayload)
        writer.optional(message.choiceID)
        writer.list(message.attachments) { write($1, to: &$0) }
        writer.word(message.at.milliseconds)
        writer.optional(message.callbackQueryID)
        if message.type == .event { writer.optional(message.event) { CallbackEventCodec.write($1, to: &$0) } }
        // Channels of the first version have neither.
        guard hasTail(message.channel) else { return }
        writer.optional(message.contentID)
        writer.optional(message.answeredKeyword) { $0.byte(number(of: $1)) }
    }

    private static func hasTail(_ channel: ChannelName) -> Bool { number(of: channel) > 1 }

    /// What `encode` gave; a fault for everything else. For `WebhookGate.restored`.
    static func decode(_ bytes: [UInt8]) throws(RecordFault) -> RestoredFields {
        var reader = try RecordReader(bytes, version: version)
        let fields = try read(&reader)
        try reader.end()
        return fields
    }

    static func read(_ reader: inout RecordReader) throws(RecordFault) -> RestoredFields {
        let receivedAt = WallTime(milliseconds: try reader.signedWord())
        guard let maskedCards = Int(exactly: try reader.number()) else { throw .malformed }
        let (channel, nativeID) = (try channel(&reader), try reader.octets())
        let conversation = ConversationKey(bytes: try reader.octets())
        let (replyTo, senderID) = (try address(&reader), try reader.octets())
        let (phone, language) = (try reader.optionalOctets(), try reader.optionalOctets())
        let type = try type(&reader)
        let (text, startPayload) = (try reader.optionalOctets(), try reader.optionalOctets())
        let choiceID = try reader.optionalOctets()
        let attachments = try reader.list { (reader) throws(RecordFault) in try attachment(&reader) }
        let (at, callbackQueryID) = (WallTime(milliseconds: try reader.signedWord()), try reader.optionalOctets())
        let event = type == .event ? try event(&reader) : nil
        let hasTail = hasTail(channel)
        let message = InboundMessage(
            channel: channel, nativeID: nativeID, conversation: conversation, replyTo: replyTo, senderID: senderID,
            phone: phone, language: language, type: type, text: text, startPayload: startPayload, choiceID: choiceID,
            attachments: attachments, at: at, callbackQueryID: callbackQueryID,
            contentID: hasTail ? try reader.optionalOctets() : nil,
            answeredKeyword: hasTail
                ? try reader.optional { (reader) throws(RecordFault) in try keyword(&reader) } : nil,
            event: event)
        return RestoredFields(message: message, receivedAt: receivedAt, maskedCards: maskedCards)
    }

    private static func event(_ reader: inout RecordReader) throws(RecordFault) -> CallbackEvent? {
        try reader.optional { (reader) throws(RecordFault) in try CallbackEventCodec.read(&reader) }
    }

    // MARK: Address and attachments

    private static func write(_ address: ReplyAddress, to writer: inout RecordWriter) {
        switch address {
        case .whatsappNumber(let digits):
            writer.byte(0)
            writer.octets(digits)
        case .whatsappUser(let id):
            writer.byte(1)
            writer.octets(id)
        case .telegramChat(let chat):
            writer.byte(2)
            writer.word(chat)
        case .sms(let own, let sender):
            writer.byte(3)
            writer.octets(own)
            writer.octets(sender)
        case .twilioWhatsApp(let own, let sender):
            writer.byte(4)
            writer.octets(own)
            writer.octets(sender)
        case .mail(let thread):
            writer.byte(5)
            writer.octets(thread.own)
            writer.octets(thread.sender)
            writer.octets(thread.subject)
            writer.optional(thread.messageID)
        }
    }

    private static func address(_ reader: inout RecordReader) throws(RecordFault) -> ReplyAddress {
        switch try reader.byte() {
        case 0: return .whatsappNumber(try reader.octets())
        case 1: return .whatsappUser(try reader.octets())
        case 2: return .telegramChat(try reader.signedWord())
        case 3: return .sms(own: try reader.octets(), sender: try reader.octets())
        case 4: return .twilioWhatsApp(own: try reader.octets(), sender: try reader.octets())
        case 5:
            return .mail(
                MailThread(
                    own: try reader.octets(), sender: try reader.octets(), subject: try reader.octets(),
                    messageID: try reader.optionalOctets()))
        default: throw .malformed
        }
    }

    private static func write(_ attachment: Attachment, to writer: inout RecordWriter) {
        switch attachment {
        case .contact(let name, let phone, let isOwn):
            writer.byte(0)
            writer.octets(name)
            writer.optional(phone)
            writer.flag(isOwn)
        case .location(let latitude, let longitude, let name):
            writer.byte(1)
            writer.word(latitude.bitPattern)
            writer.word(longitude.bitPattern)
            writer.optional(name)
        case .file(let type, let mediaType, let fileName):
            writer.byte(2)
            writer.byte(number(of: type))
            writer.optional(mediaType)
            writer.optional(fileName)
        }
    }

    private static func attachment(_ reader: inout RecordReader) throws(RecordFault) -> Attachment {
        switch try reader.byte() {
        case 0:
            return .contact(
                name: try reader.octets(), phone: try reader.optionalOctets(), isOwn: try reader.flag())
        case 1:
            return .location(
                latitude: Double(bitPattern: try reader.word()), longitude: Double(bitPattern: try reader.word()),
                name: try reader.optionalOctets())
        case 2:
            return .file(
                type: try type(&reader), mediaType: try reader.optionalOctets(),
                fileName: try reader.optionalOctets())
        default: throw .malformed
        }
    }

    // MARK: Words as numbers

    private static func number(of channel: ChannelName) -> UInt8 {
        switch channel {
        case .whatsapp: 0
        case .telegram: 1
        case .twilioSMS: 2
        case .twilioWhatsApp: 3
        case .resend: 4
        }
    }

    private static func number(of keyword: AnsweredKeyword) -> UInt8 {
        switch keyword {
        case .stop: 0
        case .start: 1
        case .help: 2
        }
    }

    private static func keyword(_ reader: inout RecordReader) throws(RecordFault) -> AnsweredKeyword {
        let number = try reader.byte()
        guard let keyword = AnsweredKeyword.allCases.first(where: { self.number(of: $0) == number }) else {
            throw .malformed
        }
        return keyword
    }

    private static func channel(_ reader: inout RecordReader) throws(RecordFault) -> ChannelName {
        let number = try reader.byte()
        guard let channel = ChannelName.allCases.first(where: { self.number(of: $0) == number }) else {
            throw .malformed
        }
        return channel
    }

    private static func number(of type: MessageType) -> UInt8 {
        switch type {
        case .text: 0
        case .button: 1
        case .list: 2
        case .contact: 3
        case .location: 4
        case .image: 5
        case .video: 6
        case .audio: 7
        case .voice: 8
        case .sticker: 9
        case .document: 10
        case .reaction: 11
        case .order: 12
        case .flow: 13
        case .start: 14
        case .unsupported: 15
        case .event: 16
        }
    }

    private static func type(_ reader: inout RecordReader) throws(RecordFault) -> MessageType {
        let number = try reader.byte()
        guard let type = MessageType.allCases.first(where: { self.number(of: $0) == number }) else {
            throw .malformed
        }
        return type
    }
}
