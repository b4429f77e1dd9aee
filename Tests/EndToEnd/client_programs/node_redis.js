// node-redis: what every program of this directory reads, printed as one JSON object.
const redis = require('redis');
const { version } = require('redis/package.json');

const [host, port] = process.argv.slice(2);
const bytes = redis.commandOptions({ returnBuffers: true });
const hex = value => typeof value === 'string' || Buffer.isBuffer(value) ? Buffer.from(value).toString('hex') : value;
const key = number => `key:${String(number).padStart(6, '0')}`;

async function walk(client, options) {
  const keys = [];
  let cursor = 0;
  do {
    const page = await client.scan(bytes, cursor, options);
    cursor = page.cursor;
    keys.push(...page.keys.map(hex));
  } while (cursor !== 0);
  return keys;
}

async function main() {
  const client = redis.createClient({ socket: { host, port: Number(port), reconnectStrategy: false } });
  client.on('error', error => console.error(error.message));
  await client.connect();
  const binary = Buffer.from([0, 13, 10, 255, 254, 34, 92]);
  const facts = {
    client: `node-redis ${version}`,
    get: hex(await client.get('key:000001')),
    missing: hex(await client.get('nosuch')),
    mget: (await client.mGet(['key:000001', 'nosuch', 'empty', 'key:000002'])).map(hex),
    binary: hex(await client.get(bytes, binary)),
    empty: hex(await client.get('empty')),
    large: hex(await client.get(bytes, 'large')),
    exists: await client.exists(['key:000001', 'key:000001', 'nosuch']),
    strlen: await client.strLen('large'),
    type: await client.type('key:000001'),
    type_of_missing: await client.type('nosuch'),
    ttl: await client.ttl('key:000001'),
    ttl_of_missing: await client.ttl('nosuch'),
    scan: await walk(client, { COUNT: 100 }),
    scan_match: await walk(client, { MATCH: 'key:00001*', COUNT: 100 }),
    // What is asked for in one turn of the event loop goes out as one pipeline.
    pipeline: (await Promise.all(Array.from({ length: 1000 }, (_, number) => client.get(key(number))))).map(hex),
    transaction: (await client.multi().get('key:000001').get('nosuch').strLen('key:000001').exec()).map(hex),
    refused: await client.set('a', 'b').then(() => null, error => error.message),
    after_refusal: hex(await client.get('key:000002')),
  };
  await client.select(1);
  facts.database = hex(await client.get('key:000950'));
  await client.quit();
  console.log(JSON.stringify(facts));
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
