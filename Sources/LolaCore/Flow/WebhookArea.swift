// Webhooks behind the gatekeeper: which channel a request is for, and Meta's handshake. One per loop.

final class WebhookArea: ActionHandler {
    private let door: WebhookDoor
    private let channels: [ChannelName: any Channel]

    init(_ door: WebhookDoor, channels: [ChannelName: any Channel]) {
        self.door = door
        self.channels = channels
    }

    var actions: [Action] { [.webhookHandshake, .webhookReceive] }

    func handle(_ admitted: AdmittedRequest, _ answer: @escaping (HTTPResponse) -> Void) {
        let request = admitted.request
        guard let name = admitted.channel, let channel = channels[name] else {
            return answer(.refusal(.channelOff, requestID: request.requestID))
        }
        if admitted.action == .webhookReceive { return door.receive(request, from: channel, answer) }
        guard let whatsapp = channel as? WhatsAppChannel else {
            return answer(.refusal(.channelOff, requestID: request.requestID))
        }
        answer(door.handshake(request, with: whatsapp))
    }
}
