// What Redis itself carries out, each script in one piece that nothing interrupts. One server, no cluster: keys are
// made inside the scripts (docs/OPERATING.md lists them). Everything is checked before the first write. RedisStore
// calls them.

enum RedisScript: Int, CaseIterable {
    case apply, entry, page, epoch, lanes, read, reserve

    /// Whether a Redis without room refuses it.
    var writes: Bool {
        switch self {
        case .apply, .lanes, .reserve: true
        case .entry, .page, .epoch, .read: false
        }
    }

    var text: String {
        switch self {
        case .apply: Self.applyText
        case .entry: Self.entryText
        case .page: Self.pageText
        case .epoch: Self.epochText
        case .lanes: Self.lanesText
        case .read: Self.readText
        case .reserve: Self.reserveText
        }
    }

    /// First element of an answer.
    enum Code {
        static let done: Int64 = 1
        static let lost: Int64 = 2
        static let fenced: Int64 = 3
        /// The store has another epoch than the caller believes.
        static let epoch: Int64 = 4
        /// A counter has no room for what is asked of it.
        static let exceeded: Int64 = 5
    }

    /// Functions of `apply` and `reserve`: a room's ids in order and by expiry; `now` must be known. Each listing drops
    /// a few whose records have expired.
    private static let listing = """
        local function unlist(room, id)
            redis.call('ZREM', 'lola:index:' .. room, id)
            redis.call('ZREM', 'lola:expiry:' .. room, id)
        end
        local function list(room, id, life)
            redis.call('ZADD', 'lola:index:' .. room, 0, id)
            if life == '0' then
                redis.call('ZREM', 'lola:expiry:' .. room, id)
            else
                redis.call('ZADD', 'lola:expiry:' .. room, now + life, id)
            end
            for _, old in ipairs(redis.call('ZRANGEBYSCORE', 'lola:expiry:' .. room, '-inf', now, 'LIMIT', 0, 4)) do
                if redis.call('EXISTS', 'lola:' .. room .. ':' .. old) == 0 then unlist(room, old) end
            end
        end
        """

    /// ARGV: epoch, then five for each counter: room, id, amount, most, window in ms. Nothing is added when one has no
    /// room. A number here is a double: exact below 2^53. Answer: verdict, beat, then sum and life in ms of each; of
    /// `exceeded` the verdict, place, sum and life.
    private static let reserveText = """
        if redis.call('GET', 'lola:epoch') ~= ARGV[1] then return {4} end
        local sums, lives = {}, {}
        for i = 2, #ARGV, 5 do
            local room, key = ARGV[i], 'lola:' .. ARGV[i] .. ':' .. ARGV[i + 1]
            local amount, most = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
            redis.call('ZCARD', 'lola:index:' .. room)
            redis.call('ZCARD', 'lola:expiry:' .. room)
            local sum = tonumber(redis.call('GET', key) or '')
            sums[i] = sum or false
            lives[i] = sum and redis.call('PTTL', key) or -2
            if amount > 0 and (sum or 0) + amount > most then
                return {5, (i - 2) / 5, sum or 0, lives[i]}
            end
        end
        local beat = redis.call('INCR', 'lola:beat')
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        \(listing)
        local out = {1, beat}
        for i = 2, #ARGV, 5 do
            local room, id, amount, life = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 4]
            local key, sum = 'lola:' .. room .. ':' .. id, sums[i]
            if amount > 0 and not sum then
                redis.call('SET', key, string.format('%.0f', amount), 'PX', life)
                list(room, id, life)
                sum, lives[i] = amount, tonumber(life)
            elseif sum and (amount > 0 or amount < 0 and sum > 0) then
                sum = math.max(sum + amount, math.min(sum, 0))
                redis.call('SET', key, string.format('%.0f', sum), 'KEEPTTL')
            end
            out[#out + 1] = sum or 0
            out[#out + 1] = lives[i]
        end
        return out
        """

