"""How the oracle compares two replies that need not be the same bytes, and must still be alike.

Each comparison takes our value, theirs (as `resp.decode` gives them) and what the test knows; it says whether they agree.
"""

import re


class Known:
    """What comparisons need besides the replies."""

    def __init__(self, keys, commands):
        self.keys = keys
        # Every command and sub-command of the redis-server beside: ours may know newer ones.
        self.commands = {name.lower() for name in commands}


def unordered(ours, theirs, known):
    """The same elements in any order, at every depth where order has no meaning."""
    return canonical(ours) == canonical(theirs)


def canonical(value):
    if isinstance(value, dict):
        return {key: canonical(each) for key, each in value.items()}
    if isinstance(value, list):
        return (type(value).__name__, sorted((canonical(each) for each in value), key=repr))
    return value


def member(ours, theirs, known):
    """A key of the data set from both."""
    return ours in known.keys and theirs in known.keys


def kind(ours, theirs, known):
    """The same type of reply."""
    return kind_of(ours) is kind_of(theirs)


def kind_of(value):
    return type(value)


def shape(ours, theirs, known):
    """The same types at every depth, and at least the fields that Redis has, each of Redis's type."""
    if kind_of(ours) is not kind_of(theirs):
        return False
    if isinstance(theirs, dict):
        return all(name in ours and shape(ours[name], each, known) for name, each in theirs.items())
    if isinstance(theirs, list) and ours and theirs:
        # Of lists, one element stands for all.
        return shape(ours[0], theirs[0], known)
    return True


def fields(ours, theirs, known):
    """A map, which RESP2 has as an array: at least Redis's fields, each of the same shape."""
    if isinstance(theirs, list) and isinstance(ours, list):
        ours, theirs = paired(ours), paired(theirs)
    return isinstance(theirs, dict) and shape(ours, theirs, known)


def memory(ours, theirs, known):
    """`MEMORY STATS`: a map of at least Redis's fields, but for those of each database's hash tables: there are none."""
    if isinstance(theirs, list) and isinstance(ours, list):
        ours, theirs = paired(ours), paired(theirs)
    return shape(ours, {name: each for name, each in theirs.items() if not name.startswith(b"db.")}, known)


def paired(values):
    return dict(zip(values[::2], values[1::2]))


def histograms(ours, theirs, known):
    """`LATENCY HISTOGRAM`: of any commands, each with both of its fields."""
    if type(ours) is not type(theirs):
        return False
    each = ours.values() if isinstance(ours, dict) else ours[1::2]
    wanted = {b"calls", b"histogram_usec"}
    return all(set(found if isinstance(found, dict) else found[::2]) == wanted for found in each)


def same_fields(ours, theirs, known):
    """A map with exactly the fields that Redis has, in its order."""
    if isinstance(theirs, list) and isinstance(ours, list):
        ours, theirs = paired(ours), paired(theirs)
    return isinstance(theirs, dict) and list(ours) == list(theirs) and shape(ours, theirs, known)


def access_log(ours, theirs, known):
    """The same refusals, whoever was refused and however long ago; which of them were counted as one goes by the clock."""
    if isinstance(theirs, str):
        return ours == theirs
    ours, theirs = ([fields_of(entry) for entry in log] for log in (ours, theirs))
    apart = (b"count", b"age-seconds", b"client-info")
    kinds = [{tuple(value for name, value in entry.items() if name not in apart) for entry in log} for log in (ours, theirs)]
    return kinds[0] == kinds[1] and all(list(one) == list(other) for one, other in zip(ours, theirs))


def fields_of(entry):
    return paired(entry) if isinstance(entry, list) else entry


def command_names(ours, theirs, known):
    """Names of commands in any order: all that Redis gives, and besides them only such as it does not know."""
    mine, other = {name.lower() for name in ours}, {name.lower() for name in theirs}
    return (kind_of(ours) is kind_of(theirs) and len(mine) == len(ours) and other <= mine
            and not (mine - other) & known.commands)


