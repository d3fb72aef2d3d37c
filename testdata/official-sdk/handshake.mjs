// Has the official SDK's `authenticateRequest` take the fake's cookies and its handshakes. handshake_test.go runs it
// by `fakeclerk -- node handshake.mjs`, for a development and for a production instance.

import assert from 'node:assert/strict';
import { createClerkClient } from '@clerk/backend';

const env = name => process.env[name] ?? fail(`${name} is not set: run it by fakeclerk -- node handshake.mjs`);
const fake = env('CLERK_FAKE_URL');
const jwtKey = env('CLERK_JWT_KEY');
const publishableKey = env('CLERK_PUBLISHABLE_KEY');
const production = publishableKey.startsWith('pk_live_');
const app = 'http://127.0.0.1:3000';

// A run takes about a second; without this a hanging request would hang CI.
setTimeout(() => fail('timed out'), 30_000).unref();

function fail(message) {
  console.error(`handshake: ${message}`);
  process.exit(1);
}

const clerk = createClerkClient({
  secretKey: env('CLERK_SECRET_KEY'),
  publishableKey,
  apiUrl: fake,
  telemetry: { disabled: true },
});

const authenticate = (url, cookie) => {
  const headers = { host: new URL(url).host, 'sec-fetch-dest': 'document', cookie };
  return clerk.authenticateRequest(new Request(url, { headers }), { jwtKey, publishableKey });
};

const control = async (path, body) => {
  const answer = await fetch(`${fake}/_fake/${path}`, { method: 'POST', body: JSON.stringify(body) });
  assert.equal(answer.status, 200, path);
  return answer.json();
};

function isSignedIn(state, what) {
  assert.equal(state.status, 'signed-in', `${what}: ${state.reason}`);
  assert.equal(state.toAuth().userId, 'user_ada', what);
}

const firstVisit = await authenticate(`${app}/`, '');
assert.equal(firstVisit.status, production ? 'signed-out' : 'handshake', firstVisit.reason);

const browser = await control('sign-in', { user_id: 'user_ada', origin: app });
isSignedIn(await authenticate(`${app}/`, browser.cookie), 'the cookies');

// handshake goes through a handshake, as a browser would whose session cookies are gone, and asks again.
async function handshake(format) {
  const url = new URL(`${fake}/v1/client/handshake`);
  url.searchParams.set('redirect_url', `${app}/page?x=1`);
  url.searchParams.set('format', format);
  const known = production ? '__client' : '__clerk_db_jwt';
  if (!production) {
    url.searchParams.set(known, browser.cookies[known]);
  }
  const cookie = `${known}=${browser.cookies[known]}`;
  const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
  assert.equal(answer.status, 307);
  const brought = answer.headers.getSetCookie().map(directive => directive.split(';')[0]);
  const state = await authenticate(answer.headers.get('location'), production ? brought.join('; ') : cookie);
  assert.equal(state.headers.get('location'), production ? null : `${app}/page?x=1`, 'the clean address');
  return state;
}

for (const format of ['token', 'nonce']) {
  isSignedIn(await handshake(format), `a handshake for a ${format}`);
}
const calls = await (await fetch(`${fake}/_fake/calls?operation=GetHandshakePayload`)).json();
assert.deepEqual(calls.calls.map(call => call.status), [200]);

await control(`sessions/${browser.session_id}/end`);
const ended = await handshake('token');
assert.equal(ended.status, 'signed-out');

const { violations } = await (await fetch(`${fake}/_fake/violations`)).json();
assert.deepEqual(violations, []);