    /// ARGV: epoch, member, then five for each operation: letter, room, id and two more (RedisOperation). The first
    /// reason against any of them decides. A lane is held while nobody has taken it since: `lola:owner` outlives the
    /// lease. What only frees memory is done in a full store too, which then counts no beat. Answer: verdict, beat, sum
    /// of the last addition; of `fenced` the verdict and the id it is about.
    private static let applyText = """
        if redis.call('GET', 'lola:epoch') ~= ARGV[1] then return {4} end
        local there, owners, frees = {}, {}, true
        local function known(key)
            if there[key] == nil then there[key] = redis.call('EXISTS', key) == 1 end
            return there[key]
        end
        local function owned(lane, owner)
            if owners[lane] == nil then owners[lane] = redis.call('HGET', 'lola:owner', lane) end
            return owners[lane] == owner
        end
        for i = 3, #ARGV, 5 do
            local op, room, id, a, b = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
            local key = 'lola:' .. room .. ':' .. id
            if op == 'C' then
                if known(key) then return {2} end
            elseif op == 'H' then
                if not (known(key) and owned(b, a)) then return {3, id} end
            elseif op == 'D' then
                if known(key) and not owned(b, a) then return {3, id} end
            end
            if op == 'Q' then redis.call('XLEN', 'lola:inbound:' .. b) end
            if op ~= 'C' and op ~= 'M' and op ~= 'H' then
                redis.call('ZCARD', 'lola:index:' .. room)
                redis.call('ZCARD', 'lola:expiry:' .. room)
            end
            if op == 'Q' or op == 'D' or op == 'W' then
                local place = redis.call('GET', key)
                if place then redis.call('XLEN', 'lola:inbound:' .. string.match(place, '^%d+')) end
            end
            if op ~= 'H' then there[key] = op ~= 'R' and op ~= 'D' and op ~= 'W' end
            frees = frees and (op == 'H' or op == 'R' or op == 'D' or op == 'W')
        end
        local beat = redis.pcall('INCR', 'lola:beat')
        if type(beat) == 'table' then
            if not frees then return beat end
            beat = 0
        end
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        \(listing)
        local function unqueue(key)
            local place = redis.call('GET', key)
            if place then
                local lane, at = string.match(place, '^(%d+) (.+)$')
                redis.call('XACK', 'lola:inbound:' .. lane, 'lola', at)
                redis.call('XDEL', 'lola:inbound:' .. lane, at)
            end
        end
        local sum = false
        for i = 3, #ARGV, 5 do
            local op, room, id, a, b = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
            local key = 'lola:' .. room .. ':' .. id
            if op == 'C' then
                redis.call('SET', key, '', 'NX', 'PX', b)
            elseif op == 'M' then
                redis.call('SET', key, '', 'PX', b)
            elseif op == 'P' then
                if b == '0' then redis.call('SET', key, a) else redis.call('SET', key, a, 'PX', b) end
                list(room, id, b)
            elseif op == 'A' then
                local fresh = redis.call('EXISTS', key) == 0
                local added = redis.pcall('INCRBY', key, a)
                if type(added) == 'table' and added.err then
                    if string.find(added.err, 'overflow', 1, true) then
                        local most = string.sub(a, 1, 1) == '-' and '-9223372036854775808' or '9223372036854775807'
                        redis.call('SET', key, most, 'KEEPTTL')
                    else
                        redis.call('SET', key, a)
                        fresh = true
                    end
                end
                if fresh then
                    redis.call('PEXPIRE', key, b)
                    list(room, id, b)
                end
                sum = redis.call('GET', key)
            elseif op == 'Q' then
                unqueue(key)
                local at = redis.call('XADD', 'lola:inbound:' .. b, '*', 'id', id, 'value', a)
                redis.call('SET', key, b .. ' ' .. at)
                list(room, id, '0')
                local owner = redis.call('HGET', 'lola:owner', b)
                local member = owner and string.match(owner, '^[^:]+')
                if member and member ~= ARGV[2] then redis.pcall('PUBLISH', 'lola:wake:' .. member, b) end
            elseif op == 'R' or op == 'D' or op == 'W' then
                if op ~= 'R' then unqueue(key) end
                redis.call('DEL', key)
                unlist(room, id)
            end
        end
        return {1, beat, sum}
        """

