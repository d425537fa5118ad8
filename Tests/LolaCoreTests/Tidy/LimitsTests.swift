import Testing

@testable import LolaCore

@Suite("Limits: how they relate to each other")
struct LimitsTests {
    @Test("every limit is held by something")
    func used() {
        let limits = Repository.sources.filter { $0.file.name.hasPrefix("Limits") }
        let names = limits.flatMap { file in
            file.text.words.indices.dropFirst(2).compactMap { index -> String? in
                let words = file.text.words
                return words[index - 1].text == "let" && words[index - 2].text == "static" ? words[index].text : nil
            }
        }
        #expect(names.count > 80)
        for name in names {
            let isUsed = Repository.sources.contains { source in
                source.text.words.indices.dropFirst().contains { index in
                    source.text.words[index].text == name && source.text.words[index - 1].text == "Limits"
                }
            }
            #expect(isUsed, "nothing asks for Limits.\(name)")
        }
    }

    @Test("a connection: the shorter patience is the one that is meant")
    func patience() {
        #expect(Limits.bodyRateWindow < Limits.requestHeadTimeout)
        #expect(Limits.requestHeadTimeout < Limits.writeStallTimeout)
        #expect(Limits.writeStallTimeout < Limits.idleTimeout)
        #expect(Limits.lingeringClose < Limits.writeStallTimeout)
        #expect(Limits.drainIdleGrace < Limits.idleTimeout)
        #expect(Limits.acceptRest < Limits.requestHeadTimeout)
        #expect(Limits.poolIdleTimeout < Limits.idleTimeout)
    }

    @Test("a drain leaves time for one request, one answer and one delivery")
    func drain() {
        #expect(Limits.drainMax >= Limits.drainIdleGrace + Limits.requestHeadTimeout + Limits.deliveryTimeout)
        #expect(Limits.drainMax > Limits.writeStallTimeout + Limits.lingeringClose)
        #expect(Limits.drainTick < Limits.drainIdleGrace)
        #expect(Limits.drainTick < Limits.tickMax)
    }

    @Test("a request head fits into what is read, its target into the head, its body into memory")
    func heads() {
        #expect(Limits.requestTargetMax < Limits.requestHeadMax)
        #expect(Limits.requestMethodMax < Limits.requestTargetMax)
        #expect(Limits.requestHeadMax < Limits.unreadMax)
        #expect(Limits.requestHeadMax.bytes <= HTTPField.endMax && Limits.responseHeadMax.bytes <= HTTPField.endMax)
        #expect(Limits.trailersMax.bytes <= HTTPField.endMax)
        // An array doubles: read up to the limit and one piece more, it still comes back.
        #expect(2 * (Limits.unreadMax.bytes + 65_536) < Limits.lentBufferMax.bytes)
        #expect(Limits.chunkLineMax < Limits.chunkExtensionsMax)
        #expect(Limits.trailersMax < Limits.requestHeadMax)
        #expect(Limits.trailerFieldsMax < Limits.requestFieldsMax)
        #expect(Limits.challengeMax < Limits.requestTargetMax)
        #expect(Limits.tokenMax < Limits.requestHeadMax)
    }

    @Test("a stream holds less than a connection that is read, and its events fit into what may wait")
    func streams() {
        #expect(Limits.streamUnreadMax < Limits.unreadMax)
        #expect(Limits.streamEventMax <= Limits.responseBacklogMax)
        #expect(Limits.adminStreamsMax < Limits.managementConnectionsMax)
        #expect(Limits.adminEventsHurry < Limits.adminEventsInterval)
        #expect(Limits.adminEventsInterval < Limits.adminFiguresInterval)
        #expect(Limits.adminFiguresInterval < Limits.adminHeartbeat && Limits.adminHeartbeat < Limits.idleTimeout)
        #expect(Limits.adminEventsWaitingMax < Limits.responseBacklogMax)
        #expect(Limits.adminEventsPage < Limits.messageRecordsMax)
    }

    @Test("bodies: a provider's largest is the largest, and every one is far below what the parser could read")
    func bodies() {
        #expect(Limits.bodyWebhookMax < Limits.bodyWhatsAppMax)
        #expect(Limits.bodyAPIMax <= Limits.bodyWhatsAppMax)
        #expect(Limits.discardedBodyMax < Limits.bodyAPIMax)
        #expect(Limits.discardedBodyMax <= Limits.unreadMax)
        #expect(Limits.bodyWhatsAppMax < Limits.jsonDocumentMax)
        #expect(Limits.settingsFileMax < Limits.jsonDocumentMax)
        #expect(Limits.jsonDocumentMax.bytes < Int(UInt32.max))
    }

    @Test("answers from outside are smaller than what we would send")
    func answers() {
        #expect(Limits.responseHeadMax == Limits.requestHeadMax)
        #expect(Limits.identityResponseMax < Limits.agentResponseMax)
        #expect(Limits.channelResponseMax < Limits.agentResponseMax)
        #expect(Limits.agentStateMax < Limits.agentResponseMax)
        #expect(Limits.replyTextMax < Limits.agentResponseMax)
        #expect(Limits.agentResponseMax < Limits.responseBacklogMax)
    }

