package sessionhttp

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// costs is an Authenticator, and what a browser sends it.
type costs struct {
	auth    *Authenticator
	handler http.Handler
	token   string // good now
	expired string
}

var costKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newCosts(t testing.TB) *costs {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: costKey()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	mint := func(issued time.Time) string {
		signed, err := signer.Sign(fmt.Appendf(nil, `{"azp":"https://app.example.com","exp":%d,"iat":%d,"iss":`+
			`"https://clerk.example.com","nbf":%d,"sid":"sess_1","sts":"active","sub":"user_1","v":2}`,
			issued.Unix()+60, issued.Unix(), issued.Unix()-10))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := signed.CompactSerialize()
		return text
	}
	c := &costs{token: mint(time.Now()), expired: mint(time.Now().Add(-time.Hour))}
	c.auth, err = New(unasked{}, "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", func(cfg *config) error {
		cfg.checks = []signatureCheck{checkWithKey(&costKey().PublicKey)}
		return nil
	}, WithTrustedProxy())
	if err != nil {
		t.Fatal(err)
	}
	c.handler = c.auth.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return c
}

// unasked is a Backend that refuses.
type unasked struct{ Backend }

func (unasked) RefreshCookies(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
	return nil, sessions.ErrUnauthorized
}

func (unasked) HandshakeCookies(context.Context, string) (*sessions.Cookies, error) {
	return nil, sessions.ErrNotFound
}

// page returns the request of a browser with a session token.
func (c *costs) page() *http.Request {
	req := httptest.NewRequest(http.MethodGet, "https://app.example.com/page?x=1", nil)
	req.Header.Set("Sec-Fetch-Dest", "document")
	req.Header.Set("Cookie", fmt.Sprintf("__session=%s; __session_naoXFJnI=%[1]s; __client_uat=1000; "+
		"__client_uat_naoXFJnI=1000; __refresh_naoXFJnI=rt", c.token))
	return req
}

// A request that is signed in costs at most 15 allocations beside the check of its token, which decodes and verifies
// it.
func TestAllocations(t *testing.T) {
	if RaceDetector {
		t.Skip("the race detector allocates, too")
	}
	c := newCosts(t)
	req, w := c.page(), httptest.NewRecorder()
	all := testing.AllocsPerRun(200, func() { c.handler.ServeHTTP(w, req) })
	check := testing.AllocsPerRun(200, func() {
		decoded := decodeJWT(c.token)
		if p := c.auth.verify(t.Context(), &decoded); p != nil {
			t.Fatal(p)
		}
	})
	t.Logf("%v allocations, %v of them for the check of the token", all, check)
	if all-check > 15 {
		t.Errorf("%v allocations beside the check of the token", all-check)
	}
}

