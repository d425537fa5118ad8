// The tools a token of an agent may be limited to, by the names that clients call them (CONTRACT §9). A closed list, so
// that a scope which means nothing is refused when the token is made.

enum TokenScope: String, CaseIterable, Sendable {
    case ping = "comms_ping"
    case sendMessage = "comms_send_message"
    case makeCall = "comms_make_call"
    case getMessages = "comms_get_messages"
    case getWaitingMessages = "comms_get_waiting_messages"
    case getChannelStatus = "comms_get_channel_status"
    case getUsageDashboard = "comms_get_usage_dashboard"
    case recordConsent = "comms_record_consent"
    case revokeConsent = "comms_revoke_consent"
    case checkConsent = "comms_check_consent"
    case createTicket = "lola_create_ticket"
    case getTicket = "lola_get_ticket"
}
