// The metrics page (Prometheus text format 0.0.4): a closed set of series, summed over all loops when asked.

struct MetricsPage {
    let counters: [Counters]
    /// Nil without a journal.
    let store: JournalStatus?
    let storeIsOpen: Bool
    let backlog: Int
    /// Of the one log of the process.
    let logLinesDropped: Int
    let uptime: Interval
    let isDraining: Bool
    let audit: AuditTrail.Status
    /// Incidents told, by kind.
    let alerts: [(kind: Alert.Kind, count: Int)]

    func render() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(Self.octetsExpected)
        for family in Self.families {
            Self.head(family.name, "counter", family.help, &out)
            for (label, counter) in family.series {
                out.append(word: family.name)
                if label.utf8CodeUnitCount > 0 {
                    out.append(UInt8(ascii: "{"))
                    out.append(word: label)
                    out.append(UInt8(ascii: "}"))
                }
                Self.end(total(counter), &out)
            }
        }
        single("lola_log_lines_dropped_total", "counter", "Log lines nobody took.", logLinesDropped, &out)
        let open = total(.connectionsAccepted) - total(.connectionsClosed)
        single("lola_connections", "gauge", "Open connections.", open, &out)
        let streams = total(.streamsOpened) - total(.streamsClosed)
        single("lola_streams", "gauge", "Answers that are streams under way.", streams, &out)
        single("lola_messages_waiting", "gauge", "Accepted messages that are not done.", backlog, &out)
        single("lola_uptime_seconds", "gauge", "Seconds since start.", Int(uptime.inSeconds), &out)
        let draining = isDraining ? 1 : 0
        single("lola_draining", "gauge", "1 while the process finishes its work before it ends.", draining, &out)
        single("lola_loops", "gauge", "Event loops.", counters.count, &out)
        single("lola_store_open", "gauge", "1 while the store takes changes.", storeIsOpen ? 1 : 0, &out)
        if let store { journal(store, &out) }
        trail(&out)
        return out
    }

    private static let octetsExpected = 16_384

    private func total(_ counter: Counter) -> Int { counters.reduce(0) { $0 + $1.value(counter) } }

    private func journal(_ status: JournalStatus, _ out: inout [UInt8]) {
        single("lola_store_records", "gauge", "Live records.", status.liveRecords, &out)
        single("lola_store_octets", "gauge", "Octets of live records.", status.liveOctets, &out)
        single("lola_journal_octets", "gauge", "Octets of the journal since its snapshot.", status.octets, &out)
        single("lola_journal_segments", "gauge", "Segments of the journal.", status.segments, &out)
        single("lola_journal_syncs_total", "counter", "Syncs that succeeded.", Int(status.syncs), &out)
        let abandoned = Int(status.abandoned)
        single("lola_journal_abandoned_total", "counter", "Segments given up after a fault.", abandoned, &out)
        single("lola_journal_compactions_total", "counter", "Snapshots taken.", Int(status.compactions), &out)
        let micros = Int(status.lastSync.inMicroseconds)
        single("lola_journal_sync_microseconds", "gauge", "The last write and sync together.", micros, &out)
    }

    private func trail(_ out: inout [UInt8]) {
        single("lola_audit_open", "gauge", "1 while the audit trail can be written.", audit.isOpen ? 1 : 0, &out)
        let sequence = Int(clamping: audit.head.sequence)
        single("lola_audit_sequence", "gauge", "Number of the last record of the audit trail.", sequence, &out)
        single("lola_audit_records_total", "counter", "Records written to the audit trail.", audit.records, &out)
        single("lola_audit_refused_total", "counter", "Events the trail could not keep.", audit.refused, &out)
        Self.head("lola_alerts_total", "counter", "Incidents told, by kind.", &out)
        for (kind, count) in alerts {
            out.append(word: "lola_alerts_total{kind=\"")
            out.append(contentsOf: kind.rawValue.utf8)
            out.append(word: "\"}")
            Self.end(count, &out)
        }
    }

    private func single(
        _ name: StaticString, _ type: StaticString, _ help: StaticString, _ value: Int, _ out: inout [UInt8]
    ) {
        Self.head(name, type, help, &out)
        out.append(word: name)
        Self.end(value, &out)
    }

    private static func head(
        _ name: StaticString, _ type: StaticString, _ help: StaticString, _ out: inout [UInt8]
    ) {
        out.append(word: "# HELP ")
        out.append(word: name)
        out.append(UInt8(ascii: " "))
        out.append(word: help)
        out.append(word: "\n# TYPE ")
        out.append(word: name)
        out.append(UInt8(ascii: " "))
        out.append(word: type)
        out.append(UInt8(ascii: "\n"))
    }

    private static func end(_ value: Int, _ out: inout [UInt8]) {
        out.append(UInt8(ascii: " "))
        ASCII.append(value, to: &out)
        out.append(UInt8(ascii: "\n"))
    }

    private struct Family {
        let name: StaticString
        let help: StaticString
        let series: [(StaticString, Counter)]
    }

    private static let families: [Family] = [
        Family(name: "lola_connections_total", help: "Connections by what became of them at accept.", series: [
            (#"outcome="accepted""#, .connectionsAccepted), (#"outcome="refused""#, .connectionsRefused),
        ]),
        Family(name: "lola_requests_total", help: "HTTP requests whose head was understood.", series: [
            ("", .requests)
        ]),
        Family(name: "lola_request_faults_total", help: "Requests refused for their form.", series: [
            (#"kind="malformed""#, .requestFaults), (#"kind="timeout""#, .requestTimeouts),
        ]),
        Family(name: "lola_requests_refused_total", help: "Requests turned away on their head.", series: [
            (#"reason="address""#, .addressesDenied), (#"reason="limit""#, .requestsLimited),
            (#"reason="lockout""#, .requestsLockedOut), (#"reason="credential""#, .requestsUnauthorized),
            (#"reason="access""#, .accessDenied),
        ]),
        Family(name: "lola_authentication_failures_total", help: "Wrong credentials that were shown.", series: [
            ("", .authenticationsFailed)
        ]),
        Family(name: "lola_lockouts_total", help: "Address blocks locked out.", series: [("", .lockoutsBegun)]),
        Family(name: "lola_responses_total", help: "HTTP answers by class.", series: [
            (#"class="2xx""#, .responses2xx), (#"class="3xx""#, .responses3xx), (#"class="4xx""#, .responses4xx),
            (#"class="5xx""#, .responses5xx),
        ]),
        Family(name: "lola_webhooks_total", help: "Webhook requests.", series: [
            (#"outcome="accepted""#, .webhooksAccepted), (#"outcome="refused""#, .webhooksRefused),
        ]),
        Family(name: "lola_webhooks_slowed_total", help: "Webhooks of flooding addresses put off.", series: [
            ("", .webhooksSlowed)
        ]),
        Family(name: "lola_webhook_parts_total", help: "What signed webhooks held.", series: [
            (#"kind="message""#, .webhookMessages), (#"kind="duplicate""#, .webhookDuplicates),
            (#"kind="quarantined""#, .webhookQuarantined), (#"kind="ignored""#, .webhookIgnored),
            (#"kind="receipt""#, .webhookReceipts), (#"kind="signal""#, .contactSignals),
        ]),
        Family(name: "lola_messages_recovered_total", help: "Messages taken up again after a stop.", series: [
            ("", .messagesRecovered)
        ]),
        Family(name: "lola_messages_quarantined_total", help: "Messages put aside instead of handled.", series: [
            ("", .messagesQuarantined)
        ]),
        Family(name: "lola_store_unopened_total", help: "Values that no data key opens.", series: [
            ("", .storeUnopened)
        ]),
        Family(name: "lola_store_unavailable_total", help: "Messages that had to wait for the store.", series: [
            ("", .storeUnavailable)
        ]),
        Family(name: "lola_messages_total", help: "Messages by how they ended.", series: [
            (#"outcome="done""#, .messagesDone), (#"outcome="stopped""#, .messagesStopped),
            (#"outcome="dead_letter""#, .messagesDead),
        ]),
        Family(name: "lola_routed_total", help: "Messages by the agent that was chosen.", series: [
            (#"agent="onboarding""#, .routedOnboarding), (#"agent="sender_home""#, .routedSenderHome),
            (#"agent="blocked""#, .routedBlocked), (#"agent="pending_cip""#, .routedPendingCIP),
            (#"agent="service_unavailable""#, .routedServiceUnavailable),
        ]),
        Family(name: "lola_cards_masked_total", help: "Card numbers masked in chat text.", series: [
            ("", .cardsMasked)
        ]),
        Family(name: "lola_tickets_total", help: "Tickets made.", series: [("", .ticketsMade)]),
        Family(name: "lola_orders_total", help: "Messages and calls that agents asked for.", series: [
            (#"outcome="accepted""#, .ordersAccepted), (#"outcome="refused""#, .ordersRefused),
        ]),
        Family(name: "lola_mailbox_messages_total", help: "Messages of people to agents.", series: [
            (#"outcome="kept""#, .mailboxKept), (#"outcome="replaced""#, .mailboxReplaced),
        ]),
        Family(name: "lola_callbacks_total", help: "Callbacks of widgets.", series: [
            (#"outcome="redeemed""#, .callbacksRedeemed), (#"outcome="refused""#, .callbacksRefused),
        ]),
        Family(name: "lola_calls_total", help: "Calls to the outside.", series: [
            (#"to="identity""#, .identityCalls), (#"to="agent""#, .agentCalls), (#"to="channel""#, .deliveries),
        ]),
        Family(name: "lola_call_failures_total", help: "Calls that brought no usable answer.", series: [
            (#"to="identity""#, .identityFailures), (#"to="agent""#, .agentFailures),
            (#"to="channel""#, .deliveriesFailed),
        ]),
        Family(name: "lola_delivery_retries_total", help: "Deliveries put off.", series: [("", .deliveriesRetried)]),
        Family(name: "lola_outbound_connects_total", help: "Connections we opened.", series: [("", .outboundConnects)]),
        Family(name: "lola_outbound_faults_total", help: "Outbound exchanges without an answer.", series: [
            ("", .outboundFaults)
        ]),
        Family(name: "lola_breaker_opened_total", help: "Times a circuit breaker opened.", series: [
            ("", .breakerOpened)
        ]),
        Family(name: "lola_redis_connects_total", help: "Connections to Redis that were opened.", series: [
            ("", .redisConnects)
        ]),
        Family(name: "lola_redis_faults_total", help: "Commands and connections that Redis failed.", series: [
            (#"kind="connection""#, .redisConnectionFaults), (#"kind="timeout""#, .redisTimeouts),
            (#"kind="protocol""#, .redisProtocolFaults), (#"kind="error""#, .redisErrors),
            (#"kind="overload""#, .redisOverloads), (#"kind="store_changed""#, .redisStoreChanges),
        ]),
        Family(name: "lola_redis_lanes_total", help: "Lanes of the inbound queue that changed hands.", series: [
            (#"outcome="taken""#, .redisLanesTaken), (#"outcome="released""#, .redisLanesReleased),
            (#"outcome="lost""#, .redisLanesLost),
        ]),
    ]
}
