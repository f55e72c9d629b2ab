#!lua name=quangate_meeting_$digest
-- Where the nodes of a shop meet: who is there, since when anybody remembers, and what was said.

local PASSED_US = 60000000 -- a node that was not here so long is no longer named
local KEPT_MS = 3600000
local SAID_MOST = 1000

local function now_us()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function text(number)
  return string.format('%.0f', number)
end

-- KEYS: nodes, said. ARGV: this node, how long ago others count as here (us), the last message
-- heard ('' for none), then what it says.
-- Gives now, since when (us), how many nodes are here, the newest message, and those not heard yet.
redis.register_function('quangate_meet_$digest', function(keys, args)
  local now, window = now_us(), tonumber(args[2])
  redis.call('HSETNX', keys[1], 'born', text(now))
  redis.call('HSET', keys[1], 'n:' .. args[1], text(now))
  redis.call('PEXPIRE', keys[1], KEPT_MS)
  local born, here, seen = text(now), 0, redis.call('HGETALL', keys[1])
  for at = 1, #seen, 2 do
    local gone = math.abs(now - tonumber(seen[at + 1]))
    if seen[at] == 'born' then
      born = seen[at + 1]
    elseif gone <= window then
      here = here + 1
    elseif gone > PASSED_US then
      redis.call('HDEL', keys[1], seen[at])
    end
  end
  for at = 4, #args do
    redis.call('XADD', keys[2], 'MAXLEN', '~', SAID_MOST, '*', 's', args[at])
  end
  if #args > 3 then
    redis.call('PEXPIRE', keys[2], KEPT_MS)
  end
  local last, messages = args[3], {}
  if last == '' then
    local newest = redis.call('XREVRANGE', keys[2], '+', '-', 'COUNT', 1)
    last = newest[1] and newest[1][1] or '0-0'
  else
    for _, entry in ipairs(redis.call('XRANGE', keys[2], '(' .. last, '+', 'COUNT', 100)) do
      last = entry[1]
      messages[#messages + 1] = entry[2][2]
    end
  end
  return {text(now), born, here, last, messages}
end)
