"""Random commands for the oracle: each form makes one command, and says how its replies are to be compared."""

import random
from dataclasses import dataclass

# How two replies are compared.
SAME = "the same bytes"
UNORDERED = "the same elements in any order"
MEMBER = "a key of the data set from both"
KIND = "the same type of reply"


@dataclass(frozen=True)
class Command:
    form: str
    arguments: tuple
    comparison: str = SAME


def _form(function):
    function.is_form = True
    return function


class Forms:
    """The command forms over one set of keys, from one seeded source."""

    def __init__(self, seed, pairs, write_commands):
        self.random = random.Random(seed)
        self.all_keys = list(pairs)
        self.small_keys = [key for key, value in pairs.items() if len(value) < 70000]
        self.write_commands = write_commands
        names = [name for name in dir(self) if getattr(getattr(self, name), "is_form", False)]
        self.by_name = {name: getattr(self, name) for name in names}
        self.weights = [6 if name in ("get", "mget", "getrange", "exists", "strlen") else 1 for name in names]
        # A walk over all keys costs a thousand times a GET.
        for rare in ("keys", "unknown_long", "get_large"):
            self.weights[names.index(rare)] = 0.05
        self.names = names

    def next(self):
        name = self.random.choices(self.names, self.weights)[0]
        return self.named(name)

    def named(self, name):
        made = self.by_name[name]()
        arguments, comparison = made if isinstance(made, tuple) else (made, SAME)
        arguments = tuple(a if isinstance(a, bytes) else str(a).encode() for a in arguments)
        return Command(name, (self.any_case(arguments[0]), *arguments[1:]), comparison)

    # What commands are made of.

    def any_case(self, word):
        choice = self.random.randrange(4)
        if choice == 0:
            return word.lower()
        if choice == 1:
            return bytes(self.random.choice((byte, byte ^ 32)) if 65 <= byte & ~32 <= 90 else byte for byte in word)
        return word

    def key(self):
        choice = self.random.random()
        if choice < 0.8:
            return self.random.choice(self.small_keys)
        if choice < 0.9:
            return self.random.choice(self.small_keys) + self.random.randbytes(1)
        if choice < 0.95:
            return self.random.choice(self.small_keys)[:-1]
        return self.random.randbytes(self.random.randrange(30))

    def some_keys(self, most=12):
        keys = [self.key() for _ in range(self.random.randint(1, most))]
        if self.random.random() < 0.3:
            keys.append(keys[0])
        return keys

    def integer(self):
        return self.random.choice((
            0, 1, -1, 2, -2, 5, 10, -10, 100, 65535, 1 << 20, -(1 << 20), 2**31, 2**63 - 1, -(2**63),
            self.random.randint(-100, 100)))

    def bad_integer(self):
        return self.random.choice((
            b"", b"x", b"1x", b" 1", b"1 ", b"+1", b"01", b"-0", b"1.0", b"0x10", b"9223372036854775808",
            b"-9223372036854775809", b"99999999999999999999999", b"\x00", b"--1", b"1\r\n"))

    def maybe_bad_integer(self):
        return self.bad_integer() if self.random.random() < 0.15 else self.integer()

    def junk(self):
        return self.random.randbytes(self.random.randrange(20))

    def database(self):
        return self.random.choice((0, 0, 0, 1, 1, 2, -1, 16, 1000, 2**31, 2**63)) \
            if self.random.random() < 0.9 else self.bad_integer()

    # Reads.

    @_form
    def get(self):
        return [b"GET", self.key()]

    @_form
    def get_large(self):
        return [b"GET", self.random.choice(self.all_keys)]

    @_form
    def mget(self):
        return [b"MGET", *self.some_keys(30)]

    @_form
    def exists(self):
        return [b"EXISTS", *self.some_keys()]

    @_form
    def touch(self):
        return [b"TOUCH", *self.some_keys()]

    @_form
    def strlen(self):
        return [b"STRLEN", self.key() if self.random.random() < 0.9 else self.random.choice(self.all_keys)]

    @_form
    def getrange(self):
        return [b"GETRANGE", self.key(), self.maybe_bad_integer(), self.maybe_bad_integer()]

    @_form
    def substr(self):
        return [b"SUBSTR", self.key(), self.maybe_bad_integer(), self.maybe_bad_integer()]

    @_form
    def type(self):
        return [b"TYPE", self.key()]

    @_form
    def ttl(self):
        return [b"TTL", self.key()]

    @_form
    def pttl(self):
        return [b"PTTL", self.key()]

    @_form
    def expiretime(self):
        return [b"EXPIRETIME", self.key()]

    @_form
    def pexpiretime(self):
        return [b"PEXPIRETIME", self.key()]

    @_form
    def dbsize(self):
        return [b"DBSIZE"]

    @_form
    def randomkey(self):
        return [b"RANDOMKEY"], MEMBER

    @_form
    def keys(self):
        return [b"KEYS", self.pattern()], UNORDERED

    def pattern(self):
        return self.random.choice((
            b"*", b"key:00000?", b"key:0000[1-3]*", b"h[ae]llo", b"h[^a]llo", b"h\\*llo", b"h\\?llo", b"a\\[b\\]",
            b"k\\\\x", b"*\r\n*", b"?", b"??", b"[a-z]", b"[z-a]", b"[", b"[a", b"[^", b"[\\", b"\\", b"", b"nosuch*",
            b"**********l*o", b"[\x00-\x1f]*", b"\xff*", b"*:*[05]", b"key:000[", b"empty:1*", b"[]", b"[^]",
            b"[a\\]b]*", b"?*", b"*\\", self.random.randbytes(3)))

    @_form
    def scan_error(self):
        return [b"SCAN", *self.random.choice((
            (), (b"x",), (b"1x",), (b"99999999999999999999",), (0, b"COUNT"), (0, b"COUNT", 0),
            (0, b"COUNT", -1), (0, b"COUNT", b"x"), (0, b"MATCH"), (0, b"TYPE"), (0, b"NOSUCH", 1),
            (0, b"MATCH", b"*", b"COUNT"), (0, b"count", b"9223372036854775808"), (0, 10)))]

    # The connection.

    @_form
    def ping(self):
        return [b"PING", *[self.junk() for _ in range(self.random.choice((0, 0, 1, 1, 2)))]]

    @_form
    def echo(self):
        return [b"ECHO", *[self.junk() for _ in range(self.random.choice((0, 1, 1, 1, 2)))]]

    @_form
    def select(self):
        return [b"SELECT", self.database()]

    @_form
    def reset(self):
        return [b"RESET"]

    @_form
    def auth(self):
        return [b"AUTH", *self.random.choice((
            (), (b"secret",), (b"default", b"secret"), (b"nobody", b"secret"), (b"a", b"b", b"c")))]

    @_form
    def hello_error(self):
        return [b"HELLO", *self.random.choice((
            (b"x",), (1,), (4,), (b"2.0",), (2, b"AUTH"), (2, b"AUTH", b"x"), (2, b"NOSUCH"),
            (2, b"SETNAME"), (2, b"SETNAME", b"a b"), (-1,), (b"",), (2, b"AUTH", b"nobody", b"x")))]

    @_form
    def client(self):
        return [b"CLIENT", *self.random.choice((
            (), (b"SETNAME", b"worker-%d" % self.random.randrange(9)), (b"SETNAME", b""), (b"SETNAME", b"a b"),
            (b"SETNAME", b"a\n"), (b"SETNAME",), (b"GETNAME",), (b"getname",), (b"GETNAME", b"x"), (b"NOSUCH",),
            (b"NOSUCH", b"x"), (b"NO-EVICT", b"on"), (b"NO-EVICT", b"off"), (b"NO-EVICT", b"x"), (b"NO-EVICT",),
            (b"ID", b"x"), (b"LIST", b"NOSUCH"), (b"LIST", b"TYPE", b"nosuch"), (b"LIST", b"ID", b"x"),
            (b"INFO", b"x")))]

    @_form
    def client_shape(self):
        return [b"CLIENT", *self.random.choice(((b"ID",), (b"INFO",), (b"LIST",), (b"LIST", b"TYPE", b"normal")))], KIND

    @_form
    def config(self):
        return [b"CONFIG", *self.random.choice((
            (), (b"GET",), (b"NOSUCH",), (b"NOSUCH", b"x"), (b"GET", b"nosuch-setting"), (b"GET", b"save"),
            (b"GET", b"appendonly"), (b"get", b"SAVE"), (b"GET", b"nosuch*", b"nothing")))]

    @_form
    def command(self):
        return [b"COMMAND", *self.random.choice((
            (b"INFO", b"nosuch"), (b"COUNT", b"x"), (b"NOSUCH",), (b"INFO", b"nosuch", b"nothing")))]

    @_form
    def command_info(self):
        names = [b"get", b"MGET", b"strlen", b"Exists", b"dbsize", b"ping", b"echo", b"select", b"set", b"del",
                 b"nosuch"]
        return [b"COMMAND", b"INFO", *self.random.sample(names, self.random.randint(1, 4))]

    @_form
    def command_shape(self):
        return [b"COMMAND", *self.random.choice(((b"COUNT",), (b"DOCS", b"get")))], KIND

    @_form
    def info_shape(self):
        sections = self.random.choice(((), (b"server",), (b"nosuch",), (b"clients", b"memory"), (b"ALL",)))
        return [b"INFO", *sections], KIND

    # Errors.

    @_form
    def write(self):
        name, arity = self.random.choice(self.write_commands)
        count = max(0, abs(arity) - 1 + (self.random.randrange(3) if arity < 0 else 0))
        if self.random.random() < 0.15:
            count = self.random.randrange(5)
        return [name, *[self.junk() for _ in range(count)]]

    @_form
    def unknown(self):
        name = self.random.choice((b"NOSUCH", b"GETT", b"", b"G", b"get ", b"\x00", b"\xff\xfe", b"a\r\nb", b"a\nb",
                                   b"'quoted'", b"foo|bar", b"get|x", b"client|id", b"config|get", self.junk()))
        return [name or b"\x01", *[self.junk() for _ in range(self.random.randrange(4))]]

    @_form
    def unknown_long(self):
        return [b"N" * self.random.choice((100, 127, 128, 129, 200, 5000)),
                *[b"a" * self.random.choice((1, 50, 127, 128, 129, 300)) for _ in range(self.random.randrange(5))]]

    @_form
    def wrong_arity(self):
        return self.random.choice((
            [b"GET"], [b"GET", b"a", b"b"], [b"MGET"], [b"EXISTS"], [b"STRLEN"], [b"STRLEN", b"a", b"b"],
            [b"GETRANGE", b"a", 1], [b"GETRANGE", b"a", 1, 2, 3], [b"SUBSTR", b"a"], [b"TYPE"], [b"TYPE", b"a", b"b"],
            [b"TTL"], [b"PTTL", b"a", b"b"], [b"EXPIRETIME"], [b"PEXPIRETIME"], [b"TOUCH"], [b"KEYS"],
            [b"KEYS", b"a", b"b"], [b"SCAN"], [b"DBSIZE", b"x"], [b"RANDOMKEY", b"x"], [b"SELECT"],
            [b"SELECT", 0, 1], [b"MULTI", b"x"], [b"EXEC", b"x"], [b"DISCARD", b"x"], [b"WATCH"], [b"UNWATCH", b"x"],
            [b"RESET", b"x"], [b"READONLY", b"x"], [b"READWRITE", b"x"]))

    @_form
    def no_transaction(self):
        return self.random.choice(([b"EXEC"], [b"DISCARD"], [b"UNWATCH"], [b"WATCH", *self.some_keys(3)]))

    # Forms of several commands.

    def transaction(self):
        """MULTI, some commands, and what ends it; commands that fail to queue among them."""
        inner = ["get", "mget", "exists", "strlen", "getrange", "type", "ttl", "dbsize", "ping", "echo", "touch",
                 "select", "substr", "expiretime"]
        bad = ["write", "unknown", "wrong_arity", "config"]
        commands = [Command("multi", (self.any_case(b"MULTI"),))]
        is_bad = self.random.random() < 0.3
        for _ in range(self.random.randrange(8)):
            commands.append(self.named(self.random.choice(inner + bad if is_bad else inner)))
        if self.random.random() < 0.1:
            commands.append(Command("multi", (b"MULTI",)))
        if self.random.random() < 0.1:
            commands.append(Command("multi", (b"WATCH", b"key")))
        end = self.random.choice((b"EXEC", b"EXEC", b"EXEC", b"DISCARD", b"RESET"))
        commands.append(Command("multi", (self.any_case(end),)))
        return commands


