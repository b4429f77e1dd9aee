<?php
// The extension phpredis: what every program of this directory reads, printed as one JSON object.
[, $host, $port] = $argv;
$redis = new Redis();
$redis->connect($host, (int)$port, 20);
$redis->setOption(Redis::OPT_SCAN, Redis::SCAN_RETRY);

// This client tells an absent key by false.
function hex($value) { return is_string($value) ? bin2hex($value) : ($value === false ? null : $value); }

function walk(Redis $redis, ?string $pattern): array {
    $keys = [];
    $cursor = null;
    while (($page = $redis->scan($cursor, $pattern, 100)) !== false) array_push($keys, ...$page);
    return array_map('hex', $keys);
}

$types = [Redis::REDIS_STRING => 'string', Redis::REDIS_NOT_FOUND => 'none'];
$pipeline = $redis->multi(Redis::PIPELINE);
for ($number = 0; $number < 1000; $number++) $pipeline->get(sprintf('key:%06d', $number));
$piped = $pipeline->exec();

// Depending on the command, this client throws what the server refuses or keeps it.
$redis->clearLastError();
$kept = null;
try {
    $kept = $redis->set('a', 'b');
    $refused = $redis->getLastError();
} catch (RedisException $error) {
    $refused = $error->getMessage();
}

$facts = [
    'client' => 'phpredis ' . phpversion('redis'),
    'pipeline' => array_map('hex', $piped),
    'get' => hex($redis->get('key:000001')),
    'missing' => hex($redis->get('nosuch')),
    'mget' => array_map('hex', $redis->mget(['key:000001', 'nosuch', 'empty', 'key:000002'])),
    'binary' => hex($redis->get("\x00\r\n\xff\xfe\"\\")),
    'empty' => hex($redis->get('empty')),
    'large' => hex($redis->get('large')),
    'exists' => $redis->exists('key:000001', 'key:000001', 'nosuch'),
    'strlen' => $redis->strlen('large'),
    'type' => $types[$redis->type('key:000001')],
    'type_of_missing' => $types[$redis->type('nosuch')],
    'ttl' => $redis->ttl('key:000001'),
    'ttl_of_missing' => $redis->ttl('nosuch'),
    'scan' => walk($redis, null),
    'scan_match' => walk($redis, 'key:00001*'),
    'transaction' => array_map('hex', $redis->multi()->get('key:000001')->get('nosuch')->strlen('key:000001')->exec()),
    'refused' => $kept ? null : $refused,
    'after_refusal' => hex($redis->get('key:000002')),
];
$redis->select(1);
$facts['database'] = hex($redis->get('key:000950'));
echo json_encode($facts, JSON_THROW_ON_ERROR), "\n";
