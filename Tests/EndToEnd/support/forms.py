"""Random commands for the oracle: each form makes one command, and says how its replies are to be compared."""

from . import comparisons
from .form_parts import Command, Parts, form
from .server_forms import ServerForms
from .value_forms import value_commands


class KeyForms(Parts):
    """Forms that read keys."""

    @form
    def get(self):
        return [b"GET", self.key()]

    @form
    def get_large(self):
        return [b"GET", self.random.choice(self.all_keys)]

    @form
    def mget(self):
        return [b"MGET", *self.some_keys(30)]

    @form
    def exists(self):
        return [b"EXISTS", *self.some_keys()]

    @form
    def touch(self):
        return [b"TOUCH", *self.some_keys()]

    @form
    def strlen(self):
        return [b"STRLEN", self.key() if self.random.random() < 0.9 else self.random.choice(self.all_keys)]

    @form
    def getrange(self):
        return [b"GETRANGE", self.key(), self.maybe_bad_integer(), self.maybe_bad_integer()]

    @form
    def substr(self):
        return [b"SUBSTR", self.key(), self.maybe_bad_integer(), self.maybe_bad_integer()]

    @form
    def type(self):
        return [b"TYPE", self.key()]

    @form
    def ttl(self):
        return [b"TTL", self.key()]

    @form
    def pttl(self):
        return [b"PTTL", self.key()]

    @form
    def expiretime(self):
        return [b"EXPIRETIME", self.key()]

    @form
    def pexpiretime(self):
        return [b"PEXPIRETIME", self.key()]

    @form
    def dbsize(self):
        return [b"DBSIZE"]

    @form
    def randomkey(self):
        return [b"RANDOMKEY"], comparisons.member

    @form
    def keys(self):
        return [b"KEYS", self.pattern()], comparisons.unordered

    def pattern(self):
        return self.random.choice((
            b"*", b"key:00000?", b"key:0000[1-3]*", b"h[ae]llo", b"h[^a]llo", b"h\\*llo", b"h\\?llo", b"a\\[b\\]",
            b"k\\\\x", b"*\r\n*", b"?", b"??", b"[a-z]", b"[z-a]", b"[", b"[a", b"[^", b"[\\", b"\\", b"", b"nosuch*",
            b"**********l*o", b"[\x00-\x1f]*", b"\xff*", b"*:*[05]", b"key:000[", b"empty:1*", b"[]", b"[^]",
            b"[a\\]b]*", b"?*", b"*\\", self.random.randbytes(3)))

    @form
    def scan_error(self):
        return [b"SCAN", *self.random.choice((
            (), (b"x",), (b"1x",), (b"99999999999999999999",), (0, b"COUNT"), (0, b"COUNT", 0),
            (0, b"COUNT", -1), (0, b"COUNT", b"x"), (0, b"MATCH"), (0, b"TYPE"), (0, b"NOSUCH", 1),
            (0, b"MATCH", b"*", b"COUNT"), (0, b"count", b"9223372036854775808"), (0, 10)))]

    @form
    def value(self):
        """Something made of values; what a key takes in memory depends on how it came to be there."""
        command = next(self.value_commands)
        is_size = command.arguments[0] == b"MEMORY"
        return list(command.arguments), comparisons.kind if is_size else command.comparison

    @form
    def scan(self):
        return [b"SCAN", 0, *self.random.choice((
            (), (b"COUNT", 3), (b"MATCH", b"key:*"), (b"TYPE", b"string", b"COUNT", 1)))], comparisons.shape

    @form
    def foreign_read(self):
        """A read that is for other types than strings, or rarer than GET, with arguments that may make sense."""
        row = self.random.choice(self.key_reads)
        least = abs(row[1])
        count = least + (self.random.choice((0, 0, 1, 2, 3, 5)) if row[1] < 0 else 0)
        if row[3] > 0:
            first = [row[0], self.short_key()]
        elif row[0] == b"xread":
            streams = self.random.randint(1, 2)
            return [b"XREAD", *self.random.choice(((), (b"COUNT", self.maybe_bad_integer()))), b"STREAMS",
                    *[self.short_key() for _ in range(streams)],
                    *[self.random.choice((b"0", b"$", b"5-1", b"x")) for _ in range(streams)]]
        else:
            keys = [self.short_key() for _ in range(self.random.randint(1, 3))]
            first = [row[0], len(keys) if self.random.random() < 0.9 else self.maybe_bad_integer(), *keys]
        if row[4] == -1 and self.random.random() < 0.8:
            return [*first, *[self.short_key() for _ in range(count - 2)]]
        return [*first, *[self.word() for _ in range(count - len(first))]]

    def short_key(self):
        """Not one with a value whose comparison or conversion would take Redis long."""
        return self.random.choice(self.short_keys) if self.random.random() < 0.6 else b"no such key %d" % self.random.randrange(99)

    def word(self):
        choice = self.random.random()
        if choice < 0.4:
            return self.random.choice(self.WORDS)
        return self.maybe_bad_integer() if choice < 0.85 else self.junk()

    WORDS = (
        b"WITHSCORES WITHSCORE LIMIT BYSCORE BYLEX REV COUNT MATCH * (1 [a (b - + -inf +inf nan 1.5 1e3 FROMMEMBER "
        b"FROMLONLAT BYRADIUS BYBOX m km ft mi ASC DESC WITHCOORD WITHDIST WITHHASH ANY WITHVALUES RANK MAXLEN IDLE "
        b"AGGREGATE SUM WEIGHTS GET u8 i64 u64 i65 #0 BYTE BIT LEN IDX MINMATCHLEN WITHMATCHLEN ALPHA BY 5-1 x "
        b"nokey 13.36 38.11").split()

    @form
    def no_transaction(self):
        return self.random.choice(([b"EXEC"], [b"DISCARD"], [b"UNWATCH"], [b"WATCH", *self.some_keys(3)]))


