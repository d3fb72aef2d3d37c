// The incoming requests to record: group → name → case. In a header, `<name>` stands for the token of that name.
//
//   now      the clock, in milliseconds
//   tokens   name → { payload, header, key }: JSON texts, and "other" for a key that is not the instance's
//   request  { method, url, headers }

export const keys = {
  live: 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k',
  test: 'pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk',
};
const suffixes = { live: 'naoXFJnI', test: 'nx2hSE6I' };
const issuers = { live: 'https://clerk.example.com', test: 'https://foo-bar-13.clerk.accounts.dev' };

const now = 1_700_000_000;
const good = { iss: issuers.live, sub: 'user_1', sid: 'sess_1', azp: 'https://app.example.com', nbf: now - 210, iat: now - 200, exp: now - 140 };
const payload = changes => JSON.stringify({ ...good, ...changes });
const expired = { payload: payload({}) };
const fresh = { payload: payload({ exp: now + 30 }) };

const suffix = suffixes.live;
const others = `__client_uat=1000; __client_uat_${suffix}=1000; __refresh_${suffix}=rt_1`;
const both = token => `__session=${token}; __session_${suffix}=${token}; ${others}`;

// A page that a browser asks for long after its token has expired, but for the changes.
const page = ({ instance = 'live', at = now * 1000, method = 'GET', url = 'https://app.example.com/page?x=1', tokens = { T: expired }, cookie = both('<T>'), headers = [] } = {}) => ({
  instance,
  now: at,
  tokens,
  request: {
    method,
    url,
    headers: [
      ...(headers.some(([name]) => name === 'host') ? [] : [['host', 'app.example.com']]),
      ...(headers.some(([name]) => name === 'accept') ? [] : [['accept', 'text/html']]),
      ...(cookie === undefined ? [] : [cookie].flat().map(value => ['cookie', value])),
      ...headers,
    ],
  },
});

const each = (table, toCase) => Object.fromEntries(Object.entries(table).map(([name, value]) => [name, page(toCase(value))]));

function methods() {
  const cases = {};
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
    cases[`${method} expired`] = page({ method });
    cases[`${method} fresh`] = page({ method, tokens: { T: fresh } });
  }
  return cases;
}

function clock() {
  const cases = {};
  for (const past of [-60_000, -1, 0, 1, 1_000, 3_999, 4_000, 4_999, 5_000, 5_001, 6_000, 60_000, 86_400_000, 31_536_000_000]) {
    cases[`expired for ${past} ms`] = page({ at: good.exp * 1000 + past });
  }
  const expiries = {
    fraction: 'exp:1699999994.9', 'fraction, next second': 'exp:1699999995.9', 'fraction, too soon': 'exp:1699999996.1', zero: 'exp:0',
    negative: 'exp:-1', huge: 'exp:1e300', 'hugely negative': 'exp:-1e300', infinite: 'exp:1e999', exponent: 'exp:1.6e9',
    text: 'exp:"1600000000"', null: 'exp:null', true: 'exp:true', array: 'exp:[1600000000]', object: 'exp:{}', missing: 'expires:1', 'in another case': 'EXP:1600000000',
    'twice, the last fresh': 'exp:1600000000,exp:4102444800', 'twice, the last expired': 'exp:4102444800,exp:1600000000', escaped: '\\u0065xp:1600000000',
  };
  for (const [name, text] of Object.entries(expiries)) {
    const members = text.replace(/([A-Za-z\\u0-9]+):/g, '"$1":');
    cases[`exp ${name}`] = page({ tokens: { T: { payload: payload({ exp: undefined }).replace(/}$/, `,${members}}`) } } });
  }
  return cases;
}

