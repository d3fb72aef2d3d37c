package sessionhttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// An Auth in a log, or as JSON, tells who sends the request, and shows no token.
func TestLogsShowNoToken(t *testing.T) {
	t.Parallel()
	fresh := freshToken(t, "sess_1", start)
	s := newService(t, &backend{})
	s.serve(newPage(t, cookieLine(fresh, "rt")))
	if s.auth.Token.JWT != fresh {
		t.Fatalf("%+v", s.auth)
	}
	for _, row := range []struct {
		name  string
		write func(buf *bytes.Buffer, value any)
	}{
		{"JSON", func(buf *bytes.Buffer, value any) { _ = json.NewEncoder(buf).Encode(value) }},
		{"slog as JSON", func(buf *bytes.Buffer, value any) {
			slog.New(slog.NewJSONHandler(buf, nil)).Info("x", "auth", value)
		}},
		{"slog as text", func(buf *bytes.Buffer, value any) {
			slog.New(slog.NewTextHandler(buf, nil)).Info("x", "auth", value)
		}},
	} {
		for _, value := range []any{s.auth, &s.auth, struct{ Auth sessionhttp.Auth }{s.auth}} {
			var buf bytes.Buffer
			row.write(&buf, value)
			if text := buf.String(); strings.Contains(text, fresh[20:]) || !strings.Contains(text, "user_sess_1") {
				t.Errorf("%s of a %T: %s", row.name, value, text)
			}
		}
	}
}

func TestAuthAsJSON(t *testing.T) {
	t.Parallel()
	s := newService(t, &backend{})
	s.serve(newPage(t, "__client_uat=0; __session="))
	got, err := json.Marshal(s.auth)
	want := `{"SignedIn":false,"UserID":"","SessionID":"","Claims":null,"Refreshed":false,` +
		`"Reason":"session-token-and-uat-missing","Pending":false,"Temporary":false}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	s.serve(newPage(t, "__client_uat=1000; __session="+sign(t, tokenSpec{Payload: `{"sub":"user_1"}`, Key: "other"})))
	got, err = json.Marshal(s.auth)
	if err != nil || !strings.Contains(string(got), `"Err":"clerk: the token's signature is wrong (`) {
		t.Errorf("%s, %v", got, err)
	}
}

// The observer learns of each request once, whatever is decided, before the handler does.
func TestTheObserverIsCalledOnce(t *testing.T) {
	t.Parallel()
	old, fresh := cookieLine(oldToken(t, "sess_1", start), "rt"), cookieLine(freshToken(t, "sess_1", start), "rt")
	renewed := renew(t, func() time.Time { return start })
	fails := func(err error) func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
		return func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) { return nil, err }
	}
	for _, row := range []struct {
		name, cookie string
		refresh      func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error)
		handled      bool // the handler serves the request
		want         sessionhttp.Auth
	}{
		{"signed in", fresh, nil, true, sessionhttp.Auth{SignedIn: true}},
		{"signed out", "", nil, true, sessionhttp.Auth{Reason: "session-token-and-uat-missing"}},
		{"refreshed", old, renewed, true, sessionhttp.Auth{SignedIn: true, Refreshed: true}},
		{"sent through the handshake", "__client_uat=1", nil, false, sessionhttp.Auth{
			Reason: "client-uat-but-no-session-token",
		}},
		{"refused", old, fails(sessions.ErrUnauthorized), false, sessionhttp.Auth{
			Reason: "session-token-expired-refresh-unexpected-bapi-error",
		}},
		{"Clerk is down", old, fails(sessions.ErrServer), true, sessionhttp.Auth{
			Reason: "session-token-expired-refresh-fetch-error", Temporary: true,
		}},
		{"an answer", "__clerk_handshake_nonce=n", nil, true, sessionhttp.Auth{SignedIn: true}},
		{"a bad answer", "__clerk_handshake=x", nil, true, sessionhttp.Auth{Reason: "session-token-and-uat-missing"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			b := &backend{refresh: row.refresh, handshake: func(context.Context, string) (*sessions.Cookies, error) {
				return renewed(t.Context(), "sess_1", sessions.RefreshParams{})
			}}
			var calls []string
			s := newService(t, b, sessionhttp.WithObserver(func(req *http.Request, auth sessionhttp.Auth, took time.Duration) {
				calls = append(calls, "observer")
				got := sessionhttp.Auth{
					SignedIn: auth.SignedIn, Reason: auth.Reason, Refreshed: auth.Refreshed, Temporary: auth.Temporary,
				}
				if diff := cmp.Diff(row.want, got); diff != "" || took <= 0 || req.URL.Path != "/page" {
					t.Errorf("after %v, want (-), got (+):\n%s", took, diff)
				}
			}))
			s.Handler = s.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				calls = append(calls, "handler")
			}))
			s.serve(newPage(t, row.cookie))
			want := []string{"observer", "handler"}
			if !row.handled {
				want = want[:1]
			}
			if diff := cmp.Diff(want, calls); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}
