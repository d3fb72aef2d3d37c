// The tests of a made-up service in Node, which signs users in with the official SDK: they show how a suite drives the
// fake, and that the SDK takes all of it. handshake_test.go runs them by `fakeclerk -- node --test`.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { createClerkClient } from '@clerk/backend';

const { CLERK_FAKE_URL: fakeUrl, CLERK_SECRET_KEY: secretKey, CLERK_PUBLISHABLE_KEY: publishableKey } = process.env;
const clerk = createClerkClient({ apiUrl: fakeUrl, secretKey, publishableKey, telemetry: { disabled: true } });

// fake sends a request to the control API and returns the answer.
async function fake(method, path, body) {
  const answer = await fetch(`${fakeUrl}/_fake/${path}`, { method, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.status === 204 ? undefined : answer.json();
}

const signIn = details => fake('POST', 'sign-in', { user_id: 'user_ada', ...details });

// visit returns what the SDK makes of a request for a page of the service.
const visit = headers => clerk.authenticateRequest(new Request('https://app.example.test/page', { headers }));

// wait moves both clocks on: the fake's, and the one that the SDK reads.
async function wait(seconds) {
  const { now } = await fake('POST', 'clock', { advance: `${seconds}s` });
  mock.timers.enable({ apis: ['Date'], now: new Date(now) });
}

// asked returns the statuses of the answers to an operation.
async function asked(operation) {
  const { calls } = await fake('GET', `calls?operation=${operation}`);
  return calls.map(call => call.status);
}

beforeEach(() => fake('POST', 'reset'));
afterEach(async () => {
  mock.timers.reset();
  assert.deepEqual((await fake('GET', 'violations')).violations, []);
});

test('the cookies of a sign-in are signed in', async () => {
  const { cookie } = await fake('POST', 'sign-in', { user_id: 'user_ada' });
  const state = await clerk.authenticateRequest(new Request('https://app.example.test/page', { headers: { cookie } }));
  assert.equal(state.toAuth().userId, 'user_ada');
});

test('so is the token in the Authorization header', async () => {
  const { session_token: token, session_id: id } = await signIn();
  const state = await visit({ authorization: `Bearer ${token}` });
  assert.equal(state.status, 'signed-in', state.reason);
  assert.equal(state.toAuth().sessionId, id);
});

test('a stranger is signed out', async () => {
  const state = await visit({});
  assert.equal(state.status, 'signed-out');
  assert.equal(state.toAuth().userId, null);
});

test('organization and claims reach the service', async () => {
  const { cookie } = await signIn({ organization_id: 'org_1', claims: { plan: 'pro' } });
  const auth = (await visit({ cookie })).toAuth();
  assert.equal(auth.orgId, 'org_1');
  assert.equal(auth.sessionClaims.plan, 'pro');
});

test('an expired token is refreshed', async () => {
  const { cookie } = await signIn();
  await wait(90);
  const state = await visit({ cookie });
  assert.equal(state.status, 'signed-in', state.reason);
  assert.deepEqual(await asked('RefreshSession'), [200]);
  assert.ok(state.headers.getSetCookie().some(directive => directive.startsWith('__session=')));
});

test('a session that has ended is not', async () => {
  const { cookie, session_id: id } = await signIn();
  await fake('POST', `sessions/${id}/end`);
  await wait(90);
  const state = await visit({ cookie });
  assert.equal(state.status, 'signed-out');
  assert.equal(state.reason, 'session-token-expired-refresh-session_not_active');
});

test('an outage signs nobody in with an expired token', async () => {
  const { cookie } = await signIn();
  await wait(90);
  await fake('POST', 'faults', { operation: 'RefreshSession', status: 503 });
  const state = await visit({ cookie });
  assert.equal(state.status, 'signed-out');
  assert.deepEqual(await asked('RefreshSession'), [503]);
});

test('a session that the service revokes is over', async () => {
  const { session_id: id } = await signIn();
  await clerk.sessions.revokeSession(id);
  const { sessions } = await fake('GET', 'sessions');
  assert.equal(sessions.find(session => session.id === id).status, 'revoked');
});

test('a rate limit says how long to wait', async () => {
  const { session_id: id } = await signIn();
  await fake('PUT', 'rate-limit', { requests: 1, per: '10s' });
  await clerk.sessions.getSession(id);
  await assert.rejects(clerk.sessions.getSession(id), err => err.status === 429 && err.retryAfter === 10);
});

test('a connection that breaks off is an error', async () => {
  const { session_id: id } = await signIn();
  await fake('POST', 'faults', { operation: 'GetSession', session_id: id, drop: true });
  await assert.rejects(clerk.sessions.getSession(id));
  assert.equal((await clerk.sessions.getSession(id)).userId, 'user_ada');
});