    /// ARGV: id. Answer: the value of an entry of the inbound queue, or nil.
    private static let entryText = """
        local place = redis.call('GET', 'lola:inbound:' .. ARGV[1])
        if not place then return false end
        local lane, at = string.match(place, '^(%d+) (.+)$')
        local found = redis.call('XRANGE', 'lola:inbound:' .. lane, at, at)
        return found[1] and found[1][2][4] or false
        """

    /// ARGV: room, id after which to begin or nothing, records, octets. Answer: ids and values in turn. A page ends
    /// early only above the octets. Ids whose records have expired leave the index.
    private static let pageText = """
        local room, left, octets = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
        local from = ARGV[2] == '' and '-' or '(' .. ARGV[2]
        local out = {}
        while left > 0 and octets > 0 do
            local ids = redis.call('ZRANGEBYLEX', 'lola:index:' .. room, from, '+', 'LIMIT', 0, math.min(left, 32))
            if #ids == 0 then break end
            for _, id in ipairs(ids) do
                if octets <= 0 then break end
                local value = redis.call('GET', 'lola:' .. room .. ':' .. id)
                if value and room == 'inbound' then
                    local lane, at = string.match(value, '^(%d+) (.+)$')
                    local found = redis.call('XRANGE', 'lola:inbound:' .. lane, at, at)
                    value = found[1] and found[1][2][4]
                end
                if value then
                    out[#out + 1] = id
                    out[#out + 1] = value
                    left = left - 1
                    octets = octets - #value
                else
                    redis.call('ZREM', 'lola:index:' .. room, id)
                    redis.call('ZREM', 'lola:expiry:' .. room, id)
                end
                from = '(' .. id
            end
        end
        return out
        """

    /// ARGV: a fresh epoch; epoch, beat and run last seen, or nothing. A store without an epoch is new or lost. One
    /// with the same epoch has lost what it acknowledged when this run of the server began with a smaller beat than
    /// was seen in another. Answer: epoch, beat, 1 when changed, run.
    private static let epochText = """
        local epoch = redis.call('GET', 'lola:epoch')
        local beat = tonumber(redis.call('GET', 'lola:beat') or '0')
        local info = redis.pcall('INFO', 'server')
        local run = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
        if redis.call('GET', 'lola:run') ~= run then
            redis.call('SET', 'lola:run', run)
            redis.call('SET', 'lola:run:beat', beat)
        end
        local began = tonumber(redis.call('GET', 'lola:run:beat') or '0')
        local reached = ARGV[4] == run and beat or began
        local changed = ARGV[2] ~= '' and (epoch ~= ARGV[2] or reached < tonumber(ARGV[3]))
        if not epoch or (changed and epoch == ARGV[2]) then
            epoch = ARGV[1]
            redis.call('SET', 'lola:epoch', epoch)
        end
        beat = redis.call('INCR', 'lola:beat')
        return {epoch, beat, changed and 1 or 0, run}
        """

    /// ARGV: epoch, member, lease in ms, 1 to stay a member or 0, then three for each lane held: number, fence, 1 to
    /// keep or 0 to hand back. Answer: verdict, beat, members, quota, lanes kept, lanes lost, lanes taken with fences.
    private static let lanesText = """
        if redis.call('GET', 'lola:epoch') ~= ARGV[1] then return {4} end
        local member, lease, stays = ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        local beat = redis.call('INCR', 'lola:beat')
        local news = 0
        if stays then
            news = redis.call('ZADD', 'lola:members', now, member)
        else
            redis.call('ZREM', 'lola:members', member)
        end
        redis.call('ZREMRANGEBYSCORE', 'lola:members', '-inf', now - lease)
        local members = redis.call('ZCARD', 'lola:members')
        local quota = stays and math.ceil(64 / members) or 0
        local seen, kept, lost, taken = {}, {}, {}, {}
        for i = 5, #ARGV, 3 do
            local lane, owner = ARGV[i], member .. ':' .. ARGV[i + 1]
            seen[lane] = true
            if redis.call('HGET', 'lola:owner', lane) ~= owner then
                lost[#lost + 1] = lane
            elseif ARGV[i + 2] == '1' then
                redis.call('SET', 'lola:lane:' .. lane, owner, 'PX', lease)
                kept[#kept + 1] = lane
            else
                redis.call('DEL', 'lola:lane:' .. lane)
                news = news + 1
            end
        end
        for number = 0, 63 do
            local lane = tostring(number)
            if #kept + #taken / 2 >= quota then break end
            if not seen[lane] then
                local owner = redis.call('GET', 'lola:lane:' .. lane)
                if not owner or string.sub(owner, 1, #member + 1) == member .. ':' then
                    local fence = redis.call('INCR', 'lola:fence')
                    owner = member .. ':' .. fence
                    redis.call('SET', 'lola:lane:' .. lane, owner, 'PX', lease)
                    redis.call('HSET', 'lola:owner', lane, owner)
                    taken[#taken + 1] = lane
                    taken[#taken + 1] = tostring(fence)
                end
            end
        end
        if news > 0 then redis.pcall('PUBLISH', 'lola:lanes', member) end
        return {1, beat, members, quota, kept, lost, taken}
        """

