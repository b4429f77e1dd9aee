"""What the Python programs share: the keys that they read, and how values are told as JSON."""

import json
import sys

HOST, PORT = sys.argv[1], int(sys.argv[2])
BINARY_KEY = b'\x00\r\n\xff\xfe"\\'
MGET_KEYS = ["key:000001", "nosuch", "empty", "key:000002"]
PIPELINE_KEYS = ["key:%06d" % number for number in range(1000)]


def hexadecimal(value):
    """Bytes and texts as hexadecimal digits, lists item by item, the rest as it is."""
    if isinstance(value, (list, tuple, set)):
        return [hexadecimal(item) for item in value]
    if isinstance(value, str):
        value = value.encode()
    return value.hex() if isinstance(value, bytes) else value


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def refusal(error_type, call):
    """The message of the error that a call ends with; None where it succeeds."""
    try:
        call()
    except error_type as error:
        return str(error)
    return None


def tell(facts):
    print(json.dumps(facts))
