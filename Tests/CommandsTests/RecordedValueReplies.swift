/// What redis-server 7.0.15 answers to requests over a few keys: in RESP2, and in RESP3 where that differs.
let recordedValueReplies: [(request: String, resp2: String, resp3: String)] = [
    ("getbit bits 8", ":1\r\n", ""),
    ("getbit bits 7", ":0\r\n", ""),
    ("getbit bits 4294967295", ":0\r\n", ""),
    ("getbit bits 4294967296", "-ERR bit offset is not an integer or out of range\r\n", ""),
    ("getbit bits -1", "-ERR bit offset is not an integer or out of range\r\n", ""),
    ("getbit none x", "-ERR bit offset is not an integer or out of range\r\n", ""),
    ("getbit none 1", ":0\r\n", ""),
    ("bitcount bits", ":12\r\n", ""),
    ("bitcount bits 1 -1", ":12\r\n", ""),
    ("bitcount bits 4 11 BIT", ":4\r\n", ""),
    ("bitcount none x y z", ":0\r\n", ""),
    ("bitcount bits 1", "-ERR syntax error\r\n", ""),
    ("bitcount bits x 1", "-ERR value is not an integer or out of range\r\n", ""),
    ("bitcount bits -1 -2 nosuch", ":0\r\n", ""),
    ("bitcount bits 0 1 nosuch", "-ERR syntax error\r\n", ""),
    ("bitcount bits 0 1 BIT 2", "-ERR syntax error\r\n", ""),
    ("bitpos bits 1", ":8\r\n", ""),
    ("bitpos bits 0", ":0\r\n", ""),
    ("bitpos bits 1 2 -1", ":16\r\n", ""),
    ("bitpos bits 0 1 1", ":-1\r\n", ""),
    ("bitpos bits 0 1", ":20\r\n", ""),
    ("bitpos bits 1 21 23 BIT", ":-1\r\n", ""),
    ("bitpos bits 0 8 15 bit", ":-1\r\n", ""),
    ("bitpos bits 2", "-ERR The bit argument must be 1 or 0.\r\n", ""),
    ("bitpos none x", "-ERR value is not an integer or out of range\r\n", ""),
    ("bitpos none 0", ":0\r\n", ""),
    ("bitpos none 1", ":-1\r\n", ""),
    ("bitpos none 1 x", ":-1\r\n", ""),
    ("bitpos bits 1 0 x nosuch", "-ERR syntax error\r\n", ""),
    ("bitpos bits 1 0 1 BIT 2", "-ERR syntax error\r\n", ""),
    ("bitpos empty 0", ":-1\r\n", ""),
    ("bitpos bits 0 9", ":-1\r\n", ""),
    (
        "bitfield_ro bits GET u8 8 GET i8 #1 GET i64 0 GET u63 100000",
        "*4\r\n:255\r\n:-1\r\n:72040001851883520\r\n:0\r\n",
        ""
    ),
    ("bitfield_ro none GET u4 0", "*1\r\n:0\r\n", ""),
    ("bitfield_ro none", "*0\r\n", ""),
    ("bitfield_ro bits SET u8 0 1", "-ERR BITFIELD_RO only supports the GET subcommand\r\n", ""),
    ("bitfield_ro bits SET u8 0 x", "-ERR value is not an integer or out of range\r\n", ""),
    (
        "bitfield_ro bits GET u64 0",
        """
        -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.\r\
        \n
        """,
        ""
    ),
    ("bitfield_ro bits GET u8 -1", "-ERR bit offset is not an integer or out of range\r\n", ""),
    ("bitfield_ro bits GET u8", "-ERR syntax error\r\n", ""),
    ("bitfield_ro bits OVERFLOW SAT GET u8 0", "*1\r\n:0\r\n", ""),
    ("bitfield_ro bits OVERFLOW x", "-ERR Invalid OVERFLOW type specified\r\n", ""),
    ("bitfield_ro bits INCRBY i5 0 1", "-ERR BITFIELD_RO only supports the GET subcommand\r\n", ""),
    ("lcs a b", "$6\r\nmytext\r\n", ""),
    ("lcs a b LEN", ":6\r\n", ""),
    (
        "lcs a b IDX",
        """
        *4\r\n$7\r\nmatches\r\n*2\r\n*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n*2\r\n*2\r\n:2\r\n:3\r\n*2\r\
        \n:0\r\n:1\r\n$3\r\nlen\r\n:6\r\n
        """,
        """
        %2\r\n$7\r\nmatches\r\n*2\r\n*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n*2\r\n*2\r\n:2\r\n:3\r\n*2\r\
        \n:0\r\n:1\r\n$3\r\nlen\r\n:6\r\n
        """
    ),
    (
        "lcs a b IDX WITHMATCHLEN MINMATCHLEN 4",
        "*4\r\n$7\r\nmatches\r\n*1\r\n*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n$3\r\nlen\r\n:6\r\n",
        "%2\r\n$7\r\nmatches\r\n*1\r\n*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n$3\r\nlen\r\n:6\r\n"
    ),
    ("lcs a none", "$0\r\n\r\n", ""),
    (
        "lcs none none IDX",
        "*4\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n",
        "%2\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n"
    ),
    ("lcs a b LEN IDX", "-ERR If you want both the length and indexes, please just use IDX.\r\n", ""),
    ("lcs a b MINMATCHLEN x", "-ERR value is not an integer or out of range\r\n", ""),
    ("lcs a b MINMATCHLEN", "-ERR syntax error\r\n", ""),
    (
        "lcs a b idx minmatchlen -3",
        """
        *4\r\n$7\r\nmatches\r\n*2\r\n*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n*2\r\n*2\r\n:2\r\n:3\r\n*2\r\
        \n:0\r\n:1\r\n$3\r\nlen\r\n:6\r\n
        """,
        """
        %2\r\n$7\r\nmatches\r\n*2\r\n*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n*2\r\n*2\r\n:2\r\n:3\r\n*2\r\
        \n:0\r\n:1\r\n$3\r\nlen\r\n:6\r\n
        """
    ),
    ("pfcount none", ":0\r\n", ""),
    ("pfcount none none2", ":0\r\n", ""),
    ("pfcount k", "-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n", ""),
    ("pfcount none k n", "-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n", ""),
    ("dump none", "$-1\r\n", "_\r\n"),
    ("dump n", "$13\r\n\u{00}\u{c0}*\n\u{00}\u{81}\u{fb}\\\u{fa}\u{86}cOP\r\n", ""),
    ("object encoding k", "$6\r\nembstr\r\n", ""),
    ("object encoding n", "$3\r\nint\r\n", ""),
    ("object encoding none", "$-1\r\n", "_\r\n"),
    ("object refcount n", ":2147483647\r\n", ""),
    ("object refcount k", ":1\r\n", ""),
    ("object refcount none", "$-1\r\n", "_\r\n"),
    ("object idletime none", "$-1\r\n", "_\r\n"),
    ("object freq none", "$-1\r\n", "_\r\n"),
    (
        "object freq k",
        """
        -ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when sw\
        itching between policies at runtime LRU and LFU data will take some time to adjust.\r\n
        """,
        ""
    ),
    ("object encoding", "-ERR wrong number of arguments for 'object|encoding' command\r\n", ""),
    ("object nosuch k", "-ERR unknown subcommand 'nosuch'. Try OBJECT HELP.\r\n", ""),
    ("memory usage k", ":64\r\n", ""),
    ("memory usage none", "$-1\r\n", "_\r\n"),
    ("memory usage k samples 5", ":64\r\n", ""),
    ("memory usage k samples -1", "-ERR syntax error\r\n", ""),
    ("memory usage k samples x", "-ERR value is not an integer or out of range\r\n", ""),
    ("memory usage k samples", "-ERR syntax error\r\n", ""),
    ("memory usage k nosuch", "-ERR syntax error\r\n", ""),
    ("memory usage none nosuch", "-ERR syntax error\r\n", ""),
    ("sort_ro k", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", ""),
    ("sort_ro none", "*0\r\n", ""),
    ("sort_ro none by w_* get # desc alpha limit 0 1", "*0\r\n", ""),
    ("sort_ro k limit x 1", "-ERR value is not an integer or out of range\r\n", ""),
    ("sort_ro none store x", "-ERR syntax error\r\n", ""),
    ("sort_ro none limit 1", "-ERR syntax error\r\n", ""),
    ("sort_ro k nosuch", "-ERR syntax error\r\n", ""),
]
