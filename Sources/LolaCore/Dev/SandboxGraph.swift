// The sandbox Graph API of `lola dev`: takes what a real `POST /{version}/{phone_number_id}/messages` takes, refuses
// what Meta would refuse, and puts the message into the chat instead of sending it (reference: protocols §1.5).
// Called by the console on its loop.

struct SandboxGraph {
    /// Why Meta would refuse; `code` is its error code.
    private struct Fault: Error {
        let status: Int
        let code: Int
        let details: String

        static func parameter(_ details: String) -> Fault { Fault(status: 400, code: 100, details: details) }
    }

    let world: SandboxWorld
    let phoneNumberID: [UInt8]

    /// - Parameters:
    ///   - path: what follows `/dev/sandbox/graph`: version, phone number id, `messages`.
    ///   - random: at least 10 octets, for the id of the message.
    func answer(_ request: HTTPRequest, path: [[UInt8]], at now: WallTime, random: [UInt8]) -> HTTPResponse {
        do throws(Fault) {
            try checkToken(request.head)
            guard path.count == 3, Self.isVersion(path[0]), path[2].elementsEqual("messages".utf8) else {
                throw Fault(status: 404, code: 2_500, details: "Unknown path components")
            }
            guard path[1] == phoneNumberID else {
                throw .parameter("Object with this phone number id does not exist")
            }
            guard let root = (try? JSONDocument.parse(request.body))?.root else { throw .parameter("Not JSON") }
            guard root["messaging_product"]?.isText("whatsapp") ?? false else {
                throw .parameter("messaging_product must be whatsapp")
            }
            return try message(root, at: now, random: random)
        } catch {
            return refuse(error)
        }
    }

    private func checkToken(_ head: HTTPRequestHead) throws(Fault) {
        guard let value = head.only("Authorization"),
            value.starts(with: "Bearer ".utf8), value.count > 7
        else { throw Fault(status: 401, code: 190, details: "Invalid OAuth access token") }
    }

    private static func isVersion(_ text: [UInt8]) -> Bool {
        let parts = text.dropFirst().split(separator: 0x2E, omittingEmptySubsequences: false)
        return text.first == 0x76 && parts.count == 2 && parts.allSatisfy { ASCII.decimal($0) != nil }
    }

    // MARK: Requests

    private func message(_ root: JSONView, at now: WallTime, random: [UInt8]) throws(Fault) -> HTTPResponse {
        let address = try recipient(root)
        world.record(try entry(root, at: now), with: address)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("messaging_product", "whatsapp")
            writer.member("contacts") { writer in
                writer.array { writer in
                    writer.object { writer in
                        switch address {
                        case .whatsappNumber(let digits):
                            writer.member("input", bytes: digits)
                            writer.member("wa_id", bytes: digits)
                        case .whatsappUser(let user): writer.member("input", bytes: user)
                        case .telegramChat, .sms, .twilioWhatsApp, .mail: break
                        }
                    }
                }
            }
            writer.member("messages") { writer in
                writer.array { writer in
                    writer.object { $0.member("id", bytes: WhatsAppForge.messageID(of: [], random: random)) }
                }
            }
        }
        return .json(200, writer.bytes)
    }

    /// `to` wins when both are given.
    private func recipient(_ root: JSONView) throws(Fault) -> ReplyAddress {
        if let to = root["to"]?.textBytes {
            guard let phone = E164(to) ?? E164(digits: to) else { throw .parameter("to is no phone number") }
            return .whatsappNumber(phone.digits)
        }
        guard let user = root["recipient"]?.textBytes, !user.isEmpty, user.count <= 135 else {
            throw .parameter("to or recipient is required")
        }
        return .whatsappUser(user)
    }

    private func entry(_ root: JSONView, at now: WallTime) throws(Fault) -> SandboxEntry {
        if root["type"]?.isText("text") ?? false {
            guard let text = root["text"]?.sandboxText("body", max: 4_096) else {
                throw .parameter("text.body needs 1 to 4096 characters")
            }
            return SandboxEntry(kind: .text, text: text, at: now)
        }
        guard root["type"]?.isText("interactive") ?? false, let interactive = root["interactive"] else {
            throw .parameter("type must be text or interactive")
        }
        guard let text = interactive["body"]?.sandboxText("text", max: 1_024) else {
            throw .parameter("interactive.body.text needs 1 to 1024 characters")
        }
        if interactive["type"]?.isText("button") ?? false {
            return SandboxEntry(kind: .buttons, text: text, buttons: try replyButtons(interactive), at: now)
        }
        if interactive["type"]?.isText("list") ?? false {
            guard let opener = interactive["action"]?.sandboxText("button", max: 20) else {
                throw .parameter("interactive.action.button needs 1 to 20 characters")
            }
            return SandboxEntry(kind: .list, text: text, buttons: try rows(interactive), opener: opener, at: now)
        }
        if interactive["type"]?.isText("request_contact_info") ?? false {
            let share = SandboxButton(title: [UInt8](text: "Share contact info"), press: .contact)
            return SandboxEntry(kind: .buttons, text: text, buttons: [share], at: now)
        }
        throw .parameter("interactive.type is not known")
    }

    private func replyButtons(_ interactive: JSONView) throws(Fault) -> [SandboxButton] {
        guard let buttons = interactive["action"]?["buttons"], (1...3).contains(buttons.count) else {
            throw .parameter("interactive.action.buttons needs 1 to 3 buttons")
        }
        var found: [SandboxButton] = []
        for button in buttons.elements {
            guard let reply = button["reply"], let id = reply.sandboxText("id", max: 256),
                let title = reply.sandboxText("title", max: 20)
            else { throw .parameter("a button needs an id of 1 to 256 and a title of 1 to 20 characters") }
            found.append(SandboxButton(title: title, press: .choice(id: id)))
        }
        guard Set(found.map(\.press)).count == found.count, Set(found.map(\.title)).count == found.count else {
            throw .parameter("ids and titles of buttons must differ")
        }
        return found
    }

    private func rows(_ interactive: JSONView) throws(Fault) -> [SandboxButton] {
        var found: [SandboxButton] = []
        if let sections = interactive["action"]?["sections"] {
            for section in sections.elements {
                guard let rows = section["rows"] else { continue }
                for row in rows.elements {
                    guard let id = row.sandboxText("id", max: 200), let title = row.sandboxText("title", max: 24) else {
                        throw .parameter("a row needs an id of 1 to 200 and a title of 1 to 24 characters")
                    }
                    let description = row.sandboxText("description", max: 72)
                    if row["description"] != nil, description == nil {
                        throw .parameter("the description of a row has 1 to 72 characters")
                    }
                    found.append(SandboxButton(title: title, description: description, press: .choice(id: id)))
                }
            }
        }
        guard (1...10).contains(found.count), Set(found.map(\.press)).count == found.count else {
            throw .parameter("a list needs 1 to 10 rows with different ids")
        }
        return found
    }

    private func refuse(_ fault: Fault) -> HTTPResponse {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("error") { writer in
                writer.object { writer in
                    writer.member("message", "(#\(fault.code)) \(fault.details)")
                    writer.member("type", "OAuthException")
                    writer.member("code", fault.code)
                    writer.member("error_data") { writer in
                        writer.object { writer in
                            writer.member("messaging_product", "whatsapp")
                            writer.member("details", fault.details)
                        }
                    }
                    writer.member("fbtrace_id", "sandbox")
                }
            }
        }
        return .json(fault.status, writer.bytes)
    }
}
