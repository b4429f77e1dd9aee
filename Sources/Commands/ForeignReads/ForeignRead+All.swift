extension ForeignRead {
    /// The answers by the command's full name.
    static let all: [String: Self] = hashes.merging(lists.merging(sets, uniquingKeysWith: { first, _ in first })) {
        first, _ in first
    }
    .merging(sortedSets.merging(streams, uniquingKeysWith: { first, _ in first })) { first, _ in first }
    .merging(places) { first, _ in first }

    private static let hashes: [String: Self] = [
        "hexists": Self(.zero),
        "hexpiretime": Self(.noFieldTimes, late: FieldArguments.check),
        "hget": Self(.null),
        "hgetall": Self(.emptyMap),
        "hkeys": Self(.emptyArray),
        "hlen": Self(.zero),
        "hmget": Self(.nulls(from: 2)),
        "hpexpiretime": Self(.noFieldTimes, late: FieldArguments.check),
        "hpttl": Self(.noFieldTimes, late: FieldArguments.check),
        "hrandfield": Self(.emptyArrayPast(argumentCount: 2), early: randomCount(option: "WITHVALUES")),
        "hscan": Self(.emptyPage, early: cursor),
        "hstrlen": Self(.zero),
        "httl": Self(.noFieldTimes, late: FieldArguments.check),
        "hvals": Self(.emptyArray),
    ]

    private static let lists: [String: Self] = [
        "lindex": Self(.null),
        "llen": Self(.zero),
        "lpos": Self(.position, early: PositionArguments.check),
        "lrange": Self(.emptyArray, early: integers(2, 3)),
    ]

    private static let sets: [String: Self] = [
        "scard": Self(.zero),
        "sdiff": Self(.emptySet, keys: .all),
        "sinter": Self(.emptySet, keys: .all),
        "sintercard": Self(.zero, keys: .counted, early: SetArguments.checkCardinality),
        "sismember": Self(.zero),
        "smembers": Self(.emptySet),
        "smismember": Self(.zeros(from: 2)),
        "srandmember": Self(.emptyArrayPast(argumentCount: 2), early: randomCount(option: nil)),
        "sscan": Self(.emptyPage, early: cursor),
        "sunion": Self(.emptySet, keys: .all),
    ]

    private static let sortedSets: [String: Self] = [
        "zcard": Self(.zero),
        "zcount": Self(.zero, early: SortedSetArguments.checkScores),
        "zdiff": Self(
            .emptyArray, keys: .counted, early: SortedSetArguments.checkKeyCount("zdiff"),
            late: SortedSetArguments.checkDifference),
        "zinter": Self(
            .emptyArray, keys: .counted, early: SortedSetArguments.checkKeyCount("zinter"),
            late: SortedSetArguments.checkCombination),
        "zintercard": Self(
            .zero, keys: .counted, early: SortedSetArguments.checkKeyCount("zintercard"),
            late: SortedSetArguments.checkCardinality),
        "zlexcount": Self(.zero, early: SortedSetArguments.checkNames),
        "zmscore": Self(.nulls(from: 2)),
        "zrandmember": Self(.emptyArrayPast(argumentCount: 2), early: randomCount(option: "WITHSCORES")),
        "zrange": Self(.emptyArray, early: SortedSetArguments.checkRange(by: nil, isReverse: nil)),
        "zrangebylex": Self(.emptyArray, early: SortedSetArguments.checkRange(by: .name, isReverse: false)),
        "zrangebyscore": Self(.emptyArray, early: SortedSetArguments.checkRange(by: .score, isReverse: false)),
        "zrank": Self(.null),
        "zrevrange": Self(.emptyArray, early: SortedSetArguments.checkRange(by: .rank, isReverse: true)),
        "zrevrangebylex": Self(.emptyArray, early: SortedSetArguments.checkRange(by: .name, isReverse: true)),
        "zrevrangebyscore": Self(.emptyArray, early: SortedSetArguments.checkRange(by: .score, isReverse: true)),
        "zrevrank": Self(.null),
        "zscan": Self(.emptyPage, early: cursor),
        "zscore": Self(.null),
        "zunion": Self(
            .emptyArray, keys: .counted, early: SortedSetArguments.checkKeyCount("zunion"),
            late: SortedSetArguments.checkCombination),
    ]

    private static let streams: [String: Self] = [
        "xinfo|consumers": Self(.noSuchKey, keys: .one(at: 2)),
        "xinfo|groups": Self(.noSuchKey, keys: .one(at: 2)),
        "xinfo|stream": Self(.noSuchKey, keys: .one(at: 2)),
        "xlen": Self(.zero),
        "xpending": Self(.noGroup, early: StreamArguments.checkPending),
        "xrange": Self(.emptyArray, early: StreamArguments.checkRange(isReverse: false)),
        // There is nothing to wait for, as no key here becomes a stream; so BLOCK ends at once, as after its time.
        "xread": Self(
            .nullArray, keys: .streams, early: StreamArguments.checkRead, late: StreamArguments.checkIdentifiers),
        "xrevrange": Self(.emptyArray, early: StreamArguments.checkRange(isReverse: true)),
    ]

    private static let places: [String: Self] = [
        "geodist": Self(.null, early: GeoArguments.checkDistance),
        "geohash": Self(.nulls(from: 2)),
        "geopos": Self(.nullArrays(from: 2)),
        "georadius_ro": Self(.emptyArray, late: GeoArguments.checkRadius),
        "georadiusbymember_ro": Self(.emptyArray, late: GeoArguments.checkMemberRadius),
        "geosearch": Self(.emptyArray, late: GeoArguments.checkSearch),
    ]
}
