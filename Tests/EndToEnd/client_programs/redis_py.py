"""redis-py or its fork valkey-py, blocking: HOST PORT MODULE [PROTOCOL]. Prints what it read as one JSON object."""

import importlib
import sys

from facts import BINARY_KEY, HOST, MGET_KEYS, PIPELINE_KEYS, PORT, hexadecimal, refusal, tell, text

module = importlib.import_module(sys.argv[3])
options = {"host": HOST, "port": PORT, "socket_timeout": 30}
if len(sys.argv) > 4:
    options["protocol"] = int(sys.argv[4])
client_class = getattr(module, module.__name__.capitalize())
client = client_class(**options)

with client.pipeline(transaction=False) as batch:
    for key in PIPELINE_KEYS:
        batch.get(key)
    piped = batch.execute()
with client.pipeline() as batch:  # MULTI … EXEC
    transaction = batch.get("key:000001").get("nosuch").strlen("key:000001").execute()
with client.pipeline() as batch:
    batch.watch("key:000001")
    batch.multi()
    watched = batch.get("key:000001").execute()

tell({
    "client": f"{module.__name__} {module.__version__}",
    "get": hexadecimal(client.get("key:000001")),
    "missing": client.get("nosuch"),
    "mget": hexadecimal(client.mget(MGET_KEYS)),
    "binary": hexadecimal(client.get(BINARY_KEY)),
    "empty": hexadecimal(client.get("empty")),
    "large": hexadecimal(client.get("large")),
    "exists": client.exists("key:000001", "key:000001", "nosuch"),
    "strlen": client.strlen("large"),
    "type": text(client.type("key:000001")),
    "type_of_missing": text(client.type("nosuch")),
    "ttl": client.ttl("key:000001"),
    "ttl_of_missing": client.ttl("nosuch"),
    "scan": hexadecimal(list(client.scan_iter(count=100))),
    "scan_match": hexadecimal(list(client.scan_iter(match="key:00001*", count=100))),
    "pipeline": hexadecimal(piped),
    "transaction": hexadecimal(transaction),
    "refused": refusal(module.exceptions.ReadOnlyError, lambda: client.set("a", "b")),
    "after_refusal": hexadecimal(client.get("key:000002")),
    "database": hexadecimal(client_class(db=1, **options).get("key:000950")),
    # What only these programs ask.
    "watched": hexadecimal(watched),
    "deletion_refused": refusal(module.exceptions.ReadOnlyError, lambda: client.delete("key:000001")),
    "getrange": hexadecimal(client.getrange("key:000001", 0, 4)),
    "dbsize": client.dbsize(),
    "keys": sorted(map(text, client.keys("key:00000?"))),
    "randomkey": client.randomkey() is not None,
    "echo": hexadecimal(client.echo(b"\x00\xff")),
    "contains": ["key:000003" in client, "nosuch" in client],
    "redis_version": client.info("server")["redis_version"],
    "role": client.info("replication")["role"],
    "setname": [client.client_setname("worker"), text(client.client_getname())],
    "id": client.client_id(),
    "listed": any(entry["name"] == "worker" for entry in client.client_list()),
    "config": client.config_get("nosuch*"),
    "commands": client.command_count(),
})
