"""The asyncio side of redis-py or valkey-py: HOST PORT MODULE [PROTOCOL]. Prints what it read as one JSON object."""

import asyncio
import importlib
import sys

from facts import BINARY_KEY, HOST, MGET_KEYS, PIPELINE_KEYS, PORT, hexadecimal, tell, text

module = importlib.import_module(sys.argv[3])
asynchronous = importlib.import_module(f"{sys.argv[3]}.asyncio")
options = {"host": HOST, "port": PORT, "socket_timeout": 30}
if len(sys.argv) > 4:
    options["protocol"] = int(sys.argv[4])
client_class = getattr(asynchronous, module.__name__.capitalize())


async def main():
    client, other = client_class(**options), client_class(db=1, **options)
    try:
        await client.set("a", "b")
        refused = None
    except module.exceptions.ReadOnlyError as error:
        refused = str(error)
    async with client.pipeline(transaction=False) as batch:
        for key in PIPELINE_KEYS:
            batch.get(key)
        piped = await batch.execute()
    async with client.pipeline(transaction=True) as batch:
        transaction = await batch.get("key:000001").get("nosuch").strlen("key:000001").execute()
    tell({
        "client": f"{module.__name__}.asyncio {module.__version__}",
        "get": hexadecimal(await client.get("key:000001")),
        "missing": await client.get("nosuch"),
        "mget": hexadecimal(await client.mget(MGET_KEYS)),
        "binary": hexadecimal(await client.get(BINARY_KEY)),
        "empty": hexadecimal(await client.get("empty")),
        "large": hexadecimal(await client.get("large")),
        "exists": await client.exists("key:000001", "key:000001", "nosuch"),
        "strlen": await client.strlen("large"),
        "type": text(await client.type("key:000001")),
        "type_of_missing": text(await client.type("nosuch")),
        "ttl": await client.ttl("key:000001"),
        "ttl_of_missing": await client.ttl("nosuch"),
        "scan": hexadecimal([key async for key in client.scan_iter(count=100)]),
        "scan_match": hexadecimal([key async for key in client.scan_iter(match="key:00001*", count=100)]),
        "pipeline": hexadecimal(piped),
        "transaction": hexadecimal(transaction),
        "refused": refused,
        "after_refusal": hexadecimal(await client.get("key:000002")),
        "database": hexadecimal(await other.get("key:000950")),
        # Fifty connections of one pool at once.
        "gathered": hexadecimal(await asyncio.gather(*[client.get(key) for key in PIPELINE_KEYS[:50]])),
    })
    for one in (client, other):
        await (one.aclose() if hasattr(one, "aclose") else one.close())


asyncio.run(main())