// Every combination of the cookies that say which of them count.
function choice(instance) {
  const cases = {};
  const token = changes => ({ payload: payload({ iss: issuers[instance], ...changes }) });
  const tokens = { S: token({ sid: 'sess_plain', iat: now - 100 }), F: token({ sid: 'sess_plain', iat: now - 100, exp: now + 30 }), O: token({ iss: 'https://clerk.other.com', sid: 'sess_other' }), N: token({ sid: 'sess_own' }), G: token({ sid: 'sess_own', exp: now + 30 }) };
  for (const s of ['', '<S>', '<F>', '<O>', 'junk']) {
    for (const ss of ['', '<N>', '<G>']) {
      for (const u of ['', '0', '1000']) {
        for (const su of ['', '0', '1000']) {
          if (instance === 'test' && (s === '<F>' || s === 'junk')) continue;
          const pairs = { __session: s, [`__session_${suffixes[instance]}`]: ss, __client_uat: u, [`__client_uat_${suffixes[instance]}`]: su };
          const cookie = Object.entries(pairs).filter(([, value]) => value !== '').map(([name, value]) => `${name}=${value}`);
          cookie.push(`__refresh_${suffixes[instance]}=rt_1`, ...(instance === 'test' ? ['__clerk_db_jwt=dvb_1', '__clerk_db_jwt_nx2hSE6I=dvb_1'] : []));
          const used = Object.fromEntries(Object.entries(tokens).filter(([name]) => [s, ss].includes(`<${name}>`)));
          cases[`session ${s || '-'} own ${ss || '-'} uat ${u || '-'} own ${su || '-'}`] = page({ instance, tokens: used, cookie: cookie.join('; ') });
        }
      }
    }
  }
  return cases;
}

const development = {
  'no dev browser': page({ instance: 'test', tokens: { T: { payload: payload({ iss: issuers.test }) } }, cookie: `__session=<T>; __client_uat=1000; __refresh_${suffixes.test}=rt_1` }),
  'dev browser': page({ instance: 'test', tokens: { T: { payload: payload({ iss: issuers.test }) } }, cookie: `__session=<T>; __client_uat=1000; __refresh_${suffixes.test}=rt_1; __clerk_db_jwt=dvb_1` }),
};

const refreshCookie = text => ({ cookie: `__session=<T>; __client_uat=1000${text}` });

const refreshCookies = each(
  {
    none: '', empty: `; __refresh_${suffix}=`, plain: '; __refresh=rt_1', 'of another instance': '; __refresh_AAAAAAAA=rt_1', 'name in another case': `; __Refresh_${suffix}=rt_1`,
    good: `; __refresh_${suffix}=rt_1`, 'empty and then good': `; __refresh_${suffix}=; __refresh_${suffix}=rt_1`, twice: `; __refresh_${suffix}=rt_1; __refresh_${suffix}=rt_2`,
    quoted: `; __refresh_${suffix}="rt_1"`, 'percent-encoded': `; __refresh_${suffix}=rt%5F1%20%C3%A9`, 'percent-encoded badly': `; __refresh_${suffix}=rt%5F1%`, 'percent-encoded to no UTF-8': `; __refresh_${suffix}=rt%5F%C3`,
    'percent-encoded surrogate': `; __refresh_${suffix}=rt%ED%A0%80`, 'percent-encoded quote': `; __refresh_${suffix}=%22rt%22%3B`, plus: `; __refresh_${suffix}=rt+1`, 'equals signs': `; __refresh_${suffix}=rt=1==`,
    blanks: `;\t __refresh_${suffix} \t=  rt 1\t `, 'non-ASCII': `; __refresh_${suffix}=rt\u00e9`, 'UTF-8': `; __refresh_${suffix}=rt\u00c3\u00a9`, 'half encoded': `; __refresh_${suffix}=rt%C3\u00a9`,
    'first in the header': `; x; =; ==; ;;__refresh_${suffix}=rt_1;`, 'after junk': `; junk; a b c; \u00ff=1; __refresh_${suffix}=rt_1`,
    'among 100': Array.from({ length: 100 }, (_, i) => `; c${i}=${i}`).join('') + `; __refresh_${suffix}=rt_1`,
    long: `; x=${'x'.repeat(8000)}; __refresh_${suffix}=${'r'.repeat(3000)}`,
  },
  refreshCookie,
);

