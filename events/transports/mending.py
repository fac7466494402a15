"""Jobs that BullMQ's own scripts end half-way on, set right so that no job stops the others.

The scripts count in a job's hash (`ats` each time it is taken, `stc` when it lost its worker, `atm` when it ends) and
look at what it waits for. A count that is no number, or a key of another kind, ends the script where it is: a job is
active and told to nobody, lost jobs are not given back, a job that is done comes again for ever.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

logger = logging.getLogger(__name__)

# Drops counts that are none, and what a job waits for where that is no set; jobs that are no hash leave the queue.
# Those whose taking failed wait again. Returns how many were set right.
MEND: Final = """
local function kind(key) return redis.call('TYPE', key)['ok'] end
local count = 0
for i = 2, #ARGV do
    local id, key = ARGV[i], ARGV[1] .. ARGV[i]
    local is_odd, is_untaken = false, false
    if kind(key) ~= 'hash' and kind(key) ~= 'none' then
        redis.call('LREM', KEYS[1], 0, id)
        redis.call('DEL', key .. ':lock')
        is_odd = true
    elseif kind(key) == 'hash' then
        for _, field in ipairs({'ats', 'stc', 'atm'}) do
            local value = redis.call('HGET', key, field)
            if value and not (#value <= 15 and string.match(value, '^-?%d+$')) then
                redis.call('HDEL', key, field)
                is_odd, is_untaken = true, is_untaken or field == 'ats'
            end
        end
        for suffix, wanted in pairs({[':dependencies'] = 'set', [':unsuccessful'] = 'zset'}) do
            if kind(key .. suffix) ~= wanted and kind(key .. suffix) ~= 'none' then
                redis.call('DEL', key .. suffix)
                is_odd = true
            end
        end
        if is_untaken and redis.call('LREM', KEYS[1], 0, id) > 0 then
            redis.call('DEL', key .. ':lock')
            redis.call('RPUSH', KEYS[2], id)
        end
    end
    if is_odd then count = count + 1 end
end
return count
"""
# Makes jobs whose end failed ready for a second try: active, and this consumer's.
HOLD: Final = """
for i = 4, #ARGV do
    local id = ARGV[i]
    if redis.call('EXISTS', ARGV[1] .. id) == 1 then
        redis.call('LREM', KEYS[1], 0, id)
        redis.call('LPUSH', KEYS[1], id)
        redis.call('SET', ARGV[1] .. id .. ':lock', ARGV[2], 'PX', ARGV[3])
    end
end
"""
# Jobs that are stored but cannot be ended: nobody is to take them again.
FORGET: Final = """
for i = 2, #ARGV do
    redis.call('LREM', KEYS[1], 0, ARGV[i])
    redis.call('DEL', ARGV[1] .. ARGV[i] .. ':lock')
end
"""


class Mending:
    """Sets the odd jobs of one queue right; every call raises one of AWAY_ERRORS while Redis is away."""

    def __init__(self, client: Any, *, base: bytes, active: str, wait: str, token: str, lock_ms: int) -> None:
        """`base`: what the keys of the queue begin with; `token` and `lock_ms`: by which this consumer holds jobs."""
        self._client = client
        self._base, self._active, self._wait = base, active, wait
        self._token, self._lock_ms = token, lock_ms
        self._mend = client.register_script(MEND)
        self._hold = client.register_script(HOLD)
        self._forget = client.register_script(FORGET)

    async def active_jobs(self) -> int:
        """Set right the jobs that are active, of whom some call failed; returns how many."""
        return await self.jobs(await self._client.lrange(self._active, 0, -1))

    async def jobs(self, keys: Sequence[bytes]) -> int:
        """Set these jobs right; returns how many needed it."""
        if not keys:
            return 0
        count: int = await self._mend(keys=[self._active, self._wait], args=[self._base, *keys])
        if count:
            logger.warning("%s jobs had fields that BullMQ cannot count with, and were set right", count)
        return count

    async def hold(self, keys: Sequence[bytes]) -> None:
        """Take jobs back in hand whose end failed half-way."""
        await self._hold(keys=[self._active], args=[self._base, self._token, self._lock_ms, *keys])

    async def forget(self, keys: Sequence[bytes]) -> None:
        """Let nobody take these jobs again; what Redis keeps of them stays."""
        await self._forget(keys=[self._active], args=[self._base, *keys])
