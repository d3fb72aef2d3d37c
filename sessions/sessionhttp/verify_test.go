package sessionhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

const expiredClaims = `{"sid":"sess_1","iss":"https://clerk.example.com","iat":1699999000,"exp":1699999060}`

func header(text string) *string { return &text }

// With a key, what is not signed by it with RS256 is never sent on.
func TestNothingUnverifiedIsSent(t *testing.T) {
	t.Parallel()
	good := sign(t, tokenSpec{Payload: expiredClaims})
	parts := strings.Split(good, ".")
	for _, row := range []struct {
		name, token string
		sent        bool
	}{
		{"good", good, true},
		{"padded", good + "==", true},
		{"without a type", sign(t, tokenSpec{Payload: expiredClaims, Header: header(`{"alg":"RS256"}`)}), true},
		{"another key", sign(t, tokenSpec{Payload: expiredClaims, Key: "other"}), false},
		{"nobody", unsigned(expiredClaims), false},
		{"no signature", parts[0] + "." + parts[1] + ".", false},
		{"other claims", parts[0] + "." + strings.Split(unsigned(strings.Replace(expiredClaims, "sess_1", "sess_2", 1)), ".")[1] + "." + parts[2], false},
		{"none", sign(t, tokenSpec{Payload: expiredClaims, Header: header(`{"alg":"none"}`)}), false},
		{"HS256", sign(t, tokenSpec{Payload: expiredClaims, Header: header(`{"alg":"HS256"}`)}), false},
		{"RS512", sign(t, tokenSpec{Payload: expiredClaims, Header: header(`{"alg":"RS512"}`)}), false},
		{"an access token", sign(t, tokenSpec{Payload: expiredClaims, Header: header(`{"alg":"RS256","typ":"at+jwt"}`)}), false},
		{"an embedded key", sign(t, tokenSpec{Payload: expiredClaims, Key: "other", Header: header(`{"alg":"RS256","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}}`)}), false},
	} {
		for _, carrier := range []string{"cookie", "header", "header, with a good cookie"} {
			t.Run(row.name+"/"+carrier, func(t *testing.T) {
				t.Parallel()
				sent := 0
				client := stub(func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
					sent++
					return nil, sessions.ErrServer
				})
				r := newRefresher(t, client, liveKey, sessionhttp.WithJWTKey(officialKeys().pem), atClock(1_700_000_000))
				req := httptest.NewRequest(http.MethodGet, "/", nil)
				switch carrier {
				case "cookie":
					req.Header.Set("Cookie", "__session="+row.token+"; __client_uat=1; __refresh_naoXFJnI=x")
				case "header":
					req.Header.Set("Cookie", "__refresh_naoXFJnI=x")
					req.Header.Set("Authorization", "Bearer "+row.token)
				default:
					req.Header.Set("Cookie", "__session="+good+"; __client_uat=1; __refresh_naoXFJnI=x")
					req.Header.Set("Authorization", "Bearer "+row.token)
				}
				r.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(httptest.NewRecorder(), req)
				if (sent > 0) != row.sent {
					t.Errorf("sent %d times", sent)
				}
			})
		}
	}
}

// What Clerk answers is verified, too.
func TestRefreshedTokenIsVerified(t *testing.T) {
	t.Parallel()
	const now = 1_700_000_000
	fresh := func(claims string) string { return sign(t, tokenSpec{Payload: claims}) }
	for _, row := range []struct {
		name, token string
		good        bool
	}{
		{"good", fresh(`{"sid":"sess_1","exp":1700000060,"nbf":1700000000}`), true},
		{"nothing but a signature", fresh(`{}`), true},
		{"a slow clock at Clerk's", fresh(`{"sid":"sess_1","exp":1699999996}`), true},
		{"a fast clock at Clerk's", fresh(`{"sid":"sess_1","exp":1700000060,"nbf":1700000005}`), true},
		{"expired", fresh(`{"sid":"sess_1","exp":1699999995}`), false},
		{"not yet good", fresh(`{"sid":"sess_1","exp":1700000060,"nbf":1700000006}`), false},
		{"another session", fresh(`{"sid":"sess_2","exp":1700000060}`), false},
		{"another key", sign(t, tokenSpec{Payload: `{"sid":"sess_1","exp":1700000060}`, Key: "other"}), false},
		{"junk", "junk", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			client := stub(func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
				return &sessions.Cookies{Directives: []string{"__session=" + row.token}}, nil
			})
			serve := func(opts ...sessionhttp.Option) (out sessionhttp.Outcome, cookies int) {
				r := newRefresher(t, client, liveKey, append(opts, atClock(now))...)
				req := httptest.NewRequest(http.MethodGet, "/", nil)
				req.Header.Set("Cookie", "__session="+sign(t, tokenSpec{Payload: expiredClaims})+"; __client_uat=1; __refresh_naoXFJnI=x")
				w := httptest.NewRecorder()
				r.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
					out, _ = sessionhttp.OutcomeFromContext(req.Context())
				})).ServeHTTP(w, req)
				return out, len(w.Header()["Set-Cookie"])
			}
			out, cookies := serve(sessionhttp.WithJWTKey(officialKeys().pem))
			if got := out.Status == sessionhttp.StatusRefreshed; got != row.good || cookies > 0 != row.good {
				t.Errorf("outcome %+v, %d cookies", out, cookies)
			}
			if !row.good && (out.Reason != "invalid-session-token" || out.Status != sessionhttp.StatusUnavailable) {
				t.Errorf("outcome %+v", out)
			}
			if out, cookies := serve(); out.Status != sessionhttp.StatusRefreshed || cookies != 1 {
				t.Errorf("without a key: %+v, %d cookies", out, cookies)
			}
		})
	}
}

// A verifier of the service's own, whose errors may well quote the token.
func TestVerifier(t *testing.T) {
	t.Parallel()
	errForged := errors.New("forged")
	token := unsigned(expiredClaims)
	var asked []string
	r := newRefresher(t, stub(nil), liveKey, atClock(1_700_000_000), sessionhttp.WithVerifier(func(_ context.Context, token string) error {
		asked = append(asked, token)
		return fmt.Errorf("%w: %s", errForged, token)
	}))
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Header.Set("Cookie", "__session="+token+"; __client_uat=1; __refresh_naoXFJnI=x")
	var out sessionhttp.Outcome
	r.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		out, _ = sessionhttp.OutcomeFromContext(req.Context())
	})).ServeHTTP(httptest.NewRecorder(), req)
	if out.Status != sessionhttp.StatusNotEligible || out.Reason != "invalid-session-token" || !errors.Is(out.Err, errForged) {
		t.Errorf("outcome %+v", out)
	}
	_, _, err := r.Params(req)
	for _, err := range []error{out.Err, err} {
		for e := err; e != nil; e = errors.Unwrap(e) {
			if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, token) {
				t.Errorf("the error shows the token: %s", text)
			}
		}
	}
	if len(asked) != 2 || asked[0] != token {
		t.Errorf("asked about %q", asked)
	}
}

// atClock stops the clock.
func atClock(seconds int64) sessionhttp.Option {
	return sessionhttp.WithClock(func() time.Time { return time.Unix(seconds, 0) })
}
