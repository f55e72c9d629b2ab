-- wrk sends pre-signed requests exactly as they stand in a file; every thread has a file.
-- Arguments after `--`: the files' common prefix, and "count" to count every answer by
-- status and problem code (costs the loader time: used in rounds that are not timed).
-- A request in the file is its length in eight digits, then its bytes.

local threads = {}

function setup(thread)
   thread:set("slice", #threads)
   table.insert(threads, thread)
end

local function count_answer(status, _, body)
   local key = tostring(status)
   if status >= 400 then
      key = key .. " " .. (body:match('"code": ?"([a-z-]+)"') or "?")
   end
   answers[key] = (answers[key] or 0) + 1
end

function init(args)
   file = assert(io.open(args[1] .. "." .. slice, "rb"))
   file:setvbuf("full", 1048576)
   answers, laps = {}, 0
   if args[2] == "count" then
      response = count_answer
   end
end

function request()
   local size = file:read(8)
   if not size then -- ran dry: repeat, and say so
      laps = laps + 1
      file:seek("set")
      size = file:read(8)
   end
   return file:read(tonumber(size))
end

local function merged_answers()
   local sum, parts = {}, {}
   for _, thread in ipairs(threads) do
      for key, n in pairs(thread:get("answers")) do
         sum[key] = (sum[key] or 0) + n
      end
   end
   for key, n in pairs(sum) do
      table.insert(parts, string.format('"%s": %d', key, n))
   end
   return "{" .. table.concat(parts, ", ") .. "}"
end

function done(summary, latency, _)
   local dry = 0
   for _, thread in ipairs(threads) do
      dry = dry + thread:get("laps")
   end
   local e = summary.errors
   io.write("\n", string.format(
      '{"requests": %d, "duration_us": %d, "status_errors": %d, "broken": %d, "laps": %d, '
      .. '"p50_us": %d, "p99_us": %d, "answers": %s}',
      summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
      dry, latency:percentile(50), latency:percentile(99), merged_answers()), "\n")
end
