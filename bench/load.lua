-- wrk sends pre-signed requests exactly as they stand in a file; every thread has a file.
-- Arguments after `--`: the files' common prefix; perhaps `once`, to end when each was answered
-- (with one thread only); perhaps `keep=NAME`, to write what the answers have as that member to
-- PREFIX.N.kept. A request in the file is its length in eight digits, then its bytes. Every
-- answer is counted by status and problem code; that costs the loader about 2 of its 15
-- microseconds a request, the same for all contestants.

local ffi = require("ffi")
ffi.cdef("int getpid(void); int kill(int, int);")
local SIGINT = 2
local threads = {}

function setup(thread)
   thread:set("slice", #threads)
   table.insert(threads, thread)
end

function end_if_done()
   if once and dry and answered == sent then
      wrk.thread:stop()
      ffi.C.kill(ffi.C.getpid(), SIGINT)
   end
end

function response(status, _, body)
   local key = tostring(status)
   if status >= 400 then
      key = key .. " " .. (body:match('"code": ?"([a-z-]+)"') or "?")
   end
   answers[key] = (answers[key] or 0) + 1
   if keep then
      local value = body:match(keep)
      if value then
         kept:write(value, "\n")
      end
   end
   answered = answered + 1
   end_if_done()
end

function init(args)
   file = assert(io.open(args[1] .. "." .. slice, "rb"))
   file:setvbuf("full", 1048576)
   answers, laps, sent, answered, dry = {}, 0, 0, 0, false
   for i = 2, #args do
      local name = args[i]:match("^keep=(.+)$")
      once = once or args[i] == "once"
      keep = keep or name and '"' .. name .. '": ?"([^"]+)"'
   end
   if keep then
      kept = assert(io.open(args[1] .. "." .. slice .. ".kept", "wb"))
   end
   is_tried = slice == 0
end

function request()
   if is_tried then -- wrk looks at a request of the first thread, and does not send it
      is_tried = false
      local shown = file:read(tonumber(file:read(8)))
      file:seek("set")
      return shown
   end
   local size = file:read(8)
   if not size and once then
      dry = true
      end_if_done()
      return ""
   end
   if not size then -- ran dry: repeat, and say so
      laps = laps + 1
      file:seek("set")
      size = file:read(8)
   end
   sent = sent + 1
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
      '{"requests": %d, "duration_us": %d, "broken": %d, "laps": %d, '
      .. '"p50_us": %d, "p99_us": %d, "answers": %s}',
      summary.requests, summary.duration, e.connect + e.read + e.write + e.timeout,
      dry, latency:percentile(50), latency:percentile(99), merged_answers()), "\n")
end
