# redis-rb with its own driver or hiredis's: what every program of this directory reads, printed as one JSON object.
require 'json'
require 'redis'

host, port, driver = ARGV
redis = Redis.new(host: host, port: port.to_i, timeout: 20, driver: (driver || 'ruby').to_sym)

def hex(value)
  value&.unpack1('H*')
end

refused = begin
  redis.set('a', 'b')
  nil
rescue Redis::CommandError => e
  e.message
end

facts = {
  client: "redis-rb #{Redis::VERSION}",
  get: hex(redis.get('key:000001')),
  missing: hex(redis.get('nosuch')),
  mget: redis.mget('key:000001', 'nosuch', 'empty', 'key:000002').map { |value| hex(value) },
  binary: hex(redis.get("\x00\r\n\xFF\xFE\"\\".b)),
  empty: hex(redis.get('empty')),
  large: hex(redis.get('large')),
  exists: redis.exists('key:000001', 'key:000001', 'nosuch'),
  strlen: redis.strlen('large'),
  type: redis.type('key:000001'),
  type_of_missing: redis.type('nosuch'),
  ttl: redis.ttl('key:000001'),
  ttl_of_missing: redis.ttl('nosuch'),
  scan: redis.scan_each(count: 100).map { |key| hex(key) },
  scan_match: redis.scan_each(match: 'key:00001*', count: 100).map { |key| hex(key) },
  pipeline: redis.pipelined { |batch| 1000.times { |number| batch.get(format('key:%06d', number)) } }
                 .map { |value| hex(value) },
  transaction: redis.multi do |batch|
    batch.get('key:000001')
    batch.get('nosuch')
    batch.strlen('key:000001')
  end.map { |value| value.is_a?(String) ? hex(value) : value },
  refused: refused,
  after_refusal: hex(redis.get('key:000002')),
  database: hex(Redis.new(host: host, port: port.to_i, db: 1).get('key:000950'))
}
puts JSON.generate(facts)
