# redis-rb with a cache of its own, as RESP2 has it: one connection reads and has another told what is out of date.
#
# HOST PORT KEYS SEED. Reads until its input ends, telling how far it is and the newest version seen; the last line of output is what was counted.
require 'json'
require 'redis'

STEP = 2000
host, port, key_count, seed = ARGV
key_count = key_count.to_i
reader = Redis.new(host: host, port: port.to_i, timeout: 60)
told = Redis.new(host: host, port: port.to_i, timeout: 600)

lock = Mutex.new
cache = {}
messages = 0
ready = Queue.new
told_id = told.call('CLIENT', 'ID')
Thread.new do
  Thread.current.abort_on_exception = true
  told.subscribe('__redis__:invalidate') do |on|
    on.subscribe { ready << true }
    on.message do |_, keys|
      lock.synchronize do
        messages += 1
        keys ? Array(keys).each { |key| cache.delete(key) } : cache.clear
      end
    end
  end
end
ready.pop
reader.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', told_id)

source = Random.new(seed.to_i)
reads = hits = newest = 0
first = reader.get(format('key:%012d', 0))[1, 4].to_i
stale = []
versions = {}
loop do
  STEP.times do
    key = format('key:%012d', source.rand(key_count))
    seen, cached = lock.synchronize { [messages, cache[key]] }
    value = cached || reader.get(key)
    hits += 1 if cached
    # What was on its way while a message came may be of either version, and is not kept.
    lock.synchronize { cache[key] = value if messages == seen } unless cached
    number = value[1, 4].to_i
    stale << [reads, number, seen] if number < first + seen
    newest = [newest, number].max
    versions[number] = true
    reads += 1
  end
  puts "#{reads} #{newest}"
  $stdout.flush
  break if $stdin.wait_readable(0)
end
puts JSON.generate(client: "redis-rb #{Redis::VERSION}", reads: reads, hits: hits, stale: stale, newest: newest,
                   versions: versions.size, messages: messages)
