/// What redis-server 7.0.15 answers where the keys `string`, `number` and `empty` hold strings and no other key is,
/// a line each: the request, its reply in RESP2, and its reply in RESP3 where that is another; ¶ is a line end.
let recordedForeignReads = """
    function kill → -NOTBUSY No scripts in execution right now.¶
    function list → *0¶
    function list LIBRARYNAME word WITHCODE → *0¶
    function list word → -ERR Unknown argument word¶
    function list LIBRARYNAME → -ERR library name argument was not given¶
    function stats → *4¶$14¶running_script¶$-1¶$7¶engines¶*2¶$3¶LUA¶*4¶$15¶libraries_count¶:0¶$15¶functions_count¶:0¶ → %2¶$14¶running_script¶_¶$7¶engines¶%1¶$3¶LUA¶%2¶$15¶libraries_count¶:0¶$15¶functions_count¶:0¶
    geodist string a b → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    geodist missing a b km → $-1¶ → _¶
    geodist missing a b word → -ERR unsupported unit provided. please use M, KM, FT, MI¶
    geohash string member → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    geohash missing a b → *2¶$-1¶$-1¶ → *2¶_¶_¶
    geohash missing → *0¶
    geopos string member → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    geopos missing a b → *2¶*-1¶*-1¶ → *2¶_¶_¶
    geopos missing → *0¶
    georadius_ro string 1 1 1.5 M → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    georadius_ro missing 1 1 1.5 M COUNT 1 ANY ASC → *0¶
    georadius_ro missing 1 1 1 word → -ERR unsupported unit provided. please use M, KM, FT, MI¶
    georadius_ro missing 1 1 1 m STORE x → -ERR syntax error¶
    georadiusbymember_ro string member 1.5 M → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    georadiusbymember_ro string member 1.5 M WITHCOORD WITHDIST WITHHASH COUNT 1 ANY ASC → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    georadiusbymember_ro missing member 1.5 M → *0¶
    georadiusbymember_ro missing member 1.5 M WITHCOORD WITHDIST WITHHASH COUNT 1 ANY ASC → *0¶
    geosearch string word word word word → -ERR wrong number of arguments for 'geosearch' command¶
    geosearch missing FROMMEMBER member BYRADIUS 1.5 M ASC COUNT 1 ANY → *0¶
    geosearch missing FROMLONLAT 200 0 BYBOX 1 1 m → -ERR invalid longitude,latitude pair 200.000000,0.000000¶
    geosearch missing FROMLONLAT 0 0 BYRADIUS x m → -ERR need numeric radius¶
    geosearch missing ASC DESC ANY ASC DESC → -ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geosearch¶
    hexists string field → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    hexists missing field → :0¶
    hget string field → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    hget missing field → $-1¶ → _¶
    hgetall string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    hgetall missing → *0¶ → %0¶
    hkeys string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    hkeys missing → *0¶
    hlen string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    hlen missing → :0¶
    hmget string field → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    hmget missing field → *1¶$-1¶ → *1¶_¶
    hrandfield string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    hrandfield string 1 WITHVALUES → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    hrandfield missing → $-1¶ → _¶
    hrandfield missing 1 → *0¶
    hrandfield missing x → -ERR value is not an integer or out of range¶
    hrandfield missing 1 word → -ERR syntax error¶
    hscan string 0 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    hscan missing 0 MATCH * COUNT 1 → *2¶$1¶0¶*0¶
    hscan missing x → -ERR invalid cursor¶
    hstrlen string field → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    hstrlen missing field → :0¶
    hvals string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    hvals missing → *0¶
    lindex string 0 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    lindex missing 0 → $-1¶ → _¶
    llen string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    llen missing → :0¶
    lpos string element → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    lpos missing element → $-1¶ → _¶
    lpos missing element RANK 1 COUNT 1 MAXLEN 1 → *0¶
    lpos missing element RANK 0 → -ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list¶
    lpos missing element COUNT -1 → -ERR COUNT can't be negative¶
    lrange string 0 -1 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    lrange missing 0 -1 → *0¶
    lrange missing x 1 → -ERR value is not an integer or out of range¶
    scard string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    scard missing → :0¶
    script exists a b → *2¶:0¶:0¶
    script flush → +OK¶
    script flush SYNC → +OK¶
    script flush word → -ERR SCRIPT FLUSH only support SYNC|ASYNC option¶
    script kill → -NOTBUSY No scripts in execution right now.¶
    sdiff string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    sdiff missing → *0¶ → ~0¶
    sinter string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    sinter missing → *0¶ → ~0¶
    sintercard 1 string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    sintercard 1 missing LIMIT 1 → :0¶
    sintercard 0 missing → -ERR numkeys should be greater than 0¶
    sintercard 2 missing → -ERR Number of keys can't be greater than number of args¶
    sintercard 1 missing LIMIT -1 → -ERR LIMIT can't be negative¶
    sismember string member → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    sismember missing member → :0¶
    smembers string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    smembers missing → *0¶ → ~0¶
    smismember string member → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    smismember missing member → *1¶:0¶
    srandmember string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    srandmember missing → $-1¶ → _¶
    srandmember missing 1 → *0¶
    srandmember missing 1 2 → -ERR syntax error¶
    srandmember missing x → -ERR value is not an integer or out of range¶
    sscan string 0 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    sscan missing 0 → *2¶$1¶0¶*0¶
    sscan missing x → -ERR invalid cursor¶
    sunion string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    sunion missing → *0¶ → ~0¶
    xinfo consumers string group → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    xinfo consumers missing group → -ERR no such key¶
    xinfo groups string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    xinfo groups missing → -ERR no such key¶
    xinfo stream string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    xinfo stream missing → -ERR no such key¶
    xinfo stream missing FULL COUNT 1 → -ERR no such key¶
    xlen string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    xlen missing → :0¶
    xpending string group → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    xpending missing group → -NOGROUP No such key 'missing' or consumer group 'group'¶
    xpending missing group IDLE 1 - + 1 consumer → -NOGROUP No such key 'missing' or consumer group 'group'¶
    xpending missing group word → -ERR syntax error¶
    xrange string - + → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    xrange missing - + COUNT 1 → *0¶
    xrange missing x + → -ERR Invalid stream ID specified as stream command argument¶
    xrange missing (0-0 (0-0 → -ERR invalid end ID for the interval¶
    xread STREAMS string 0-1 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    xread COUNT 1 BLOCK 1 STREAMS missing 0-1 → *-1¶ → _¶
    xread STREAMS missing → -ERR wrong number of arguments for 'xread' command¶
    xread STREAMS missing x → -ERR Invalid stream ID specified as stream command argument¶
    xread word → -ERR wrong number of arguments for 'xread' command¶
    xread BLOCK -1 STREAMS missing 0 → -ERR timeout is negative¶
    xrevrange string -1 0 → -ERR Invalid stream ID specified as stream command argument¶
    xrevrange string -1 0 COUNT 1 → -ERR Invalid stream ID specified as stream command argument¶
    xrevrange missing -1 0 → -ERR Invalid stream ID specified as stream command argument¶
    xrevrange missing -1 0 COUNT 1 → -ERR Invalid stream ID specified as stream command argument¶
    zcard string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zcard missing → :0¶
    zcount string 0 10 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zcount missing (0 inf → :0¶
    zcount missing x 1 → -ERR min or max is not a float¶
    zdiff 1 string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zdiff 2 missing string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zdiff 1 missing WITHSCORES → *0¶
    zdiff x missing → -ERR value is not an integer or out of range¶
    zdiff 1 missing WEIGHTS 1 → -ERR syntax error¶
    zinter 1 string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zinter 2 missing string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zinter 1 missing WEIGHTS 1 AGGREGATE SUM WITHSCORES → *0¶
    zinter 0 missing → -ERR at least 1 input key is needed for 'zinter' command¶
    zinter 1 missing WEIGHTS x → -ERR weight value is not a float¶
    zintercard 1 string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zintercard 1 missing LIMIT 1 → :0¶
    zintercard 1 missing LIMIT -1 → -ERR LIMIT can't be negative¶
    zintercard 2 missing → -ERR syntax error¶
    zlexcount string [a (b → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zlexcount missing - + → :0¶
    zlexcount missing a b → -ERR min or max not valid string range item¶
    zmscore string member → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zmscore missing member → *1¶$-1¶ → *1¶_¶
    zrandmember string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrandmember string 1 WITHSCORES → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrandmember missing → $-1¶ → _¶
    zrandmember missing 1 WITHSCORES → *0¶
    zrange string 0 -1 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrange missing 0 -1 BYSCORE REV LIMIT 1 1 WITHSCORES → *0¶
    zrange missing 0 1 LIMIT 0 1 → -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX¶
    zrange missing a b BYLEX → -ERR min or max not valid string range item¶
    zrange missing x 1 → -ERR value is not an integer or out of range¶
    zrangebylex string - + → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrangebylex missing [a (b LIMIT 1 1 → *0¶
    zrangebylex missing a b → -ERR min or max not valid string range item¶
    zrangebyscore string 0 10 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrangebyscore string 0 10 WITHSCORES LIMIT 1 1 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrangebyscore missing 0 10 → *0¶
    zrangebyscore missing 0 10 WITHSCORES LIMIT 1 1 → *0¶
    zrank string member → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrank missing member → $-1¶ → _¶
    zrevrange string 0 -1 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrevrange string 0 -1 WITHSCORES → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrevrange missing 0 -1 → *0¶
    zrevrange missing 0 -1 WITHSCORES → *0¶
    zrevrangebylex string + - → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrevrangebylex missing (b [a LIMIT 1 1 → *0¶
    zrevrangebylex missing a b → -ERR min or max not valid string range item¶
    zrevrangebyscore string 10 0 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrevrangebyscore string 10 0 WITHSCORES LIMIT 1 1 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrevrangebyscore missing 10 0 → *0¶
    zrevrangebyscore missing 10 0 WITHSCORES LIMIT 1 1 → *0¶
    zrevrank string member → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zrevrank missing member → $-1¶ → _¶
    zscan string 0 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zscan string 0 MATCH * COUNT 1 → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zscan missing 0 → *2¶$1¶0¶*0¶
    zscan missing 0 MATCH * COUNT 1 → *2¶$1¶0¶*0¶
    zscore string member → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zscore missing member → $-1¶ → _¶
    zunion 1 string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zunion 2 missing string → -WRONGTYPE Operation against a key holding the wrong kind of value¶
    zunion 1 missing WEIGHTS 1 AGGREGATE SUM WITHSCORES → *0¶
    zunion 0 missing → -ERR at least 1 input key is needed for 'zunion' command¶
    zunion 1 missing AGGREGATE x → -ERR syntax error¶
    COMMAND GETKEYS eval s 0 → *0¶
    COMMAND GETKEYSANDFLAGS eval s 0 → *0¶
    COMMAND GETKEYS eval s 2 a b c → *2¶$1¶a¶$1¶b¶
    COMMAND GETKEYSANDFLAGS eval s 2 a b c → *2¶*2¶$1¶a¶*3¶+RW¶+access¶+update¶*2¶$1¶b¶*3¶+RW¶+access¶+update¶ → *2¶*2¶$1¶a¶~3¶+RW¶+access¶+update¶*2¶$1¶b¶~3¶+RW¶+access¶+update¶
    COMMAND GETKEYS eval s 3 a b → *0¶
    COMMAND GETKEYSANDFLAGS eval s 3 a b → *0¶
    COMMAND GETKEYS eval s x a → *0¶
    COMMAND GETKEYSANDFLAGS eval s x a → *0¶
    COMMAND GETKEYS eval s -1 → *0¶
    COMMAND GETKEYSANDFLAGS eval s -1 → *0¶
    COMMAND GETKEYS fcall_ro f 1 k → *1¶$1¶k¶
    COMMAND GETKEYSANDFLAGS fcall_ro f 1 k → *1¶*2¶$1¶k¶*2¶+RO¶+access¶ → *1¶*2¶$1¶k¶~2¶+RO¶+access¶
    COMMAND GETKEYS migrate h 1 k 0 5 → *1¶$1¶k¶
    COMMAND GETKEYSANDFLAGS migrate h 1 k 0 5 → *1¶*2¶$1¶k¶*3¶+RW¶+access¶+delete¶ → *1¶*2¶$1¶k¶~3¶+RW¶+access¶+delete¶
    COMMAND GETKEYS migrate h 1 k 0 5 KEYS a b → -ERR Invalid arguments specified for command¶
    COMMAND GETKEYSANDFLAGS migrate h 1 k 0 5 KEYS a b → -ERR Invalid arguments specified for command¶
    COMMAND GETKEYS migrate h 1 '' 0 5 COPY KEYS a b → *2¶$1¶a¶$1¶b¶
    COMMAND GETKEYSANDFLAGS migrate h 1 '' 0 5 COPY KEYS a b → *2¶*2¶$1¶a¶*3¶+RW¶+access¶+delete¶*2¶$1¶b¶*3¶+RW¶+access¶+delete¶ → *2¶*2¶$1¶a¶~3¶+RW¶+access¶+delete¶*2¶$1¶b¶~3¶+RW¶+access¶+delete¶
    COMMAND GETKEYS migrate h 1 '' 0 5 AUTH KEYS KEYS a → *1¶$1¶a¶
    COMMAND GETKEYSANDFLAGS migrate h 1 '' 0 5 AUTH KEYS KEYS a → *1¶*2¶$1¶a¶*3¶+RW¶+access¶+delete¶ → *1¶*2¶$1¶a¶~3¶+RW¶+access¶+delete¶
    COMMAND GETKEYS migrate h 1 '' 0 5 AUTH2 u KEYS KEYS a → *1¶$1¶a¶
    COMMAND GETKEYSANDFLAGS migrate h 1 '' 0 5 AUTH2 u KEYS KEYS a → *1¶*2¶$1¶a¶*3¶+RW¶+access¶+delete¶ → *1¶*2¶$1¶a¶~3¶+RW¶+access¶+delete¶
    COMMAND GETKEYS migrate h 1 k 0 5 KEYS → *1¶$1¶k¶
    COMMAND GETKEYSANDFLAGS migrate h 1 k 0 5 KEYS → *1¶*2¶$1¶k¶*3¶+RW¶+access¶+delete¶ → *1¶*2¶$1¶k¶~3¶+RW¶+access¶+delete¶
    COMMAND GETKEYS bitfield k → *1¶$1¶k¶
    COMMAND GETKEYSANDFLAGS bitfield k → *1¶*2¶$1¶k¶*2¶+RO¶+access¶ → *1¶*2¶$1¶k¶~2¶+RO¶+access¶
    COMMAND GETKEYS bitfield k GET u8 0 → *1¶$1¶k¶
    COMMAND GETKEYSANDFLAGS bitfield k GET u8 0 → *1¶*2¶$1¶k¶*2¶+RO¶+access¶ → *1¶*2¶$1¶k¶~2¶+RO¶+access¶
    COMMAND GETKEYS bitfield k GET u8 0 SET u8 0 1 → *1¶$1¶k¶
    COMMAND GETKEYSANDFLAGS bitfield k GET u8 0 SET u8 0 1 → *1¶*2¶$1¶k¶*3¶+RW¶+access¶+update¶ → *1¶*2¶$1¶k¶~3¶+RW¶+access¶+update¶
    COMMAND GETKEYS bitfield k OVERFLOW WRAP GET u8 0 → *1¶$1¶k¶
    COMMAND GETKEYSANDFLAGS bitfield k OVERFLOW WRAP GET u8 0 → *1¶*2¶$1¶k¶*2¶+RO¶+access¶ → *1¶*2¶$1¶k¶~2¶+RO¶+access¶
    COMMAND GETKEYS bitfield k GET u8 → *1¶$1¶k¶
    COMMAND GETKEYSANDFLAGS bitfield k GET u8 → *1¶*2¶$1¶k¶*3¶+RW¶+access¶+update¶ → *1¶*2¶$1¶k¶~3¶+RW¶+access¶+update¶
    COMMAND GETKEYS ssubscribe a → -ERR The command has no key arguments¶
    COMMAND GETKEYSANDFLAGS ssubscribe a → -ERR The command has no key arguments¶
    COMMAND GETKEYS spublish a b → -ERR The command has no key arguments¶
    COMMAND GETKEYSANDFLAGS spublish a b → -ERR The command has no key arguments¶
    COMMAND GETKEYS pfmerge k → -ERR Invalid arguments specified for command¶
    COMMAND GETKEYSANDFLAGS pfmerge k → -ERR Invalid arguments specified for command¶
    COMMAND GETKEYS pfmerge k a b → *3¶$1¶k¶$1¶a¶$1¶b¶
    COMMAND GETKEYSANDFLAGS pfmerge k a b → *3¶*2¶$1¶k¶*3¶+RW¶+access¶+insert¶*2¶$1¶a¶*2¶+RO¶+access¶*2¶$1¶b¶*2¶+RO¶+access¶ → *3¶*2¶$1¶k¶~3¶+RW¶+access¶+insert¶*2¶$1¶a¶~2¶+RO¶+access¶*2¶$1¶b¶~2¶+RO¶+access¶
    COMMAND GETKEYS xread COUNT 1 STREAMS a b 0 0 → *2¶$1¶a¶$1¶b¶
    COMMAND GETKEYSANDFLAGS xread COUNT 1 STREAMS a b 0 0 → *2¶*2¶$1¶a¶*2¶+RO¶+access¶*2¶$1¶b¶*2¶+RO¶+access¶ → *2¶*2¶$1¶a¶~2¶+RO¶+access¶*2¶$1¶b¶~2¶+RO¶+access¶
    COMMAND GETKEYS xread STREAMS a → -ERR Invalid number of arguments specified for command¶
    COMMAND GETKEYSANDFLAGS xread STREAMS a → -ERR Invalid number of arguments specified for command¶
    COMMAND GETKEYS xreadgroup GROUP g c STREAMS a 0 → *1¶$1¶a¶
    COMMAND GETKEYSANDFLAGS xreadgroup GROUP g c STREAMS a 0 → *1¶*2¶$1¶a¶*2¶+RO¶+access¶ → *1¶*2¶$1¶a¶~2¶+RO¶+access¶
    COMMAND GETKEYS zunionstore d 2 a b → *3¶$1¶d¶$1¶a¶$1¶b¶
    COMMAND GETKEYSANDFLAGS zunionstore d 2 a b → *3¶*2¶$1¶d¶*2¶+OW¶+update¶*2¶$1¶a¶*2¶+RO¶+access¶*2¶$1¶b¶*2¶+RO¶+access¶ → *3¶*2¶$1¶d¶~2¶+OW¶+update¶*2¶$1¶a¶~2¶+RO¶+access¶*2¶$1¶b¶~2¶+RO¶+access¶
    COMMAND GETKEYS zunionstore d 3 a b → -ERR Invalid arguments specified for command¶
    COMMAND GETKEYSANDFLAGS zunionstore d 3 a b → -ERR Invalid arguments specified for command¶
    COMMAND GETKEYS zunion 2 a b WEIGHTS 1 2 → *2¶$1¶a¶$1¶b¶
    COMMAND GETKEYSANDFLAGS zunion 2 a b WEIGHTS 1 2 → *2¶*2¶$1¶a¶*2¶+RO¶+access¶*2¶$1¶b¶*2¶+RO¶+access¶ → *2¶*2¶$1¶a¶~2¶+RO¶+access¶*2¶$1¶b¶~2¶+RO¶+access¶
    COMMAND GETKEYS sintercard 1 a LIMIT 1 → *1¶$1¶a¶
    COMMAND GETKEYSANDFLAGS sintercard 1 a LIMIT 1 → *1¶*2¶$1¶a¶*2¶+RO¶+access¶ → *1¶*2¶$1¶a¶~2¶+RO¶+access¶
    COMMAND GETKEYS sort k BY w GET p STORE d → *2¶$1¶k¶$1¶d¶
    COMMAND GETKEYSANDFLAGS sort k BY w GET p STORE d → *2¶*2¶$1¶k¶*2¶+RO¶+access¶*2¶$1¶d¶*2¶+OW¶+update¶ → *2¶*2¶$1¶k¶~2¶+RO¶+access¶*2¶$1¶d¶~2¶+OW¶+update¶
    COMMAND GETKEYS sort k STORE d STORE e → *2¶$1¶k¶$1¶e¶
    COMMAND GETKEYSANDFLAGS sort k STORE d STORE e → *2¶*2¶$1¶k¶*2¶+RO¶+access¶*2¶$1¶e¶*2¶+OW¶+update¶ → *2¶*2¶$1¶k¶~2¶+RO¶+access¶*2¶$1¶e¶~2¶+OW¶+update¶
    COMMAND GETKEYS georadius k 1 1 1 m STORE d → *2¶$1¶k¶$1¶d¶
    COMMAND GETKEYSANDFLAGS georadius k 1 1 1 m STORE d → *2¶*2¶$1¶k¶*2¶+RO¶+access¶*2¶$1¶d¶*2¶+OW¶+update¶ → *2¶*2¶$1¶k¶~2¶+RO¶+access¶*2¶$1¶d¶~2¶+OW¶+update¶
    COMMAND GETKEYS georadius k 1 1 1 m STOREDIST d → *2¶$1¶k¶$1¶d¶
    COMMAND GETKEYSANDFLAGS georadius k 1 1 1 m STOREDIST d → *2¶*2¶$1¶k¶*2¶+RO¶+access¶*2¶$1¶d¶*2¶+OW¶+update¶ → *2¶*2¶$1¶k¶~2¶+RO¶+access¶*2¶$1¶d¶~2¶+OW¶+update¶
    COMMAND GETKEYS xinfo stream k → *1¶$1¶k¶
    COMMAND GETKEYSANDFLAGS xinfo stream k → *1¶*2¶$1¶k¶*2¶+RO¶+access¶ → *1¶*2¶$1¶k¶~2¶+RO¶+access¶
    COMMAND GETKEYS lmpop 2 a b LEFT → *2¶$1¶a¶$1¶b¶
    COMMAND GETKEYSANDFLAGS lmpop 2 a b LEFT → *2¶*2¶$1¶a¶*3¶+RW¶+access¶+delete¶*2¶$1¶b¶*3¶+RW¶+access¶+delete¶ → *2¶*2¶$1¶a¶~3¶+RW¶+access¶+delete¶*2¶$1¶b¶~3¶+RW¶+access¶+delete¶
    COMMAND GETKEYS blmpop 0 1 a LEFT → *1¶$1¶a¶
    COMMAND GETKEYSANDFLAGS blmpop 0 1 a LEFT → *1¶*2¶$1¶a¶*3¶+RW¶+access¶+delete¶ → *1¶*2¶$1¶a¶~3¶+RW¶+access¶+delete¶
    COMMAND GETKEYS zmpop 1 a MIN → *1¶$1¶a¶
    COMMAND GETKEYSANDFLAGS zmpop 1 a MIN → *1¶*2¶$1¶a¶*3¶+RW¶+access¶+delete¶ → *1¶*2¶$1¶a¶~3¶+RW¶+access¶+delete¶
    COMMAND GETKEYS set k v GET → *1¶$1¶k¶
    COMMAND GETKEYSANDFLAGS set k v GET → *1¶*2¶$1¶k¶*3¶+RW¶+access¶+update¶ → *1¶*2¶$1¶k¶~3¶+RW¶+access¶+update¶
    COMMAND GETKEYS set k v → *1¶$1¶k¶
    COMMAND GETKEYSANDFLAGS set k v → *1¶*2¶$1¶k¶*2¶+OW¶+update¶ → *1¶*2¶$1¶k¶~2¶+OW¶+update¶
    script exists a b c → *3¶:0¶:0¶:0¶
    script flush async → +OK¶
    function list LIBRARYNAME a WITHCODE → *0¶
    """