    @Test("what waits is bounded by what is kept, and one party never holds everything")
    func queues() {
        #expect(Limits.backlogMax < Limits.storeClaimsMax)
        #expect(Limits.agentInFlightMax <= Limits.poolConnectionsPerOriginMax)
        #expect(Limits.poolConnectionsPerOriginMax < Limits.poolWaitingMax)
        #expect(Limits.storeSweepStep < Limits.storeSweepWhenFull)
        #expect(Limits.breakerPause < Limits.breakerWindow)
        #expect(Limits.descriptorReserve >= Limits.poolConnectionsPerOriginMax)
    }

    @Test("a flood is slowed by less than a provider's patience, and its largest body may wait")
    func floods() {
        #expect(Limits.webhookPaceInterval < Limits.webhookPaceDelayMax)
        #expect(Limits.webhookPaceDelayMax < Limits.webhookPaceWindow)
        #expect(Limits.webhookPaceDelayMax < Limits.deliveryTimeout)
        #expect(Limits.bodyWhatsAppMax <= Limits.webhookPaceOctetsMax)
        #expect(Limits.webhookPaceOctetsMax < Limits.bodiesHeldMax)
        #expect(Limits.refusalLinesMax < Limits.webhookPaceRefusalsMax)
    }

    @Test("the guard: a lock-out lasts as long as it is counted for, gateways hear of it in time, limits fit")
    func guardedDoor() {
        #expect(Limits.lockoutTime >= Limits.lockoutWindow)
        #expect(Limits.lockoutRefresh < .seconds(5))
        #expect(Limits.limitEventsMax > 1_000_000 && Limits.limitEventsMin < Limits.limitEventsMax)
        #expect(Limits.limitBatchInterval < HTTPLimits.window)
        #expect(Limits.lockoutFailuresKept >= Limits.lockoutFailures * 10_000)
        #expect(Limits.lockoutsMax < Limits.lockoutFailuresKept)
        #expect(Limits.guardPageMax <= Limits.redisPageMax)
        #expect(Limits.forwardedHopsMax < Limits.requestFieldsMax)
    }

    @Test("a record of the journal takes the largest message, and a search tries many of them")
    func journal() {
        #expect(Limits.journalRecordMax.bytes >= 2 * Limits.bodyWhatsAppMax.bytes)
        #expect(Limits.journalRecordMax < Limits.storeOctetsMax)
        #expect(Limits.journalReadStep < Limits.journalRecordMax)
        #expect(Limits.journalSearchMax.bytes >= 16 * Limits.journalRecordMax.bytes)
    }

