<?php
// Predis, the client written in PHP: what every program of this directory reads, printed as one JSON object.
require_once 'Predis/Autoloader.php';
Predis\Autoloader::register();

[, $host, $port] = $argv;
$redis = new Predis\Client(['host' => $host, 'port' => (int)$port, 'timeout' => 20]);

function hex($value) { return is_string($value) ? bin2hex($value) : $value; }

function walk(Predis\Client $redis, array $options): array {
    $keys = [];
    $cursor = '0';
    do {
        [$cursor, $page] = $redis->scan($cursor, $options);
        array_push($keys, ...$page);
    } while ($cursor !== '0');
    return array_map('hex', $keys);
}

try {
    $redis->set('a', 'b');
    $refused = null;
} catch (Predis\Response\ServerException $error) {
    $refused = $error->getMessage();
}

$facts = [
    'client' => 'Predis ' . Predis\Client::VERSION,
    'get' => hex($redis->get('key:000001')),
    'missing' => hex($redis->get('nosuch')),
    'mget' => array_map('hex', $redis->mget(['key:000001', 'nosuch', 'empty', 'key:000002'])),
    'binary' => hex($redis->get("\x00\r\n\xff\xfe\"\\")),
    'empty' => hex($redis->get('empty')),
    'large' => hex($redis->get('large')),
    'exists' => $redis->exists('key:000001', 'key:000001', 'nosuch'),
    'strlen' => $redis->strlen('large'),
    'type' => (string)$redis->type('key:000001'),
    'type_of_missing' => (string)$redis->type('nosuch'),
    'ttl' => $redis->ttl('key:000001'),
    'ttl_of_missing' => $redis->ttl('nosuch'),
    'scan' => walk($redis, ['COUNT' => 100]),
    'scan_match' => walk($redis, ['MATCH' => 'key:00001*', 'COUNT' => 100]),
    'pipeline' => array_map('hex', $redis->pipeline(function ($batch) {
        for ($number = 0; $number < 1000; $number++) $batch->get(sprintf('key:%06d', $number));
    })),
    'transaction' => array_map('hex', $redis->transaction(function ($batch) {
        $batch->get('key:000001');
        $batch->get('nosuch');
        $batch->strlen('key:000001');
    })),
    'refused' => $refused,
    'after_refusal' => hex($redis->get('key:000002')),
];
$redis->select(1);
$facts['database'] = hex($redis->get('key:000950'));
echo json_encode($facts, JSON_THROW_ON_ERROR), "\n";
