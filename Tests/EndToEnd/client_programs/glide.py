"""valkey-glide-sync: HOST PORT PROTOCOL. Prints what it read as one JSON object."""

import importlib.metadata
import sys

import glide_sync as glide
from facts import BINARY_KEY, HOST, MGET_KEYS, PIPELINE_KEYS, PORT, hexadecimal, refusal, tell, text

PROTOCOL = {"2": glide.ProtocolVersion.RESP2, "3": glide.ProtocolVersion.RESP3}[sys.argv[3]]


def connect(database):
    return glide.GlideClient.create(glide.GlideClientConfiguration(
        [glide.NodeAddress(HOST, PORT)], protocol=PROTOCOL, database_id=database, request_timeout=30_000))


def walk(client, **options):
    cursor, keys = b"0", []
    while True:
        cursor, page = client.scan(cursor, count=100, **options)
        keys += page
        if cursor == b"0":
            return keys


def batch(is_atomic, fill):
    commands = glide.Batch(is_atomic)
    fill(commands)
    return client.exec(commands, raise_on_error=True)


def fill_transaction(commands):
    commands.get("key:000001").get("nosuch").strlen("key:000001")


def fill_pipeline(commands):
    for key in PIPELINE_KEYS:
        commands.get(key)


client = connect(0)
tell({
    "client": f"valkey-glide-sync {importlib.metadata.version('valkey-glide-sync')}",
    "get": hexadecimal(client.get("key:000001")),
    "missing": client.get("nosuch"),
    "mget": hexadecimal(client.mget(MGET_KEYS)),
    "binary": hexadecimal(client.get(BINARY_KEY)),
    "empty": hexadecimal(client.get("empty")),
    "large": hexadecimal(client.get("large")),
    "exists": client.exists(["key:000001", "key:000001", "nosuch"]),
    "strlen": client.strlen("large"),
    "type": text(client.type("key:000001")),
    "type_of_missing": text(client.type("nosuch")),
    "ttl": client.ttl("key:000001"),
    "ttl_of_missing": client.ttl("nosuch"),
    "scan": hexadecimal(walk(client)),
    "scan_match": hexadecimal(walk(client, match="key:00001*")),
    "pipeline": hexadecimal(batch(False, fill_pipeline)),
    "transaction": hexadecimal(batch(True, fill_transaction)),
    "refused": refusal(glide.RequestError, lambda: client.set("a", "b")),
    "after_refusal": hexadecimal(client.get("key:000002")),
    "database": hexadecimal(connect(1).get("key:000950")),
})
