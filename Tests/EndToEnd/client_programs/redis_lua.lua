-- redis-lua: what every program of this directory reads, printed as one JSON object.
local redis = require 'redis'

local client = redis.connect(arg[1], tonumber(arg[2]))

local function hex(value)
  return '"' .. value:gsub('.', function(byte) return string.format('%02x', byte:byte()) end) .. '"'
end

-- The client returns replies as they are, other than absent values, which are nil.
local function json(value)
  if value == nil or value == false then return 'null' end
  return type(value) == 'number' and tostring(value) or hex(value)
end

local function list(values, count)
  local parts = {}
  for index = 1, count or #values do parts[index] = json(values[index]) end
  return '[' .. table.concat(parts, ', ') .. ']'
end

local function walk(options)
  local keys, cursor = {}, 0
  repeat
    local page = client:scan(cursor, options)
    cursor = page[1]
    for _, key in ipairs(page[2]) do keys[#keys + 1] = key end
  until tostring(cursor) == '0'
  return list(keys)
end

local exists = redis.command('EXISTS')
local pipeline = client:pipeline(function(batch)
  for number = 0, 999 do batch:get(string.format('key:%06d', number)) end
end)
local transaction = client:transaction(function(batch)
  batch:get('key:000001')
  batch:get('nosuch')
  batch:strlen('key:000001')
end)
local accepted, refusal = pcall(function() return client:set('a', 'b') end)

local facts = {
  '"client": "' .. redis._VERSION .. '"',
  '"get": ' .. json(client:get('key:000001')),
  '"missing": ' .. json(client:get('nosuch')),
  '"mget": ' .. list(client:mget('key:000001', 'nosuch', 'empty', 'key:000002'), 4),
  '"binary": ' .. json(client:get('\0\r\n\255\254"\\')),
  '"empty": ' .. json(client:get('empty')),
  '"large": ' .. json(client:get('large')),
  '"exists": ' .. json(exists(client, 'key:000001', 'key:000001', 'nosuch')),
  '"strlen": ' .. json(client:strlen('large')),
  '"type": "' .. client:type('key:000001') .. '"',
  '"type_of_missing": "' .. client:type('nosuch') .. '"',
  '"ttl": ' .. json(client:ttl('key:000001')),
  '"ttl_of_missing": ' .. json(client:ttl('nosuch')),
  '"scan": ' .. walk { count = 100 },
  '"scan_match": ' .. walk { match = 'key:00001*', count = 100 },
  '"pipeline": ' .. list(pipeline, 1000),
  '"transaction": ' .. list(transaction, 3),
  '"refused": ' .. (accepted and 'null' or '"' .. tostring(refusal):gsub('[%c"\\]', ' ') .. '"'),
  '"after_refusal": ' .. json(client:get('key:000002')),
}
client:select(1)
facts[#facts + 1] = '"database": ' .. json(client:get('key:000950'))
print('{' .. table.concat(facts, ', ') .. '}')
