// The sandbox of Resend's API under `lola dev`: gives the text of mails that the forge made, takes mails and puts them
// into the chat instead of sending them (reference: protocols §4). Called by the console on its loop.

struct SandboxResend {
    private struct Fault: Error {
        let status: Int
        let name: String
        let message: String
    }

    let world: SandboxWorld
    let apiKey: SecretBytes

    /// - Parameters:
    ///   - path: what follows `/dev/sandbox/resend`: `emails`, or `emails`, `receiving`, id.
    ///   - random: 16 octets for the id of a mail.
    func answer(_ request: HTTPRequest, path: [[UInt8]], at now: WallTime, random: [UInt8]) -> HTTPResponse {
        do throws(Fault) {
            guard let value = request.head.only("Authorization"),
                value.starts(with: "Bearer ".utf8), apiKey.equals(value.dropFirst(7))
            else { throw Fault(status: 401, name: "missing_api_key", message: "Missing API key") }
            switch (request.head.method, path.map(\.text)) {
            case (.post, ["emails"]): return .json(200, try send(request.body, at: now, random: random))
            case (.get, let words) where words.count == 3 && words[..<2] == ["emails", "receiving"]:
                return .json(200, try received(path[2]))
            default: throw Fault(status: 404, name: "not_found", message: "Not found")
            }
        } catch {
            return refuse(error)
        }
    }

    private func received(_ id: [UInt8]) throws(Fault) -> [UInt8] {
        guard let text = MailCapsule.text(of: id) else {
            throw Fault(status: 404, name: "not_found", message: "Email not found")
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("object", "email")
            writer.member("id", bytes: id)
            writer.member("text", bytes: text)
            writer.member("html", nil as String?)
            writer.member("headers") { $0.object { _ in } }
        }
        return writer.bytes
    }

    private func send(_ body: [UInt8], at now: WallTime, random: [UInt8]) throws(Fault) -> [UInt8] {
        guard let root = (try? JSONDocument.parse(body))?.root, root["from"]?.filledText != nil,
            root["subject"]?.filledText != nil, let text = root["text"]?.filledText, root["to"]?.count == 1,
            let to = root["to"]?[0]?.textBytes.flatMap({ MailText.address($0) })
        else {
            throw Fault(status: 422, name: "missing_required_field", message: "from, to, subject and text are needed")
        }
        world.record(
            SandboxEntry(kind: .text, text: text, at: now),
            with: .mail(MailThread(own: [], sender: to, subject: [], messageID: nil)))
        var writer = JSONWriter()
        writer.object { $0.member("id", bytes: Hex.encode(random)) }
        return writer.bytes
    }

    private func refuse(_ fault: Fault) -> HTTPResponse {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("statusCode", fault.status)
            writer.member("name", fault.name)
            writer.member("message", fault.message)
        }
        return .json(fault.status, writer.bytes)
    }
}
