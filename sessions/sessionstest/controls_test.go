package sessionstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func TestFaultsOfASession(t *testing.T) {
	s := newServer()
	for _, id := range []string{"sess_1", "sess_2"} {
		s.AddSession(sessionstest.Session{ID: id})
	}
	s.Inject(sessionstest.Fault{SessionID: "sess_2", Status: 500, Times: 2})
	s.Inject(sessionstest.Fault{SessionID: "sess_2", Operation: "RevokeSession", Status: 410})
	var got []int
	for _, path := range []string{"", "/sess_1", "/sess_2", "/sess_2", "/sess_2"} {
		got = append(got, get(t, s, "/sessions"+path).status)
	}
	got = append(got, post(t, s, "/sessions/sess_2/revoke", "").status)
	if diff := cmp.Diff([]int{200, 200, 500, 500, 200, 410}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestClearFaults(t *testing.T) {
	s := newServer()
	s.Inject(sessionstest.Fault{Operation: "GetSessionList", Status: 500, Times: 3})
	s.Inject(sessionstest.Fault{Drop: true})
	get(t, s, "/sessions")
	want := []sessionstest.Fault{{Operation: "GetSessionList", Status: 500, Times: 2}, {Drop: true, Times: 1}}
	if diff := cmp.Diff(want, s.Faults()); diff != "" {
		t.Errorf("to come (-want +got):\n%s", diff)
	}
	s.ClearFaults()
	if got := get(t, s, "/sessions"); got.status != 200 || len(s.Faults()) != 0 {
		t.Errorf("status %d, %d faults to come", got.status, len(s.Faults()))
	}
}

func TestLimitRateIsLifted(t *testing.T) {
	s := newServer()
	s.LimitRate(1, time.Hour)
	get(t, s, "/sessions")
	if requests, per := s.RateLimit(); requests != 1 || per != time.Hour {
		t.Errorf("the limit is %d in %v", requests, per)
	}
	s.LimitRate(0, 0)
	if got := get(t, s, "/sessions"); got.status != 200 {
		t.Errorf("status %d", got.status)
	}
	if requests, per := s.RateLimit(); requests != 0 || per != 0 {
		t.Errorf("the limit is %d in %v", requests, per)
	}
}

func TestEnd(t *testing.T) {
	s := newServer()
	in := s.SignIn("user_1")
	revoked := s.AddSession(sessionstest.Session{Status: "revoked"})
	s.Advance(time.Second)
	s.End(in.SessionID)
	s.End(revoked.ID)
	for id, want := range map[string]string{in.SessionID: "ended", revoked.ID: "revoked"} {
		if got, ok := s.Session(id); !ok || got.Status != want {
			t.Errorf("%s is %q, want %q", id, got.Status, want)
		}
	}
	if _, ok := s.Session("sess_none"); ok {
		t.Error("there is a session sess_none")
	}
	var ids []string
	for _, x := range s.Sessions() {
		ids = append(ids, x.ID)
	}
	if diff := cmp.Diff([]string{revoked.ID, in.SessionID}, ids); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	wantError(t, post(t, s, "/sessions/"+in.SessionID+"/refresh", refreshBody(in, nil)), 401, "session_not_active")
}

// TestSecondForms has what no program can mean: an error that says why, and nothing changes.
func TestSecondForms(t *testing.T) {
	s := newServer()
	for name, row := range map[string]struct {
		err  error
		says string
	}{
		"an operation that there is not": {
			s.TryInject(sessionstest.Fault{Operation: "GetSesion", Status: 500}), `"GetSesion"`,
		},
		"a fault that changes nothing": {s.TryInject(sessionstest.Fault{SessionID: "sess_1"}), "changes nothing"},
		"a line break": {
			s.TryInject(sessionstest.Fault{Body: "x", ContentType: "a\r\nB: c"}), "line break",
		},
		"back in time":            {s.TryAdvance(-1), "Advance(-1ns)"},
		"requests without a time": {s.TryLimitRate(1, 0), "LimitRate(1, 0s)"},
		"a time without requests": {s.TryLimitRate(0, 1), "LimitRate(0, 1ns)"},
	} {
		t.Run(name, func(t *testing.T) {
			if row.err == nil || !strings.Contains(row.err.Error(), row.says) {
				t.Errorf("%v, want %q in it", row.err, row.says)
			}
		})
	}
	if err := s.TryAdvance(1<<63 - 1); err != nil {
		t.Error(err)
	}
	if err := s.TryAdvance(1); err == nil {
		t.Error("the clock went beyond the end of time")
	}
	if requests, _ := s.RateLimit(); requests != 0 || len(s.Faults()) != 0 {
		t.Errorf("something changed: limit %d, faults %v", requests, s.Faults())
	}
}
