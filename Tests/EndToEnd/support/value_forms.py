"""Random commands that make something of string values."""

from . import comparisons
from .form_parts import Command


def value_commands(source, keys, counted=()):
    """Random commands over `keys` that make something of values, for ever: bits, LCS, HyperLogLog, dumps, sizes.

    `counted` are keys of HyperLogLogs, for PFCOUNT alone: Redis changes a value whose count it has worked out. The
    other server must not compress what it dumps, and must have loaded its data, which makes its memory exact.
    """
    forms = (_getbit, _bitcount, _bitpos, _bitfield, _lcs, _pfcount, _sort, _memory_usage, _object, _dump)
    while True:
        form = source.choice(forms)
        chosen = counted if form is _pfcount and counted and source.random() < 0.9 else keys
        words = form(source, lambda: _value_key(source, chosen))
        arguments = tuple(word if isinstance(word, bytes) else str(word).encode() for word in words)
        # Only Redis knows when a key was last read.
        is_idle_time = arguments[1].upper() == b"IDLETIME"
        yield Command("value", arguments, comparisons.kind if is_idle_time else None)


def _value_key(source, keys):
    return source.choice(keys) if source.random() < 0.93 else source.choice(keys) + b"?"


def _value_number(source):
    if source.random() < 0.06:
        return source.choice(
            (b"", b"x", b"1x", b" 1", b"+1", b"01", b"-0", b"1.0", b"9223372036854775808", b"\x00", b"#1"))
    return source.choice((0, 1, -1, 2, 5, 7, 8, 9, 15, 63, 64, 65, -8, -100, 1000, 2**31, 2**32 - 1, 2**32, 2**40,
                          2**63 - 1, -(2**63), source.randint(-20, 20), source.randint(-500, 500),
                          source.randint(0, 60000)))


def _word(source, *words):
    word = source.choice(words)
    if source.random() < 0.04:
        word = source.choice((b"", b"nosuch", word + b"x", word[:-1]))
    return word if source.random() < 0.5 else word.lower()


def _unit(source):
    return _word(source, b"BIT", b"BYTE")


def _getbit(source, key):
    return [b"GETBIT", key(), _value_number(source)]


def _bitcount(source, key):
    number = lambda: _value_number(source)
    return [b"BITCOUNT", key(), *source.choice((
        (), (number(),), (number(), number()), (number(), number(), _unit(source)),
        (number(), number(), _unit(source)), (number(), number(), _unit(source), number())))]


def _bitpos(source, key):
    number = lambda: _value_number(source)
    bit = source.choice((0, 1, 0, 1, 0, 1, 2, -1, b"x", b"01"))
    return [b"BITPOS", key(), bit, *source.choice((
        (), (number(),), (number(), number()), (number(), number(), _unit(source)),
        (number(), number(), _unit(source)), (number(), number(), _unit(source), number())))]


def _field_type(source):
    if source.random() < 0.06:
        return source.choice(
            (b"", b"i", b"u", b"u64", b"i65", b"i0", b"u0", b"u-1", b"x8", b"I8", b"i08", b"8", b"u8\x009"))
    return b"%c%d" % (source.choice(b"iu"), source.choice((1, 2, 7, 8, 9, 16, 31, 32, 33, 62, 63)))


def _bitfield(source, key):
    words = []
    for _ in range(source.randrange(4)):
        offset = source.choice((_value_number(source), b"#%d" % source.randrange(40), source.randrange(600)))
        field = [_field_type(source), offset]
        words += source.choices((
            [_word(source, b"GET"), *field], [b"SET", *field, _value_number(source)],
            [b"INCRBY", *field, _value_number(source)], [b"OVERFLOW", _word(source, b"WRAP", b"SAT", b"FAIL")],
            [b"GET", field[0]], [b"GET"]), (40, 1, 1, 2, 1, 1))[0]
    return [b"BITFIELD_RO", key(), *words]


def _lcs(source, key):
    words = []
    for _ in range(source.choice((0, 0, 1, 1, 2, 3))):
        words += source.choice((
            (_word(source, b"LEN"),), (_word(source, b"IDX"),), (_word(source, b"IDX"),),
            (_word(source, b"WITHMATCHLEN"),), (_word(source, b"MINMATCHLEN"), source.randrange(5)),
            (b"MINMATCHLEN", _value_number(source)), (b"MINMATCHLEN",)))
    return [b"LCS", key(), key(), *words]


def _pfcount(source, key):
    return [b"PFCOUNT", *[key() for _ in range(source.choice((1, 1, 1, 2, 2, 3, 6)))]]


def _sort(source, key):
    words = []
    for _ in range(source.choice((0, 0, 1, 1, 2, 3))):
        words += source.choice((
            (_word(source, b"ASC", b"DESC", b"ALPHA"),), (_word(source, b"ASC", b"DESC", b"ALPHA"),),
            (_word(source, b"LIMIT"), _value_number(source), _value_number(source)), (b"LIMIT", 1),
            (_word(source, b"BY"), b"w_*"), (b"BY", b"constant"), (_word(source, b"GET"), b"#"), (b"GET",), (b"BY",),
            (b"STORE", b"x")))
    return [b"SORT_RO", key(), *words]


def _memory_usage(source, key):
    return [b"MEMORY", b"USAGE", key(), *source.choice((
        (), (), (_word(source, b"SAMPLES"), _value_number(source)), (b"SAMPLES",),
        (b"SAMPLES", 5, b"SAMPLES", _value_number(source)), (b"nosuch",)))]


def _object(source, key):
    word = source.choice((b"ENCODING", b"REFCOUNT", b"FREQ", b"IDLETIME", b"NOSUCH", b""))
    arguments = [b"OBJECT", word if source.random() < 0.5 else word.lower(), key()]
    if source.random() < 0.05:
        arguments += [b"x"]
    return arguments


def _dump(source, key):
    return [b"DUMP", key()]
