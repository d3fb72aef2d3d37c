// Runs every method of the official SDK's `sessions` against fakeclerk, asserts on what comes back, and prints all of it as JSON:
// name → {value} or {error}. compare_test.go starts both and makes the same calls with our client; `make test-official` runs it.
// By hand: paste what fakeclerk prints into a shell, then `node check.mjs`.

import assert from 'node:assert/strict';
import { createClerkClient, verifyToken } from '@clerk/backend';

const env = name => process.env[name] ?? fail(`${name} is not set; fakeclerk prints it`);
const apiUrl = env('CLERK_API_URL');
const jwtKey = env('CLERK_JWT_KEY');
const userId = env('CLERK_USER_ID');
const sessionId = env('CLERK_SESSION_ID');
const sessionIds = env('CLERK_SESSION_IDS').split(' ');
const sessionToken = env('CLERK_SESSION_TOKEN');
const refreshToken = env('CLERK_REFRESH_TOKEN');

// A run takes about a second; without this a hanging request would hang CI.
setTimeout(() => fail('timed out'), 30_000).unref();

function fail(message) {
  console.error(`check: ${message}`);
  process.exit(1);
}

assert.equal(new URL(apiUrl).hostname, '127.0.0.1', 'this creates and revokes sessions, so it must not meet the real service');

const client = secretKey => createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } }).sessions;
const sessions = client(env('CLERK_SECRET_KEY'));

const results = {};

async function returns(name, call, check) {
  const value = await call;
  try {
    await check(value);
  } catch (err) {
    fail(`${name}: ${err.message}`);
  }
  results[name] = { value };
  return value;
}

async function throws(name, call, status, code) {
  const err = await call.then(
    () => fail(`${name}: no error`),
    err => err,
  );
  assert.equal(err.status, status, name);
  assert.equal(err.errors[0].code, code, name);
  assert.ok(err.clerkTraceId, `${name}: no trace id`);
  results[name] = { error: { status, errors: err.errors, clerkTraceId: err.clerkTraceId, retryAfter: err.retryAfter } };
}

const isSession = expected => session => {
  assert.equal(session.constructor.name, '_Session');
  for (const [field, value] of Object.entries(expected)) {
    assert.deepEqual(session[field], value, field);
  }
  assert.ok(session.id.startsWith('sess_') && session.clientId.startsWith('client_'));
  assert.ok(session.createdAt <= session.updatedAt && session.createdAt < session.expireAt && session.createdAt < session.abandonAt);
};

const isList = (length, totalCount, expected) => list => {
  assert.equal(list.data.length, length);
  assert.equal(list.totalCount, totalCount);
  list.data.forEach(isSession(expected));
  const ages = list.data.map(session => session.createdAt);
  assert.deepEqual(ages, ages.toSorted((a, b) => b - a), 'newest first');
};

// The SDK itself verifies the signature and the times.
const isJWT = async (jwt, lifetime, expected) => {
  const claims = await verifyToken(jwt, { jwtKey });
  assert.equal(claims.exp - claims.iat, lifetime);
  for (const [claim, value] of Object.entries({ sid: sessionId, sub: userId, ...expected })) {
    assert.equal(claims[claim], value, claim);
  }
};

const isToken = (lifetime, expected) => token => isJWT(token.jwt, lifetime, expected);

const areCookies = names => async ({ cookies }) => {
  assert.deepEqual(cookies.map(cookie => cookie.slice(0, cookie.indexOf('='))).sort(), names);
  for (const cookie of cookies.filter(cookie => cookie.startsWith('__session'))) {
    await isJWT(cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf(';')), 60, { azp: browser.request_origin });
  }
};

// What comes first changes sessions and what follows only reads them, so that our client, which starts there, reads the same.

const created = await returns('create', sessions.createSession({ userId }), isSession({ userId, status: 'active', lastActiveOrganizationId: null, latestActivity: null, actor: null }));
await returns(
  'create-organization',
  // The SDK's types have no organization, but it hands on whatever it is given.
  sessions.createSession({ userId, activeOrganizationId: 'org_1' }),
  isSession({ userId, status: 'active', lastActiveOrganizationId: 'org_1' }),
);
await returns('revoke', sessions.revokeSession(created.id), isSession({ id: created.id, clientId: created.clientId, userId, status: 'revoked' }));

