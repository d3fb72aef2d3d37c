// The calls to record: name → [method of the official SDK's `sessions` or `clients`, arguments].
//
// A name's first word groups the cases, and sessions/internal/recorded/official_test.go tells by it where our client differs:
//   unsafe-   ids and templates that the SDK sends and our client refuses
//   invalid-  other arguments that the SDK sends and our client refuses
//   unsent-   what neither of them sends
// `undefined` becomes null in a recording when it is an argument, and vanishes when it is a field.

const id = 'sess_2abcDEF';

// Everything that means something in a query, a path or a form, and letters beyond ASCII.
const odd = 'a b&c=d+e%20f%/g?h#i;j,k"l\'m é ü 日本 🍪';

const long = 'x'.repeat(2000);

// A byte more than our client takes for an id or a template.
const tooLong = 'x'.repeat(257);

const refresh = {
  expired_token: 'expired.session.token',
  refresh_token: 'made-up-refresh-token',
  request_origin: 'https://app.example.com',
};

const browserHeaders = {
  host: ['app.example.com'],
  accept: ['text/html'],
  cookie: ['__session=expired.session.token; __client_uat=1700000000'],
  'user-agent': ['Mozilla/5.0 (Test)'],
  'x-forwarded-for': ['203.0.113.7'],
};

const statuses = ['abandoned', 'active', 'ended', 'expired', 'pending', 'removed', 'replaced', 'revoked'];

// With `#` and `?` the rest of the path is lost, `\` turns into `/`, and control characters vanish or are escaped.
const unsafeIDs = {
  slash: 'a/b',
  backslash: 'a\\b',
  hash: 'sess_1#',
  query: 'a?x=1',
  space: 'sess 1',
  'trailing-space': 'sess_1 ',
  percent: 'a%2Fb',
  newline: 'sess_\r\n1',
  nul: 'sess_\u00001',
  'right-to-left': 'sess_\u202e1',
  'non-ascii': 'séss_1',
  long: tooLong,
};

const unsafeTemplates = {
  slash: 'a/b',
  backslash: 'a\\b',
  hash: 'a#b',
  query: 'a?x=1',
  percent: 'a%2Fb',
  newline: 'a\r\nb',
  'right-to-left': 'a\u202eb',
  long: tooLong,
};

const dotSegments = { dot: '.', dots: '..', 'encoded-dots': '%2e%2e', 'twice-encoded-dots': '%252e%252e', 'path-with-dots': 'a/../b' };

const prefixed = (prefix, table, toCase) =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [`${prefix}-${name}`, toCase(value)]));

