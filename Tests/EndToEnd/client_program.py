"""A program as users write it, run under several releases of redis-py: `client_program.py HOST PORT`.

Prints one line a check that fails and exits 1, or `ok` with the release.
"""

import asyncio
import os
import sys

import redis

try:
    import redis.asyncio as asynchronous
except ImportError:
    asynchronous = None

HOST, PORT = sys.argv[1], int(sys.argv[2])
PROTOCOLS = [int(word) for word in sys.argv[3:]] or [2]
MAJOR = int(redis.__version__.split(".")[0])
failures = []


def check(what, found, expected):
    if found != expected:
        failures.append(f"redis-py {redis.__version__} {what}: {found!r} is not {expected!r}")


def refused(what, call):
    try:
        failures.append(f"redis-py {redis.__version__} {what}: {call()!r} where an error was due")
    except redis.exceptions.ReadOnlyError:
        pass


def options(protocol):
    return {"host": HOST, "port": PORT, "socket_timeout": 30, **({"protocol": protocol} if MAJOR >= 5 else {})}


def synchronous(protocol):
    client = redis.Redis(**options(protocol))
    check("ping", client.ping(), True)
    check("get", client.get("key:000001"), b"value of 1")
    check("get of an absent key", client.get("nosuch"), None)
    check("mget", client.mget("key:000001", "nosuch", "key:000002"), [b"value of 1", None, b"value of 2"])
    check("exists", client.exists("key:000001", "key:000001", "nosuch"), 2)
    check("strlen", client.strlen("key:000001"), 10)
    check("getrange", client.getrange("key:000001", 0, 4), b"value")
    check("type", client.type("key:000001"), b"string")
    check("ttl", (client.ttl("key:000001"), client.ttl("nosuch")), (-1, -2))
    check("dbsize", client.dbsize(), 1000)
    check("keys", len(client.keys("key:00000?")), 10)
    check("scan_iter", len(set(client.scan_iter(match="key:*", count=100))), 1000)
    check("randomkey", client.randomkey()[:4], b"key:")
    check("echo", client.echo(b"\x00\xff"), b"\x00\xff")
    check("contains", "key:000003" in client, True)
    refused("set", lambda: client.set("a", "b"))
    refused("delete", lambda: client.delete("key:000001"))
    with client.pipeline() as pipeline:  # MULTI … EXEC
        pipeline.get("key:000001").get("nosuch").exists("key:000002").strlen("key:000001")
        check("transaction", pipeline.execute(), [b"value of 1", None, 1, 10])
    with client.pipeline(transaction=False) as pipeline:
        for number in range(1000):
            pipeline.get("key:%06d" % number)
        check("pipeline", pipeline.execute(), [b"value of %d" % number for number in range(1000)])
    with client.pipeline() as pipeline:
        pipeline.watch("key:000001")
        pipeline.multi()
        pipeline.get("key:000001")
        check("watched transaction", pipeline.execute(), [b"value of 1"])
    check("info", client.info("server")["redis_version"].split(".")[0].isdigit(), True)
    check("info replication", client.info("replication")["role"], os.environ.get("EXPECTED_ROLE", "master"))
    check("client_setname", client.client_setname("worker"), True)
    check("client_id", client.client_id() > 0, True)
    check("client_list", len(client.client_list()) >= 1, True)
    check("config_get", client.config_get("nosuch*"), {})
    check("command_count", client.command_count() > 20, True)
    other = redis.Redis(db=1, **options(protocol))
    check("get of database 1", other.get("key:000950"), b"other value of 950")
    client.close()
    other.close()


async def asynchronously(protocol):
    client = asynchronous.Redis(**options(protocol))
    check("async ping", await client.ping(), True)
    found = await asyncio.gather(*[client.get("key:%06d" % number) for number in range(50)])
    check("async gather", found, [b"value of %d" % number for number in range(50)])
    async with client.pipeline(transaction=True) as pipeline:
        pipeline.get("key:000001")
        pipeline.mget("key:000002", "nosuch")
        check("async transaction", await pipeline.execute(), [b"value of 1", [b"value of 2", None]])
    check("async scan_iter", len({key async for key in client.scan_iter(count=100)}), 1000)
    await client.aclose() if hasattr(client, "aclose") else await client.close()


for protocol in PROTOCOLS:
    synchronous(protocol)
    if asynchronous:
        asyncio.run(asynchronously(protocol))
print("\n".join(failures) if failures else f"ok {redis.__version__}")
sys.exit(1 if failures else 0)
