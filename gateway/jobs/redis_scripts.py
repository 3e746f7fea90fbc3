"""What must happen as a whole in Redis: one Lua script for each method of `Store` that changes something.

Keys, all behind one prefix (with a hash tag, so that they share a slot of a cluster):

    queue             stream with the group `workers`; an entry stays pending until its job has ended
    waiting           sorted set of queued jobs by order of acceptance: positions, and how many there are
    job:<id>          hash: spec, status, times, attempt, losses, entry in the stream, content of the outcome
    pictures:<id>     hash: index -> encoded picture
    key:<hash>        hash: id and fingerprint of the job accepted under an idempotency key
    expiry            sorted set of ended jobs by expiry; sizes, kept: bytes of each and of all
    outbox            sorted set of jobs with a webhook to deliver, by the time it is due

Redis 7 replicates and logs the effects of a script as one transaction. Its own clock counts, for all processes.
"""

_COMMON = """
local prefix = KEYS[1]
local QUEUE, WAITING, OUTBOX = prefix .. 'queue', prefix .. 'waiting', prefix .. 'outbox'
local EXPIRY, SIZES, KEPT = prefix .. 'expiry', prefix .. 'sizes', prefix .. 'kept'
local GROUP = 'workers'

local function job(id) return prefix .. 'job:' .. id end
local function pictures(id) return prefix .. 'pictures:' .. id end
local function key(hash) return prefix .. 'key:' .. hash end

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1e6
end

local function number(value) return string.format('%.3f', value) end

local function resize(id, size)
  local before = tonumber(redis.call('HGET', SIZES, id) or 0)
  redis.call('INCRBY', KEPT, size - before)
  if size > 0 then redis.call('HSET', SIZES, id, size) else redis.call('HDEL', SIZES, id) end
end

local function leave_queue(id)
  local entry = redis.call('HGET', job(id), 'entry')
  if entry then
    redis.call('XACK', QUEUE, GROUP, entry)
    redis.call('XDEL', QUEUE, entry)
  end
  redis.call('ZREM', WAITING, id)
end

-- The hashes may be gone already: Redis lets them expire by itself, and exactly then.
local function forget(id)
  local hash = redis.call('HGET', job(id), 'key')
  if hash then redis.call('DEL', key(hash)) end
  redis.call('DEL', job(id), pictures(id))
  redis.call('ZREM', EXPIRY, id)
  redis.call('ZREM', OUTBOX, id)
  resize(id, 0)
end

local function sweep()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', EXPIRY, '-inf', number(now()), 'LIMIT', 0, 500)) do forget(id) end
end

local function finish(id, status, content, retention)
  leave_queue(id)
  local at = now()
  local expires = at + retention
  redis.call('HSET', job(id), 'status', status, 'finished', number(at), 'expires', number(expires), 'content', content)
  local milliseconds = string.format('%.0f', expires * 1000)
  redis.call('PEXPIREAT', job(id), milliseconds)
  redis.call('PEXPIREAT', pictures(id), milliseconds)
  local hash = redis.call('HGET', job(id), 'key')
  if hash then redis.call('PEXPIREAT', key(hash), milliseconds) end
  redis.call('ZADD', EXPIRY, number(expires), id)
end

local function held(id, attempt)
  local found = redis.call('HMGET', job(id), 'status', 'attempt', 'entry')
  return found[1] == 'processing' and found[2] == attempt and found[3]
end
"""

# Whatever frees memory or ends a job must work in a Redis that is full; only new jobs are refused there.
_ALWAYS = "#!lua flags=allow-oom\n" + _COMMON

ADD = (
    "#!lua\n"
    + _COMMON
    + """
local id, spec, hash, fingerprint = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local max_queued, max_kept, size = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
sweep()
if redis.call('EXISTS', job(id)) == 1 then return {'known', id} end  -- the same call again: its reply was lost
if hash ~= '' then
  local known = redis.call('HMGET', key(hash), 'id', 'fingerprint')
  if known[1] then return {known[2] == fingerprint and 'known' or 'mismatch', known[1]} end
end
if redis.call('ZCARD', WAITING) >= max_queued then return {'full'} end
if tonumber(redis.call('GET', KEPT) or 0) + size > max_kept then return {'full'} end
local entry = redis.call('XADD', QUEUE, '*', 'job', id)
redis.call('ZADD', WAITING, redis.call('INCR', prefix .. 'sequence'), id)
local created = number(now())
redis.call('HSET', job(id), 'spec', spec, 'status', 'queued', 'created', created, 'entry', entry,
           'order', redis.call('GET', prefix .. 'sequence'), 'attempt', 0, 'losses', 0, 'done', 0)
if hash ~= '' then
  redis.call('HSET', job(id), 'key', hash)
  redis.call('HSET', key(hash), 'id', id, 'fingerprint', fingerprint)
end
for index = 8, #ARGV do redis.call('HSET', pictures(id), index - 8, ARGV[index]) end
resize(id, size)
return {'new', created, redis.call('ZCARD', WAITING)}
"""
)

