package sessionstest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

type sessionBody struct {
	ID     string `json:"id"`
	UserID string `json:"user_id"`
	Status string `json:"status"`
}

type pageBody struct {
	Data       []sessionBody `json:"data"`
	TotalCount int           `json:"total_count"`
}

func ids(rows []sessionBody) []string {
	out := []string{}
	for _, row := range rows {
		out = append(out, row.ID)
	}
	return out
}

func TestList(t *testing.T) {
	s := newServer()
	for i, x := range []sessionstest.Session{
		{ID: "sess_1", UserID: "user_a", ClientID: "client_a"},
		{ID: "sess_2", UserID: "user_a", ClientID: "client_b", Status: "revoked"},
		{ID: "sess_3", UserID: "user_b", ClientID: "client_b"},
	} {
		x.CreatedAt = start.Add(time.Duration(i) * time.Minute)
		s.AddSession(x)
	}
	s.AddSession(sessionstest.Session{ID: "sess_3_too", UserID: "user_b", CreatedAt: start.Add(2 * time.Minute)})
	s.AddSession(sessionstest.Session{ID: "sess_0", UserID: "user_a", CreatedAt: start.Add(-time.Minute)})

	for query, want := range map[string]pageBody{
		"":                                  {[]sessionBody{{ID: "sess_3_too"}, {ID: "sess_3"}, {ID: "sess_2"}, {ID: "sess_1"}, {ID: "sess_0"}}, 5},
		"user_id=user_a":                    {[]sessionBody{{ID: "sess_2"}, {ID: "sess_1"}, {ID: "sess_0"}}, 3},
		"client_id=client_b":                {[]sessionBody{{ID: "sess_3"}, {ID: "sess_2"}}, 2},
		"client_id=client_b&user_id=user_a": {[]sessionBody{{ID: "sess_2"}}, 1},
		"status=active&user_id=user_a":      {[]sessionBody{{ID: "sess_1"}, {ID: "sess_0"}}, 2},
		"status=pending":                    {nil, 0},
		"limit=2":                           {[]sessionBody{{ID: "sess_3_too"}, {ID: "sess_3"}}, 5},
		"limit=2&offset=3":                  {[]sessionBody{{ID: "sess_1"}, {ID: "sess_0"}}, 5},
		"limit=500&offset=5":                {nil, 5},
	} {
		t.Run(query, func(t *testing.T) {
			page := decode[pageBody](t, get(t, s, "/sessions?paginated=true&"+query))
			if diff := cmp.Diff(ids(want.Data), ids(page.Data)); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
			if page.TotalCount != want.TotalCount {
				t.Errorf("total %d, want %d", page.TotalCount, want.TotalCount)
			}
			bare := decode[[]sessionBody](t, get(t, s, "/sessions?"+query))
			if diff := cmp.Diff(page.Data, bare); diff != "" {
				t.Errorf("the bare array differs (-page +array):\n%s", diff)
			}
		})
	}
	wantViolations(t, s)
}

func TestListAnswersTenByDefault(t *testing.T) {
	s := newServer()
	for range 11 {
		s.AddSession(sessionstest.Session{})
	}
	page := decode[pageBody](t, get(t, s, "/sessions?paginated=true"))
	if len(page.Data) != 10 || page.TotalCount != 11 {
		t.Errorf("%d of %d, want 10 of 11", len(page.Data), page.TotalCount)
	}
}