    @Test("what waits for the journal fits into a segment, and a record into what may wait")
    func journalSizes() {
        #expect(Limits.journalRecordMax < Limits.journalWaitingMax)
        #expect(Limits.journalWaitingMax < Limits.journalSegmentMax)
        #expect(Limits.journalCompactionMin >= Limits.journalSegmentMax)
        #expect(Limits.journalSegmentMax.bytes * Limits.journalSegmentsMax
            >= Limits.storeOctetsMax.bytes * Limits.journalCompactionFactor)
        #expect(Limits.journalBufferKept < Limits.journalWaitingMax)
        #expect(Limits.journalSnapshotSyncStep < Limits.journalSegmentMax)
        #expect(Limits.journalPauseMin < Limits.journalPauseMax)
        #expect(Limits.journalPauseMax < Limits.journalCompactionPause)
    }

    @Test("Redis: what we store can be read again, what is read fits into a reply, and a stall is told in time")
    func redis() {
        #expect(Limits.bodyWhatsAppMax < Limits.redisBulkMax && Limits.agentResponseMax < Limits.redisBulkMax)
        #expect(Limits.redisReadOctetsMax.bytes + Limits.redisBulkMax.bytes < Limits.redisReplyMax.bytes)
        #expect(Limits.redisReadOctetsMax < Limits.redisOctetsInHandMax)
        #expect(Limits.redisReadMax < Limits.redisEntriesInHandMax)
        #expect(3 * Limits.redisReadMax + 3 * Lane.count < Limits.redisArrayMax)
        #expect(2 * Limits.redisPageMax < Limits.redisArrayMax && Limits.redisArrayMax < Limits.redisValuesMax)
        #expect(Limits.redisGreetingTimeout < Limits.redisAnswerTimeout)
        #expect(Limits.redisAnswerTimeout < .seconds(5))
        #expect(Limits.redisAnswerTimeout + Limits.redisGreetingTimeout + Limits.redisRetryMax < Limits.redisLease)
        #expect(Limits.redisRetryFirst < Limits.redisRetryMax)
        #expect(Limits.redisGreetingTimeout < Limits.redisStartPatience)
        #expect(Limits.redisGreetingTimeout < Limits.redisLookPatience)
        #expect(Limits.redisLineMax < Limits.redisBulkMax)
        #expect(Limits.redisBulkMax < Limits.redisBacklogMax)
        #expect(Limits.redisEntriesInHandMax < Limits.backlogMax)
    }

    @Test("a message id is remembered longer than anything of ours may still try again")
    func memory() {
        #expect(Limits.retryAfterMax < Limits.seenTelegram)
        #expect(Limits.seenTelegram < Limits.seenWhatsApp)
        #expect(Limits.deliveryRetryAfterMax <= Limits.retryAfterMax)
        #expect(Limits.clockSkewMax <= Limits.agentTokenLifetime)
        #expect(Limits.whatsAppPairInterval < Limits.deliveryTimeout)
    }

    @Test("Twilio and mails: a body, an id and a text fit into what carries them")
    func twilioAndMails() {
        #expect(Limits.bodyTwilioMax < Limits.bodyWebhookMax && Limits.twilioTextMax < Limits.bodyTwilioMax.bytes)
        #expect(Limits.twilioTextMax < Limits.twilioScriptMax && Limits.twilioScriptMax < Limits.outboundTextMax.bytes)
        #expect(Limits.mailTextMax <= Limits.replyTextMax && Limits.mailTextMax < Limits.mailResponseMax)
        #expect(Limits.mailIDMax < Limits.requestTargetMax && Limits.mailAddressMax < Limits.nativeIDMax)
        #expect(Limits.seenTwilio > Limits.retryAfterMax && Limits.seenResend > Limits.seenTwilio)
        #expect(Limits.svixTolerance < Limits.seenTwilio && Limits.svixSignaturesMax >= 2)
        #expect(Limits.receiptsEarlyMax < Limits.messageRecordsMax)
    }

    @Test("the making of the index key is claimed for longer than anything of ours waits")
    func indexKey() {
        #expect(Limits.indexKeyClaim > Limits.retryAfterMax)
    }

    @Test("what an agent may say is more than a channel shows; the channel shortens it")
    func replies() {
        #expect(Limits.replyButtonsMax <= Limits.whatsAppButtonsMax)
        #expect(Limits.replyItemsMax <= Limits.whatsAppRowsMax)
        #expect(Limits.replyItemsMax <= Limits.telegramRowsMax)
        #expect(Limits.whatsAppBodyMax < Limits.whatsAppTextMax)
        #expect(Limits.choiceTitleMax.bytes >= Limits.telegramButtonTitleMax)
        #expect(Limits.choiceIDMax >= Limits.whatsAppButtonIDMax)
        #expect(Limits.nativeIDMax <= Limits.whatsAppReferenceMax)
        #expect(Limits.deliveryReferenceMax <= Limits.whatsAppReferenceMax)
    }

    @Test("audit: a record is far below a segment, refusals are bounded by what may wait, heads come before the minute")
    func audit() {
        let fact = Limits.auditFieldMax.bytes + 64
        #expect(Limits.auditRecordMax.bytes > 4 * Limits.auditFieldMax.bytes + Limits.auditFactsMax * fact)
        #expect(Limits.auditRecordMax < Limits.auditSegmentMax)
        #expect(Limits.auditRecordMax < Limits.journalReadStep)
        #expect(Limits.auditRefusalsSingle < Limits.auditRefusalsMax)
        #expect(Limits.auditRefusalsMax < Limits.auditRefusalSubjectsMax)
        #expect(Limits.auditRefusalSubjectsMax < Limits.auditWaitingMax)
        #expect(Limits.auditHeadInterval < Limits.auditHeadLineInterval)
        #expect(Limits.auditPauseMin < Limits.auditPauseMax)
        #expect(Limits.auditPageMax <= Limits.auditRecentMax)
    }

    @Test("MCP: a revocation is seen within a second, heartbeats come before anybody gives up, sessions fit")
    func mcp() {
        #expect(Limits.mcpStreamCheck + Limits.mirrorInterval < .seconds(1))
        #expect(Limits.agentMakingClaim > Limits.mirrorStaleMax + Limits.mirrorInterval)
        #expect(Limits.mcpHeartbeat < Limits.idleTimeout && Limits.mcpSweepInterval < Limits.mcpSessionIdle)
        #expect(Limits.mcpSessionsPerTokenMax < Limits.mcpSessionsMax && Limits.mcpSessionRandomCount >= 16)
        #expect(Limits.mcpBatchMax <= Limits.mcpCallsInFlightMax)
        #expect(Limits.mcpProgressInterval < Limits.providerCheckTimeout)
        #expect(Limits.outboundTextMax < Limits.bodyAPIMax && Limits.outboundHTMLMax < Limits.bodyAPIMax)
    }

    @Test("alerts: one page shows all, an incident is written down more often than it is told")
    func alerts() {
        #expect(Limits.alertsKeptMax <= Limits.redisPageMax)
        #expect(Limits.alertsRaisedMax < Limits.alertIncidentsMax)
        #expect(Limits.alertUpdateInterval < Limits.anomalyWindow)
        #expect(Limits.anomalyAgentsMax < Limits.anomalyAddressesMax)
    }
}
