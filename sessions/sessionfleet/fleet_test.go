package sessionfleet_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/storetest"
)

// What many instances need at the same time, one of them asks for.
func TestOneCallForAll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]call{"refresh": refresh, "handshake": handshake, "token": mint} {
		bubble(t, name, func(t *testing.T) {
			clerk := &clerk{once: name != "token"}
			answers := together(t.Context(), newFleets(t, 50, clerk, newStore()), c)
			same(t, answers)
			asked(t, clerk, 1)
			for i, a := range answers {
				if a.took > 1200*time.Millisecond {
					t.Errorf("instance %d took %v, Clerk a second", i, a.took)
				}
			}
		})
	}
}

// How long an answer serves other instances.
func TestKept(t *testing.T) {
	t.Parallel()
	at := func(status int) func(int) error { return func(int) error { return refusal(status) } }
	for _, row := range []struct {
		name  string
		call  call
		fails func(int) error
		opts  []sessionfleet.Option
		kept  time.Duration
	}{
		{name: "cookies", call: refresh, kept: 10 * time.Second},
		{name: "a handshake's cookies", call: handshake, kept: 10 * time.Second},
		{name: "a token of a minute", call: mint, kept: 55 * time.Second},
		{
			name: "a token with a margin", call: mint, kept: 40 * time.Second,
			opts: []sessionfleet.Option{sessionfleet.WithTokenMargin(20 * time.Second)},
		},
		{
			name: "a token of a day", call: mintWith(sessions.TokenParams{ExpiresIn: 24 * time.Hour}),
			kept: time.Hour - 5*time.Second,
		},
		{
			name: "a token that is too short", call: mintWith(sessions.TokenParams{ExpiresIn: time.Second}),
			kept: 500 * time.Millisecond,
		},
		{name: "401", call: refresh, fails: at(401), kept: 10 * time.Second},
		{name: "403", call: refresh, fails: at(403), kept: 10 * time.Second},
		{name: "404", call: handshake, fails: at(404), kept: 10 * time.Second},
		{name: "422", call: mint, fails: at(422), kept: 10 * time.Second},
		{name: "429", call: mint, fails: at(429), kept: 500 * time.Millisecond},
		{name: "500", call: refresh, fails: at(500), kept: 500 * time.Millisecond},
		{name: "no answer", call: refresh, fails: at(0), kept: 500 * time.Millisecond},
	} {
		bubble(t, row.name, func(t *testing.T) {
			clerk := &clerk{fails: row.fails}
			fleets := newFleets(t, 3, clerk, newStore(), row.opts...)
			for i, wait := range []time.Duration{0, row.kept - 50*time.Millisecond, 100 * time.Millisecond} {
				time.Sleep(wait)
				if _, err := row.call(t.Context(), fleets[i]); (err != nil) != (row.fails != nil) {
					t.Errorf("call %d: %v", i+1, err)
				}
				asked(t, clerk, 1+i/2)
			}
		})
	}
}

// What makes a refresh another one, and what does not: the parallel requests of a page differ in their headers.
func TestWhatNamesACall(t *testing.T) {
	t.Parallel()
	params := func(change func(p *sessions.RefreshParams)) call {
		p := sessions.RefreshParams{ExpiredToken: "expired", RefreshToken: "rt_1", RequestOrigin: "https://app.example.com"}
		change(&p)
		return refreshWith(p)
	}
	for _, row := range []struct {
		name        string
		first, next call
		calls       int
	}{
		{"headers", refresh, params(func(p *sessions.RefreshParams) { p.RequestHeaders = http.Header{"a": {"b"}} }), 1},
		{"address", refresh, params(func(p *sessions.RefreshParams) { p.RequestOriginatingIP = "203.0.113.7" }), 1},
		{"refresh token", refresh, params(func(p *sessions.RefreshParams) { p.RefreshToken = "rt_2" }), 2},
		{"expired token", refresh, params(func(p *sessions.RefreshParams) { p.ExpiredToken = "other" }), 2},
		{"origin", refresh, params(func(p *sessions.RefreshParams) { p.RequestOrigin = "https://b.example.com" }), 2},
		{"suffixed", refresh, params(func(p *sessions.RefreshParams) { p.SuffixedCookies = true }), 2},
		{"a token's template", mint, mintWith(sessions.TokenParams{Template: "t"}), 2},
		{"a token's life", mint, mintWith(sessions.TokenParams{ExpiresIn: time.Hour}), 2},
		{"a token and a refresh", mint, refresh, 2},
	} {
		bubble(t, row.name, func(t *testing.T) {
			clerk := &clerk{}
			for i, fleet := range newFleets(t, 2, clerk, newStore()) {
				if _, err := []call{row.first, row.next}[i](t.Context(), fleet); err != nil {
					t.Error(err)
				}
			}
			asked(t, clerk, row.calls)
		})
	}
}

func TestNewRefuses(t *testing.T) {
	client, err := sessions.NewClient(secretKey)
	if err != nil {
		t.Fatal(err)
	}
	memory := storetest.NewMemory()
	var noClient *sessions.Client
	for _, row := range []struct {
		name   string
		client sessionfleet.Client
		store  sessionfleet.Store
		key    string
		opt    sessionfleet.Option
		want   string
	}{
		{"no client", nil, memory, secretKey, nil, "needs a client"},
		{"a nil client", noClient, memory, secretKey, nil, "needs a client"},
		{"no store", client, nil, secretKey, nil, "needs a Store"},
		{"no key", client, memory, "", nil, "the secret key is empty"},
		{"a publishable key", client, memory, "pk_test_1", nil, "publishable"},
		{"a key with a space", client, memory, "sk_test_ 1", nil, "copy it again"},
		{"a nil logger", client, memory, secretKey, sessionfleet.WithLogger(nil), "logger is nil"},
		{"a negative margin", client, memory, secretKey, sessionfleet.WithTokenMargin(-1), "margin is negative"},
		{"an empty old key", client, memory, secretKey, sessionfleet.WithOldSecretKeys("sk_1", ""), "key is empty"},
	} {
		fleet, err := sessionfleet.New(row.client, row.store, row.key, row.opt)
		if fleet != nil || err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, %v; want %q", row.name, fleet, err, row.want)
		}
	}
}

// Nothing that prints a Fleet shows its keys.
func TestPrintedFleetHidesKeys(t *testing.T) {
	fleet := newFleet(t, &clerk{}, storetest.NewMemory(), secretKey, sessionfleet.WithOldSecretKeys("sk_test_before"))
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if text := fmt.Sprintf(format, *fleet); strings.Contains(text, "sk_test") {
			t.Errorf("%s shows a key: %s", format, text)
		}
	}
}
