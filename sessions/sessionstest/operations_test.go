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

	for query, want := range map[string]struct {
		ids   []string
		total int
	}{
		"":                                  {[]string{"sess_3_too", "sess_3", "sess_2", "sess_1", "sess_0"}, 5},
		"user_id=user_a":                    {[]string{"sess_2", "sess_1", "sess_0"}, 3},
		"client_id=client_b":                {[]string{"sess_3", "sess_2"}, 2},
		"client_id=client_b&user_id=user_a": {[]string{"sess_2"}, 1},
		"status=active&user_id=user_a":      {[]string{"sess_1", "sess_0"}, 2},
		"status=pending":                    {[]string{}, 0},
		"limit=2":                           {[]string{"sess_3_too", "sess_3"}, 5},
		"limit=2&offset=3":                  {[]string{"sess_1", "sess_0"}, 5},
		"limit=500&offset=5":                {[]string{}, 5},
	} {
		t.Run(query, func(t *testing.T) {
			page := decode[pageBody](t, get(t, s, "/sessions?paginated=true&"+query))
			if diff := cmp.Diff(want.ids, ids(page.Data)); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
			if page.TotalCount != want.total {
				t.Errorf("total %d, want %d", page.TotalCount, want.total)
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

func TestCreate(t *testing.T) {
	s := newServer()
	s.AddSession(sessionstest.Session{UserID: "user_1"})
	created := decode[map[string]any](t, post(t, s, "/sessions", `{"user_id":"user_1","active_organization_id":"org_1"}`))
	for name, want := range map[string]any{
		"object": "session", "user_id": "user_1", "status": "active", "last_active_organization_id": "org_1",
	} {
		if created[name] != want {
			t.Errorf("%s is %v, want %v", name, created[name], want)
		}
	}
	decode[sessionBody](t, get(t, s, "/sessions/"+created["id"].(string)))
	wantViolations(t, s)
}

func TestRevoke(t *testing.T) {
	for status, want := range map[string]string{
		"active": "revoked", "pending": "revoked", "revoked": "revoked", "ended": "ended", "replaced": "replaced",
	} {
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
	forged := in.SessionToken[:len(in.SessionToken)-8] + "AAAAAAAA"
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
		"another signature":     {forged, "2024-10-01", nil, 401, "session_token_invalid"},
		"none":                  {"", "2024-10-01", nil, 422, "form_param_nil"},
		"an unlisted version":   {in.SessionToken, "2025-03-12", nil, 400, "api_version_invalid"},
		"a version of no shape": {in.SessionToken, "latest", nil, 400, "api_version_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			req := request{
				method: http.MethodPost,
				path:   "/sessions/" + in.SessionID + "/verify",
				body:   fmt.Sprintf(`{"token":%q}`, row.token),
				header: http.Header{"Clerk-Api-Version": {row.version}},
			}
			got := send(t, s, req)
			if row.status != http.StatusOK {
				wantError(t, got, row.status, row.code)
			} else if decode[sessionBody](t, got).ID != in.SessionID {
				t.Errorf("answered %s", got.body)
			}
		})
	}

	verify := request{
		method: http.MethodPost,
		path:   "/sessions/" + in.SessionID + "/verify",
		body:   fmt.Sprintf(`{"token":%q}`, in.SessionToken),
		header: old,
	}
	s.Advance(59 * time.Second)
	decode[sessionBody](t, send(t, s, verify))
	s.Advance(time.Second)
	wantError(t, send(t, s, verify), 401, "session_token_invalid")

	again := sessionstest.NewServer(sessionstest.WithoutListener())
	revoked := again.SignIn("user_1")
	post(t, again, "/sessions/"+revoked.SessionID+"/revoke", "")
	verify.path = "/sessions/" + revoked.SessionID + "/verify"
	verify.body = fmt.Sprintf(`{"token":%q}`, revoked.SessionToken)
	wantError(t, send(t, again, verify), 400, "session_not_active")
}