export default {
  'handshake': ['getHandshakePayload', [{ nonce: 'made-up-nonce' }]],
  'handshake-all-characters': ['getHandshakePayload', [{ nonce: 'aZ09_.~-' }]],
  'invalid-handshake-empty': ['getHandshakePayload', [{ nonce: '' }]],
  'invalid-handshake-odd': ['getHandshakePayload', [{ nonce: odd }]],
  'invalid-handshake-long': ['getHandshakePayload', [{ nonce: 'n'.repeat(513) }]],

  'list-nothing': ['getSessionList', []],
  'list-no-filter': ['getSessionList', [{}]],
  'list-client': ['getSessionList', [{ clientId: 'client_1' }]],
  'list-user': ['getSessionList', [{ userId: 'user_1' }]],
  'list-limit': ['getSessionList', [{ limit: 1 }]],
  'list-limit-most': ['getSessionList', [{ limit: 500 }]],
  'list-limit-zero': ['getSessionList', [{ limit: 0 }]],
  'list-offset': ['getSessionList', [{ offset: 20 }]],
  'list-offset-large': ['getSessionList', [{ offset: 2147483647 }]],
  'list-offset-zero': ['getSessionList', [{ offset: 0 }]],
  'list-empty-values': ['getSessionList', [{ clientId: '', userId: '', status: '', limit: 0, offset: 0 }]],
  'list-undefined-values': ['getSessionList', [{ userId: 'user_1', clientId: undefined, limit: undefined }]],
  'list-everything': ['getSessionList', [{ clientId: 'client_1', userId: 'user_1', status: 'active', limit: 10, offset: 20 }]],
  'list-odd-client': ['getSessionList', [{ clientId: odd }]],
  'list-odd-user': ['getSessionList', [{ userId: odd }]],
  'list-odd-plus': ['getSessionList', [{ userId: '+ +' }]],
  'list-odd-percent': ['getSessionList', [{ userId: '%2B%' }]],
  'list-odd-ampersand': ['getSessionList', [{ userId: 'user_1&limit=500' }]],
  'list-long-user': ['getSessionList', [{ userId: long }]],
  'list-unknown-status': ['getSessionList', [{ status: 'not yet invented' }]],
  ...Object.fromEntries(statuses.map(status => [`list-status-${status}`, ['getSessionList', [{ userId: 'user_1', status }]]])),

  'get': ['getSession', [id]],
  'get-all-id-characters': ['getSession', ['Sess_0.9~a-Z']],
  'get-inner-dots': ['getSession', ['a..b']],

  'create': ['createSession', [{ userId: 'user_1' }]],
  'create-odd-user': ['createSession', [{ userId: odd }]],
  'create-long-user': ['createSession', [{ userId: long }]],
  // The SDK's types have no organization, but it hands on whatever it is given.
  'create-organization': ['createSession', [{ userId: 'user_1', activeOrganizationId: 'org_1' }]],

  'revoke': ['revokeSession', [id]],
  'revoke-all-id-characters': ['revokeSession', ['Sess_0.9~a-Z']],

  'verify': ['verifySession', [id, 'made-up.session.token']],
  'verify-odd-token': ['verifySession', [id, odd]],
  'verify-long-token': ['verifySession', [id, long]],

  'token': ['getToken', [id]],
  'token-expires': ['getToken', [id, undefined, 60]],
  'token-expires-least': ['getToken', [id, undefined, 30]],
  'token-expires-most': ['getToken', [id, undefined, 315360000]],
  'token-expires-zero': ['getToken', [id, undefined, 0]],
  'token-template': ['getToken', [id, 'hasura']],
  'token-template-empty': ['getToken', [id, '']],
  'token-template-expires': ['getToken', [id, 'hasura', 3600]],
  'token-template-expires-zero': ['getToken', [id, 'hasura', 0]],
  'token-template-dotted': ['getToken', [id, 'v1.2_beta-3']],
  'token-template-inner-spaces': ['getToken', [id, 'my first template']],
  'token-template-leading-space': ['getToken', [id, ' hasura']],
  'token-template-trailing-space': ['getToken', [id, 'hasura ']],
  'token-template-non-ascii': ['getToken', [id, 'Schlüssel für 日本']],
  'token-template-punctuation': ['getToken', [id, "a+b&c=d;e,f:g@h!i$j'k(l)m*n~o"]],
  'token-template-quoting': ['getToken', [id, 'a"b<c>d`e{f}g|h^i[j]']],

  'refresh': ['refreshSession', [id, refresh]],
  'refresh-token': ['refreshSession', [id, { ...refresh, format: 'token' }]],
  'refresh-cookie': ['refreshSession', [id, { ...refresh, format: 'cookie' }]],
  'refresh-suffixed': ['refreshSession', [id, { ...refresh, suffixed_cookies: true }]],
  'refresh-not-suffixed': ['refreshSession', [id, { ...refresh, suffixed_cookies: false }]],
  'refresh-token-suffixed': ['refreshSession', [id, { ...refresh, suffixed_cookies: true, format: 'token' }]],
  'refresh-cookie-suffixed': ['refreshSession', [id, { ...refresh, suffixed_cookies: true, format: 'cookie' }]],
  'refresh-cookie-not-suffixed': ['refreshSession', [id, { ...refresh, suffixed_cookies: false, format: 'cookie' }]],
  'refresh-cookie-address': ['refreshSession', [id, { ...refresh, request_originating_ip: '203.0.113.7', format: 'cookie' }]],
  'refresh-cookie-address-empty': ['refreshSession', [id, { ...refresh, request_originating_ip: '', format: 'cookie' }]],
  'refresh-cookie-headers': ['refreshSession', [id, { ...refresh, request_headers: browserHeaders, format: 'cookie' }]],
  'refresh-cookie-headers-none': ['refreshSession', [id, { ...refresh, request_headers: {}, format: 'cookie' }]],
  'refresh-cookie-headers-repeated': ['refreshSession', [id, { ...refresh, request_headers: { accept: ['text/html', 'text/plain', 'text/html'] }, format: 'cookie' }]],
  'refresh-cookie-headers-odd-case': ['refreshSession', [id, { ...refresh, request_headers: { 'X-ThInG': ['a'], 'x-thing': ['b'], 'X-THING': ['c'], camelCase: ['d'] }, format: 'cookie' }]],
  'refresh-cookie-headers-odd-values': ['refreshSession', [id, { ...refresh, request_headers: { 'x-odd': [odd, '', ' ', '<&>\u2028'] }, format: 'cookie' }]],
  'refresh-cookie-headers-no-values': ['refreshSession', [id, { ...refresh, request_headers: { accept: [] }, format: 'cookie' }]],
  'refresh-cookie-headers-long': ['refreshSession', [id, { ...refresh, request_headers: { cookie: [`__session=${long}`] }, format: 'cookie' }]],
  'refresh-cookie-everything': [
    'refreshSession',
    [id, { ...refresh, request_originating_ip: '203.0.113.7', request_headers: browserHeaders, suffixed_cookies: true, format: 'cookie' }],
  ],
  'refresh-token-everything': [
    'refreshSession',
    [id, { ...refresh, request_originating_ip: '203.0.113.7', request_headers: browserHeaders, suffixed_cookies: true, format: 'token' }],
  ],
  'refresh-token-odd-values': ['refreshSession', [id, { expired_token: odd, refresh_token: odd, request_origin: 'https://bücher.example.com:8443', format: 'token' }]],
  'refresh-token-long-values': ['refreshSession', [id, { expired_token: long, refresh_token: long, request_origin: `https://${long}.test`, format: 'token' }]],

  ...prefixed('unsafe-id-get', unsafeIDs, odd => ['getSession', [odd]]),
  ...prefixed('unsafe-id-revoke', unsafeIDs, odd => ['revokeSession', [odd]]),
  'unsafe-id-verify-query': ['verifySession', ['a?x=1', 'made-up.session.token']],
  'unsafe-id-token-hash': ['getToken', ['sess_1#', 'hasura', 60]],
  'unsafe-id-refresh-query': ['refreshSession', ['a?x=1', { ...refresh, suffixed_cookies: true, format: 'cookie' }]],
  ...prefixed('unsafe-template', unsafeTemplates, odd => ['getToken', [id, odd]]),

  'invalid-limit-negative': ['getSessionList', [{ limit: -1 }]],
  'invalid-offset-negative': ['getSessionList', [{ offset: -1 }]],
  'invalid-create-no-user': ['createSession', [{}]],
  'invalid-create-empty-user': ['createSession', [{ userId: '' }]],
  'invalid-verify-empty-token': ['verifySession', [id, '']],
  'invalid-token-expires-negative': ['getToken', [id, undefined, -1]],
  'invalid-token-expires-fraction': ['getToken', [id, undefined, 30.5]],
  'invalid-refresh-empty-expired-token': ['refreshSession', [id, { ...refresh, expired_token: '', format: 'cookie' }]],
  'invalid-refresh-empty-refresh-token': ['refreshSession', [id, { ...refresh, refresh_token: '', format: 'cookie' }]],
  'invalid-refresh-empty-origin': ['refreshSession', [id, { ...refresh, request_origin: '', format: 'cookie' }]],

  'unsent-get-empty-id': ['getSession', ['']],
  'unsent-revoke-empty-id': ['revokeSession', ['']],
  'unsent-verify-empty-id': ['verifySession', ['', 'made-up.session.token']],
  'unsent-token-empty-id': ['getToken', ['']],
  'unsent-refresh-empty-id': ['refreshSession', ['', { ...refresh, format: 'cookie' }]],
  ...prefixed('unsent-revoke', dotSegments, odd => ['revokeSession', [odd]]),
  ...prefixed('unsent-template', dotSegments, odd => ['getToken', [id, odd]]),
};
