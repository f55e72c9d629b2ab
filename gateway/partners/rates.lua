#!lua name=quangate_rates_$digest
-- The buckets of keys over all nodes: each is the time at which it is full again (GCRA).

-- KEYS: the bucket. ARGV, in microseconds of the key's rate: what was taken, what the node that
-- took it knows to be owed with that, and the most that may be owed.
-- Gives what is owed now. A bucket that is forgotten is what the node knows of it.
redis.register_function('quangate_spend_$digest', function(keys, args)
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  local full = tonumber(redis.call('GET', keys[1]) or nil)
  if full == nil then
    full = now + tonumber(args[2])
  else
    full = math.max(full, now) + tonumber(args[1])
  end
  full = math.ceil(math.min(full, now + tonumber(args[3])))
  local owed = full - now
  if owed > 0 then
    redis.call('SET', keys[1], string.format('%.0f', full), 'PX', math.ceil(owed / 1000) + 1000)
  end
  return owed
end)
