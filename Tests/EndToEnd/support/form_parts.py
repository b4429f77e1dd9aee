"""What random commands are made of."""

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A request, and how its replies are to be compared: by their bytes where `comparison` is None."""

    form: str
    arguments: tuple
    comparison: Callable | None = None
    # Fewer where the client has said that it wants none.
    reply_count: int = 1


def form(function):
    """Marks a method that makes one command: a list of its words, or such a list and a comparison."""
    function.is_form = True
    return function


class Parts:
    """Keys, numbers and names from one seeded source."""

    def __init__(self, seed, pairs):
        self.random = random.Random(seed)
        self.all_keys = list(pairs)
        self.small_keys = [key for key, value in pairs.items() if len(value) < 70000]

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
