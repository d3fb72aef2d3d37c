// Records what the official SDK's authenticateRequest makes of the requests in refresh-cases.mjs, a file a group, into
// testdata/recordings/official-sdk-refresh/: its verdict, and the refresh that it asked for. Run by `make record-official`.
//
// The server is in this process and on loopback, and the keys are made for the run: a recording has the tokens' contents and
// `<name>` where a token was sent, so that it stays the same from run to run.

import http from 'node:http';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createClerkClient } from '@clerk/backend';
import groups, { keys } from './refresh-cases.mjs';

const recordings = new URL('../recordings/official-sdk-refresh/', import.meta.url);

setTimeout(() => fail('timed out'), 60_000).unref();

const complain = console.error;

function fail(message) {
  complain(`refresh-record: ${message}`);
  process.exit(1);
}

const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const base64url = text => Buffer.from(text).toString('base64url');

function sign({ payload, header = '{"alg":"RS256","typ":"JWT"}', key }) {
  const signed = `${base64url(header)}.${base64url(payload)}`;
  const hash = header.includes('RS512') ? 'RSA-SHA512' : 'RSA-SHA256';
  const { privateKey } = key === 'other' ? other : ours;
  return `${signed}.${createSign(hash).update(signed).sign(privateKey).toString('base64url')}`;
}

// The cases run one after the other, so that what arrives belongs to the case that is running.
let seen;

const server = http.createServer({ requestTimeout: 5_000 }, async (req, res) => {
  const body = Buffer.concat(await req.toArray()).toString('utf8');
  const [path, ...query] = req.url.split('?');
  seen.push({ method: req.method, path, query: query.join('?'), body: JSON.parse(body) });
  const seconds = Math.floor(Date.now() / 1000);
  const token = sign({ payload: JSON.stringify({ iss: 'https://clerk.example.com', sub: 'user_1', sid: 'sess_1', nbf: seconds - 10, iat: seconds, exp: seconds + 60 }) });
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify({ object: 'cookies', cookies: [`__session=${token}; Path=/`] }));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

const clients = Object.fromEntries(
  Object.entries(keys).map(([instance, publishableKey]) => [
    instance,
    createClerkClient({
      secretKey: 'sk_test_not_a_secret',
      publishableKey,
      jwtKey: ours.publicKey.export({ type: 'spki', format: 'pem' }),
      apiUrl: `http://127.0.0.1:${server.address().port}`,
      telemetry: { disabled: true },
    }),
  ]),
);

async function record(name, { instance, now, tokens, request }) {
  const signed = Object.entries(tokens).map(([token, spec]) => [`<${token}>`, sign(spec)]);
  const fill = text => signed.reduce((filled, [placeholder, token]) => filled.replaceAll(placeholder, token), text);
  const blank = text => signed.reduce((blanked, [placeholder, token]) => blanked.replaceAll(token, placeholder), text);

  seen = [];
  Date.now = () => now;
  const headers = request.headers.map(([header, value]) => [header, fill(value)]);
  const incoming = new Request(request.url, { method: request.method, headers });
  const state = await clients[instance].authenticateRequest(incoming).catch(() => ({ status: 'threw' }));
  if (seen.length > 1) {
    fail(`${name}: ${seen.length} refreshes`);
  }
  const [refresh] = JSON.parse(blank(JSON.stringify(seen)));
  return { name, publishableKey: keys[instance], now, tokens, request, status: state.status, reason: state.reason, refresh };
}

console.error = () => {}; // what the SDK has to say about redirect loops and keys
let count = 0;
const files = {};
for (const [group, cases] of Object.entries(groups)) {
  const lines = [];
  for (const [name, incoming] of Object.entries(cases)) {
    lines.push(JSON.stringify(await record(name, incoming)));
    count++;
  }
  files[`${group}.json`] = `[\n${lines.join(',\n')}\n]\n`;
}
server.close();
server.closeAllConnections();

// Written only now, so that a failing run leaves the old recordings whole; those of groups that are gone go too.
await mkdir(recordings, { recursive: true });
for (const file of await readdir(recordings)) {
  await rm(new URL(file, recordings));
}
for (const [file, text] of Object.entries(files)) {
  await writeFile(new URL(file, recordings), text);
}
console.log(`recorded ${count} requests`);
