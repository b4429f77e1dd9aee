"""Random rules of users, and requests to try them with."""

KEYS = [b"key:000001", b"key:000002", b"key:000900", b"other:1", b"k", b""]
PATTERNS = [b"key:*", b"key:00000?", b"key:0000[0-4]1", b"*", b"other:*", b"nosuch*", b"key:000001", b"k", b""]
CHANNELS = [b"news", b"news.a", b"alerts", b"n*", b""]
CATEGORIES = [
    b"keyspace", b"read", b"write", b"set", b"sortedset", b"list", b"hash", b"string", b"bitmap", b"hyperloglog", b"geo",
    b"stream", b"pubsub", b"admin", b"fast", b"slow", b"blocking", b"dangerous", b"connection", b"transaction",
    b"scripting", b"all", b"READ", b"nosuch",
]
COMMANDS = [
    b"get", b"mget", b"set", b"GET", b"exists", b"strlen", b"ping", b"select", b"client", b"client|id", b"client|list",
    b"client|nosuch", b"config", b"config|get", b"acl", b"acl|whoami", b"acl|getuser", b"scan", b"keys", b"dbsize",
    b"subscribe", b"psubscribe", b"publish", b"type", b"ttl", b"getrange", b"eval", b"sort", b"object|encoding", b"info",
    b"memory|usage", b"echo", b"watch", b"multi", b"exec", b"bitcount", b"lcs", b"hgetall", b"zunion", b"xread",
    b"copy", b"migrate", b"bitfield", b"get|key:000001", b"select|0", b"config|get|maxmemory", b"echo|", b"nosuch",
    b"nosuch|x", b"auth", b"quit", b"debug|object",
]
HASH = b"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def command_rule(source):
    kind = source.random()
    sign = source.choice((b"+", b"+", b"-"))
    if kind < 0.4:
        return sign + b"@" + source.choice(CATEGORIES)
    if kind < 0.95:
        return sign + source.choice(COMMANDS)
    return source.choice((b"allcommands", b"nocommands", b"+@all", b"-@all", b"+", b"-", b"+@", b"-@"))


def selector_rule(source):
    """One rule that may stand inside parentheses as well."""
    kind = source.random()
    if kind < 0.5:
        return command_rule(source)
    if kind < 0.75:
        sign = source.choice((b"~", b"~", b"%R~", b"%W~", b"%RW~", b"%r~", b"%WR~", b"%X~", b"%~", b"%RR~"))
        return sign + source.choice(PATTERNS)
    if kind < 0.87:
        return b"&" + source.choice(CHANNELS + [b"*"])
    return source.choice((b"allkeys", b"resetkeys", b"allchannels", b"resetchannels", b"RESETKEYS", b"AllKeys"))


def rule(source):
    kind = source.random()
    if kind < 0.72:
        return [selector_rule(source)]
    if kind < 0.82:
        inside = [selector_rule(source) for _ in range(source.randint(0, 4))]
        if source.random() < 0.5:
            return [b"(" + b" ".join(inside) + b")"]
        return [b"(" + b" ".join(inside[:1]), *inside[1:], source.choice((b")", b"+get)", b"~k)"))]
    return [source.choice((
        b"on", b"off", b"nopass", b"resetpass", b">secret", b">other", b"<secret", b"#" + HASH, b"!" + HASH, b"#zz",
        b"!zz", b"reset", b"clearselectors", b"sanitize-payload", b"skip-sanitize-payload", b"ON", b"", b"nosuch",
        b"on", b">secret", b"(", b"x)", b"(nopass)", b"&a b", b"~a b"))]


def rules(source):
    return [each for _ in range(source.randint(0, 6)) for each in rule(source)]


def trial(source):
    """A request that does no harm where it is allowed."""
    key, other = source.choice(KEYS), source.choice(KEYS)
    channel = source.choice(CHANNELS)
    return list(source.choice((
        (b"GET", key), (b"MGET", key, other), (b"SET", key, b"v"), (b"EXISTS", key, other), (b"STRLEN", key),
        (b"TYPE", key), (b"TTL", key), (b"GETRANGE", key, b"0", b"3"), (b"PING",), (b"ECHO", b"x"), (b"SELECT", b"0"),
        (b"CLIENT", b"ID"), (b"CLIENT", b"GETNAME"), (b"CONFIG", b"GET", b"maxmemory"), (b"ACL", b"WHOAMI"),
        (b"ACL", b"GETUSER", b"nobody"), (b"DBSIZE",), (b"PUBSUB", b"NUMPAT"), (b"BITCOUNT", key), (b"LCS", key, other),
        (b"HGETALL", b"nosuch"), (b"ZUNION", b"2", b"nosuch", key), (b"COPY", key, other), (b"BITFIELD", key, b"GET", b"u8", b"0"),
        (b"BITFIELD", key, b"SET", b"u8", b"0", b"1"), (b"SORT", key, b"STORE", other), (b"SUNSUBSCRIBE", channel),
        (b"WATCH", key), (b"OBJECT", b"ENCODING", key), (b"DEL", key), (b"SET", key, b"v", b"GET"), (b"UNSUBSCRIBE", channel),
        (b"GETEX", key), (b"PFCOUNT", key), (b"TOUCH", key), (b"UNLINK", key, other), (b"LPUSH", key, b"x"), (b"TIME",),
        (b"GEORADIUS", b"nosuch", b"1", b"1", b"1", b"m"), (b"XREAD", b"STREAMS", b"nosuch", b"0"), (b"GET",),
        (b"NOSUCH", b"x"), (b"CLIENT", b"NOSUCH"), (b"EXEC",), (b"DISCARD",), (b"EVAL_RO",), (b"COMMAND", b"COUNT"))))


def dry_trial(source):
    """A request that is only asked about, so that it may be any."""
    channel, key = source.choice(CHANNELS), source.choice(KEYS)
    return trial(source) if source.random() < 0.7 else list(source.choice((
        (b"SUBSCRIBE", channel), (b"PSUBSCRIBE", channel), (b"SSUBSCRIBE", channel), (b"PUBLISH", channel, b"m"),
        (b"SHUTDOWN",), (b"CONFIG", b"SET", b"maxmemory", b"1"), (b"EVAL", b"x", b"1", key), (b"KEYS", b"*"),
        (b"SCAN", b"0"), (b"QUIT",), (b"AUTH", b"x"), (b"FLUSHALL",), (b"MEMORY", b"USAGE", key),
        (b"MIGRATE", b"h", b"1", key, b"0", b"1"), (b"SUBSCRIBE", channel, b"alerts"), (b"ACL", b"SETUSER", b"x"))))
