// The sandbox of Twilio's API under `lola dev`: takes messages as the real one does, refuses what that refuses, and
// puts them into the chat instead of sending them (reference: protocols §3). Called by the console on its loop.

struct SandboxTwilio {
    private struct Fault: Error {
        let status: Int
        let code: Int
        let message: String
    }

    let world: SandboxWorld
    let secrets: TwilioSecrets

    /// - Parameters:
    ///   - path: what follows `/dev/sandbox/twilio`: version, `Accounts`, SID, `Messages.json`.
    ///   - random: 16 octets for the id of the message.
    func answer(_ request: HTTPRequest, path: [[UInt8]], at now: WallTime, random: [UInt8]) -> HTTPResponse {
        do throws(Fault) {
            guard path.count == 4, path[0].text == "2010-04-01", path[1].text == "Accounts",
                path[2] == secrets.accountSID, path[3].text == "Messages.json"
            else { throw Fault(status: 404, code: 20_404, message: "The requested resource was not found") }
            guard isAuthorized(request.head) else {
                throw Fault(status: 401, code: 20_003, message: "Authenticate")
            }
            return .json(201, try message(request.body, at: now, random: random))
        } catch {
            return refuse(error)
        }
    }

    private func isAuthorized(_ head: HTTPRequestHead) -> Bool {
        guard let value = head.only("Authorization"),
            value.starts(with: "Basic ".utf8), let pair = Base64.decode(value.dropFirst(6), .standard)
        else { return false }
        let prefix = secrets.accountSID + [0x3A]
        return pair.starts(with: prefix) && secrets.authToken.equals(pair.dropFirst(prefix.count))
    }

    private func message(_ body: [UInt8], at now: WallTime, random: [UInt8]) throws(Fault) -> [UInt8] {
        guard let form = try? FormFields(body[...]), let text = form.first("Body"), !text.isEmpty else {
            throw Fault(status: 400, code: 21_602, message: "Message body is required")
        }
        guard SandboxText.scalars(text) <= Limits.twilioTextMax else {
            throw Fault(status: 400, code: 21_617, message: "The message is too long")
        }
        guard let to = form.first("To").flatMap({ TwilioAddress($0) }), to.isNumber else {
            throw Fault(status: 400, code: 21_211, message: "Invalid 'To' Phone Number")
        }
        guard let from = form.first("From").flatMap({ TwilioAddress($0) }), from.isWhatsApp == to.isWhatsApp else {
            throw Fault(status: 400, code: 21_212, message: "Invalid From Number")
        }
        let address =
            to.isWhatsApp
            ? ReplyAddress.twilioWhatsApp(own: from.id, sender: to.id) : .sms(own: from.id, sender: to.id)
        world.record(SandboxEntry(kind: .text, text: text, at: now), with: address)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("sid", bytes: [UInt8](text: "SM") + Hex.encode(random))
            writer.member("status", "queued")
        }
        return writer.bytes
    }

    private func refuse(_ fault: Fault) -> HTTPResponse {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("code", fault.code)
            writer.member("message", fault.message)
            writer.member("status", fault.status)
        }
        return .json(fault.status, writer.bytes)
    }
}