class Forms(KeyForms, ServerForms):
    """All forms over one set of keys and the command table of a redis-server (`COMMAND` in RESP2), from one seed."""

    # What has a form of its own, or an answer that no other server can give.
    NOT_GENERIC = {b"get", b"mget", b"exists", b"touch", b"dump", b"object", b"xinfo", b"memory"}

    def __init__(self, seed, pairs, table, categories):
        super().__init__(seed, pairs)
        self.table, self.categories = table, categories
        self.short_keys = [key for key, value in pairs.items() if len(value) < 300]
        self.value_commands = value_commands(self.random, self.short_keys)
        self.containers = [row for row in table if row[9]]
        self.names_with_subcommands = [each[0] for row in table for each in (row, *row[9])]
        self.write_commands = [(row[0].upper(), row[1]) for row in table if "+write" in row[2]]
        self.key_reads = [row for row in table if "+readonly" in row[2] and row[0] not in self.NOT_GENERIC
                          and (row[3] > 0 or "+movablekeys" in row[2]) and b"sort_ro" != row[0] or row[0] == b"sort_ro"]
        names = [name for name in dir(self) if getattr(getattr(self, name), "is_form", False)]
        self.by_name = {name: getattr(self, name) for name in names}
        weights = {"get": 6, "mget": 6, "getrange": 6, "exists": 6, "strlen": 6, "foreign_read": 8, "wrong_arity": 3, "value": 6}
        # What costs a thousand times a GET: walks over all keys, long texts.
        weights |= {"keys": 0.05, "unknown_long": 0.05, "get_large": 0.05, "command_count": 0.05, "reset": 0.5,
                    "info": 0.2, "config_shape": 0.2, "command_list": 0.3, "command_docs": 0.3, "command_info": 0.5}
        self.names = names
        self.weights = [weights.get(name, 1) for name in names]

    def batch(self, depth):
        """At least so many commands."""
        commands = []
        while len(commands) < depth:
            choice = self.random.random()
            if choice < 0.05:
                commands += self.transaction()
            elif choice < 0.06:
                commands += self.subscription()
            elif choice < 0.07:
                commands += self.silence()
            else:
                commands.append(self.named(self.random.choices(self.names, self.weights)[0]))
        return commands

    def named(self, name):
        made = self.by_name[name]()
        arguments, comparison = made if isinstance(made, tuple) else (made, None)
        arguments = tuple(a if isinstance(a, bytes) else str(a).encode() for a in arguments)
        return Command(name, (self.any_case(arguments[0]), *arguments[1:]), comparison)

    def transaction(self):
        """MULTI, some commands, and what ends it; commands that fail to queue among them."""
        inner = ["get", "mget", "exists", "strlen", "getrange", "type", "ttl", "dbsize", "ping", "echo", "touch",
                 "select", "substr", "expiretime", "foreign_read", "config", "publications", "client", "monitoring",
                 "hello", "command", "scan", "value"]
        bad = ["write", "unknown", "wrong_arity", "wrong_subcommand"]
        commands = [Command("multi", (self.any_case(b"MULTI"),))]
        is_bad = self.random.random() < 0.3
        for _ in range(self.random.randrange(8)):
            commands.append(self.named(self.random.choice(inner + bad if is_bad else inner)))
        if self.random.random() < 0.1:
            commands.append(Command("multi", (b"MULTI",)))
        if self.random.random() < 0.1:
            commands.append(Command("multi", (b"WATCH", b"key")))
        if self.random.random() < 0.05:
            commands.append(Command("multi", (b"SUBSCRIBE", b"channel:1")))
        end = self.random.choice((b"EXEC", b"EXEC", b"EXEC", b"DISCARD", b"RESET"))
        commands.append(Command("multi", (self.any_case(end),)))
        return commands