const cookieSyntax = each(
  {
    'two headers': ['__session=<T>; __client_uat=1000', `__refresh_${suffix}=rt_1`],
    'two headers with one name': [`__session=<T>; __client_uat=1000; __refresh_${suffix}=rt_1`, `__refresh_${suffix}=rt_2; __session=<F>`],
    'no blank': `__session=<T>;__client_uat=1000;__refresh_${suffix}=rt_1`,
    'fresh after expired': `__session=<T>; __session=<F>; ${others}`,
    'expired after fresh': `__session=<F>; __session=<T>; ${others}`,
    'empty before expired': `__session=; __session=<T>; ${others}`,
    'quoted token': `__session="<T>"; ${others}`,
    'token with an encoded dot': `__session=<T>%2E; ${others}`,
    'token with an encoded blank': `__session=%20<T>; ${others}`,
    'token with =': `__session=<T>==; ${others}`,
    'token with a blank inside': `__session=<T> x; ${others}`,
    'token with a fourth part': `__session=<T>.x; ${others}`,
    'half a token': `__session=x.<T>; ${others}`,
    'no cookies': undefined,
    'an empty header': '',
    'only others': 'a=1; b=2',
    'only refresh': `__refresh_${suffix}=rt_1`,
    'name in another case': `__SESSION=<T>; ${others}`,
    'name with a blank': `__ses sion=<T>; ${others}`,
  },
  cookie => ({ cookie, tokens: { T: expired, F: fresh } }),
);

const uats = each(
  {
    zero: '0', zeros: '00', empty: '', older: '1699999799', same: '1699999800', newer: '1699999801', plus: '+1699999801', minus: '-1', hexadecimal: '0xFFFFFFFF', 'small hexadecimal': '0x10',
    exponent: '17e8', 'with a tail': '1699999801abc', 'with a fraction': '1699999800.9', 'with an older head': '1699999799.9e9', text: 'abc', huge: '9'.repeat(30), larger: '9'.repeat(400), Infinity: 'Infinity',
    NaN: 'NaN', blank: '%20', 'blank in front': '%201699999801', quoted: '"1000"', encoded: '%31000',
  },
  uat => ({ cookie: `__session=<T>; __client_uat=${uat}; __refresh_${suffix}=rt_1` }),
);

const claim = (name, text) => {
  const rest = payload({ [name]: undefined });
  return text === undefined ? rest : rest.replace(/}$/, `,"${name}":${text}}`);
};

const issuedAt = each(
  { missing: undefined, null: 'null', zero: '0', text: '"1699999800"', 'old text': '"10"', 'other text': '"abc"', 'empty text': '""', fraction: '1699999800.5', true: 'true', false: 'false', object: '{}', future: '1800000000', huge: '1e999' },
  text => ({ tokens: { T: { payload: claim('iat', text) } }, cookie: `__session=<T>; __client_uat=1699999800; __refresh_${suffix}=rt_1` }),
);

// Whose iat is newer decides, too.
const issuedAtOfBoth = each(
  { older: ['1000', '2000'], newer: ['2000', '1000'], same: ['1000', '1000'], text: ['"2000"', '1000'], 'missing in one': ['2000', undefined], 'missing in the other': [undefined, '2000'], 'no number': ['"abc"', '1000'], null: ['null', '1000'], negative: ['-5', undefined] },
  ([s, ss]) => ({
    tokens: { S: { payload: claim('iat', s).replace('sess_1', 'sess_plain') }, N: { payload: claim('iat', ss).replace('sess_1', 'sess_own') } },
    cookie: `__session=<S>; __session_${suffix}=<N>; __client_uat=500; __client_uat_${suffix}=500; __refresh_${suffix}=rt_1`,
  }),
);

const sessionIDs = each(
  { missing: undefined, null: 'null', empty: '""', number: '12', true: 'true', dot: '"."', dots: '".."', 'three dots': '"..."', slash: '"a/b"', blank: '"a b"', query: '"a?b"', percent: '"%2e%2e"', 'non-ASCII': '"sess_é"', 'all that is allowed': '"aZ09_.~-"', longest: JSON.stringify('x'.repeat(256)), 'too long': JSON.stringify('x'.repeat(257)), escaped: '"\\u0073ess_2"' },
  text => ({ tokens: { T: { payload: claim('sid', text) } } }),
);

const issuerClaims = each(
  { missing: undefined, null: 'null', empty: '""', zero: '0', number: '5', true: 'true', object: '{}', http: '"http://clerk.example.com"', 'in another case': '"HTTPS://clerk.example.com"', 'host in another case': '"https://Clerk.example.com"', 'with a slash': '"https://clerk.example.com/"', 'twice a scheme': '"https://http://clerk.example.com"', 'scheme at the end': '"clerk.example.comhttps://"', 'no scheme': '"clerk.example.com"', other: '"https://clerk.other.com"' },
  text => ({ tokens: { S: { payload: claim('iss', text).replace('sess_1', 'sess_plain') }, N: { payload: payload({ sid: 'sess_own' }) } }, cookie: `__session=<S>; __session_${suffix}=<N>; ${others}` }),
);

