package sessions_test

import (
	"encoding/base64"
	stdjson "encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// jwtOf returns a token with a payload, whose signature nobody would accept.
func jwtOf(payload string) string {
	return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
}

func TestTokenExpiresAt(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	payload := base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1795428000}`))
	for _, row := range []struct {
		name, jwt string
		want      time.Time // zero: there is none
	}{
		{"an integer", jwtOf(`{"sub":"user_1","exp":1795428000,"iat":1795427940}`), at},
		{"a fraction", jwtOf(`{"exp":1795428000.9}`), at},
		{"an exponent", jwtOf(`{"exp":1.795428e9}`), at},
		{"zero", jwtOf(`{"exp":0}`), time.Unix(0, 0).UTC()},
		{
			"the last year of four digits", jwtOf(`{"exp":253402300799}`),
			time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		},
		{"no signature", "e30." + payload + ".", at},
		{"padded", "e30." + payload + "==.c2ln", at},
		{"no claim", jwtOf(`{"sub":"user_1"}`), time.Time{}},
		{"null", jwtOf(`{"exp":null}`), time.Time{}},
		{"text", jwtOf(`{"exp":"1795428000"}`), time.Time{}},
		{"another case", jwtOf(`{"EXP":1795428000}`), time.Time{}},
		{"twice", jwtOf(`{"exp":1795428000,"exp":1}`), time.Time{}},
		{"negative", jwtOf(`{"exp":-1}`), time.Time{}},
		{"milliseconds", jwtOf(`{"exp":1795428000000}`), time.Time{}},
		{"larger than any time", jwtOf(`{"exp":1e300}`), time.Time{}},
		{"larger than any number", jwtOf(`{"exp":1e999}`), time.Time{}},
		{"an array", jwtOf(`[1795428000]`), time.Time{}},
		{"no JSON", jwtOf(`exp`), time.Time{}},
		{"an empty payload", jwtOf(``), time.Time{}},
		{"no base64", "a.!!.c", time.Time{}},
		{"two parts", "e30." + payload, time.Time{}},
		{"four parts", "e30." + payload + ".c2ln.c2ln", time.Time{}},
		{"empty", "", time.Time{}},
		{"dots", "..", time.Time{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, ok := sessions.Token{JWT: row.jwt}.ExpiresAt()
			if ok != !row.want.IsZero() || !got.Equal(row.want) || got.Location() != time.UTC {
				t.Errorf("ExpiresAt() = %v, %v, want %v", got, ok, row.want)
			}
		})
	}
}

func TestCookiesAddTo(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name       string
		before     http.Header
		directives []string
		want       http.Header
	}{
		{"none", http.Header{}, nil, http.Header{}},
		{"two", http.Header{}, []string{"a=1; Path=/", "b=2"}, http.Header{"Set-Cookie": {"a=1; Path=/", "b=2"}}},
		{
			"beside others",
			http.Header{"Set-Cookie": {"own=1"}, "X": {"y"}},
			[]string{"a=1"},
			http.Header{"Set-Cookie": {"own=1", "a=1"}, "X": {"y"}},
		},
		{
			"of the same name",
			http.Header{"Set-Cookie": {"a=1"}},
			[]string{"a=2", "a=3"},
			http.Header{"Set-Cookie": {"a=1", "a=2", "a=3"}},
		},
		{
			"unchanged",
			http.Header{},
			[]string{"a=é; Odd=1;;", "no cookie"},
			http.Header{"Set-Cookie": {"a=é; Odd=1;;", "no cookie"}},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			sessions.Cookies{Directives: row.directives}.AddTo(row.before)
			if diff := cmp.Diff(row.want, row.before); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestCookiesHTTPCookies(t *testing.T) {
	t.Parallel()
	got, err := sessions.Cookies{Directives: []string{
		"__session=a.b.c; Path=/; Domain=example.com; Max-Age=315360000; Secure; SameSite=Lax",
		"__refresh_abc=x; Path=/; HttpOnly; Max-Age=0",
	}}.HTTPCookies()
	want := []*http.Cookie{
		{
			Name: "__session", Value: "a.b.c", Path: "/", Domain: "example.com", MaxAge: 315360000, Secure: true,
			SameSite: http.SameSiteLaxMode,
		},
		{Name: "__refresh_abc", Value: "x", Path: "/", HttpOnly: true, MaxAge: -1},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(http.Cookie{}, "Raw")); diff != "" || err != nil {
		t.Errorf("error %v, want (-), got (+):\n%s", err, diff)
	}

	for _, bad := range []string{"", "canary", "canary canary=1", "=canary", "a=canary\\\"; x"} {
		cookies, err := sessions.Cookies{Directives: []string{"a=1", bad, "b=2"}}.HTTPCookies()
		if err == nil || cookies != nil {
			t.Errorf("%q: HTTPCookies() = %v, %v, want an error", bad, cookies, err)
			continue
		}
		checkNoSecret(t, "the error about "+bad, err)
	}

	if cookies, err := (sessions.Cookies{}).HTTPCookies(); len(cookies) != 0 || err != nil {
		t.Errorf("without directives: %v, %v", cookies, err)
	}
}

// The new token is the last that the browser still holds, of the plain name and the instance's own.
func TestCookiesSessionToken(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name       string
		suffix     string
		want       string // "" = none
		directives []string
	}{
		{"plain", "", "a.b.c", []string{"__session=a.b.c; Path=/"}},
		{
			"plain among others", "", "a.b.c",
			[]string{"__client_uat=1; Path=/", "__session=a.b.c; Path=/; Secure", "__refresh=r"},
		},
		{"plain twice", "", "two", []string{"__session=one", "__session=two"}},
		{"plain, deleted after", "", "", []string{"__session=one", "__session=; Max-Age=0"}},
		{"plain, deleted with a value after", "", "", []string{"__session=one", "__session=gone; Max-Age=0"}},
		{"plain, deleted before", "", "one", []string{"__session=; Max-Age=0", "__session=one"}},
		{"plain, emptied after", "", "", []string{"__session=one", "__session=; Path=/"}},
		{
			"plain, expired after", "", "",
			[]string{"__session=one", "__session=gone; Expires=Thu, 01 Jan 1970 00:00:00 GMT"},
		},
		{
			"plain, and another domain's deleted", "", "one",
			[]string{"__session=one; Path=/", "__session=; Path=/; Domain=example.com; Max-Age=0"},
		},
		{
			"plain, and another path's deleted", "", "one",
			[]string{"__session=one; Path=/", "__session=; Path=/old; Max-Age=0"},
		},
		{
			"plain of a domain, and its own deleted", "", "",
			[]string{"__session=one; Domain=example.com", "__session=; Domain=example.com"},
		},
		{
			"plain of a domain, and its own deleted in another spelling", "", "",
			[]string{"__session=one; Domain=.Example.com", "__session=; Domain=example.com"},
		},
		{"plain, expired a moment ago", "", "", []string{"__session=gone; Expires=" + ago(time.Second)}},
		{"plain, to expire in an hour", "", "one", []string{"__session=one; Expires=" + ago(-time.Hour)}},
		{
			"plain, expired, but Max-Age counts", "", "one",
			[]string{"__session=one; Max-Age=60; Expires=" + ago(time.Hour)},
		},
		{
			"plain, deleted, whatever Expires says", "", "",
			[]string{"__session=gone; Max-Age=0; Expires=" + ago(-time.Hour)},
		},
		{"plain, an Expires that is no date", "", "one", []string{"__session=one; Expires=soon"}},
		{"plain, deleted", "", "", []string{"__session=; Max-Age=0"}},
		{"plain, deleted with a value", "", "", []string{"__session=gone; Max-Age=-1"}},
		{"plain, empty", "", "", []string{"__session="}},
		{"suffixed, none asked for", "", "", []string{"__session_abc=s"}},
		{"both, none asked for", "", "p", []string{"__session=p", "__session_abc=s"}},
		{"suffixed", "abc", "s", []string{"__session_abc=s"}},
		{"plain, one asked for", "abc", "p", []string{"__session=p"}},
		{"both, the suffixed last", "abc", "s", []string{"__session=p", "__session_abc=s"}},
		{"both, the plain last", "abc", "p", []string{"__session_abc=s", "__session=p"}},
		{"both, the last empty", "abc", "s", []string{"__session_abc=s", "__session=; Max-Age=0"}},
		{
			"another instance's", "abc", "",
			[]string{"__session_def=s", "__session_abcd=s", "__session_ABC=s", "__sessionabc=s"},
		},
		{"with an underscore too many", "_abc", "", []string{"__session_abc=s"}},
		{"a name that starts alike", "", "", []string{"__sessions=s", "__session_=s", "x__session=s"}},
		{"a directive that is none", "", "p", []string{"", "no cookie", "__session=p", "="}},
		{"none", "abc", "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, ok := sessions.Cookies{Directives: row.directives}.SessionToken(row.suffix)
			if got.JWT != row.want || ok != (row.want != "") {
				t.Errorf("SessionToken(%q) = %q, %v, want %q", row.suffix, got.JWT, ok, row.want)
			}
		})
	}
}

// ago returns a time as Expires has it.
func ago(d time.Duration) string { return time.Now().Add(-d).UTC().Format(http.TimeFormat) }

// As JSON, a token and cookies are what Clerk answered.
func TestJSON(t *testing.T) {
	t.Parallel()
	token := sessions.Token{JWT: "a.b.c"}
	cookies := sessions.Cookies{Directives: []string{"a=1; Path=/", "b=2"}}
	for _, row := range []struct {
		name  string
		value any
		want  string
	}{
		{"a token", token, `{"object":"token","jwt":"a.b.c"}`},
		{"a token's pointer", &token, `{"object":"token","jwt":"a.b.c"}`},
		{"a token in a struct", struct{ T sessions.Token }{token}, `{"T":{"object":"token","jwt":"a.b.c"}}`},
		{"no token", (*sessions.Token)(nil), `null`},
		{"cookies", cookies, `{"object":"cookies","cookies":["a=1; Path=/","b=2"]}`},
		{"cookies' pointer", &cookies, `{"object":"cookies","cookies":["a=1; Path=/","b=2"]}`},
		{"cookies without directives", sessions.Cookies{}, `{"object":"cookies","cookies":[]}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for version, marshal := range map[string]func(any) ([]byte, error){
				"encoding/json": stdjson.Marshal,
				"JSON v2":       func(v any) ([]byte, error) { return json.Marshal(v) },
			} {
				got, err := marshal(row.value)
				if string(got) != row.want || err != nil {
					t.Errorf("%s: %s, %v, want %s", version, got, err, row.want)
				}
			}
		})
	}
}

func TestStatusIsKnown(t *testing.T) {
	t.Parallel()
	for status, want := range map[sessions.Status]bool{
		sessions.StatusAbandoned: true,
		sessions.StatusActive:    true,
		sessions.StatusEnded:     true,
		sessions.StatusExpired:   true,
		sessions.StatusPending:   true,
		sessions.StatusRemoved:   true,
		sessions.StatusReplaced:  true,
		sessions.StatusRevoked:   true,
		"":                       false,
		"Active":                 false,
		"hibernating":            false,
	} {
		if got := status.IsKnown(); got != want {
			t.Errorf("Status(%q).IsKnown() = %v, want %v", status, got, want)
		}
	}
}
