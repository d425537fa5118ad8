// What came beside the text, in a form an agent can rely on: phones of contact cards in E.164 or absent, names
// short, visible and without card numbers. Never waits. One instance per loop; called by the pipeline.

final class ContactDecoding: Middleware {
    let name = MiddlewareName.contactDecoding

    func process(_ turn: Turn) -> Verdict {
        turn.attachments = turn.attachments.prefix(Limits.attachmentsMax).compactMap {
            decoded($0, from: turn.message.channel)
        }
        if !turn.attachments.isEmpty { turn.detail = "attachments \(turn.attachments.count)" }
        return .next
    }

    private func decoded(_ attachment: Attachment, from channel: ChannelName) -> Attachment? {
        switch attachment {
        case .contact(let name, let phone, let isOwn):
            // A card of somebody else may hold a national spelling, which WhatsApp passes on as it was typed.
            let source: PhoneSource = isOwn || channel == .telegram ? .international : .prefixed
            let number = phone.flatMap { try? PhoneNormalizer.normalize($0, source) }
            return .contact(name: DisplayText.cleanWithoutCards(name), phone: number?.bytes, isOwn: isOwn)
        case .location(let latitude, let longitude, let name):
            guard (-90...90).contains(latitude), (-180...180).contains(longitude) else { return nil }
            let place = name.map { DisplayText.cleanWithoutCards($0) }
            return .location(latitude: latitude, longitude: longitude, name: place)
        case .file(let type, let mediaType, let fileName):
            return .file(
                type: type, mediaType: mediaType.map { DisplayText.clean($0) },
                fileName: fileName.map { DisplayText.cleanWithoutCards($0) })
        }
    }
}