    /// ARGV: epoch, member, its connection's number, entries, octets, then three for each lane: number, owner, and `>`
    /// for what nobody has read or the place from which on what others have in hand, and our own with a lost answer, is
    /// taken over before. A reading of an earlier connection that arrives late finds the mark of a later one in
    /// `lola:reader` and takes nothing: its answer would reach nobody.
    /// Answer: verdict, then for each lane it came to: number, 0 (not ours), 1 (nothing more), 2 (more that is new), 3
    /// (more to take over) or 4 (to be taken over first), and three for each entry: place, id, value. What is read is
    /// pending in the group until it is done, so no more is read than is answered.
    private static let readText = """
        if redis.call('GET', 'lola:epoch') ~= ARGV[1] then return {4} end
        local member, number, left, octets = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
        local out = {1}
        local function take(found, piece)
            for _, entry in ipairs(piece) do
                if entry and entry[2] then
                    found[#found + 1] = entry[1]
                    found[#found + 1] = entry[2][2] or ''
                    found[#found + 1] = entry[2][4] or ''
                    left = left - 1
                    octets = octets - #(entry[2][4] or '')
                end
            end
        end
        local function forget(key)
            for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', key, 'lola')) do
                if consumer[2] ~= member and consumer[4] == 0 then
                    redis.call('XGROUP', 'DELCONSUMER', key, 'lola', consumer[2])
                end
            end
        end
        local function standing(lane, owner, isNew)
            if redis.call('HGET', 'lola:owner', lane) ~= owner then return 0 end
            local mark = redis.call('HGET', 'lola:reader', lane) or ''
            if isNew then return mark == owner .. ' ' .. number and 2 or 4 end
            local reader, last = string.match(mark, '^(.+) (%d+)$')
            if reader == owner and tonumber(last) > tonumber(number) then return 0 end
            redis.call('HSET', 'lola:reader', lane, owner .. ' ' .. number)
            return 3
        end
        for i = 6, #ARGV, 3 do
            if left <= 0 or octets <= 0 then break end
            local lane, key, from = ARGV[i], 'lola:inbound:' .. ARGV[i], ARGV[i + 2]
            local found = {lane, standing(lane, ARGV[i + 1], from == '>')}
            if found[2] == 3 then redis.pcall('XGROUP', 'CREATE', key, 'lola', '0', 'MKSTREAM') end
            while found[2] == 3 and left > 0 and octets > 0 do
                local piece = redis.call('XAUTOCLAIM', key, 'lola', member, 0, from, 'COUNT', 1)
                take(found, piece[2])
                from = piece[1]
                if from == '0-0' then
                    forget(key)
                    found[2] = 2
                end
            end
            while found[2] == 2 and left > 0 and octets > 0 do
                local piece = redis.call(
                    'XREADGROUP', 'GROUP', 'lola', member, 'COUNT', 1, 'STREAMS', key, '>')
                if piece then take(found, piece[1][2]) else found[2] = 1 end
            end
            out[#out + 1] = found
        end
        return out
        """
}
