// Records what the official SDK puts on the wire for the calls in cases.mjs, a file a case, into testdata/recordings/official-sdk/.
// Run by `make record-official`. The server is in this process and on loopback, and every secret is made up.

import http from 'node:http';
import { once } from 'node:events';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createClerkClient } from '@clerk/backend';
import cases from './cases.mjs';

const recordings = new URL('../recordings/official-sdk/', import.meta.url);
const secretKey = 'sk_test_not_a_secret';

// What Node's http and fetch add by themselves: it depends on the port and on Node's version, and tells nothing about the SDK.
const fromNode = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding', 'accept-language', 'sec-fetch-mode']);

// A run takes well under a second; without this a hanging request would hang CI.
setTimeout(() => fail('timed out'), 30_000).unref();

function fail(message) {
  console.error(`record: ${message}`);
  process.exit(1);
}

const session = {
  object: 'session',
  id: 'sess_2abcDEF',
  client_id: 'client_1',
  user_id: 'user_1',
  status: 'active',
  last_active_at: 1700000000000,
  expire_at: 1700604800000,
  abandon_at: 1702592000000,
  created_at: 1700000000000,
  updated_at: 1700000000000,
  actor: null,
};
const token = { object: 'token', jwt: 'made-up.session.token' };
const cookies = { object: 'cookies', cookies: ['__session=made-up.session.token; Path=/'] };

const answers = {
  getHandshakePayload: () => ({ directives: cookies.cookies }),
  getSessionList: () => ({ data: [session], total_count: 1 }),
  getSession: () => session,
  createSession: () => session,
  revokeSession: () => ({ ...session, status: 'revoked' }),
  verifySession: () => session,
  getToken: () => token,
  refreshSession: args => (args[1].format === 'cookie' ? cookies : token),
};

const server = http.createServer({ requestTimeout: 5_000 }, async (req, res) => {
  const chunks = await req.toArray();
  seen.push(describe(req, Buffer.concat(chunks).toString('utf8')));
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify(answer));
});

function describe(req, body) {
  // Not parsed by URL, which would tidy up what has to be recorded as it was sent.
  const [path, ...query] = req.url.split('?');
  const headers = Object.entries(req.headers)
    .filter(([name]) => !fromNode.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    method: req.method,
    path,
    query: query.join('?'),
    headers: Object.fromEntries(headers),
    ...(body !== '' && { body: JSON.parse(body) }),
  };
}

// Characters that one cannot see are escaped, so that nobody is fooled by what a diff shows.
const toJSON = value => JSON.stringify(value, null, 2).replace(/[\p{Cf}\u2028\u2029]/gu, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`) + '\n';

// The cases run one after the other, so that what arrives belongs to the case that is running.
let seen, answer;

async function record(sdk, name, [method, args]) {
  seen = [];
  answer = answers[method](args);
  const api = method in sdk.sessions ? sdk.sessions : sdk.clients;
  const outcome = await api[method](...args).then(
    () => ({}),
    err => ({ threw: err.errors?.[0]?.message ?? err.message }),
  );
  if (seen.length !== (outcome.threw ? 0 : 1)) {
    fail(`${name}: ${seen.length} requests, ${outcome.threw ?? 'no error'}`);
  }
  return { name, method, args, ...outcome, request: seen[0] };
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const sdk = createClerkClient({
  secretKey,
  apiUrl: `http://127.0.0.1:${server.address().port}`,
  telemetry: { disabled: true },
});

const recorded = [];
for (const [name, call] of Object.entries(cases)) {
  recorded.push(await record(sdk, name, call));
}
server.close();
server.closeAllConnections();

// Written only now, so that a failing run leaves the old recordings whole; those of cases that are gone go too.
await mkdir(recordings, { recursive: true });
for (const file of await readdir(recordings)) {
  await rm(new URL(file, recordings));
}
for (const recording of recorded) {
  await writeFile(new URL(`${recording.name}.json`, recordings), toJSON(recording));
}
console.log(`recorded ${recorded.length} calls`);
