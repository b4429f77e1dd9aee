"""coredis, which speaks RESP3 alone: HOST PORT. Prints what it read as one JSON object."""

import asyncio

import coredis
from facts import BINARY_KEY, HOST, MGET_KEYS, PIPELINE_KEYS, PORT, hexadecimal, tell, text


async def main():
    client, other = coredis.Redis(host=HOST, port=PORT), coredis.Redis(host=HOST, port=PORT, db=1)
    async with client, other:
        try:
            await client.set("a", "b")
            refused = None
        except coredis.exceptions.ReadOnlyError as error:
            refused = str(error)
        async with client.pipeline(transaction=False) as batch:
            piped = [batch.get(key) for key in PIPELINE_KEYS]
        async with client.pipeline(transaction=True) as batch:
            transaction = [batch.get("key:000001"), batch.get("nosuch"), batch.strlen("key:000001")]
        tell({
            "client": f"coredis {coredis.__version__}",
            "get": hexadecimal(await client.get("key:000001")),
            "missing": await client.get("nosuch"),
            "mget": hexadecimal(await client.mget(MGET_KEYS)),
            "binary": hexadecimal(await client.get(BINARY_KEY)),
            "empty": hexadecimal(await client.get("empty")),
            "large": hexadecimal(await client.get("large")),
            "exists": await client.exists(["key:000001", "key:000001", "nosuch"]),
            "strlen": await client.strlen("large"),
            "type": text(await client.type("key:000001")),
            "type_of_missing": text(await client.type("nosuch")),
            "ttl": await client.ttl("key:000001"),
            "ttl_of_missing": await client.ttl("nosuch"),
            "scan": hexadecimal([key async for key in client.scan_iter(count=100)]),
            "scan_match": hexadecimal([key async for key in client.scan_iter(match="key:00001*", count=100)]),
            "pipeline": hexadecimal([await reply for reply in piped]),
            "transaction": hexadecimal([await reply for reply in transaction]),
            "refused": refused,
            "after_refusal": hexadecimal(await client.get("key:000002")),
            "database": hexadecimal(await other.get("key:000950")),
        })


asyncio.run(main())