const browser = {
  expired_token: sessionToken,
  refresh_token: refreshToken,
  request_origin: 'https://app.example.com',
  request_originating_ip: '203.0.113.7',
  request_headers: { host: ['app.example.com'], accept: ['text/html', 'text/plain'] },
};
const suffix = await cookieSuffix(env('CLERK_PUBLISHABLE_KEY'));
const plainNames = ['__client_uat', '__session'];
const suffixedNames = plainNames.flatMap(name => [name, `${name}_${suffix}`]);
await returns('refresh', sessions.refreshSession(sessionId, browser), isToken(60, { azp: browser.request_origin }));
await returns('refresh-token', sessions.refreshSession(sessionId, { ...browser, format: 'token' }), isToken(60, { azp: browser.request_origin }));
await returns('refresh-cookies', sessions.refreshSession(sessionId, { ...browser, format: 'cookie' }), areCookies(plainNames));
await returns('refresh-cookies-suffixed', sessions.refreshSession(sessionId, { ...browser, format: 'cookie', suffixed_cookies: true }), areCookies(suffixedNames));
await throws('refresh-wrong-token', sessions.refreshSession(sessionId, { ...browser, refresh_token: 'another' }), 401, 'refresh_token_invalid');

await returns('token', sessions.getToken(sessionId), isToken(60));
await returns('token-expires', sessions.getToken(sessionId, undefined, 120), isToken(120));
await returns('token-template', sessions.getToken(sessionId, 'my template'), isToken(60, { template: 'my template', sid: undefined }));
await returns('token-template-expires', sessions.getToken(sessionId, 'hasura', 3600), isToken(3600, { template: 'hasura', sid: undefined }));
await throws('token-of-revoked', sessions.getToken(created.id), 400, 'session_not_active');

const everything = sessionIds.length + 2;
const seen = await returns('get', sessions.getSession(sessionId), isSession({ id: sessionId, userId, status: 'active' }));
const all = await returns('list', sessions.getSessionList({ limit: 500 }), isList(everything, everything, {}));
assert.deepEqual(all.data.find(session => session.id === sessionId), seen);
assert.deepEqual(all.data.map(session => session.id).filter(id => sessionIds.includes(id)).sort(), sessionIds.toSorted());
const mine = all.data.filter(session => session.userId === userId);
const active = mine.filter(session => session.status === 'active');
const revoked = all.data.filter(session => session.status === 'revoked');
await returns('list-default', sessions.getSessionList(), isList(10, everything, {}));
await returns('list-page', sessions.getSessionList({ limit: 3, offset: 2 }), page => assert.deepEqual(page, { data: all.data.slice(2, 5), totalCount: everything }));
await returns('list-after-the-end', sessions.getSessionList({ offset: everything }), isList(0, everything, {}));
await returns('list-user', sessions.getSessionList({ userId, limit: 500 }), page => assert.deepEqual(page, { data: mine, totalCount: mine.length }));
assert.ok(active.length < mine.length && revoked.some(session => session.id === created.id));
await returns('list-client', sessions.getSessionList({ clientId: seen.clientId }), page => assert.deepEqual(page, { data: [seen], totalCount: 1 }));
await returns('list-active', sessions.getSessionList({ userId, status: 'active', limit: 500 }), page => assert.deepEqual(page, { data: active, totalCount: active.length }));
await returns('list-revoked', sessions.getSessionList({ status: 'revoked' }), page => assert.deepEqual(page, { data: revoked, totalCount: revoked.length }));
await returns('list-nobody', sessions.getSessionList({ userId: 'user_nobody' }), isList(0, 0, {}));
await throws('list-too-many', sessions.getSessionList({ limit: 501 }), 422, 'form_param_value_invalid');

await throws('get-unknown', sessions.getSession('sess_unknown'), 404, 'resource_not_found');
await throws('revoke-unknown', sessions.revokeSession('sess_unknown'), 404, 'resource_not_found');
await throws('create-unknown-user', sessions.createSession({ userId: 'user_nobody' }), 404, 'resource_not_found');
await throws('get-wrong-key', client('sk_test_wrong').getSession(sessionId), 401, 'clerk_key_invalid');
// The SDK calls an endpoint that its own API version no longer has.
await throws('verify', sessions.verifySession(sessionId, sessionToken), 404, 'resource_not_found');

async function cookieSuffix(publishableKey) {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(publishableKey));
  return Buffer.from(digest).toString('base64url').slice(0, 8);
}

console.log(JSON.stringify(results, null, 2));
