"""redis-py with its client-side cache: HOST PORT KEYS SEED ROOM. Reads until its input ends, telling how far it is.

A line of output is the number of reads so far and the newest version seen; the last one is what was counted, as
JSON. Values begin with `v` and four digits, their version's number; numbers only go up.
"""

import json
import random
import select
import sys

import redis
from redis.cache import CacheConfig, DefaultCache

HOST, PORT, KEYS, SEED, ROOM = sys.argv[1], *map(int, sys.argv[2:6])
STEP = 2000


class CountingCache(DefaultCache):
    """Has room for a number of replies, and counts how often everything was dropped."""

    flushes = 0

    def flush(self):
        self.flushes += 1
        return super().flush()

    def set(self, entry):
        is_set = super().set(entry)
        while self.size > ROOM:
            self.eviction_policy.evict_next()
        return is_set


cache = CountingCache(CacheConfig())
client = redis.Redis(HOST, PORT, protocol=3, cache=cache, socket_timeout=60)
client.get("key:%012d" % 0)
source = random.Random(SEED)
keys = ["key:%012d" % number for number in range(KEYS)]
flushes_before, reads, stale, newest, versions = cache.flushes, 1, [], 0, set()
first = None
while True:
    for key in source.choices(keys, k=STEP):
        value = client.get(key)
        number = int(value[1:5])
        if first is None:
            first = number - (cache.flushes - flushes_before)
        # Older than what was read before, or than the messages that were taken in by now allow.
        if number < newest or number < first + cache.flushes - flushes_before:
            stale.append([reads, number, newest, cache.flushes])
        newest = max(newest, number)
        versions.add(number)
        reads += 1
    print(reads, newest, flush=True)
    if select.select([sys.stdin], [], [], 0)[0]:
        break
print(json.dumps({
    "client": f"redis-py {redis.__version__}", "reads": reads, "stale": stale, "newest": newest,
    "versions": len(versions), "messages": cache.flushes - flushes_before}))