GET = (
    "#!lua flags=no-writes,allow-oom\n"
    + _COMMON
    + """
return {redis.call('HGETALL', job(ARGV[1])), redis.call('ZRANK', WAITING, ARGV[1])}
"""
)

# Returns a job that was begun, or else the id after which news will come in the stream.
CLAIM = (
    _ALWAYS
    + """
local consumer, lease = ARGV[1], ARGV[2]
sweep()
redis.pcall('XGROUP', 'CREATE', QUEUE, GROUP, '0', 'MKSTREAM')  -- it exists, but for the first time
local function take(entry, id)
  local found = redis.call('HMGET', job(id), 'status', 'entry')
  if found[2] ~= entry or (found[1] ~= 'queued' and found[1] ~= 'processing') then
    redis.call('XACK', QUEUE, GROUP, entry)
    redis.call('XDEL', QUEUE, entry)
    return nil
  end
  if found[1] == 'processing' then redis.call('HINCRBY', job(id), 'losses', 1) end
  redis.call('HINCRBY', job(id), 'attempt', 1)
  redis.call('HSET', job(id), 'status', 'processing', 'done', 0)
  redis.call('HSETNX', job(id), 'started', number(now()))
  redis.call('ZREM', WAITING, id)
  local begun = redis.call('HMGET', job(id), 'spec', 'attempt', 'losses')
  return {id, begun[1], begun[2], begun[3], consumer}
end
for _ = 1, 100 do
  local entries = {}
  local lost = redis.call('XPENDING', QUEUE, GROUP, 'IDLE', lease, '-', '+', 1)
  if #lost > 0 then
    entries = redis.call('XCLAIM', QUEUE, GROUP, consumer, lease, lost[1][1])
  else
    local read = redis.call('XREADGROUP', 'GROUP', GROUP, consumer, 'COUNT', 1, 'STREAMS', QUEUE, '>')
    if not read then break end
    entries = read[1][2]
  end
  if #entries > 0 then
    local taken = take(entries[1][1], entries[1][2][2])
    if taken then return taken end
  end
end
local facts = redis.call('XINFO', 'STREAM', QUEUE)
for index = 1, #facts, 2 do
  if facts[index] == 'last-generated-id' then return {facts[index + 1]} end
end
"""
)

BEAT = (
    _ALWAYS
    + """
local id, attempt, consumer, done = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local entry = held(id, attempt)
if not entry then return 0 end
redis.call('HSET', job(id), 'done', done)
redis.call('XCLAIM', QUEUE, GROUP, consumer, 0, entry, 'JUSTID')  -- which begins its idle time anew
return 1
"""
)

FINISH = (
    _ALWAYS
    + """
local id, attempt, status, content, retention = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local done, webhook = ARGV[6], ARGV[7]
if not held(id, attempt) then return 0 end
finish(id, status, content, retention)
if done ~= '' then redis.call('HSET', job(id), 'done', done) end
resize(id, tonumber(redis.call('HGET', SIZES, id) or 0) + #content)
if webhook == '1' then redis.call('ZADD', OUTBOX, number(now()), id) end
return 1
"""
)

HAND_BACK = (
    _ALWAYS
    + """
local id, attempt, consumer = ARGV[1], ARGV[2], ARGV[3]
local entry = held(id, attempt)
if not entry then return 0 end
redis.call('HSET', job(id), 'status', 'queued', 'done', 0)
redis.call('ZADD', WAITING, redis.call('HGET', job(id), 'order'), id)
-- Idle for a day, whatever the others' lease is: taken at once, and before the entries that nobody has read.
redis.call('XCLAIM', QUEUE, GROUP, consumer, 0, entry, 'IDLE', 86400000, 'JUSTID')
return 1
"""
)

CANCEL = (
    _ALWAYS
    + """
local id, retention = ARGV[1], tonumber(ARGV[2])
sweep()
local status = redis.call('HGET', job(id), 'status')
if not status then return end
if status == 'queued' or status == 'processing' then
  finish(id, 'cancelled', '', retention)
  redis.call('DEL', pictures(id))
  resize(id, #redis.call('HGET', job(id), 'spec'))
else
  forget(id)
end
"""
)

CLAIM_DELIVERY = (
    _ALWAYS
    + """
local lease = tonumber(ARGV[1])
sweep()
for _, id in ipairs(redis.call('ZRANGEBYSCORE', OUTBOX, '-inf', number(now()), 'LIMIT', 0, 10)) do
  if redis.call('EXISTS', job(id)) == 1 then
    redis.call('ZADD', OUTBOX, number(now() + lease), id)
    return {id, redis.call('HINCRBY', job(id), 'deliveries', 1)}
  end
  redis.call('ZREM', OUTBOX, id)
end
"""
)

POSTPONE = (
    _ALWAYS
    + """
redis.call('ZADD', OUTBOX, 'XX', number(now() + tonumber(ARGV[2])), ARGV[1])
"""
)
