-- wrk script: sends ready-made requests of one size from a file, each once. The same octets go to every server.
-- Arguments after `--`: file, size of one request, how many to pass over at the beginning (0).

local file, size
-- Times the file was begun again; global, because wrk reads it from outside.
wrapped = 0

function init(args)
    file = assert(io.open(args[1], "rb"))
    file:setvbuf("full", 1048576)
    size = assert(tonumber(args[2]))
    file:seek("set", size * (tonumber(args[3]) or 0))
end

function request()
    local octets = file:read(size)
    if not octets then
        wrapped = wrapped + 1
        file:seek("set", 0)
        octets = file:read(size)
    end
    return octets
end

local threads = {}

function setup(thread) table.insert(threads, thread) end

-- One line for the report: answers, seconds, errors, p50 and p99 in microseconds, times the file was begun again.
function done(summary, latency, requests)
    local again = 0
    for _, thread in ipairs(threads) do again = again + thread:get("wrapped") end
    local errors = summary.errors.connect + summary.errors.read + summary.errors.write
        + summary.errors.status + summary.errors.timeout
    io.write(string.format("RESULT %d %.6f %d %d %d %d\n", summary.requests, summary.duration / 1e6, errors,
        latency:percentile(50), latency:percentile(99), again))
end