// hostile are requests that are as long as somebody makes them.
var hostile = []struct {
	name string
	edit func(c *costs, req *http.Request, size int)
}{
	{"cookies", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", strings.Repeat("__a=1; ", size/7))
	}},
	{"cookies of Clerk's", func(_ *costs, req *http.Request, size int) {
		var line strings.Builder
		for n := range size / 24 {
			fmt.Fprintf(&line, "__clerk_%08d=%%41%%42;", n)
		}
		req.Header.Set("Cookie", line.String())
	}},
	{"separators", func(_ *costs, req *http.Request, size int) { req.Header.Set("Cookie", strings.Repeat(";", size)) }},
	{"nameless cookies", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", strings.Repeat(" =;", size/3))
	}},
	{"a session token", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", "__client_uat=1; __session="+strings.Repeat("e", size))
	}},
	{"dots", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", "__client_uat=1; __session="+strings.Repeat(".", size))
	}},
	{"percents", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", "__client_uat=1; __session="+strings.Repeat("%41", size/3))
	}},
	{"claims", func(_ *costs, req *http.Request, size int) {
		payload := base64URL.EncodeToString([]byte(`{"a":[` + strings.Repeat("1,", size*3/8) + "1]}"))
		req.Header.Set("Cookie", "__client_uat=1; __session=e30."+payload+".AAAA")
	}},
	{"claims of the longest token", func(_ *costs, req *http.Request, _ int) {
		payload := base64URL.EncodeToString([]byte(`{"a":[` + strings.Repeat("1,", maxToken*3/8-100) + "1]}"))
		req.Header.Set("Cookie", "__client_uat=1; __session=e30."+payload+".AAAA")
	}},
	{"depth", func(_ *costs, req *http.Request, size int) {
		payload := base64URL.EncodeToString([]byte(strings.Repeat(`{"a":`, size*3/20)))
		req.Header.Set("Cookie", "__client_uat=1; __session=e30."+payload+".AAAA")
	}},
	{"a client_uat", func(c *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", "__session="+c.token+"; __client_uat="+strings.Repeat("9", size))
	}},
	{"a redirect count", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", "__client_uat=1; __clerk_redirect_count="+strings.Repeat("1", size))
	}},
	{"a nonce", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", "__clerk_handshake_nonce="+strings.Repeat("n", size))
	}},
	{"an answer", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", "__clerk_handshake=e30."+strings.Repeat("e", size)+".AAAA")
	}},
	{"an Authorization header", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Authorization", "Bearer "+strings.Repeat(" ", size))
	}},
	{"many Authorization headers", func(_ *costs, req *http.Request, size int) {
		req.Header["Authorization"] = strings.SplitAfter(strings.Repeat("a ", size/2), " ")
	}},
	{"a query", func(_ *costs, req *http.Request, size int) { req.URL.RawQuery = strings.Repeat("a=%41&", size/6) }},
	{"a query to take along", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", "__client_uat=1")
		req.RequestURI = "/?" + strings.Repeat("__clerk_x=1&", size/12)
	}},
	{"a host", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", "__client_uat=1")
		req.Host = LongHost(size)
	}},
	{"ports", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", "__client_uat=1")
		req.Host = strings.Repeat(":", size)
	}},
	{"a forwarded host", func(_ *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", "__client_uat=1")
		req.Header["X-Forwarded-Host"] = []string{strings.Repeat("\xff", size)}
	}},
	{"a forwarded host of an expired session", func(c *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", strings.ReplaceAll(req.Header.Get("Cookie"), c.token, c.expired))
		req.Header["X-Forwarded-Host"] = []string{LongHost(size)}
	}},
	{"headers of an expired session", func(c *costs, req *http.Request, size int) {
		req.Header.Set("Cookie", strings.ReplaceAll(req.Header.Get("Cookie"), c.token, c.expired))
		for n := range size / 16 {
			req.Header[fmt.Sprintf("X-%08d", n)] = []string{"value"}
		}
	}},
}

// LongHost returns a host of so many bytes with as many different characters as there are.
func LongHost(size int) string {
	var host strings.Builder
	for n := range size / 3 {
		host.WriteRune(rune('一' + n%20_000))
	}
	return host.String()
}

// serveHostile serves a request of some size, and returns how long that took at best.
func (c *costs) serveHostile(n, size int) time.Duration {
	req := c.page()
	hostile[n].edit(c, req, size)
	best := time.Hour
	for range 5 {
		c.forget()
		began := time.Now()
		c.handler.ServeHTTP(httptest.NewRecorder(), req.Clone(context.Background()))
		best = min(best, time.Since(began))
	}
	return best
}

// forget makes the next request the first one: no answer to an earlier one is remembered, and no limit used up.
func (c *costs) forget() { c.auth.shared = newShared(&c.auth.config) }

// What a request costs grows with its length, and no faster: four times as much takes less than eight times as long.
// What grows with the square would take sixteen times as long.
func TestCostIsLinear(t *testing.T) {
	c := newCosts(t)
	for n, row := range hostile {
		for attempt := range 10 { // the machine may be busy with something else
			quarter, whole := c.serveHostile(n, 1<<18), c.serveHostile(n, 1<<20)
			if whole <= 8*quarter+5*time.Millisecond {
				break
			}
			if attempt == 9 {
				t.Errorf("%s: 256 KiB took %v, 1 MiB %v", row.name, quarter, whole)
			}
		}
	}
}

// BenchmarkMegabyte serves a request with 1 MiB of something: at most 50 ms.
func BenchmarkMegabyte(b *testing.B) {
	c := newCosts(b)
	for _, row := range hostile {
		b.Run(row.name, func(b *testing.B) {
			req := c.page()
			row.edit(c, req, 1<<20)
			for b.Loop() {
				c.forget()
				c.handler.ServeHTTP(httptest.NewRecorder(), req)
			}
		})
	}
}

// BenchmarkSignedIn serves a request that is signed in, beside what the check of its token costs.
func BenchmarkSignedIn(b *testing.B) {
	c := newCosts(b)
	req, w := c.page(), httptest.NewRecorder()
	b.Run("request", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.handler.ServeHTTP(w, req)
		}
	})
	b.Run("check of the token", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			decoded := decodeJWT(c.token)
			_ = c.auth.verify(b.Context(), &decoded)
		}
	})
	b.Run("signature alone", func(b *testing.B) {
		b.ReportAllocs()
		decoded := decodeJWT(c.token)
		for b.Loop() {
			_ = c.auth.verifySignature(b.Context(), &decoded)
		}
	})
}