func TestGetAnswersEveryField(t *testing.T) {
	s := newServer()
	at := func(ms int64) time.Time { return time.UnixMilli(ms) }
	added := s.AddSession(sessionstest.Session{
		ID: "sess_1", ClientID: "client_1", UserID: "user_1", Status: "pending", LastActiveOrganizationID: "org_1",
		LatestActivity: &sessionstest.Activity{ID: "act_1", DeviceType: "Phone", BrowserName: "B", BrowserVersion: "1", IPAddress: "192.0.2.1", City: "C", Country: "CH", IsMobile: true},
		Actor:          map[string]any{"sub": "user_2"}, Tasks: []sessionstest.Task{{Key: "choose-organization"}},
		LastActiveAt: at(1), ExpireAt: start.Add(time.Hour), AbandonAt: start.Add(2 * time.Hour), CreatedAt: at(4), UpdatedAt: at(5),
	})
	want := map[string]any{
		"object": "session", "id": "sess_1", "client_id": "client_1", "user_id": "user_1", "status": "pending", "last_active_organization_id": "org_1",
		"latest_activity": map[string]any{
			"object": "session_activity", "id": "act_1", "device_type": "Phone", "browser_name": "B", "browser_version": "1",
			"ip_address": "192.0.2.1", "city": "C", "country": "CH", "is_mobile": true,
		},
		"actor": map[string]any{"sub": "user_2"}, "tasks": []any{map[string]any{"key": "choose-organization"}},
		"last_active_at": 1.0, "expire_at": float64(added.ExpireAt.UnixMilli()), "abandon_at": float64(added.AbandonAt.UnixMilli()), "created_at": 4.0, "updated_at": 5.0,
	}
	if diff := cmp.Diff(want, decode[map[string]any](t, get(t, s, "/sessions/sess_1"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantViolations(t, s)
}

func TestAddSessionFillsInZeroFields(t *testing.T) {
	s := newServer()
	got := s.AddSession(sessionstest.Session{LatestActivity: &sessionstest.Activity{City: "Bern"}})
	if got.ID == "" || got.ClientID == "" || got.UserID == "" || got.LatestActivity.ID == "" {
		t.Errorf("ids are missing: %+v", got)
	}
	want := sessionstest.Session{
		ID: got.ID, ClientID: got.ClientID, UserID: got.UserID, Status: "active",
		LatestActivity: &sessionstest.Activity{ID: got.LatestActivity.ID, City: "Bern"},
		LastActiveAt:   start, CreatedAt: start, UpdatedAt: start, ExpireAt: start.AddDate(0, 0, 7), AbandonAt: start.AddDate(0, 0, 30),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	body := decode[map[string]any](t, get(t, s, "/sessions/"+got.ID))
	for _, name := range []string{"actor", "tasks", "last_active_organization_id"} {
		if value, ok := body[name]; !ok || value != nil {
			t.Errorf("%s is %v, want null", name, value)
		}
	}
}

func TestAddSessionReplaces(t *testing.T) {
	s := newServer()
	in := s.SignIn("user_1")
	s.AddSession(sessionstest.Session{ID: in.SessionID, UserID: "user_1", LastActiveOrganizationID: "org_1", CreatedAt: start.Add(-time.Hour)})
	if got := decode[pageBody](t, get(t, s, "/sessions?paginated=true")); got.TotalCount != 1 {
		t.Errorf("%d sessions, want 1", got.TotalCount)
	}
	decode[any](t, post(t, s, "/sessions/"+in.SessionID+"/refresh", refreshBody(in, nil)))
}

func TestAddSessionSharesNothing(t *testing.T) {
	s := newServer()
	in := sessionstest.Session{ID: "sess_1", Actor: map[string]any{"sub": "user_2"}, Tasks: []sessionstest.Task{{Key: "a"}}, LatestActivity: &sessionstest.Activity{City: "Bern"}}
	before := get(t, s, "/sessions/"+s.AddSession(in).ID).body
	out := s.AddSession(in)
	for _, x := range []sessionstest.Session{in, out} {
		x.Actor["sub"], x.Tasks[0].Key, x.LatestActivity.City = "changed", "changed", "changed"
	}
	after := unmarshal[map[string]any](t, get(t, s, "/sessions/sess_1").body)
	if diff := cmp.Diff(unmarshal[map[string]any](t, before)["actor"], after["actor"]); diff != "" {
		t.Errorf("the actor changed:\n%s", diff)
	}
}

func TestCreate(t *testing.T) {
	s := newServer()
	s.AddSession(sessionstest.Session{UserID: "user_1"})
	created := decode[map[string]any](t, post(t, s, "/sessions", `{"user_id":"user_1","active_organization_id":"org_1"}`))
	for name, want := range map[string]any{"user_id": "user_1", "status": "active", "last_active_organization_id": "org_1", "object": "session"} {
		if created[name] != want {
			t.Errorf("%s is %v, want %v", name, created[name], want)
		}
	}
	decode[sessionBody](t, get(t, s, "/sessions/"+created["id"].(string)))
	wantViolations(t, s)
}

func TestRevoke(t *testing.T) {
	for status, want := range map[string]string{"active": "revoked", "pending": "revoked", "revoked": "revoked", "ended": "ended", "replaced": "replaced"} {
		t.Run(status, func(t *testing.T) {
			s := newServer()
			x := s.AddSession(sessionstest.Session{Status: status})
			s.Advance(time.Minute)
			for range 2 {
				if got := decode[sessionBody](t, post(t, s, "/sessions/"+x.ID+"/revoke", "")); got.Status != want {
					t.Errorf("revoked to %q, want %q", got.Status, want)
				}
			}
			got := decode[map[string]any](t, get(t, s, "/sessions/"+x.ID))
			if changed := got["updated_at"] != float64(start.UnixMilli()); changed != (status != want) {
				t.Errorf("updated_at changed: %t", changed)
			}
			wantViolations(t, s)
		})
	}
}

func TestVerify(t *testing.T) {
	old := http.Header{"Clerk-Api-Version": {"2024-10-01"}}
	s := newServer()
	in, other := s.SignIn("user_1"), s.SignIn("user_1")
	template := decode[tokenBody](t, post(t, s, "/sessions/"+in.SessionID+"/tokens/mine", "")).JWT
	for name, row := range map[string]struct {
		token, version string
		before         func()
		status         int
		code           string
	}{
		"its own token":         {in.SessionToken, "2024-10-01", nil, 200, ""},
		"under the oldest":      {in.SessionToken, "2021-02-05", nil, 200, ""},
		"gone from 2025-04-10":  {in.SessionToken, "2025-04-10", nil, 404, "resource_not_found"},
		"gone in the newest":    {in.SessionToken, "2026-05-12", nil, 404, "resource_not_found"},
		"another's token":       {other.SessionToken, "2024-10-01", nil, 401, "session_token_invalid"},
		"a template's token":    {template, "2024-10-01", nil, 401, "session_token_invalid"},
		"not a token":           {"x.y.z", "2024-10-01", nil, 401, "session_token_invalid"},
		"another signature":     {in.SessionToken[:len(in.SessionToken)-8] + "AAAAAAAA", "2024-10-01", nil, 401, "session_token_invalid"},
		"none":                  {"", "2024-10-01", nil, 422, "form_param_nil"},
		"an unlisted version":   {in.SessionToken, "2025-03-12", nil, 400, "api_version_invalid"},
		"a version of no shape": {in.SessionToken, "latest", nil, 400, "api_version_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			req := request{method: http.MethodPost, path: "/sessions/" + in.SessionID + "/verify", body: fmt.Sprintf(`{"token":%q}`, row.token), header: http.Header{"Clerk-Api-Version": {row.version}}}
			got := send(t, s, req)
			if row.status != http.StatusOK {
				wantError(t, got, row.status, row.code)
			} else if decode[sessionBody](t, got).ID != in.SessionID {
				t.Errorf("answered %s", got.body)
			}
		})
	}

	verify := request{method: http.MethodPost, path: "/sessions/" + in.SessionID + "/verify", body: fmt.Sprintf(`{"token":%q}`, in.SessionToken), header: old}
	s.Advance(59 * time.Second)
	decode[sessionBody](t, send(t, s, verify))
	s.Advance(time.Second)
	wantError(t, send(t, s, verify), 401, "session_token_invalid")

	again := sessionstest.NewServer(sessionstest.WithoutListener())
	revoked := again.SignIn("user_1")
	post(t, again, "/sessions/"+revoked.SessionID+"/revoke", "")
	wantError(t, send(t, again, request{method: http.MethodPost, path: "/sessions/" + revoked.SessionID + "/verify", body: fmt.Sprintf(`{"token":%q}`, revoked.SessionToken), header: old}), 400, "session_not_active")
}

func TestSessionsLapseByTheClock(t *testing.T) {
	s := newServer()
	x := s.AddSession(sessionstest.Session{ExpireAt: start.Add(time.Hour), AbandonAt: start.Add(2 * time.Hour)})
	ended := s.AddSession(sessionstest.Session{Status: "ended", ExpireAt: start.Add(time.Hour)})
	for _, step := range []struct {
		advance time.Duration
		want    string
	}{{time.Hour - time.Millisecond, "active"}, {time.Millisecond, "expired"}, {time.Hour - time.Millisecond, "expired"}, {time.Millisecond, "abandoned"}} {
		s.Advance(step.advance)
		if got := decode[sessionBody](t, get(t, s, "/sessions/"+x.ID)).Status; got != step.want {
			t.Errorf("after %v: %q, want %q", s.Now().Sub(start), got, step.want)
		}
		if got := decode[pageBody](t, get(t, s, "/sessions?paginated=true&status="+step.want)); got.TotalCount != 1 {
			t.Errorf("after %v: %d listed as %s, want 1", s.Now().Sub(start), got.TotalCount, step.want)
		}
	}
	if got := decode[sessionBody](t, get(t, s, "/sessions/"+ended.ID)).Status; got != "ended" {
		t.Errorf("an ended session became %q", got)
	}
	if got := decode[sessionBody](t, post(t, s, "/sessions/"+x.ID+"/revoke", "")).Status; got != "abandoned" {
		t.Errorf("an abandoned session was revoked to %q", got)
	}
	wantError(t, post(t, s, "/sessions/"+x.ID+"/tokens", ""), 400, "session_not_active")
}
