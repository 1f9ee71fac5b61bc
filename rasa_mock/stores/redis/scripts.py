"""What Redis itself does in one step: so no other writer comes in between.

Each script is sent once and then named by its digest.  All keys of a script are of one
conversation, so that it runs in a cluster, too.
"""

from __future__ import annotations

APPEND = """
local names = {'hash', 'list', 'list', 'list', 'set'}
for i = 1, 5 do
  local kind = redis.call('TYPE', KEYS[i]).ok
  if kind ~= 'none' and kind ~= names[i] then
    return redis.error_reply('WRONGTYPE ' .. KEYS[i] .. ' is a ' .. kind)
  end
end
local known = redis.call('HMGET', KEYS[1], 'format', 'version')
if known[1] and tonumber(known[1]) > tonumber(ARGV[1]) then
  return {'format', tonumber(known[1])}
end
local version = tonumber(known[2] or '0')
if version ~= tonumber(ARGV[2]) then
  return {'conflict', version}
end
local left = redis.call('PTTL', KEYS[1])
local at = 12
for i = 2, 5 do
  local count = tonumber(ARGV[6 + i])
  local add = i == 5 and 'SADD' or 'RPUSH'
  for first = at, at + count - 1, 1000 do
    local last = math.min(first + 999, at + count - 1)
    redis.call(add, KEYS[i], unpack(ARGV, first, last))
  end
  at = at + count
end
redis.call('HSET', KEYS[1], 'format', ARGV[1], 'version', ARGV[3], 'updated', ARGV[4])
redis.call('HSETNX', KEYS[1], 'base', '0')
redis.call('HSETNX', KEYS[1], 'session', '0')
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'base', ARGV[6]) end
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'session', ARGV[7]) end
local life = ARGV[5] ~= '' and tonumber(ARGV[5]) or left
if life > 0 then
  for i = 1, 5 do redis.call('PEXPIRE', KEYS[i], life) end
end
if KEYS[6] then redis.call('ZADD', KEYS[6], ARGV[4], ARGV[at]) end
for i = 7, #KEYS do redis.call('SADD', KEYS[i], ARGV[at]) end
return {'saved', tonumber(ARGV[3])}
"""
"""Append a turn if the conversation has the version that its writer has seen.

Keys: state, events, starts, variables, names; where they may be written together the
index, too, and the sets of those who have the names.  Arguments: format, version
expected, version after, time, life in milliseconds, base, session (empty: as it is),
the numbers of events, starts, records and names, these themselves, and the sender.
"""

SWAP = """
local old = redis.call('GET', KEYS[1])
local seen = old and redis.sha1hex(old) or ''
if seen ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
  return 1
end
if ARGV[3] ~= '' then
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
else
  redis.call('SET', KEYS[1], ARGV[2])
end
return 1
"""
"""Put a text in place of the one whose digest is given; with a life in seconds.

No text takes the key away.
"""
