extension ServerSettings {
    /// Names and values for `CONFIG GET`, sorted by name, each name once.
    ///
    /// Settings appear under their own key, as an operator would write the value, and under Redis's name, as Redis
    /// would show it; where both names are one, as Redis would. Names of Redis that stand for what this server
    /// never does are there because tools ask for them.
    public func configurationPairs() -> [(name: String, value: String)] {
        var values = Self.constants
        values["databases"] = "\(max(datasets.count, 1))"
        for setting in Setting.all {
            let shown = setting.shown(of: self) ?? ""
            values[setting.key] = shown
            if let redisName = setting.redisName {
                values[redisName] = setting.isSecret ? shown : setting.writeForRedis(self)
            }
        }
        return values.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    private static let constants = [
        "acl-pubsub-default": "resetchannels",
        "activedefrag": "no",
        "appendfsync": "everysec",
        "appendonly": "no",
        "cluster-enabled": "no",
        "cluster-require-full-coverage": "no",
        "daemonize": "no",
        "dbfilename": "",
        "dir": "",
        "hz": "10",
        "masterauth": "",
        "maxmemory": "0",
        "maxmemory-policy": "noeviction",
        "maxmemory-samples": "5",
        "min-replicas-to-write": "0",
        "notify-keyspace-events": "",
        "replica-read-only": "yes",
        "replicaof": "",
        "save": "",
        "slave-read-only": "yes",
        "slaveof": "",
        "supervised": "no",
    ]

    /// Takes over from `newer` every setting that may change in a running server.
    ///
    /// - Returns: The keys that changed, and those that differ and need a restart.
    public mutating func adoptChangeable(from newer: ServerSettings) -> (changed: [String], needRestart: [String]) {
        var changed: [String] = []
        var needRestart: [String] = []
        for setting in Setting.all {
            let value = setting.write(newer)
            guard value != setting.write(self) else { continue }
            let isTaken = setting.canChangeAtRunTime || setting.isReadAgain
            if isTaken, let value, setting.read(&self, value) {
                changed.append(setting.key)
            } else if isTaken, value == nil, let remove = setting.remove {
                remove(&self)
                changed.append(setting.key)
            } else {
                needRestart.append(setting.key)
            }
        }
        return (changed, needRestart)
    }
}
