// Looks at the anomaly counters once a minute and raises an alert for what stands out. On the first loop.

final class AnomalyWatch {
    private let loop: Loop
    private let counters: AnomalyCounters
    private let thresholds: AnomalyThresholds
    private let alerts: any AlertDesk
    private let pseudonyms: Pseudonyms

    init(
        _ loop: Loop, _ counters: AnomalyCounters, _ thresholds: AnomalyThresholds, alerts: any AlertDesk,
        pseudonyms: Pseudonyms
    ) {
        self.loop = loop
        self.counters = counters
        self.thresholds = thresholds
        self.alerts = alerts
        self.pseudonyms = pseudonyms
    }

    /// Goes on for the life of the loop, which holds it.
    func start() {
        loop.after(Limits.anomalyWindow) {
            for finding in self.counters.turn(self.thresholds) { self.alerts.raise(self.alert(finding)) }
            self.start()
        }
    }

    private func alert(_ finding: AnomalyFinding) -> Alert {
        switch finding {
        case .actions(let agent, let count, let before):
            Alert(
                kind: .actionVolume, subject: agent.text,
                text: "\(count) actions in a minute, \(before) in the minute before")
        case .failedAuthentications(let block?, let count):
            Alert(
                kind: .failedAuthentication, subject: pseudonyms.name(of: block),
                text: "\(count) failed authentications in five minutes")
        case .failedAuthentications(nil, let count):
            Alert(
                kind: .failedAuthentication, subject: "others",
                text: "\(count) failed authentications of more addresses than are told apart in five minutes")
        case .tokens(let agent, let count):
            Alert(kind: .tokenMinting, subject: agent.text, text: "\(count) tokens in an hour")
        }
    }
}