const signatures = each(
  {
    'another key': { payload: payload({}), key: 'other' },
    'algorithm none': { payload: payload({}), header: '{"alg":"none","typ":"JWT"}' },
    'algorithm HS256': { payload: payload({}), header: '{"alg":"HS256","typ":"JWT"}' },
    'algorithm missing': { payload: payload({}), header: '{"typ":"JWT"}' },
    'algorithm RS512': { payload: payload({}), header: '{"alg":"RS512","typ":"JWT"}' },
    'no type': { payload: payload({}), header: '{"alg":"RS256"}' },
    'another type': { payload: payload({}), header: '{"alg":"RS256","typ":"at+jwt"}' },
    'a key id': { payload: payload({}), header: '{"alg":"RS256","typ":"JWT","kid":"ins_1"}' },
    'header an array': { payload: payload({}), header: '[]' },
    'header null': { payload: payload({}), header: 'null' },
    'payload null': { payload: 'null' },
    'payload an array': { payload: '[]' },
    'payload a number': { payload: '1' },
    'payload text': { payload: '"x"' },
    'payload cut off': { payload: '{"iss":"https://clerk.example.com"' },
    'payload empty': { payload: '' },
    'payload an empty object': { payload: '{}' },
    'no subject': { payload: payload({ sub: undefined }) },
    'not yet good': { payload: payload({ nbf: now + 100 }) },
    'issued in the future': { payload: payload({ iat: now + 100 }) },
  },
  token => ({ tokens: { T: token } }),
);

const header = { H: { payload: payload({ sid: 'sess_header' }) }, T: expired, F: fresh, X: { payload: payload({ sid: 'sess_header' }), key: 'other' } };

const authorization = Object.fromEntries(
  Object.entries({
    'expired, no cookie token': ['Bearer <H>', others], 'expired, cookie expired': ['Bearer <H>', both('<T>')], 'expired, cookie fresh': ['Bearer <H>', both('<F>')], 'expired, cookie junk': ['Bearer <H>', both('junk')],
    'fresh, cookie expired': ['Bearer <F>', both('<T>')], 'expired, no refresh cookie': ['Bearer <H>', '__client_uat=1000'], 'expired, no uat': ['Bearer <H>', `__refresh_${suffix}=rt_1`], 'expired, newer uat': ['Bearer <H>', `__client_uat=1699999999; __refresh_${suffix}=rt_1`],
    'another key': ['Bearer <X>', both('<T>')], 'one word': ['<H>', both('<T>')], 'junk word': ['junk', both('<T>')], 'Bearer alone': ['Bearer', both('<T>')], 'two blanks': ['Bearer  <H>', both('<T>')], 'three words': ['Bearer <H> x', both('<T>')],
    'bearer in lower case': ['bearer <H>', both('<T>')], Basic: ['Basic dTpw', both('<T>')], 'Basic, no cookies': ['Basic dTpw', undefined], empty: ['', both('<T>')], tab: ['Bearer\t<H>', both('<T>')], comma: ['Bearer <H>, Bearer <H>', both('<T>')],
  }).map(([name, [value, cookie]]) => [name, page({ tokens: header, cookie, headers: [['authorization', value]] })]),
);

const requestHeaders = each(
  {
    usual: [['user-agent', 'Mozilla/5.0 (Test)'], ['accept-language', 'en, fr;q=0.5'], ['accept-encoding', 'gzip, br'], ['sec-fetch-dest', 'document'], ['x-forwarded-for', '203.0.113.7'], ['referer', 'https://app.example.com/']],
    'names in any case': [['X-Some-HEADER', 'a'], ['x-SOME-other', 'b']],
    repeated: [['x-a', '1'], ['x-b', '2'], ['x-a', '3']],
    'repeated and empty': [['x-a', ''], ['x-a', '1']],
    empty: [['x-a', '']],
    'blanks around': [['x-a', '  a b\t']],
    'non-ASCII': [['x-a', 'caf\u00e9 \u00ff']],
    'UTF-8': [['x-a', 'caf\u00c3\u00a9']],
    quotes: [['x-a', '"a", "b\\"c"']],
    'for JSON': [['x-a', '<&>\u0085']],
    fetch: [['accept', '*/*'], ['sec-fetch-dest', 'empty'], ['sec-fetch-mode', 'cors'], ['sec-fetch-site', 'same-origin']],
    'conditional': [['if-none-match', '"x"'], ['range', 'bytes=0-1'], ['cache-control', 'max-age=0']],
    many: Array.from({ length: 60 }, (_, i) => [`x-${i}`, String(i)]),
    long: [['x-a', 'a'.repeat(4000)]],
  },
  headers => ({ headers }),
);

