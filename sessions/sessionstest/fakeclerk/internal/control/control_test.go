package control

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEveryOperation plays a whole test of a service: each operation of control.yaml is answered well.
func TestEveryOperation(t *testing.T) {
	a := newAPI(t)
	if got := a.send(t, "GET", "health", ""); got.status != 200 || got.body != `{"status":"ok"}`+"\n" {
		t.Errorf("health: %v", got)
	}
	env := answered[map[string]string](t, a.send(t, "GET", "env", ""))
	if env["CLERK_API_URL"] != "http://127.0.0.1:4010" || env["CLERK_SECRET_KEY"] != a.in.Clerk().SecretKey {
		t.Errorf("env: %v", env)
	}

	browser := answered[map[string]any](t, a.send(t, "POST", "sign-in", `{"user_id":"user_ada",`+
		`"origin":"https://shop.example.test","organization_id":"org_1","claims":{"role":"admin"}}`))
	token := browser["session_token"].(string)
	if browser["user_id"] != "user_ada" || !strings.Contains(browser["cookie"].(string), "__session="+token) {
		t.Errorf("signed in: %v", browser)
	}
	if cookies := browser["cookies"].(map[string]any); cookies["__session"] != token || len(cookies) != 7 {
		t.Errorf("cookies: %v", cookies)
	}
	pending := answered[map[string]any](t, a.send(t, "POST", "sign-in", `{"tasks":[{"key":"choose-organization"}]}`))
	if s, _ := a.in.Clerk().Session(pending["session_id"].(string)); s.Status != "pending" || len(s.Tasks) != 1 {
		t.Errorf("signed in with a task: %+v", s)
	}
	if other := answered[map[string]any](t, a.send(t, "POST", "sign-in", "")); other["user_id"] == "" {
		t.Errorf("signed in as somebody new: %v", other)
	}

	const whole = `{"id":"sess_1","client_id":"client_1","user_id":"user_ada","status":"pending",` +
		`"last_active_organization_id":"org_1","latest_activity":{"id":"act_1","city":"Bern","is_mobile":true},` +
		`"actor":{"sub":"user_2"},"tasks":[{"key":"choose-organization"}],"last_active_at":1,"expire_at":253402300799999,` +
		`"abandon_at":253402300799999,"created_at":2,"updated_at":3}`
	if got := a.send(t, "POST", "sessions", whole); got.status != 200 {
		t.Errorf("added: %v", got)
	}
	list := answered[struct{ Sessions []session }](t, a.send(t, "GET", "sessions", ""))
	if len(list.Sessions) != 10 {
		t.Errorf("%d sessions, want 10", len(list.Sessions))
	}
	if ended := answered[session](t, a.send(t, "POST", "sessions/sess_1/end", "")); ended.Status != "ended" {
		t.Errorf("ended: %+v", ended)
	}

	before := answered[struct{ Now time.Time }](t, a.send(t, "GET", "clock", "")).Now
	after := answered[struct{ Now time.Time }](t, a.send(t, "POST", "clock", `{"advance":"1h30m"}`)).Now
	if moved := after.Sub(before); moved < 90*time.Minute || moved > 91*time.Minute {
		t.Errorf("the clock moved on by %v", moved)
	}

	a.send(t, "POST", "faults", `{"operation":"GetSession","session_id":"sess_1","times":2,"status":503,`+
		`"retry_after":"7s","delay":"1ms","body":"<html>","content_type":"text/html"}`)
	a.send(t, "POST", "faults", `{"drop":true}`)
	faults := answered[struct{ Faults []fault }](t, a.send(t, "GET", "faults", ""))
	want := []fault{
		{
			Operation: "GetSession", SessionID: "sess_1", Times: 2, Status: 503, RetryAfter: duration(7 * time.Second),
			Delay: duration(time.Millisecond), Body: "<html>", ContentType: "text/html",
		},
		{Times: 1, Drop: true},
	}
	if diff := cmp.Diff(want, faults.Faults); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if got := a.send(t, "DELETE", "faults", ""); got.status != 204 || len(a.in.Clerk().Faults()) != 0 {
		t.Errorf("faults are left: %v", got)
	}

	limit := answered[map[string]any](t, a.send(t, "PUT", "rate-limit", `{"requests":2,"per":"10s"}`))
	if diff := cmp.Diff(map[string]any{"requests": 2.0, "per": "10s"}, limit); diff != "" {
		t.Errorf("limit (-want +got):\n%s", diff)
	}
	if got := a.send(t, "DELETE", "rate-limit", ""); got.status != 204 {
		t.Errorf("the limit is not lifted: %v", got)
	}
	a.send(t, "GET", "calls", "")
	a.send(t, "DELETE", "calls", "")
	a.send(t, "GET", "violations", "")
	key := string(a.in.Clerk().PublicKeyPEM())
	if got := a.send(t, "POST", "rotate-key", ""); got.status != 204 || string(a.in.Clerk().PublicKeyPEM()) == key {
		t.Errorf("the key is not rotated: %v", got)
	}
	if got := a.send(t, "POST", "reset", ""); got.status != 204 {
		t.Errorf("not reset: %v", got)
	}

	for _, item := range a.document(t) {
		if !a.seen[item] {
			t.Errorf("%s was not answered well", item)
		}
	}
}

