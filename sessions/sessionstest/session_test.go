package sessionstest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func TestGetAnswersEveryField(t *testing.T) {
	s := newServer()
	at := func(ms int64) time.Time { return time.UnixMilli(ms) }
	added := s.AddSession(sessionstest.Session{
		ID:                       "sess_1",
		ClientID:                 "client_1",
		UserID:                   "user_1",
		Status:                   "pending",
		LastActiveOrganizationID: "org_1",
		LatestActivity: &sessionstest.Activity{
			ID:             "act_1",
			DeviceType:     "Phone",
			BrowserName:    "B",
			BrowserVersion: "1",
			IPAddress:      "192.0.2.1",
			City:           "C",
			Country:        "CH",
			IsMobile:       true,
		},
		Actor:        map[string]any{"sub": "user_2"},
		Tasks:        []sessionstest.Task{{Key: "choose-organization"}},
		LastActiveAt: at(1),
		ExpireAt:     start.Add(time.Hour),
		AbandonAt:    start.Add(2 * time.Hour),
		CreatedAt:    at(4),
		UpdatedAt:    at(5),
	})
	want := map[string]any{
		"object":                      "session",
		"id":                          "sess_1",
		"client_id":                   "client_1",
		"user_id":                     "user_1",
		"status":                      "pending",
		"last_active_organization_id": "org_1",
		"latest_activity": map[string]any{
			"object": "session_activity", "id": "act_1", "device_type": "Phone", "browser_name": "B", "browser_version": "1",
			"ip_address": "192.0.2.1", "city": "C", "country": "CH", "is_mobile": true,
		},
		"actor":          map[string]any{"sub": "user_2"},
		"tasks":          []any{map[string]any{"key": "choose-organization"}},
		"last_active_at": 1.0,
		"expire_at":      float64(added.ExpireAt.UnixMilli()),
		"abandon_at":     float64(added.AbandonAt.UnixMilli()),
		"created_at":     4.0,
		"updated_at":     5.0,
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
		ID:             got.ID,
		ClientID:       got.ClientID,
		UserID:         got.UserID,
		Status:         "active",
		LatestActivity: &sessionstest.Activity{ID: got.LatestActivity.ID, City: "Bern"},
		LastActiveAt:   start,
		CreatedAt:      start,
		UpdatedAt:      start,
		ExpireAt:       start.AddDate(0, 0, 7),
		AbandonAt:      start.AddDate(0, 0, 30),
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
	s.AddSession(
		sessionstest.Session{
			ID:                       in.SessionID,
			UserID:                   "user_1",
			LastActiveOrganizationID: "org_1",
			CreatedAt:                start.Add(-time.Hour),
		},
	)
	if got := decode[pageBody](t, get(t, s, "/sessions?paginated=true")); got.TotalCount != 1 {
		t.Errorf("%d sessions, want 1", got.TotalCount)
	}
	decode[any](t, post(t, s, "/sessions/"+in.SessionID+"/refresh", refreshBody(in, nil)))
}

func TestAddSessionSharesNothing(t *testing.T) {
	s := newServer()
	in := sessionstest.Session{
		ID:             "sess_1",
		Actor:          map[string]any{"sub": "user_2"},
		Tasks:          []sessionstest.Task{{Key: "a"}},
		LatestActivity: &sessionstest.Activity{City: "Bern"},
	}
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

func TestSessionsLapseByTheClock(t *testing.T) {
	s := newServer()
	x := s.AddSession(sessionstest.Session{ExpireAt: start.Add(time.Hour), AbandonAt: start.Add(2 * time.Hour)})
	ended := s.AddSession(sessionstest.Session{Status: "ended", ExpireAt: start.Add(time.Hour)})
	for _, step := range []struct {
		advance time.Duration
		want    string
	}{
		{time.Hour - time.Millisecond, "active"},
		{time.Millisecond, "expired"},
		{time.Hour - time.Millisecond, "expired"},
		{time.Millisecond, "abandoned"},
	} {
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
