"""Random commands about connections, clients, subscriptions and the server itself."""

import itertools

from . import comparisons
from .form_parts import Command, Parts, form


class ServerForms(Parts):
    """Forms that read no keys, over the command table of the redis-server beside."""

    # The connection.

    @form
    def ping(self):
        return [b"PING", *[self.junk() for _ in range(self.random.choice((0, 0, 1, 1, 2)))]]

    @form
    def echo(self):
        return [b"ECHO", *[self.junk() for _ in range(self.random.choice((0, 1, 1, 1, 2)))]]

    @form
    def select(self):
        return [b"SELECT", self.database()]

    @form
    def reset(self):
        return [b"RESET"]

    @form
    def auth(self):
        return [b"AUTH", *self.random.choice((
            (), (b"secret",), (b"default", b"secret"), (b"nobody", b"secret"), (b"a", b"b", b"c")))]

    @form
    def hello(self):
        words = self.random.choice((
            (), (3,), (3,), (3,), (2,), (2,), (3, b"AUTH", b"default", b"x"), (2, b"SETNAME", b"worker"),
            (3, b"setname", b"", b"AUTH", b"default", b""), (b"3",), (3, b"SETNAME", b"b", b"SETNAME", b"c")))
        return [b"HELLO", *words], comparisons.fields

    @form
    def hello_error(self):
        return [b"HELLO", *self.random.choice((
            (b"x",), (1,), (4,), (b"2.0",), (2, b"AUTH"), (2, b"AUTH", b"x"), (2, b"NOSUCH"),
            (2, b"SETNAME"), (2, b"SETNAME", b"a b"), (-1,), (b"",), (2, b"AUTH", b"nobody", b"x"),
            (3, b"NOSUCH"), (3, b"SETNAME", b"a b"), (3, b"AUTH", b"nobody", b"x")))]

    # No pause that begins: it is the whole server's, and Redis ends it by its own clock.
    @form
    def client(self):
        return [b"CLIENT", *self.random.choice((
            (), (b"SETNAME", b"worker-%d" % self.random.randrange(9)), (b"SETNAME", b""), (b"SETNAME", b"a b"),
            (b"SETNAME", b"a\n"), (b"SETNAME",), (b"GETNAME",), (b"getname",), (b"GETNAME", b"x"), (b"NOSUCH",),
            (b"NOSUCH", b"x"), (b"NO-EVICT", b"on"), (b"NO-EVICT", b"off"), (b"NO-EVICT", b"x"), (b"NO-EVICT",),
            (b"ID", b"x"), (b"LIST", b"NOSUCH"), (b"LIST", b"TYPE", b"nosuch"), (b"LIST", b"ID", b"x"),
            (b"LIST", b"ID"), (b"LIST", b"TYPE"), (b"LIST", b"ID", 999999999), (b"INFO", b"x"),
            (b"UNBLOCK",), (b"UNBLOCK", 999999999), (b"UNBLOCK", b"x"), (b"UNBLOCK", 999999999, b"ERROR"),
            (b"UNBLOCK", 999999999, b"TIMEOUT"), (b"UNBLOCK", 999999999, b"NOSUCH"), (b"UNBLOCK", 1, b"ERROR", 2),
            (b"PAUSE",), (b"PAUSE", b"x"), (b"PAUSE", -1), (b"PAUSE", 0, b"x", 1),
            (b"PAUSE", 0, b"NOSUCH"), (b"PAUSE", 2**63), (b"UNPAUSE",), (b"UNPAUSE", b"x"),
            (b"GETREDIR",), (b"GETREDIR", b"x"), (b"CACHING",), (b"CACHING", b"YES"), (b"CACHING", b"NO"),
            (b"CACHING", b"x"), (b"REPLY",), (b"REPLY", b"NOSUCH"), (b"REPLY", b"ON"), (b"REPLY", b"ON", b"x")))]

    @form
    def client_kill(self):
        return [b"CLIENT", b"KILL", *self.random.choice((
            (), (b"1.2.3.4:5",), (b"x",), (b"",), (b"ID", 999999999), (b"ID", 0), (b"ID", -1), (b"ID", b"x"),
            (b"ID",), (b"TYPE", b"nosuch"), (b"TYPE", b"replica"), (b"TYPE", b"slave"), (b"TYPE", b"master", b"ID", 9),
            (b"ADDR", b"1.2.3.4:5"), (b"LADDR", b"1.2.3.4:5"), (b"LADDR", b"1.2.3.4:5", b"SKIPME", b"no"),
            (b"USER", b"nobody"), (b"USER", b"default", b"ID", 999999999), (b"SKIPME", b"x"),
            (b"ID", 999999999, b"SKIPME"), (b"ID", 999999999, b"SKIPME", b"maybe"), (b"NOSUCH", 1),
            (b"ID", 999999999, b"ADDR", b"x", b"SKIPME", b"yes"), (b"ID", 999999999, b"TYPE")))]

    @form
    def client_shape(self):
        sub = self.random.choice(((b"ID",), (b"INFO",), (b"LIST",), (b"LIST", b"TYPE", b"normal"),
                                  (b"LIST", b"TYPE", b"pubsub"), (b"LIST", b"TYPE", b"replica")))
        return [b"CLIENT", *sub], comparisons.kind if sub == (b"ID",) or b"pubsub" in sub else comparisons.clients

    @form
    def tracking(self):
        options = ((b"BCAST",), (b"OPTIN",), (b"OPTOUT",), (b"NOLOOP",), (b"PREFIX", b"key:"), (b"PREFIX", b"a"),
                   (b"PREFIX", b""), (b"PREFIX", b"key"), (b"REDIRECT", 999999999), (b"REDIRECT", 0),
                   (b"REDIRECT", b"x"), (b"REDIRECT",), (b"PREFIX",), (b"NOSUCH",))
        chosen = self.random.choices(options, (8, 5, 5, 8, 6, 6, 2, 3, 1, 1, 1, 1, 1, 1),
                                     k=self.random.choice((0, 0, 1, 1, 1, 2, 2, 3, 4)))
        prefixes = [option[1] for option in chosen if option[0] == b"PREFIX" and len(option) == 2]
        # Redis 7.0 answers twice where a prefix after the first overlaps with a later one.
        if any(one.startswith(two) or two.startswith(one) for one, two in itertools.combinations(prefixes[1:], 2)):
            chosen = chosen[:1]
        switch = self.random.choice((b"ON", b"ON", b"on", b"OFF", b"x"))
        return [b"CLIENT", b"TRACKING", switch, *[word for option in chosen for word in option]]

    @form
    def tracking_state(self):
        sub = self.random.choice((b"TRACKINGINFO", b"GETREDIR"))
        return [b"CLIENT", sub], comparisons.unordered

    @form
    def publications(self):
        return [b"PUBSUB", *self.random.choice((
            (b"NUMPAT",), (b"NUMSUB",), (b"NUMSUB", *self.channels()), (b"CHANNELS",), (b"CHANNELS", b"ch*"),
            (b"CHANNELS", b"[^a]*"), (b"CHANNELS", b"a", b"b"), (b"SHARDCHANNELS",), (b"SHARDCHANNELS", b"*1"),
            (b"SHARDNUMSUB",), (b"SHARDNUMSUB", *self.channels()), (b"NUMPAT", b"x"), (b"NOSUCH",),
            ()))], comparisons.unordered

    def channels(self):
        return [self.random.choice((b"channel:1", b"channel:2", b"c*", b"", b"other\r\n"))
                for _ in range(self.random.randint(1, 3))]

    # The server.

    @form
    def config(self):
        return [b"CONFIG", *self.random.choice((
            (), (b"GET",), (b"NOSUCH",), (b"NOSUCH", b"x"), (b"GET", b"nosuch-setting"), (b"GET", b"save"),
            (b"GET", b"appendonly"), (b"get", b"SAVE"), (b"GET", b"nosuch*", b"nothing"), (b"GET", b"databases"),
            (b"GET", b"save", b"appendonly"), (b"GET", b"maxmemory"), (b"GET", b"timeout"), (b"GET", b"replica-read-only"),
            (b"GET", b"appendonl[xy]", b"save"), (b"SET",), (b"SET", b"timeout"), (b"SET", b"nosuch-setting", 1),
            (b"SET", b"databases", 7), (b"SET", b"timeout", b"x"), (b"SET", b"timeout", 0),
            (b"SET", b"timeout", 0, b"nosuch-setting", 1), (b"SET", b"timeout", 0, b"timeout", 0),
            (b"SET", b"timeout", 0, b"tcp-keepalive"), (b"RESETSTAT",), (b"RESETSTAT", b"x"), (b"REWRITE",),
            (b"REWRITE", b"x"), (b"SET", b"timeout", -1), (b"SET", b"tcp-keepalive", 300)))], comparisons.unordered

    @form
    def config_shape(self):
        name = self.random.choice((b"port", b"maxclients", b"*", b"tcp-*", b"dir"))
        return [b"CONFIG", b"GET", name], comparisons.kind

    @form
    def command(self):
        return [b"COMMAND", *self.random.choice((
            (b"INFO", b"nosuch"), (b"COUNT", b"x"), (b"NOSUCH",), (b"INFO", b"nosuch", b"nothing"),
            (b"LIST", b"x"), (b"LIST", b"FILTERBY"), (b"LIST", b"FILTERBY", b"NOSUCH", b"x"),
            (b"LIST", b"FILTERBY", b"MODULE", b"x"), (b"LIST", b"FILTERBY", b"ACLCAT", b"nosuch"),
            (b"LIST", b"FILTERBY", b"PATTERN"), (b"DOCS", b"nosuch"), (b"GETKEYS",), (b"GETKEYS", b"nosuch", b"x"),
            (b"GETKEYSANDFLAGS", b"x"), (b"GETKEYS", b"ping", b"x"), (b"GETKEYS", b"get"),
            (b"GETKEYS", b"get", b"a", b"b")))]

    @form
    def command_info(self):
        names = [*self.random.sample(self.names_with_subcommands, self.random.randint(1, 3))]
        if self.random.random() < 0.2:
            names.insert(0, b"nosuch")
        return [b"COMMAND", b"INFO", *names], comparisons.command_rows

    @form
    def command_docs(self):
        names = self.random.sample(self.names_with_subcommands, self.random.randint(1, 2))
        return [b"COMMAND", b"DOCS", *names], comparisons.documentation

    @form
    def command_list(self):
        return [b"COMMAND", b"LIST", *self.random.choice((
            (), (b"FILTERBY", b"ACLCAT", self.random.choice(self.categories)),
            (b"filterby", b"aclcat", self.random.choice(self.categories)),
            (b"FILTERBY", b"PATTERN", self.random.choice((b"*", b"get*", b"*|*", b"config|?et", b"x[^r]*", b""))),
        ))], comparisons.command_names

    @form
    def command_count(self):
        return self.random.choice(([b"COMMAND", b"COUNT"], [b"COMMAND"])), comparisons.kind

    @form
    def command_keys(self):
        row = self.random.choice(self.table)
        name = row[0]
        if row[9] and self.random.random() < 0.8:
            name = self.random.choice(row[9])[0].split(b"|")[1]
            words = [row[0], name]
        else:
            words = [name]
        words += [self.random.choice((b"a", b"b", b"c", b"1", b"2", b"0", b"-1", b"STREAMS", b"STORE", b"STOREDIST",
                                      b"KEYS", b"COUNT", b"GROUP", b"MAXLEN", b"*", b"BY", b"LIMIT", b"GET"))
                  for _ in range(self.random.randrange(8))]
        if name == b"migrate":
            # Redis takes KEYS for the option wherever it stands, as a host or a port too.
            words = [word for word in words if word != b"KEYS"]
        return [b"COMMAND", self.random.choice((b"GETKEYS", b"GETKEYSANDFLAGS")), *words], comparisons.unordered

    @form
    def info(self):
        sections = self.random.choice(((), (b"server",), (b"nosuch",), (b"clients", b"memory"), (b"ALL",),
                                       (b"everything",), (b"default", b"keyspace"), (b"replication",)))
        return [b"INFO", *sections], comparisons.information

    @form
    def monitoring(self):
        return self.random.choice((
            ([b"SLOWLOG", b"LEN"], comparisons.kind), ([b"SLOWLOG", b"LEN", b"x"], None),
            ([b"SLOWLOG", b"GET"], comparisons.shape), ([b"SLOWLOG", b"GET", 0], None),
            ([b"SLOWLOG", b"GET", -1], comparisons.shape), ([b"SLOWLOG", b"GET", -2], None),
            ([b"SLOWLOG", b"GET", b"x"], None), ([b"SLOWLOG", b"RESET"], None), ([b"SLOWLOG", b"NOSUCH"], None),
            ([b"LATENCY", b"LATEST"], None), ([b"LATENCY", b"HISTORY", b"command"], None),
            ([b"LATENCY", b"HISTORY", b"nosuch"], None), ([b"LATENCY", b"RESET"], None),
            ([b"LATENCY", b"RESET", b"nosuch"], None), ([b"LATENCY", b"GRAPH", b"nosuch"], None),
            ([b"LATENCY", b"DOCTOR"], comparisons.kind), ([b"LATENCY", b"HISTOGRAM", b"nosuch"], None),
            ([b"LATENCY", b"HISTOGRAM"], comparisons.histograms),
            ([b"MEMORY", b"DOCTOR"], comparisons.kind), ([b"MEMORY", b"MALLOC-STATS"], comparisons.kind),
            ([b"MEMORY", b"PURGE"], None), ([b"MEMORY", b"STATS"], comparisons.memory),
            ([b"MEMORY", b"USAGE", self.key()], comparisons.kind), ([b"MEMORY", b"USAGE", b"no such key"], None),
            ([b"MEMORY", b"USAGE", b"x", b"SAMPLES"], None), ([b"MEMORY", b"USAGE", b"x", b"SAMPLES", b"x"], None),
            ([b"MEMORY", b"USAGE", b"x", b"SAMPLES", -1], None), ([b"MEMORY", b"USAGE", b"x", b"NOSUCH", 1], None),
            ([b"DEBUG", b"SLEEP", 0], None), ([b"DEBUG", b"NOSUCH"], None), ([b"DEBUG", b"OBJECT", b"x"], None),
            ([b"DEBUG", b"PROTOCOL", b"string"], None),
            ([b"TIME"], comparisons.shape), ([b"LASTSAVE"], comparisons.kind), ([b"LOLWUT"], comparisons.kind),
            ([b"LOLWUT", b"VERSION", 5], comparisons.kind), ([b"ROLE"], None), ([b"WAIT", 0, 0], None),
            ([b"READONLY"], None), ([b"READWRITE"], None), ([b"ASKING"], None), ([b"CONFIG", b"REWRITE"], None),
            ([b"WAIT", b"x", 0], None), ([b"MODULE", b"LIST"], None), ([b"MODULE", b"UNLOAD", b"x"], None),
            ([b"MODULE", b"LOAD", b"x"], None)))

    @form
    def access(self):
        return self.random.choice((
            ([b"ACL", b"WHOAMI"], None), ([b"ACL", b"USERS"], None), ([b"ACL", b"LIST"], None),
            ([b"ACL", b"CAT"], comparisons.categories), ([b"ACL", b"CAT", b"nosuch"], None),
            ([b"ACL", b"CAT", self.random.choice(self.categories)], comparisons.command_names),
            ([b"ACL", b"CAT", b"a", b"b"], None),
            ([b"ACL", b"GETUSER", b"default"], comparisons.same_fields), ([b"ACL", b"GETUSER", b"nobody"], None),
            ([b"ACL", b"GENPASS"], comparisons.kind), ([b"ACL", b"GENPASS", 5], comparisons.kind),
            ([b"ACL", b"GENPASS", 0], None), ([b"ACL", b"GENPASS", b"x"], None), ([b"ACL", b"GENPASS", 5000], None),
            ([b"ACL", b"DRYRUN", b"default", b"get", b"x"], None), ([b"ACL", b"DRYRUN", b"nobody", b"get", b"x"], None),
            ([b"ACL", b"DRYRUN", b"default", b"nosuch"], None), ([b"ACL", b"DRYRUN", b"default", b"get"], None),
            ([b"ACL", b"LOG"], comparisons.access_log), ([b"ACL", b"LOG", b"RESET"], None), ([b"ACL", b"LOG", b"x"], None),
            ([b"ACL", b"LOG", 3], comparisons.access_log), ([b"ACL", b"LOAD"], None), ([b"ACL", b"SAVE"], None),
            ([b"ACL", b"NOSUCH"], None), ([b"ACL", b"DELUSER", b"nobody"], None),
            ([b"ACL", b"DELUSER", b"default"], None)))

    @form
    def scripting(self):
        return self.random.choice((
            [b"EVAL", b"return 1", 0], [b"EVAL_RO", b"return redis.call('get', KEYS[1])", 1, b"key:000001"],
            [b"EVALSHA", b"f" * 40, 0], [b"EVALSHA_RO", b"f" * 40, 1, b"x"], [b"FCALL", b"f", 0],
            [b"FCALL_RO", b"f", 1, b"x"], [b"SCRIPT", b"EXISTS", b"f" * 40, b"x"], [b"SCRIPT", b"FLUSH"],
            [b"SCRIPT", b"FLUSH", b"ASYNC"], [b"SCRIPT", b"FLUSH", b"SYNC"], [b"SCRIPT", b"FLUSH", b"x"],
            [b"SCRIPT", b"KILL"], [b"SCRIPT", b"LOAD", b"return 1"], [b"SCRIPT", b"NOSUCH"],
            [b"SCRIPT", b"DEBUG", b"NO"], [b"SCRIPT", b"DEBUG", b"x"], [b"FUNCTION", b"LIST"],
            [b"FUNCTION", b"LIST", b"WITHCODE"], [b"FUNCTION", b"LIST", b"LIBRARYNAME", b"x*"],
            [b"FUNCTION", b"LIST", b"NOSUCH"], [b"FUNCTION", b"LIST", b"LIBRARYNAME"], [b"FUNCTION", b"STATS"],
            [b"FUNCTION", b"DUMP"], [b"FUNCTION", b"KILL"], [b"FUNCTION", b"FLUSH"], [b"FUNCTION", b"DELETE", b"x"],
            [b"FUNCTION", b"LOAD", b"x"], [b"FUNCTION", b"RESTORE", b"x"], [b"FUNCTION", b"NOSUCH"]))

    @form
    def cluster(self):
        sub = self.random.choice(next(row for row in self.table if row[0] == b"cluster")[9])
        return [b"CLUSTER", sub[0].split(b"|")[1], *[self.junk() for _ in range(max(0, abs(sub[1]) - 2))]], \
            comparisons.help_text if sub[0] == b"cluster|help" else None

    @form
    def publish(self):
        return [self.random.choice((b"PUBLISH", b"SPUBLISH")), b"nobody's", self.junk()]

    # What every command of Redis has in common.

    @form
    def help(self):
        return [self.random.choice(self.containers)[0], b"HELP"], comparisons.help_text

    @form
    def wrong_subcommand(self):
        row = self.random.choice(self.containers)
        return [row[0], self.random.choice((b"NOSUCH", b"", b"x y", b"get\r\n", self.junk(), b"n" * 200)),
                *[self.junk() for _ in range(self.random.randrange(3))]]

    @form
    def wrong_arity(self):
        """Any command or sub-command with fewer words than it takes, or with more."""
        row = self.random.choice(self.table)
        words = [row[0]]
        if row[9] and self.random.random() < 0.9:
            row = self.random.choice(row[9])
            words.append(row[0].split(b"|")[1])
        least = abs(row[1])
        counts = [count for count in range(len(words), least + 3) if (count != least if row[1] > 0 else count < least)]
        if not counts:
            return [b"GET"]
        count = self.random.choice(counts)
        return [*words, *[self.junk() for _ in range(count - len(words))]]

    @form
    def write(self):
        name, arity = self.random.choice(self.write_commands)
        count = max(0, abs(arity) - 1 + (self.random.randrange(3) if arity < 0 else 0))
        if self.random.random() < 0.15:
            count = self.random.randrange(5)
        return [name, *[self.junk() for _ in range(count)]]

    @form
    def unknown(self):
        name = self.random.choice((b"NOSUCH", b"GETT", b"", b"G", b"get ", b"\x00", b"\xff\xfe", b"a\r\nb", b"a\nb",
                                   b"'quoted'", b"foo|bar", b"get|x", b"client|id", b"config|get", b"sentinel",
                                   self.junk()))
        return [name or b"\x01", *[self.junk() for _ in range(self.random.randrange(4))]]

    @form
    def unknown_long(self):
        return [b"N" * self.random.choice((100, 127, 128, 129, 200, 5000)),
                *[b"a" * self.random.choice((1, 50, 127, 128, 129, 300)) for _ in range(self.random.randrange(5))]]

    # Forms of several commands.

    def silence(self):
        """Replies that the client has forgone, from a state in which nothing forbids it to."""
        commands = [Command("silence", (b"RESET",))]
        if self.random.random() < 0.5:
            commands.append(Command("silence", (b"HELLO", b"3"), comparisons.fields))
        quiet = [self.named(self.random.choice(("get", "ping", "strlen", "unknown", "write", "select")))
                 for _ in range(self.random.randint(1, 4))]
        if self.random.random() < 0.5:
            commands.append(Command("silence", (b"CLIENT", self.any_case(b"REPLY"), b"OFF"), reply_count=0))
            if self.random.random() < 0.4:
                mode = self.random.choice((b"SKIP", b"OFF"))
                quiet.insert(self.random.randrange(len(quiet) + 1), Command("silence", (b"CLIENT", b"REPLY", mode)))
            commands += [Command("silence", each.arguments, reply_count=0) for each in quiet]
        else:
            commands.append(Command("silence", (b"CLIENT", b"REPLY", self.any_case(b"SKIP")), reply_count=0))
            return [*commands, Command("silence", quiet[0].arguments, reply_count=0), *quiet[1:]]
        commands.append(Command("silence", (b"CLIENT", b"REPLY", self.any_case(b"ON"))))
        return commands

    def subscription(self):
        """Subscriptions of all kinds, what may be asked beside them, and mostly their end."""
        commands = []
        for _ in range(self.random.randint(1, 3)):
            kind = self.random.choice((b"", b"P", b"S"))
            commands.append(Command("subscription", (self.any_case(kind + b"SUBSCRIBE"), *self.channels())))
        for _ in range(self.random.randrange(6)):
            commands.append(self.named(self.random.choice((
                "ping", "get", "publications", "echo", "hello", "wrong_arity", "client_shape", "no_transaction"))))
        for kind in self.random.sample((b"", b"P", b"S"), 3):
            if self.random.random() < 0.3:
                commands.append(Command("subscription", (kind + b"UNSUBSCRIBE", *self.channels())))
            if self.random.random() < 0.95:
                commands.append(Command("subscription", (self.any_case(kind + b"UNSUBSCRIBE"),)))
        return commands