const origins = Object.fromEntries(
  Object.entries({
    'http': ['http://app.example.com', []], 'port': ['https://app.example.com:8443', []], 'default port': ['https://app.example.com:443', []], 'http on 443': ['http://app.example.com:443', []], 'upper case': ['https://APP.Example.COM', []],
    'IPv4': ['http://203.0.113.9:8080', []], 'IPv6': ['http://[2001:DB8:0:0::1]:8080', []], 'IPv4 in IPv6': ['http://[::ffff:192.0.2.1]', []], localhost: ['http://localhost:3000', []], 'punycode': ['https://xn--bcher-kva.example', []], 'trailing dot': ['https://app.example.com.', []],
    'forwarded host': ['http://10.0.0.1:8080', [['x-forwarded-host', 'fw.example.com']]], 'forwarded scheme': ['http://app.example.com', [['x-forwarded-proto', 'https']]], 'forwarded both': ['http://10.0.0.1:8080', [['x-forwarded-host', 'fw.example.com'], ['x-forwarded-proto', 'https']]],
    'forwarded lists': ['http://10.0.0.1', [['x-forwarded-host', 'fw.example.com, b'], ['x-forwarded-proto', 'https,http']]], 'forwarded twice': ['http://10.0.0.1', [['x-forwarded-host', 'a.example.com'], ['x-forwarded-host', 'b.example.com'], ['x-forwarded-proto', 'https'], ['x-forwarded-proto', 'http']]],
    'forwarded user': ['http://10.0.0.1', [['x-forwarded-host', 'user:pass@fw.example.com']]], 'forwarded path': ['http://10.0.0.1', [['x-forwarded-host', 'fw.example.com/a?b#c']]], 'forwarded encoded': ['http://10.0.0.1', [['x-forwarded-host', 'fw%2Eexample.com']]],
    'forwarded port': ['http://10.0.0.1', [['x-forwarded-host', 'fw.example.com:0443'], ['x-forwarded-proto', 'https']]], 'forwarded empty port': ['http://10.0.0.1', [['x-forwarded-host', 'fw.example.com:']]], 'forwarded bad port': ['http://10.0.0.1', [['x-forwarded-host', 'fw.example.com:x']]],
    'forwarded bad host': ['http://10.0.0.1', [['x-forwarded-host', 'a b']]], 'forwarded empty host': ['http://10.0.0.1', [['x-forwarded-host', ''], ['x-forwarded-proto', 'https']]], 'forwarded IPv6': ['http://10.0.0.1', [['x-forwarded-host', '[2001:DB8::0:1]:8080']]],
    'forwarded wss': ['https://app.example.com', [['x-forwarded-proto', 'wss']]], 'forwarded gopher': ['https://app.example.com', [['x-forwarded-proto', 'gopher']]], 'forwarded nonsense scheme': ['https://app.example.com', [['x-forwarded-proto', 'ht tp']]],
    'others are not used': ['http://app.example.com', [['x-forwarded-port', '8443'], ['forwarded', 'host=fw.example.com;proto=https'], ['cloudfront-forwarded-proto', 'https'], ['x-forwarded-scheme', 'https'], ['x-original-host', 'fw.example.com'], ['front-end-https', 'on']]],
    'odd target': ['https://app.example.com', [], '//evil.example/\\@evil.example?//evil.example'],
  }).map(([name, [origin, headers, path = '/page']]) => [name, page({ url: origin + path, headers: [['host', origin.replace(/^https?:\/\//, '')], ...headers] })]),
);

export default {
  methods: methods(),
  clock: clock(),
  'choice-live': choice('live'),
  'choice-test': choice('test'),
  development,
  'refresh-cookie': refreshCookies,
  'cookie-syntax': cookieSyntax,
  'client-uat': uats,
  'issued-at': issuedAt,
  'issued-at-of-both': issuedAtOfBoth,
  'session-id': sessionIDs,
  issuer: issuerClaims,
  signature: signatures,
  authorization,
  'request-headers': requestHeaders,
  origin: origins,
};