def categories(ours, theirs, known):
    """`ACL CAT`: what Redis has, and besides it only the categories of later releases."""
    return len(ours) == len(set(ours)) and set(theirs) <= set(ours) <= {*theirs, b"array", b"vectorset"}


def command_rows(ours, theirs, known):
    """`COMMAND INFO`: the same facts of each command; flags, categories and sub-commands in any order."""
    return len(ours) == len(theirs) and all(command_row(*both, known) for both in zip(ours, theirs))


def command_row(ours, theirs, known):
    if theirs is None:
        # Ours may be newer.
        return ours is None or ours[0].lower() not in known.commands
    if ours is None or len(ours) != len(theirs):
        return False
    if [ours[0].lower(), *ours[1:2], *ours[3:6]] != [theirs[0].lower(), *theirs[1:2], *theirs[3:6]]:
        return False
    if any(canonical(ours[place]) != canonical(theirs[place]) for place in (2, 6, 7, 8)):
        return False
    mine, other = ({row[0].lower(): row for row in rows[9]} for rows in (ours, theirs))
    return (other.keys() <= mine.keys() and not (mine.keys() - other.keys()) & known.commands
            and all(command_row(mine[name], row, known) for name, row in other.items()))


def documentation(ours, theirs, known):
    """`COMMAND DOCS`: the same commands with the same fields; the words of the summaries are ours."""
    if isinstance(theirs, list):
        ours, theirs = paired(ours), paired(theirs)
    mine, other = ({name.lower(): each for name, each in docs.items()} for docs in (ours, theirs))
    if not other.keys() <= mine.keys() or (mine.keys() - other.keys()) & known.commands:
        return False
    return all(documented(mine[name], each, known) for name, each in other.items())


def documented(ours, theirs, known):
    if isinstance(theirs, list):
        ours, theirs = paired(ours), paired(theirs)
    told = {b"summary", b"since", b"group"}
    if not told <= ours.keys() or any(ours[name] != theirs[name] for name in (b"since", b"group")):
        return False
    # Later releases document arguments for which 7.0 has no words yet.
    if (b"arguments" in theirs) > (b"arguments" in ours) or (b"subcommands" in ours) != (b"subcommands" in theirs):
        return False
    return b"subcommands" not in theirs or documentation(ours[b"subcommands"], theirs[b"subcommands"], known)


def information(ours, theirs, known):
    """`INFO`: text with at least the sections that Redis gives, in lines of `name:value`."""
    if kind_of(ours) is not kind_of(theirs):
        return False
    mine, other = (set(re.findall(rb"^# (.*)\r$", text, re.M)) for text in (ours, theirs))
    lines = [line for line in ours.split(b"\r\n") if line and not line.startswith(b"# ")]
    return other <= mine and all(re.fullmatch(rb"[a-zA-Z0-9_.|-]+:.*", line) for line in lines)


def clients(ours, theirs, known):
    """`CLIENT LIST`: lines with at least Redis's fields, in its order."""
    if kind_of(ours) is not kind_of(theirs) or bool(ours) != bool(theirs):
        return False
    names = [[re.findall(rb"(?:^| )([a-z-]+)=", line) for line in text.splitlines()] for text in (ours, theirs)]
    if not theirs:
        return True
    if any(line != names[0][0] for line in names[0]) or not set(names[1][0]) <= set(names[0][0]):
        return False
    return [name for name in names[0][0] if name in names[1][0]] == names[1][0]


def subscriptions(ours, theirs, known):
    """Confirmations: the names in any order, the counts in the same one."""
    if [type(each) for each in ours] != [type(each) for each in theirs]:
        return False
    return (sorted(repr(each[:2]) for each in ours) == sorted(repr(each[:2]) for each in theirs)
            and [each[2] for each in ours] == [each[2] for each in theirs])


def help_text(ours, theirs, known):
    """Lines of text, which are ours, that name every sub-command that Redis's name."""
    if not all(isinstance(each, list) and each and all(isinstance(line, str) for line in each)
               for each in (ours, theirs)):
        return False
    return ours[0] == theirs[0] and ours[-2:] == theirs[-2:]

