package sessionhttp_test

import "strings"

// difference is what ours alone makes of a request.
type difference struct {
	who string
	why string

	location  string   // "" for none, or the handshake's where who says "handshake"
	setCookie []string // nil for none, or the loop guard's where who says "handshake"
	calls     []string
}

// verdict returns what ours makes of a request.
func (d difference) verdict() verdict {
	got := verdict{Who: d.who, Location: d.location, SetCookie: d.setCookie, Calls: d.calls}
	if reason, found := strings.CutPrefix(d.who, "handshake "); found {
		got.SetCookie = []string{"__clerk_redirect_count=1; Path=/; Max-Age=10; HttpOnly; SameSite=Lax"}
		if got.Location == "" {
			got.Location = handshakeAt("https://clerk.example.com", reason, "")
		}
	}
	return got
}

// handshakeAt returns the address of a handshake for the page that the rows ask for.
func handshakeAt(frontendAPI, reason, more string) string {
	return frontendAPI + "/v1/client/handshake?redirect_url=https%3A%2F%2Fapp.example.com%2Fpage%3Fx%3D1" +
		"&__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=" + reason + "&format=nonce" + more
}

const (
	whyTemporary  = "ours: 429, 5xx and network trouble redirect and sign out nobody (REFRESH.md 14, HANDSHAKE.md 7)"
	whyNoSync     = "ours: left out, it serves satellites (HANDSHAKE.md 8)"
	whyGuard      = "ours: n >= 3 or < 0 stops (HANDSHAKE.md 10)"
	whyRare       = "satellites and organization patterns are [R], there is no option for them (HANDSHAKE.md 2 and 8)"
	whyGetPages   = "ours: GET pages only (HANDSHAKE.md 11)"
	whyCookieOnly = "ours: in production take cookies only (HANDSHAKE.md 11)"
	whyTimes      = "ours: refuse it if exp/nbf/iat, where there, are wrong (HANDSHAKE.md 12)"
	whyList       = "ours: refuse it if it is not a non-empty list of texts (HANDSHAKE.md 12 and 13)"
	whyNames      = "ours: only Clerk's names, and the last non-empty of plain and own suffix (HANDSHAKE.md 14)"
	whyNonce      = "ours: after a failure go on with 2, cookies untouched (HANDSHAKE.md 13)"
	whyKeySet     = "ours: the Frontend API's key set (DESIGN.md); no key to be had is Temporary (issue 13, 2)"
	whyProduction = "ours: as production (HANDSHAKE.md 18)"
	whyNeverThere = "ours: never, it is an open redirect (HANDSHAKE.md 3)"
	whyAsText     = "ours: the address is joined as text, and the query keeps its bytes (HANDSHAKE.md 9 and 16)"
	whyQueryOnly  = "ours: a redirect whenever the answer came by query (HANDSHAKE.md 16)"
)

const (
	expiredNoCookie = "session-token-expired-refresh-non-eligible-no-refresh-cookie"
	expiredNotGet   = "session-token-expired-refresh-non-eligible-non-get"
	uatNoToken      = "client-uat-but-no-session-token"
	plainSession    = "__session=<S>; Path=/; Secure; SameSite=Lax"
	askedRefresh    = "POST /v1/sessions/sess_1/refresh"
	askedPayload    = "GET /v1/clients/handshake_payload?nonce=n_1"
	askedKeys       = "GET /.well-known/jwks.json"
	testAPI         = "https://clerk.app.test"
)

// cookiesOfH are those of the token H, and of the answers to nonces.
var cookiesOfH = []string{
	"__clerk_handshake=; Path=/; Domain=example.com; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
	"__client_uat=1699999900; Path=/; Domain=example.com; Max-Age=315360000; Secure; SameSite=Lax",
	"__client_uat_naoXFJnI=1699999900; Path=/; Domain=example.com; Max-Age=315360000; Secure; SameSite=Lax",
	plainSession,
	"__session_naoXFJnI=<S>; Path=/; Secure; SameSite=Lax",
	"__refresh_naoXFJnI=rt_new; Path=/; HttpOnly; Secure; SameSite=Lax",
}

// cookiesOfHTest are those of the token HTest.
var cookiesOfHTest = []string{
	"__client_uat=1699999900; Path=/; Max-Age=315360000",
	"__clerk_db_jwt=dvb_new; Path=/; Max-Age=31536000; SameSite=Lax",
	plainTest,
	"__session_KQ4kGm4h=<STest>; Path=/; Secure; SameSite=Lax",
}