# Commands that read string values.


def value_commands(source, keys, counted=()):
    """Random commands over `keys` that make something of values, for ever: bits, LCS, HyperLogLog, dumps, sizes.

    `counted` are keys of HyperLogLogs, for PFCOUNT alone: Redis changes a value whose count it has worked out. The
    other server must not compress what it dumps, and must have loaded its data, which makes its memory exact.
    """
    forms = (_getbit, _bitcount, _bitpos, _bitfield, _lcs, _pfcount, _sort, _memory_usage, _object, _dump)
    while True:
        form = source.choice(forms)
        chosen = counted if form is _pfcount and counted and source.random() < 0.9 else keys
        arguments, comparison = form(source, lambda: _value_key(source, chosen))
        arguments = tuple(a if isinstance(a, bytes) else str(a).encode() for a in arguments)
        yield Command("value", arguments, comparison)


def _value_key(source, keys):
    return source.choice(keys) if source.random() < 0.93 else source.choice(keys) + b"?"


def _value_number(source):
    if source.random() < 0.06:
        return source.choice((b"", b"x", b"1x", b" 1", b"+1", b"01", b"-0", b"1.0", b"9223372036854775808", b"\x00", b"#1"))
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
    return [b"GETBIT", key(), _value_number(source)], SAME


def _bitcount(source, key):
    number = lambda: _value_number(source)
    return [b"BITCOUNT", key(), *source.choice((
        (), (number(),), (number(), number()), (number(), number(), _unit(source)),
        (number(), number(), _unit(source)), (number(), number(), _unit(source), number())))], SAME


