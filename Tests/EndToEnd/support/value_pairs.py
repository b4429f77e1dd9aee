"""Keys and values of every kind that commands over values tell apart."""

import random


def hyperloglog(source, count, is_sparse, stored=None):
    """A HyperLogLog of `count` random elements, as PFADD makes one; with the count that it holds, if any."""
    registers = bytearray(16384)
    for _ in range(count):
        place, value = source.randrange(16384), min(51, 1 + int(source.expovariate(0.693)))
        registers[place] = max(registers[place], min(value, 32) if is_sparse else value)
    head = b"HYLL" + bytes([is_sparse, 0, 0, 0])
    head += stored.to_bytes(8, "little") if stored is not None else bytes(7) + b"\x80"
    return head + (_runs(registers) if is_sparse else _packed(registers))


def _packed(registers):
    number = 0
    for place in range(0, 16384, 4):
        group = sum(register << (6 * index) for index, register in enumerate(registers[place : place + 4]))
        number |= group << (6 * place)
    return number.to_bytes(12288, "little")


def _runs(registers):
    runs, place = bytearray(), 0
    while place < 16384:
        value, start = registers[place], place
        limit = 4 if value else 16384
        while place < 16384 and registers[place] == value and place - start < limit:
            place += 1
        length = place - start - 1
        if value:
            runs.append(0x80 | (value - 1) << 2 | length)
        else:
            runs += bytes([length]) if length < 64 else bytes([0x40 | length >> 8, length & 255])
    return bytes(runs)


def value_pairs():
    source = random.Random(20261122)
    pairs = {b"": b"the value of the empty key", b"empty": b""}
    edges = [edge + step for edge in (0, 128, 10_000, 32768, 2**31, 2**63, -128, -32768, -(2**31), -(2**63))
             for step in (-1, 0, 1)]
    for number in edges + [source.randint(-10**12, 10**12) for _ in range(20)]:
        pairs[b"number:%d" % number] = b"%d" % number
    for text in (b"01", b"+1", b"-0", b" 1", b"1 ", b"1.5", b"1e3", b"-", b"0x10", b"00", b"-12345678901"):
        pairs[b"text:" + text] = text
    for size in (1, 2, 7, 8, 9, 15, 16, 17, 43, 44, 45, 60, 61, 63, 64, 65, 100, 125, 126, 255, 256, 300, 1000,
                 16383, 16384, 65535, 65536, 300_000):
        pairs[b"random:%d" % size] = source.randbytes(size)
        pairs[b"letters:%d" % size] = bytes(source.choices(b"abcd", k=min(size, 700)))
        pairs[b"clear:%d" % size] = bytes(size)
        pairs[b"set:%d" % size] = b"\xff" * size
    for size in (4, 30, 31, 32, 40, 250, 251, 300):
        pairs[b"k" * size] = b"of a long key"
    for count in (0, 1, 10, 100, 1000, 5000, 30000):
        for is_sparse in (True, False):
            fresh = hyperloglog(source, count, is_sparse)
            pairs[b"hll:%d:%d" % (count, is_sparse)] = fresh
            pairs[b"hll:stored:%d:%d" % (count, is_sparse)] = fresh[:8] + (count + 7).to_bytes(8, "little") + fresh[16:]
    for number in range(60):
        value = bytearray(pairs[source.choice([key for key in pairs if key.startswith(b"hll:")])])
        _damage(value, source)
        pairs[b"hll:broken:%d" % number] = bytes(value)
    return iter(pairs.items())


def _damage(value, source):
    how = source.randrange(6)
    if how == 0:
        value[4] = source.choice((0, 1, 2, 255))
    elif how == 1:
        del value[source.randrange(len(value)):]
    elif how == 2:
        value[source.randrange(5)] ^= 1
    elif how == 3:
        value[16:] = source.choices(b"\x00\x3f\x40\x7f\xff\x80\x83\xfc", k=source.randrange(40))
    elif how == 4:
        value[source.randrange(16, len(value))] ^= 1 << source.randrange(8)
    else:
        value[:] = b"HYLL" + bytes(11) + b"\x80" + source.choice((b"\xff" * 12288, source.randbytes(12288)))
    if len(value) > 15 and how != 2:
        value[15] |= 128
