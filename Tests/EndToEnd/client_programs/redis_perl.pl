# Redis or Redis::Fast, named by the third argument: what every program of this directory reads, as one JSON object.
use strict;
use warnings;
use JSON::PP;

my ($host, $port, $module) = @ARGV;
eval "require $module" or die $@;
my $redis = $module->new(server => "$host:$port", encoding => undef, cnx_timeout => 20, read_timeout => 20);

sub hex_of { defined $_[0] ? unpack('H*', $_[0]) : undef }

sub walk {
    my ($cursor, %seen) = (0);
    do {
        ($cursor, my $keys) = $redis->scan($cursor, @_);
        $seen{$_} = 1 for @$keys;
    } while $cursor ne '0';
    return [map { hex_of($_) } keys %seen];
}

my @pipeline;
for my $number (0 .. 999) {
    $redis->get(sprintf('key:%06d', $number), sub { $pipeline[$number] = hex_of($_[0]) });
}
$redis->wait_all_responses;

$redis->multi;
$redis->get('key:000001');
$redis->get('nosuch');
$redis->strlen('key:000001');
my @transaction = $redis->exec;

eval { $redis->set('a', 'b') };
my $refused = $@;

my %facts = (
    client          => "$module " . $module->VERSION,
    get             => hex_of($redis->get('key:000001')),
    missing         => hex_of($redis->get('nosuch')),
    mget            => [map { hex_of($_) } $redis->mget('key:000001', 'nosuch', 'empty', 'key:000002')],
    binary          => hex_of($redis->get("\x00\r\n\xff\xfe\"\\")),
    empty           => hex_of($redis->get('empty')),
    large           => hex_of($redis->get('large')),
    exists          => 0 + $redis->exists('key:000001', 'key:000001', 'nosuch'),
    strlen          => 0 + $redis->strlen('large'),
    type            => $redis->type('key:000001'),
    type_of_missing => $redis->type('nosuch'),
    ttl             => 0 + $redis->ttl('key:000001'),
    ttl_of_missing  => 0 + $redis->ttl('nosuch'),
    scan            => walk('COUNT', 100),
    scan_match      => walk('MATCH', 'key:00001*', 'COUNT', 100),
    pipeline        => \@pipeline,
    transaction     => [hex_of($transaction[0]), hex_of($transaction[1]), 0 + $transaction[2]],
    refused         => "$refused",
    after_refusal   => hex_of($redis->get('key:000002')),
);
$redis->select(1);
$facts{database} = hex_of($redis->get('key:000950'));
print JSON::PP->new->utf8->encode(\%facts), "\n";