def _bitpos(source, key):
    number = lambda: _value_number(source)
    bit = source.choice((0, 1, 0, 1, 0, 1, 2, -1, b"x", b"01"))
    return [b"BITPOS", key(), bit, *source.choice((
        (), (number(),), (number(), number()), (number(), number(), _unit(source)),
        (number(), number(), _unit(source)), (number(), number(), _unit(source), number())))], SAME


def _field_type(source):
    if source.random() < 0.06:
        return source.choice((b"", b"i", b"u", b"u64", b"i65", b"i0", b"u0", b"u-1", b"x8", b"I8", b"i08", b"8", b"u8\x009"))
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
    return [b"BITFIELD_RO", key(), *words], SAME


def _lcs(source, key):
    words = []
    for _ in range(source.choice((0, 0, 1, 1, 2, 3))):
        words += source.choice((
            (_word(source, b"LEN"),), (_word(source, b"IDX"),), (_word(source, b"IDX"),),
            (_word(source, b"WITHMATCHLEN"),), (_word(source, b"MINMATCHLEN"), source.randrange(5)),
            (b"MINMATCHLEN", _value_number(source)), (b"MINMATCHLEN",)))
    return [b"LCS", key(), key(), *words], SAME


def _pfcount(source, key):
    return [b"PFCOUNT", *[key() for _ in range(source.choice((1, 1, 1, 2, 2, 3, 6)))]], SAME


