"""coredis with its client-side cache: HOST PORT KEYS. Reads every key a few times; prints what it counted as JSON."""

import asyncio
import json
import sys

import coredis
from coredis.patterns.cache import LRUCache

HOST, PORT, KEYS = sys.argv[1], *map(int, sys.argv[2:4])
TURNS = 5


async def main():
    cache = LRUCache(max_keys=KEYS * 2)
    client = coredis.Redis(host=HOST, port=PORT, cache=cache, max_connections=2)
    async with client:
        wrong = 0
        for _ in range(TURNS):
            for number in range(KEYS):
                key = b"key:%012d" % number
                wrong += key not in await client.get(key)
        print(json.dumps({"reads": TURNS * KEYS, "wrong": wrong, "hits": cache.stats.summary["hits"]}))


asyncio.run(main())
