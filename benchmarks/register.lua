-- Sends registrations as a CRM does: unique numbers and encoded Cyrillic; half of the phones have a call.
-- BENCH_TOKEN is a token, or the tokens of several sites in turn, separated by commas.
local tokens = {}
for token in os.getenv("BENCH_TOKEN"):gmatch("[^,]+") do tokens[#tokens + 1] = token end
local site_calls, contact = tonumber(os.getenv("BENCH_CALLS")), os.getenv("BENCH_CONTACT") == "1"
local pause = tonumber(os.getenv("BENCH_PAUSE_MS") or "0")
local thread_count = 0
function setup(thread) thread_count = thread_count + 1; thread:set("id", thread_count) end
function init(args) counter = 0; math.randomseed(os.time() * 1000 + id); salt = string.format("%08x", math.random(0, 2^31 - 1)) end
function request()
  counter = counter + 1
  local number = salt .. "-" .. id .. "-" .. counter
  local lead = ""
  if contact then
    lead = string.format("&phoneNumber=7920%07d&linkTimeThreshold=7200", math.random(0, site_calls * 2 - 1))
  end
  return wrk.format("GET", "/calls-service/RestAPI/orders/register/?clientApiId=" .. tokens[counter % #tokens + 1] .. "&orderNumber=" .. number ..
    "&orderSum=1000.50&orderStatus=new&orderDate=26.03.2018%2010:00:00&manager=%D0%9A%D0%BE%D0%BB%D1%8F&service=AmoCRM" ..
    "&tags=mytag1,mytag2,mytag3&orderComment=comment" .. lead)
end
if pause > 0 then function delay() return pause end end
