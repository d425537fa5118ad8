// Graph and Bot API of one run: they take deliveries, refuse some, drop some, and check that each goes to the
// person it belongs to.

@testable import LolaCore

final class SimChannelService {
    private let story: SimCase
    private let isTelegram: Bool
    let server: SimServer
    private(set) var delivered = 0
    /// Sends Meta's receipts.
    var receipts: SimProvider?

    init(_ story: SimCase, isTelegram: Bool) {
        self.story = story
        self.isTelegram = isTelegram
        let address = IPAddress([10, 0, 0, isTelegram ? 4 : 3])
        let name = isTelegram ? "telegram" : "graph"
        server = SimServer(story.world.network, name, at: Endpoint(address: address, port: 80))
        server.script = { [self] in take($0) }
    }

    private func take(_ call: SimCall) {
        check(call.request)
        story.note("delivery", call.request.text)
        let mark = SimHTTP.marks("rp", in: call.request.body).first
        if let mark { asked(mark, call) }
        story.pulse(.delivery)
        guard story.chance.chance(story.trouble) else { return accept(call) }
        switch story.chance.below(8) {
        case 0: call.answer(500, body: "{}")
        case 1: call.answer(503, ["Retry-After: 2"], body: "not JSON")
        case 2: tooMany(call)
        case 3: call.close()
        case 4: call.reset()
        case 5: call.raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{".utf8), closes: true)
        case 6: refuse(call)
        default: accept(call, after: story.chance.milliseconds(500, 11_000))
        }
    }

    private func accept(_ call: SimCall, after delay: Interval? = nil) {
        delivered += 1
        if delay == nil { taken(call) }
        if !isTelegram, story.chance.chance(500) { tell(call.request, "wamid.OUT\(delivered)") }
        let body = isTelegram ? #"{"ok":true,"result":{"message_id":\#(delivered)}}"#
            : #"{"messaging_product":"whatsapp","messages":[{"id":"wamid.OUT\#(delivered)"}]}"#
        call.answer(200, body: body, after: delay ?? story.chance.milliseconds(0, 20), closes: story.chance.chance(100))
    }

    private func tooMany(_ call: SimCall) {
        if isTelegram {
            call.answer(429, body: #"{"ok":false,"error_code":429,"parameters":{"retry_after":4}}"#)
        } else {
            call.answer(400, body: #"{"error":{"code":130429,"message":"rate"}}"#)
        }
    }

    private func refuse(_ call: SimCall) {
        if isTelegram {
            call.answer(403, body: #"{"ok":false,"error_code":403,"description":"blocked"}"#)
        } else {
            call.answer(400, body: #"{"error":{"code":131026,"message":"undeliverable"}}"#)
        }
    }

    /// A part of an answer is sent again only when nobody can know whether the channel took it.
    private func asked(_ mark: Int, _ call: SimCall) {
        let (number, part) = (mark / 10, mark % 10)
        guard story.posts.indices.contains(number) else { return }
        let post = story.posts[number]
        let generation = story.world.generation
        defer { post.parts[part, default: []].append(SimSending(generation: generation, call: call)) }
        // A request that was given up long ago may still come out of a stalled connection.
        if call.wasTampered { return }
        if story.hasEnded(post) { story.violated("part \(part) of the answer to \(post.key) came after its end") }
        if post.parts.keys.contains(where: { $0 > part }) {
            story.violated("part \(part) of the answer to \(post.key) came after a later part")
        }
        for earlier in post.parts[part] ?? [] where earlier.isTaken && !earlier.call.wasTampered {
            if earlier.generation == generation {
                story.violated("part \(part) of the answer to \(post.key) was sent twice by one process")
            } else if story.world.ends[earlier.generation] == .drained, !story.world.diskWeather.canFail {
                story.violated("part \(part) of the answer to \(post.key) was sent again after an orderly end")
            }
        }
    }

    private func taken(_ call: SimCall) {
        guard let mark = SimHTTP.marks("rp", in: call.request.body).first, story.posts.indices.contains(mark / 10),
            let last = story.posts[mark / 10].parts[mark % 10]?.indices.last
        else { return }
        story.posts[mark / 10].parts[mark % 10]?[last].isTaken = true
    }

    /// Meta says later what became of a request, to whichever process is there then.
    private func tell(_ request: SimMessage, _ id: String) {
        guard let reference = SimCase.object(request.body)?["biz_opaque_callback_data"] as? String else { return }
        let state = story.chance.pick(["sent", "delivered", "read"])
        let body = SimForge.receipt(state, of: id, reference: reference, second: story.world.clock.wall.inSeconds)
        story.world.network.after(story.chance.milliseconds(50, 6_000)) { [self] in
            receipts?.deliver(SimWebhook(-1, [], SimForge.whatsapp(body)))
        }
    }

    private func check(_ request: SimMessage) {
        let target = isTelegram ? "/bot\(SimSettings.telegramToken)/sendMessage"
            : "/v23.0/\(SimSettings.phoneNumberID)/messages"
        if request.start != "POST \(target) HTTP/1.1" { return story.violated("delivery by \(request.start)") }
        if !isTelegram, request.field("authorization") != "Bearer \(SimSettings.whatsappToken)" {
            story.violated("delivery without the access token")
        }
        guard let body = SimCase.object(request.body) else { return story.violated("delivery of \(request.text)") }
        let address: String? = isTelegram ? (body["chat_id"] as? Int).map { "\($0)" }
            : body["to"] as? String ?? body["recipient"] as? String
        guard let sender = story.senders.first(where: { $0.address == address && $0.isTelegram == isTelegram }),
            sender.posts.contains(where: { $0.sentAt != .max })
        else { return story.violated("delivery to \(address ?? "nobody"), who never wrote") }
        for number in SimHTTP.marks("rp", in: request.body) {
            guard story.posts.indices.contains(number / 10), story.posts[number / 10].sender === sender else {
                story.violated("the reply to message \(number / 10) went to \(address ?? "")")
                continue
            }
        }
        if !SimHTTP.marks("mk", in: request.body).isEmpty { story.violated("a message came back in a reply") }
        if request.text.contains("Command not allowed"), !sender.posts.contains(where: { $0.kind == .badCommand }) {
            story.violated("the refusal of a command went to \(address ?? "")")
        }
    }
}
