/// A request and the reply that redis-server 7.0.15 gives to it, bytes as characters; an empty third part where
/// RESP3 makes no difference.
typealias RecordedReply = (request: [String], resp2: String, resp3: String)

/// Requests that are refused before they run.
let recordedRefusals: [RecordedReply] = [
    (
        ["NOSUCH"],
        "-ERR unknown command 'NOSUCH', with args beginning with: \r\n",
        ""
    ),
    (
        ["NoSuch", "a", "b"],
        "-ERR unknown command 'NoSuch', with args beginning with: 'a' 'b' \r\n",
        ""
    ),
    (
        ["\u{ff}\u{00}\u{fe}", "a"],
        "-ERR unknown command '\u{ff}', with args beginning with: 'a' \r\n",
        ""
    ),
    (
        ["ab\u{00}cd", "x\u{00}y", "z"],
        "-ERR unknown command 'ab', with args beginning with: 'x' 'z' \r\n",
        ""
    ),
    (
        [String(repeating: "X", count: 140), String(repeating: "y", count: 140), "z"],
        """
        -ERR unknown command 'XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\
        XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX', with args beginning with: 'yyyyyyyyyyyy\
        yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
        yyyyyyyyyyyyyyyyyyyy' \r\n
        """,
        ""
    ),
    (
        [
            "f", "word", "word", "word", "word", "word", "word", "word", "word", "word", "longer word", "longer word",
            "longer word", "longer word", "longer word", "longer word",
        ],
        """
        -ERR unknown command 'f', with args beginning with: 'word' 'word' 'word' 'word' 'word' 'word' 'w\
        ord' 'word' 'word' 'longer word' 'longer word' 'longer word' 'longer word' 'longer wo' \r\n
        """,
        ""
    ),
    (
        ["f", String(repeating: "a", count: 120), "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "c"],
        """
        -ERR unknown command 'f', with args beginning with: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' 'bbbbb' \r\n
        """,
        ""
    ),
    (
        ["f", String(repeating: "a", count: 125), "b"],
        """
        -ERR unknown command 'f', with args beginning with: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' \r\n
        """,
        ""
    ),
    (
        ["f", String(repeating: "a", count: 126), "b"],
        """
        -ERR unknown command 'f', with args beginning with: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' \r\n
        """,
        ""
    ),
    (
        ["f", String(repeating: "a", count: 119), "bbbbbb", "c"],
        """
        -ERR unknown command 'f', with args beginning with: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' 'bbbbbb' \r\n
        """,
        ""
    ),
    (
        ["FOO\r\n+OK\r\n", "a\r\nb\n"],
        "-ERR unknown command 'FOO  +OK  ', with args beginning with: 'a  b ' \r\n",
        ""
    ),
    (
        ["", ""],
        "-ERR unknown command '', with args beginning with: '' \r\n",
        ""
    ),
    (
        [""],
        "-ERR unknown command '', with args beginning with: \r\n",
        ""
    ),
    (
        ["CLIENT", "nosuch"],
        "-ERR unknown subcommand 'nosuch'. Try CLIENT HELP.\r\n",
        ""
    ),
    (
        ["client"],
        "-ERR wrong number of arguments for 'client' command\r\n",
        ""
    ),
    (
        ["CLIENT", "id", "x"],
        "-ERR wrong number of arguments for 'client|id' command\r\n",
        ""
    ),
    (
        ["CLIENT", String(repeating: "X", count: 140)],
        """
        -ERR unknown subcommand 'XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\
        XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX'. Try CLIENT HELP.\r\n
        """,
        ""
    ),
    (
        ["CLIENT", "a\r\nb"],
        "-ERR unknown subcommand 'a  b'. Try CLIENT HELP.\r\n",
        ""
    ),
    (
        ["client", "a\u{00}b"],
        "-ERR unknown subcommand 'a'. Try CLIENT HELP.\r\n",
        ""
    ),
    (
        ["CoNfIg", "FOO", "bar"],
        "-ERR unknown subcommand 'FOO'. Try CONFIG HELP.\r\n",
        ""
    ),
    (
        ["COMMAND", "FOO"],
        "-ERR unknown subcommand 'FOO'. Try COMMAND HELP.\r\n",
        ""
    ),
    (
        ["GET"],
        "-ERR wrong number of arguments for 'get' command\r\n",
        ""
    ),
    (
        ["get", "a", "b"],
        "-ERR wrong number of arguments for 'get' command\r\n",
        ""
    ),
    (
        ["MGET"],
        "-ERR wrong number of arguments for 'mget' command\r\n",
        ""
    ),
    (
        ["CLUSTER", "FOO"],
        "-ERR unknown subcommand 'FOO'. Try CLUSTER HELP.\r\n",
        ""
    ),
    (
        ["SET", "k"],
        "-ERR wrong number of arguments for 'set' command\r\n",
        ""
    ),
    (
        ["EXPIRE", "k"],
        "-ERR wrong number of arguments for 'expire' command\r\n",
        ""
    ),
    (
        ["XGROUP", "FOO"],
        "-ERR unknown subcommand 'FOO'. Try XGROUP HELP.\r\n",
        ""
    ),
    (
        ["XGROUP"],
        "-ERR wrong number of arguments for 'xgroup' command\r\n",
        ""
    ),
    (
        ["config"],
        "-ERR wrong number of arguments for 'config' command\r\n",
        ""
    ),
    (
        ["CONFIG", "RESETSTAT", "x"],
        "-ERR wrong number of arguments for 'config|resetstat' command\r\n",
        ""
    ),
    (
        ["command", "getkeys"],
        "-ERR wrong number of arguments for 'command|getkeys' command\r\n",
        ""
    ),
    (
        ["SCAN"],
        "-ERR wrong number of arguments for 'scan' command\r\n",
        ""
    ),
    (
        ["GETRANGE", "a", "b"],
        "-ERR wrong number of arguments for 'getrange' command\r\n",
        ""
    ),
]

/// Requests that this server answers exactly as Redis does.
let recordedAnswers: [RecordedReply] = [
    (
        ["CONFIG", "SET", "x"],
        "-ERR wrong number of arguments for 'config|set' command\r\n",
        ""
    ),
    (
        ["CONFIG", "REWRITE"],
        "-ERR The server is running without a config file\r\n",
        ""
    ),
    (
        ["CONFIG", "RESETSTAT"],
        "+OK\r\n",
        ""
    ),
    (
        ["CONFIG", "GET", "nosuch"],
        "*0\r\n",
        "%0\r\n"
    ),
    (
        ["ROLE"],
        "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n",
        ""
    ),
    (
        ["WAIT", "0", "0"],
        ":0\r\n",
        ""
    ),
    (
        ["WAIT", "x", "0"],
        "-ERR value is not an integer or out of range\r\n",
        ""
    ),
    (
        ["WAIT", "0", "-1"],
        "-ERR timeout is negative\r\n",
        ""
    ),
    (
        ["WAIT", "0", "x"],
        "-ERR timeout is not an integer or out of range\r\n",
        ""
    ),
    (
        ["MODULE", "LIST"],
        "*0\r\n",
        ""
    ),
    (
        ["SLOWLOG", "GET"],
        "*0\r\n",
        ""
    ),
    (
        ["SLOWLOG", "GET", "5"],
        "*0\r\n",
        ""
    ),
    (
        ["SLOWLOG", "GET", "-2"],
        "-ERR count should be greater than or equal to -1\r\n",
        ""
    ),
    (
        ["SLOWLOG", "GET", "x"],
        "-ERR count should be greater than or equal to -1\r\n",
        ""
    ),
    (
        ["SLOWLOG", "LEN"],
        ":0\r\n",
        ""
    ),
    (
        ["SLOWLOG", "RESET"],
        "+OK\r\n",
        ""
    ),
    (
        ["LATENCY", "LATEST"],
        "*0\r\n",
        ""
    ),
    (
        ["LATENCY", "HISTORY", "x"],
        "*0\r\n",
        ""
    ),
    (
        ["LATENCY", "RESET"],
        ":0\r\n",
        ""
    ),
    (
        ["LATENCY", "RESET", "a"],
        ":0\r\n",
        ""
    ),
    (
        ["CLUSTER", "INFO"],
        "-ERR This instance has cluster support disabled\r\n",
        ""
    ),
    (
        ["CLUSTER", "HELP"],
        "-ERR This instance has cluster support disabled\r\n",
        ""
    ),
    (
        ["CLUSTER", "SLOTS"],
        "-ERR This instance has cluster support disabled\r\n",
        ""
    ),
    (
        ["COMMAND", "INFO", "nosuch", "GeT"],
        """
        *2\r\n$-1\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n*3\r\n+@rea\
        d\r\n+@string\r\n+@fast\r\n*0\r\n*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n$12\r\nbegin\
        _search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n$9\r\nfin\
        d_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n*6\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nke\
        ystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n*0\r\n
        """,
        """
        *2\r\n_\r\n*10\r\n$3\r\nget\r\n:2\r\n~2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n~3\r\n+@read\
        \r\n+@string\r\n+@fast\r\n~0\r\n~1\r\n%3\r\n$5\r\nflags\r\n~2\r\n+RO\r\n+access\r\n$12\r\nbegin_\
        search\r\n%2\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n%1\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind\
        _keys\r\n%2\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n%3\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkey\
        step\r\n:1\r\n$5\r\nlimit\r\n:0\r\n~0\r\n
        """
    ),
    (
        ["COMMAND", "INFO", "client|id"],
        """
        *1\r\n*10\r\n$9\r\nclient|id\r\n:2\r\n*3\r\n+noscript\r\n+loading\r\n+stale\r\n:0\r\n:0\r\n:0\r\
        \n*2\r\n+@slow\r\n+@connection\r\n*0\r\n*0\r\n*0\r\n
        """,
        """
        *1\r\n*10\r\n$9\r\nclient|id\r\n:2\r\n~3\r\n+noscript\r\n+loading\r\n+stale\r\n:0\r\n:0\r\n:0\r\
        \n~2\r\n+@slow\r\n+@connection\r\n~0\r\n~0\r\n~0\r\n
        """
    ),
    (
        ["COMMAND", "INFO", "GET|x"],
        "*1\r\n$-1\r\n",
        "*1\r\n_\r\n"
    ),
    (
        ["COMMAND", "INFO", "client|nosuch"],
        "*1\r\n$-1\r\n",
        "*1\r\n_\r\n"
    ),
    (
        ["COMMAND", "INFO", "xreadgroup"],
        """
        *1\r\n*10\r\n$10\r\nxreadgroup\r\n:-7\r\n*3\r\n+write\r\n+blocking\r\n+movablekeys\r\n:0\r\n:0\r\
        \n:0\r\n*4\r\n+@write\r\n+@stream\r\n+@slow\r\n+@blocking\r\n*0\r\n*1\r\n*6\r\n$5\r\nflags\r\n*2\
        \r\n+RO\r\n+access\r\n$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$7\r\nkeyword\r\n$4\r\nspec\r\n\
        *4\r\n$7\r\nkeyword\r\n$7\r\nSTREAMS\r\n$9\r\nstartfrom\r\n:4\r\n$9\r\nfind_keys\r\n*4\r\n$4\r\n\
        type\r\n$5\r\nrange\r\n$4\r\nspec\r\n*6\r\n$7\r\nlastkey\r\n:-1\r\n$7\r\nkeystep\r\n:1\r\n$5\r\n\
        limit\r\n:2\r\n*0\r\n
        """,
        """
        *1\r\n*10\r\n$10\r\nxreadgroup\r\n:-7\r\n~3\r\n+write\r\n+blocking\r\n+movablekeys\r\n:0\r\n:0\r\
        \n:0\r\n~4\r\n+@write\r\n+@stream\r\n+@slow\r\n+@blocking\r\n~0\r\n~1\r\n%3\r\n$5\r\nflags\r\n~2\
        \r\n+RO\r\n+access\r\n$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$7\r\nkeyword\r\n$4\r\nspec\r\n\
        %2\r\n$7\r\nkeyword\r\n$7\r\nSTREAMS\r\n$9\r\nstartfrom\r\n:4\r\n$9\r\nfind_keys\r\n%2\r\n$4\r\n\
        type\r\n$5\r\nrange\r\n$4\r\nspec\r\n%3\r\n$7\r\nlastkey\r\n:-1\r\n$7\r\nkeystep\r\n:1\r\n$5\r\n\
        limit\r\n:2\r\n~0\r\n
        """
    ),
    (
        ["COMMAND", "INFO", "sort"],
        """
        *1\r\n*10\r\n$4\r\nsort\r\n:-2\r\n*3\r\n+write\r\n+denyoom\r\n+movablekeys\r\n:1\r\n:1\r\n:1\r\n\
        *6\r\n+@write\r\n+@set\r\n+@sortedset\r\n+@list\r\n+@slow\r\n+@dangerous\r\n*0\r\n*3\r\n*6\r\n$5\
        \r\nflags\r\n*2\r\n+RO\r\n+access\r\n$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n$\
        4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\
        \r\nspec\r\n*6\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n*8\r\n$5\r\
        \nnotes\r\n$120\r\nFor the optional BY/GET keyword. It is marked 'unknown' because the key names\
         derive from the content of the key we sort\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n$12\r\nbeg\
        in_search\r\n*4\r\n$4\r\ntype\r\n$7\r\nunknown\r\n$4\r\nspec\r\n*0\r\n$9\r\nfind_keys\r\n*4\r\n$\
        4\r\ntype\r\n$7\r\nunknown\r\n$4\r\nspec\r\n*0\r\n*8\r\n$5\r\nnotes\r\n$116\r\nFor the optional \
        STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument ar\
        ray\r\n$5\r\nflags\r\n*2\r\n+OW\r\n+update\r\n$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$7\r\nu\
        nknown\r\n$4\r\nspec\r\n*0\r\n$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$7\r\nunknown\r\n$4\r\nspec\
        \r\n*0\r\n*0\r\n
        """,
        """
        *1\r\n*10\r\n$4\r\nsort\r\n:-2\r\n~3\r\n+write\r\n+denyoom\r\n+movablekeys\r\n:1\r\n:1\r\n:1\r\n\
        ~6\r\n+@write\r\n+@set\r\n+@sortedset\r\n+@list\r\n+@slow\r\n+@dangerous\r\n~0\r\n~3\r\n%3\r\n$5\
        \r\nflags\r\n~2\r\n+RO\r\n+access\r\n$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$5\r\nindex\r\n$\
        4\r\nspec\r\n%1\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_keys\r\n%2\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\
        \r\nspec\r\n%3\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n%4\r\n$5\r\
        \nnotes\r\n$120\r\nFor the optional BY/GET keyword. It is marked 'unknown' because the key names\
         derive from the content of the key we sort\r\n$5\r\nflags\r\n~2\r\n+RO\r\n+access\r\n$12\r\nbeg\
        in_search\r\n%2\r\n$4\r\ntype\r\n$7\r\nunknown\r\n$4\r\nspec\r\n%0\r\n$9\r\nfind_keys\r\n%2\r\n$\
        4\r\ntype\r\n$7\r\nunknown\r\n$4\r\nspec\r\n%0\r\n%4\r\n$5\r\nnotes\r\n$116\r\nFor the optional \
        STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument ar\
        ray\r\n$5\r\nflags\r\n~2\r\n+OW\r\n+update\r\n$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$7\r\nu\
        nknown\r\n$4\r\nspec\r\n%0\r\n$9\r\nfind_keys\r\n%2\r\n$4\r\ntype\r\n$7\r\nunknown\r\n$4\r\nspec\
        \r\n%0\r\n~0\r\n
        """
    ),
    (
        ["COMMAND", "INFO", "mset"],
        """
        *1\r\n*10\r\n$4\r\nmset\r\n:-3\r\n*2\r\n+write\r\n+denyoom\r\n:1\r\n:-1\r\n:2\r\n*3\r\n+@write\r\
        \n+@string\r\n+@slow\r\n*2\r\n$26\r\nrequest_policy:multi_shard\r\n$29\r\nresponse_policy:all_su\
        cceeded\r\n*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+OW\r\n+update\r\n$12\r\nbegin_search\r\n*4\r\n$4\r\
        \ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_keys\r\n*4\r\n$4\r\
        \ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n*6\r\n$7\r\nlastkey\r\n:-1\r\n$7\r\nkeystep\r\n:2\r\n$5\r\
        \nlimit\r\n:0\r\n*0\r\n
        """,
        """
        *1\r\n*10\r\n$4\r\nmset\r\n:-3\r\n~2\r\n+write\r\n+denyoom\r\n:1\r\n:-1\r\n:2\r\n~3\r\n+@write\r\
        \n+@string\r\n+@slow\r\n~2\r\n$26\r\nrequest_policy:multi_shard\r\n$29\r\nresponse_policy:all_su\
        cceeded\r\n~1\r\n%3\r\n$5\r\nflags\r\n~2\r\n+OW\r\n+update\r\n$12\r\nbegin_search\r\n%2\r\n$4\r\
        \ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n%1\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_keys\r\n%2\r\n$4\r\
        \ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n%3\r\n$7\r\nlastkey\r\n:-1\r\n$7\r\nkeystep\r\n:2\r\n$5\r\
        \nlimit\r\n:0\r\n~0\r\n
        """
    ),
    (
        ["COMMAND", "GETKEYS", "nosuch", "x"],
        "-ERR Invalid command specified\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "client", "nosuch"],
        "-ERR Invalid command specified\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "client", "id"],
        "-ERR The command has no key arguments\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "get", "a"],
        "*1\r\n$1\r\na\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "get", "a", "b"],
        "-ERR Invalid number of arguments specified for command\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "ping", "x"],
        "-ERR The command has no key arguments\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "mget", "a", "b", "a"],
        "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\na\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "mset", "a", "1", "b", "2"],
        "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "zunionstore", "d", "2", "a", "b"],
        "*3\r\n$1\r\nd\r\n$1\r\na\r\n$1\r\nb\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "migrate", "h", "1", "k", "0", "0", "AUTH"],
        "*1\r\n$1\r\nk\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "migrate", "h", "1", "k", "0", "0", "AUTH2"],
        "*1\r\n$1\r\nk\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "migrate", "h", "1", "k", "0", "0", "auth2", "u"],
        "*1\r\n$1\r\nk\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "migrate", "h", "1", "", "0", "0", "AUTH", "KEYS", "a", "b"],
        "*1\r\n$0\r\n\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "migrate", "h", "1", "", "0", "0", "AUTH2", "KEYS", "a", "b"],
        "*1\r\n$0\r\n\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "migrate", "h", "1", "", "0", "0", "AUTH2", "u", "KEYS", "KEYS", "a", "b"],
        "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "migrate", "h", "1", "", "0", "0", "AUTH", "p", "KEYS", "a", "b"],
        "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "migrate", "h", "1", "k", "0", "0", "KEYS", "a", "b"],
        "-ERR Invalid arguments specified for command\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "sort", "x", "LIMIT", "3", "STORE", "d"],
        "*1\r\n$1\r\nx\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "sort", "x", "LIMIT", "0", "3", "STORE", "d"],
        "*2\r\n$1\r\nx\r\n$1\r\nd\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "sort", "x", "BY", "STORE", "d"],
        "*1\r\n$1\r\nx\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "sort", "x", "GET", "STORE", "STORE", "d", "STORE", "e"],
        "*2\r\n$1\r\nx\r\n$1\r\ne\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "sort", "x", "STORE"],
        "*1\r\n$1\r\nx\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "sort", "x", "LIMIT"],
        "*1\r\n$1\r\nx\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "zunionstore", "d", "0", "a"],
        "-ERR Invalid arguments specified for command\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "zunionstore", "d", "5", "a", "b"],
        "-ERR Invalid arguments specified for command\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "zunionstore", "d", "x", "a", "b"],
        "-ERR Invalid arguments specified for command\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "sort", "a", "store", "b", "get", "c"],
        "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "sort", "a", "desc"],
        "*1\r\n$1\r\na\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "sort", "a", "store", "b", "store", "c"],
        "*2\r\n$1\r\na\r\n$1\r\nc\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "migrate", "h", "1", "", "0", "10", "keys", "a", "b"],
        "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "migrate", "h", "1", "k", "0", "10"],
        "*1\r\n$1\r\nk\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "migrate", "h", "1", "k", "0", "10", "copy", "auth", "x"],
        "*1\r\n$1\r\nk\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "xreadgroup", "group", "g", "c", "streams", "a", "b", "1", "2"],
        "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "xreadgroup", "group", "g", "c", "count", "1", "streams", "a", "1"],
        "*1\r\n$1\r\na\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "georadius", "k", "1", "2", "3", "m", "store", "d"],
        "*2\r\n$1\r\nk\r\n$1\r\nd\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "georadius", "k", "1", "2", "3", "m"],
        "*1\r\n$1\r\nk\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "bitop", "and", "d", "a", "b"],
        "*3\r\n$1\r\nd\r\n$1\r\na\r\n$1\r\nb\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "rename", "a", "b"],
        "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "lmpop", "2", "a", "b", "left"],
        "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "bzmpop", "0", "1", "a", "min"],
        "*1\r\n$1\r\na\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYS", "xgroup", "create", "k", "g", "$"],
        "*1\r\n$1\r\nk\r\n",
        ""
    ),
    (
        ["COMMAND", "GETKEYSANDFLAGS", "set", "k", "v"],
        "*1\r\n*2\r\n$1\r\nk\r\n*2\r\n+OW\r\n+update\r\n",
        "*1\r\n*2\r\n$1\r\nk\r\n~2\r\n+OW\r\n+update\r\n"
    ),
    (
        ["COMMAND", "GETKEYSANDFLAGS", "set", "k", "v", "get"],
        "*1\r\n*2\r\n$1\r\nk\r\n*3\r\n+RW\r\n+access\r\n+update\r\n",
        "*1\r\n*2\r\n$1\r\nk\r\n~3\r\n+RW\r\n+access\r\n+update\r\n"
    ),
    (
        ["COMMAND", "GETKEYSANDFLAGS", "bitfield", "k", "get", "u8", "0"],
        "*1\r\n*2\r\n$1\r\nk\r\n*2\r\n+RO\r\n+access\r\n",
        "*1\r\n*2\r\n$1\r\nk\r\n~2\r\n+RO\r\n+access\r\n"
    ),
    (
        ["COMMAND", "GETKEYSANDFLAGS", "bitfield", "k", "incrby", "u8", "0", "1"],
        "*1\r\n*2\r\n$1\r\nk\r\n*3\r\n+RW\r\n+access\r\n+update\r\n",
        "*1\r\n*2\r\n$1\r\nk\r\n~3\r\n+RW\r\n+access\r\n+update\r\n"
    ),
    (
        ["COMMAND", "GETKEYSANDFLAGS", "rename", "a", "b"],
        "*2\r\n*2\r\n$1\r\na\r\n*3\r\n+RW\r\n+access\r\n+delete\r\n*2\r\n$1\r\nb\r\n*2\r\n+OW\r\n+update\r\n",
        "*2\r\n*2\r\n$1\r\na\r\n~3\r\n+RW\r\n+access\r\n+delete\r\n*2\r\n$1\r\nb\r\n~2\r\n+OW\r\n+update\r\n"
    ),
    (
        ["COMMAND", "GETKEYSANDFLAGS", "sort", "a", "store", "b"],
        "*2\r\n*2\r\n$1\r\na\r\n*2\r\n+RO\r\n+access\r\n*2\r\n$1\r\nb\r\n*2\r\n+OW\r\n+update\r\n",
        "*2\r\n*2\r\n$1\r\na\r\n~2\r\n+RO\r\n+access\r\n*2\r\n$1\r\nb\r\n~2\r\n+OW\r\n+update\r\n"
    ),
    (
        ["COMMAND", "GETKEYSANDFLAGS", "blpop", "a", "b", "0"],
        """
        *2\r\n*2\r\n$1\r\na\r\n*3\r\n+RW\r\n+access\r\n+delete\r\n*2\r\n$1\r\nb\r\n*3\r\n+RW\r\n+access\
        \r\n+delete\r\n
        """,
        """
        *2\r\n*2\r\n$1\r\na\r\n~3\r\n+RW\r\n+access\r\n+delete\r\n*2\r\n$1\r\nb\r\n~3\r\n+RW\r\n+access\
        \r\n+delete\r\n
        """
    ),
    (
        ["COMMAND", "LIST", "FILTERBY", "MODULE", "x"],
        "*0\r\n",
        ""
    ),
    (
        ["COMMAND", "LIST", "FILTERBY", "ACLCAT", "nosuch"],
        "*0\r\n",
        ""
    ),
    (
        ["COMMAND", "LIST", "FILTERBY", "PATTERN", "GEt"],
        "*1\r\n$3\r\nget\r\n",
        ""
    ),
    (
        ["COMMAND", "LIST", "x"],
        "-ERR syntax error\r\n",
        ""
    ),
    (
        ["COMMAND", "LIST", "FILTERBY", "x", "y"],
        "-ERR syntax error\r\n",
        ""
    ),
    (
        ["COMMAND", "DOCS", "nosuch"],
        "*0\r\n",
        "%0\r\n"
    ),
]