// document returns the operationIds of control.yaml.
func (a *api) document(t testing.TB) (ids []string) {
	t.Helper()
	for line := range strings.Lines(string(Document)) {
		if _, id, ok := strings.Cut(line, "operationId: "); ok {
			ids = append(ids, strings.TrimSpace(id))
		}
	}
	if len(ids) != 18 {
		t.Errorf("%d operations, want 18", len(ids))
	}
	return ids
}

// TestCalls reads what was called: also what a fault or the limit has answered.
func TestCalls(t *testing.T) {
	a := newAPI(t)
	call := func(path string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "GET", a.server.URL+"/v1"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+a.in.Clerk().SecretKey)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	a.send(t, "POST", "sessions", `{"id":"sess_1"}`)
	a.send(t, "POST", "faults", `{"operation":"GetSession","status":500}`)
	call("/sessions/sess_1")
	a.send(t, "PUT", "rate-limit", `{"requests":1,"per":"1h"}`)
	call("/sessions?limit=3")
	call("/sessions/sess_1")

	type calls struct {
		Calls []seenCall `json:"calls"`
		Now   time.Time  `json:"now"`
	}
	all := answered[calls](t, a.send(t, "GET", "calls", ""))
	want := []seenCall{{"GetSession", "", 500}, {"GetSessionList", "limit=3", 200}, {"GetSession", "", 429}}
	if diff := cmp.Diff(want, all.Calls); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := answered[calls](t, a.send(t, "GET", "calls?operation=GetSession", "")).Calls; len(got) != 2 {
		t.Errorf("calls of GetSession: %v", got)
	}
	call("/users")
	since := "calls?since=" + all.Now.Format(time.RFC3339Nano)
	if got := answered[calls](t, a.send(t, "GET", since, "")).Calls; len(got) != 1 || got[0].Operation != "" {
		t.Errorf("calls since then: %v", got)
	}
	violations := answered[struct{ Violations []string }](t, a.send(t, "GET", "violations", "")).Violations
	if diff := cmp.Diff([]string{"GET /v1/users: the fragment has no such path"}, violations); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	a.send(t, "DELETE", "calls", "")
	if got := answered[calls](t, a.send(t, "GET", "calls", "")).Calls; len(got) != 0 {
		t.Errorf("calls are left: %v", got)
	}
}

// seenCall is what the tests look at of a call.
type seenCall struct {
	Operation, Query string
	Status           int
}

// TestReset makes everything as it was at the start.
func TestReset(t *testing.T) {
	a := newAPI(t)
	start := answered[map[string]string](t, a.send(t, "GET", "env", ""))
	ids := func() (out []string) {
		for _, x := range a.in.Clerk().Sessions() {
			out = append(out, x.ID+" "+x.Status)
		}
		return out
	}
	before := ids()
	for _, req := range [][3]string{
		{"POST", "sign-in", ""},
		{"POST", "clock", `{"advance":"1000h"}`},
		{"POST", "faults", `{"status":500,"times":9}`},
		{"PUT", "rate-limit", `{"requests":1,"per":"1h"}`},
		{"POST", "reset", ""},
	} {
		if got := a.send(t, req[0], req[1], req[2]); got.status >= 300 {
			t.Fatalf("%v: %v", req, got)
		}
	}
	if diff := cmp.Diff(before, ids()); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	clerk := a.in.Clerk()
	requests, _ := clerk.RateLimit()
	if requests != 0 || len(clerk.Faults()) != 0 || clerk.Now().After(time.Now().Add(time.Hour)) {
		t.Errorf("limit %d, faults %v, time %v", requests, clerk.Faults(), clerk.Now())
	}
	after := answered[map[string]string](t, a.send(t, "GET", "env", ""))
	for _, name := range []string{
		"CLERK_SECRET_KEY", "CLERK_JWT_KEY", "CLERK_SESSION_ID", "CLERK_SESSION_IDS", "CLERK_REFRESH_TOKEN",
	} {
		if start[name] != after[name] {
			t.Errorf("%s is another", name)
		}
	}
}
