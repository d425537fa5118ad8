// Rows of the settings table for what watches over the gateway: audit trail, alerts, anomalies. Part of SettingsTable,
// apart only for its length.

extension SettingsTable {
    static let auditKeys = Setting.secret(
        "audit.key", "LOLA_AUDIT_KEY", .hexKeys, absence: "derived from the data key", example: "<64 hex digits>",
        """
        Signs the chain of the audit trail. To rotate, put the new key first and keep the old ones behind commas: the \
        first signs, all verify.
        """)
    static let alertWebhookURL = Setting(
        "alerts.webhook_url", "LOLA_ALERT_WEBHOOK_URL", .endpointURL, example: "https://hooks.bank.example/lola",
        "Where alerts are sent as JSON, signed by the rules of Standard Webhooks.")
    static let alertWebhookSecret = Setting.secret(
        "alerts.webhook_secret", "LOLA_ALERT_WEBHOOK_SECRET", .webhookSecret,
        absence: "required by `alerts.webhook_url`", example: "whsec_<base64>", "Signs what is sent to the webhook.")
    static let alertCoolDown = Setting(
        "alerts.cool_down", "LOLA_ALERT_COOL_DOWN", .duration(.minutes(1), .hours(24)), default: "15m",
        "An incident that goes on is told again after this time.")
    static let anomalyActionFactor = threshold(
        "anomaly.action_factor", "LOLA_ANOMALY_ACTION_FACTOR", 2, "3",
        "An agent stands out with more than so many times the actions of the minute before.")
    static let anomalyActionsMin = threshold(
        "anomaly.actions_min", "LOLA_ANOMALY_ACTIONS_MIN", 1, "10",
        "The same: with at least so many actions in a minute.")
    static let anomalyFailedAuthentications = threshold(
        "anomaly.failed_authentications", "LOLA_ANOMALY_FAILED_AUTHENTICATIONS", 1, "10",
        "An address stands out with more failed authentications in five minutes.")
    static let anomalyTokens = threshold(
        "anomaly.tokens", "LOLA_ANOMALY_TOKENS", 1, "3", "An agent stands out with more new tokens in an hour.")

    private static func threshold(
        _ key: String, _ variable: String, _ least: Int, _ standard: String, _ sentence: String
    ) -> Setting<Int> {
        Setting(key, variable, .count(least...1_000_000), default: standard, sentence)
    }

    static let watch: [SettingDefinition] = [
        auditKeys.definition, alertWebhookURL.definition, alertWebhookSecret.definition, alertCoolDown.definition,
        anomalyActionFactor.definition, anomalyActionsMin.definition, anomalyFailedAuthentications.definition,
        anomalyTokens.definition,
    ]
}
