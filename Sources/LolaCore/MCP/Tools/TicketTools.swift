// The form of a ticket as tools and REST tell it (CONTRACT §7, §8).

enum TicketFields {
    static let conversation = ToolSchema.Field(
        "conversation", ToolFields.conversation,
        "Key of the person's conversation: \(ToolFields.conversationForm).", isRequired: true)
    static let operation = ToolSchema.Field(
        "operation", .text(min: 1, max: Limits.operationNameMax.bytes),
        "cip: identity verification; card: authorisation of a card; or one that the bank has a widget for.",
        isRequired: true)
    static let actions = ToolSchema.Field(
        "actions",
        .orNull(.list(.text(min: 1, max: Limits.ticketActionMax.bytes), 1...Limits.ticketActionsMax)),
        "What the widget may do, each <operation>:<word>; everything of the operation when left out.")
    static let life = ToolSchema.Field(
        "ttl", .orNull(.integer(1...7_200)), "Seconds until link and callbacks are over; two hours when left out.")

    /// What makes a ticket.
    static let order = [conversation, operation, actions, life]

    /// What is shown of one at any time.
    static let shown: [ToolSchema.Field] = [
        .init("ticket_id", .text(min: 32, max: 32), "", isRequired: true),
        .init("operation", .text(min: 1, max: Limits.operationNameMax.bytes), "", isRequired: true),
        .init("actions", .list(.text(min: 1, max: Limits.ticketActionMax.bytes), 1...Limits.ticketActionsMax), "",
            isRequired: true),
        conversation,
        .init("status", .word(["open", "succeeded", "failed", "expired"]), "", isRequired: true),
        .init("link", .uri, "What the person opens in a browser.", isRequired: true),
        .init("created_at", .time, "", isRequired: true),
        .init("expires_at", .time, "", isRequired: true),
    ]

    /// What only the answer that makes it shows.
    static let created = shown + [
        ToolSchema.Field("session_token", .text(min: 1, max: 8_192), "For a widget of your own.", isRequired: true),
        ToolSchema.Field("callbacks", .object([
            .init("success", .uri, "", isRequired: true), .init("failure", .uri, "", isRequired: true),
        ]), "Where a widget of your own reports; each works once.", isRequired: true),
        ToolSchema.Field("seal_key", .open, "JWK to which a result may be sealed.", isRequired: true),
    ]
}