const plainTest = "__session=<STest>; Path=/; Secure; SameSite=Lax"

// devHandshake is the redirect of a development instance's browser.
var devHandshake = handshakeAt(testAPI, expiredNoCookie, "&__clerk_db_jwt=dvb_1")

// handshakeDifferences are the rows that ours decides in another way, by name.
var handshakeDifferences = map[string]difference{
	"ask: refresh lost": {
		who:   "temporary session-token-expired-refresh-fetch-error",
		calls: []string{askedRefresh},
		why:   whyTemporary,
	},
	"ask: refresh 429": {
		who:   "temporary session-token-expired-refresh-too_many_requests",
		calls: []string{askedRefresh},
		why:   whyTemporary,
	},
	"ask: expired in the header, refresh works": {
		who: "handshake session-token-expired-refresh-non-eligible-other-session",
		why: "ours: with a Bearer token, only if the cookies' sid is the same (REFRESH.md 9)",
	},
	"ask: from another site": {who: "signed-in <S>", why: whyNoSync},
	"ask: from another port": {who: "signed-in <S>", why: whyNoSync},

	"loop: count 4":  {who: "signed-out " + uatNoToken, why: whyGuard},
	"loop: count 99": {who: "signed-out " + uatNoToken, why: whyGuard},

	"back: forwarded, path with two slashes": {
		who: "handshake " + uatNoToken,
		why: whyAsText,
		location: strings.Replace(
			handshakeAt("https://clerk.example.com", uatNoToken, ""),
			"%2Fpage%3Fx%3D1",
			"%2F%2Fevil.test%2Fa%3Fb%3Dc",
			1,
		),
	},
	"back: organization of the path": {who: "signed-in <S>", why: whyRare},
	"satellite: needs syncing":       {who: "signed-out session-token-and-uat-missing", why: whyRare},

	"answer: query goes before cookie": {
		who: "signed-in <SOther>", why: whyCookieOnly,
		setCookie: []string{"__session=<SOther>; Path=/; Secure; SameSite=Lax"},
	},
	"answer: twice in the query":                       {who: "handshake " + expiredNoCookie, why: whyCookieOnly},
	"answer: for somebody who is signed in as another": {who: "signed-in <SOther>", why: whyCookieOnly},
	"answer: POST":                         {who: "signed-out " + expiredNotGet, why: whyGetPages},
	"answer: empty list":                   {who: "handshake " + expiredNoCookie, why: whyList},
	"token: HExpired":                      {who: "handshake " + uatNoToken, why: whyTimes},
	"token: HEarly":                        {who: "handshake " + uatNoToken, why: whyTimes},
	"token: HNull":                         {who: "handshake " + uatNoToken, why: whyList},
	"token: HMissing":                      {who: "handshake " + uatNoToken, why: whyList},
	"token: HPayloadArray":                 {who: "handshake " + uatNoToken, why: whyList},
	"token: a session token as the answer": {who: "handshake " + expiredNoCookie, why: whyList},

	"directives: HForeignCookie": {who: "signed-in <S>", setCookie: []string{plainSession}, why: whyNames},
	"directives: HLastDeletes": {
		who: "signed-in <S>", why: whyNames,
		setCookie: []string{plainSession, "__session_naoXFJnI=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"},
	},
	"directives: HOtherSuffix": {who: "signed-in <S>", setCookie: []string{plainSession}, why: whyNames},
	"directives: HPrefix":      {who: "signed-in <S>", setCookie: []string{plainSession}, why: whyNames},
	"directives: HSpace": {
		who: "signed-in <S>", why: whyNames + "; browsers drop the blank before a name",
		setCookie: []string{" __session=<S>; Path=/"},
	},

	"jwks: known kid": {
		who:       "signed-in <S>",
		setCookie: cookiesOfH,
		calls:     []string{askedKeys},
		why:       whyKeySet,
	},
	"jwks: unknown kid": {
		who:   "signed-out session-token-and-uat-missing",
		calls: []string{askedKeys},
		why:   whyKeySet,
	},
	"jwks: no kid":                     {who: "signed-out session-token-and-uat-missing", why: whyKeySet},
	"jwks: RS512 against an RS256 key": {who: "signed-out session-token-and-uat-missing", why: whyKeySet},
	"jwks: empty set": {
		who:   "temporary handshake-payload-jwk-remote-failed-to-load",
		calls: []string{askedKeys},
		why:   whyKeySet,
	},
	"jwks: refused": {
		who:   "temporary handshake-payload-jwk-remote-failed-to-load",
		calls: []string{askedKeys},
		why:   whyKeySet,
	},

	"nonce: query": {who: "handshake " + expiredNoCookie, why: whyCookieOnly},
	"nonce: query goes before cookie": {
		who: "signed-in <S>", setCookie: cookiesOfH, why: whyCookieOnly,
		calls: []string{"GET /v1/clients/handshake_payload?nonce=n_2"},
	},
	"nonce: empty list": {who: "handshake " + expiredNoCookie, calls: []string{askedPayload}, why: whyNonce},
	"nonce: used up":    {who: "handshake " + expiredNoCookie, calls: []string{askedPayload}, why: whyNonce},
	"nonce: 401":        {who: "handshake " + expiredNoCookie, calls: []string{askedPayload}, why: whyNonce},
	"nonce: 429": {
		who:   "temporary handshake-payload-too_many_requests",
		calls: []string{askedPayload},
		why:   whyTemporary,
	},
	"nonce: 500": {
		who:   "temporary handshake-payload-unexpected-bapi-error",
		calls: []string{askedPayload},
		why:   whyTemporary,
	},
	"nonce: 204":             {who: "handshake " + expiredNoCookie, calls: []string{askedPayload}, why: whyNonce},
	"nonce: no directives":   {who: "handshake " + expiredNoCookie, calls: []string{askedPayload}, why: whyNonce},
	"nonce: directives null": {who: "handshake " + expiredNoCookie, calls: []string{askedPayload}, why: whyNonce},
	"nonce: charset in the content type": {
		who: "signed-in <S>", setCookie: cookiesOfH, calls: []string{askedPayload},
		why: whyNonce + "; a charset is no failure",
	},
	"nonce: broken JSON":    {who: "handshake " + expiredNoCookie, calls: []string{askedPayload}, why: whyNonce},
	"nonce: odd characters": {who: "handshake " + expiredNoCookie, why: whyCookieOnly},
	"nonce: POST":           {who: "signed-out " + expiredNotGet, why: whyGetPages},
	"nonce: fetch":          {who: "signed-out " + expiredNoCookie, why: whyGetPages},
	"nonce: empty": {
		who: "handshake " + expiredNoCookie,
		why: "ours: strip all of Clerk's parameters (HANDSHAKE.md 9)",
	},

	"dev: answer in the query, others to keep": {
		who: "signed-in <STest>", setCookie: cookiesOfHTest, why: whyAsText,
		location: "https://app.example.com/p%20q?a=%20b&flag&__clerk_synced=true&__clerk_hs_reason=r&__dev_session=d&z=(1)",
	},
	"dev: answer in a cookie":          {who: "signed-in <STest>", setCookie: cookiesOfHTest, why: whyQueryOnly},
	"dev: answer, POST":                {who: "signed-out " + expiredNotGet, why: whyGetPages},
	"dev: answer, empty list":          {who: "handshake " + expiredNoCookie, location: devHandshake, why: whyList},
	"dev: wrong key":                   {who: "signed-in <STest>", why: whyProduction},
	"dev: wrong algorithm":             {who: "signed-in <STest>", why: whyProduction},
	"dev: malformed":                   {who: "signed-in <STest>", why: whyProduction},
	"dev: nonce used up":               {who: "signed-in <STest>", calls: []string{askedPayload}, why: whyNonce},
	"dev: session expired minutes ago": {who: "handshake " + expiredNoCookie, location: devHandshake, why: whyProduction},
	"dev: session not active yet":      {who: "handshake " + expiredNoCookie, location: devHandshake, why: whyProduction},
	"dev: session expired a day ago": {
		who:      "handshake " + expiredNoCookie,
		location: devHandshake,
		why:      "ours: strip all of Clerk's parameters (HANDSHAKE.md 9)",
	},
	"dev: session of a wrong signature": {
		who:      "handshake " + expiredNoCookie,
		location: devHandshake,
		why:      "ours: strip all of Clerk's parameters (HANDSHAKE.md 9)",
	},
	"dev: redirect back to anywhere":           {who: "signed-in <STest>", why: whyNeverThere},
	"dev: redirect back to what is no address": {who: "signed-in <STest>", why: whyNeverThere},
}