def _sort(source, key):
    words = []
    for _ in range(source.choice((0, 0, 1, 1, 2, 3))):
        words += source.choice((
            (_word(source, b"ASC", b"DESC", b"ALPHA"),), (_word(source, b"ASC", b"DESC", b"ALPHA"),),
            (_word(source, b"LIMIT"), _value_number(source), _value_number(source)), (b"LIMIT", 1),
            (_word(source, b"BY"), b"w_*"), (b"BY", b"constant"), (_word(source, b"GET"), b"#"), (b"GET",), (b"BY",),
            (b"STORE", b"x")))
    return [b"SORT_RO", key(), *words], SAME


def _memory_usage(source, key):
    return [b"MEMORY", b"USAGE", key(), *source.choice((
        (), (), (_word(source, b"SAMPLES"), _value_number(source)), (b"SAMPLES",),
        (b"SAMPLES", 5, b"SAMPLES", _value_number(source)), (b"nosuch",)))], SAME


def _object(source, key):
    word = source.choice((b"ENCODING", b"REFCOUNT", b"FREQ", b"IDLETIME", b"NOSUCH", b""))
    arguments = [b"OBJECT", word if source.random() < 0.5 else word.lower(), key()]
    if source.random() < 0.05:
        arguments += [b"x"]
    return arguments, KIND if word == b"IDLETIME" else SAME


def _dump(source, key):
    return [b"DUMP", key()], SAME
